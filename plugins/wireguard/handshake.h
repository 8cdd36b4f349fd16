/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* handshake.h - handshake messages of a device, in and out: macs, load, then noise. */
#pragma once
#include "plugins/wireguard/device.h"

typedef enum { WIREGUARD_NEW_ATTEMPT, WIREGUARD_RETRY } WireguardAttempt;

/* Sends an initiation, unless one went out just now (wireguard_timers_apart_us); then it follows
 * at the end of that. Nothing happens without an endpoint, a path or a private key. */
void wireguard_handshake_initiate (WireguardPeer *peer, WireguardAttempt attempt);
/* At once, whatever was sent before: we moved. */
void wireguard_handshake_initiate_now (WireguardPeer *peer);

/* A message that the carrier punted; hostile. */
void wireguard_handshake_received (WireguardDevice *device, const AditEndpoint *from,
                                   const guint8 *message, gsize len);
