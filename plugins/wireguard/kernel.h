/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.h - the kernel's own WireGuard device instead of our path: it gets the configuration, and
 * is asked what became of it. */
#pragma once
#include "plugins/wireguard/machine.h"

enum { WIREGUARD_KERNEL_POLL_MS = 250, WIREGUARD_KERNEL_NUDGE_SEC = 1 };

/* Asks the host for the device; then hands everything over. */
void wireguard_kernel_open (AditTunnel *tunnel);
/* The peer's endpoint is known now, or another. */
void wireguard_kernel_found (AditTunnel *tunnel, const WireguardPeer *peer);
/* Asks for counters and handshakes; they are in the peers when done is called, perhaps at once. */
void wireguard_kernel_refresh (AditTunnel *tunnel, AditDoneFn done, gpointer user);
void wireguard_kernel_close (AditTunnel *tunnel);
