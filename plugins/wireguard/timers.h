/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timers.h - what happened to a peer; what follows from it only timers.c knows (white paper 6).
 * Events of single packets are in meter.h. */
#pragma once
#include "plugins/wireguard/peer.h"

void wireguard_timers_init (WireguardPeer *peer);
void wireguard_timers_stop (WireguardPeer *peer);

void wireguard_timers_handshake_initiated (WireguardPeer *peer);
void wireguard_timers_handshake_postponed (WireguardPeer *peer, gint64 until_us);
void wireguard_timers_handshake_complete (WireguardPeer *peer);
void wireguard_timers_session_derived (WireguardPeer *peer);
/* A handshake message went out or an authentic one came in. */
void wireguard_timers_any_authenticated_packet_sent (WireguardPeer *peer);
void wireguard_timers_any_authenticated_packet_received (WireguardPeer *peer);
/* The data half saw something that the meter holds. */
void wireguard_timers_traffic (WireguardPeer *peer);
void wireguard_timers_persistent_keepalive_set (WireguardPeer *peer);
