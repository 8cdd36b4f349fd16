/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.h - the kernel's own WireGuard device instead of our path: the same configuration, handed
 * over as generic netlink attributes, which the host carries. */
#pragma once
#include "plugins/wireguard/machine.h"

typedef struct WireguardKernel WireguardKernel;

void wireguard_kernel_open (AditTunnel *tunnel);
/* Hands the device's identity, peers and endpoints over, as they are now. */
void wireguard_kernel_configure (AditTunnel *tunnel);
/* Asks for counters and handshakes; they are in the peers soon after. */
void wireguard_kernel_refresh (AditTunnel *tunnel);
void wireguard_kernel_close (AditTunnel *tunnel);
