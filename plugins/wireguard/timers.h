/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timers.h - what happened to a peer; what follows from it only timers.c knows (white paper 6).
 * Events of single packets are in meter.h. */
#pragma once
#include "plugins/wireguard/peer.h"

enum {
    WIREGUARD_HURRY_MS       = 1000, /* the first initiations follow each other so, … */
    WIREGUARD_HURRY_TIMES    = 2,    /* … so many; … */
    WIREGUARD_SWIFT_MS       = 2000, /* … then so, … */
    WIREGUARD_SWIFT_TIMES    = 12,   /* … up to so many together; then REKEY_TIMEOUT */
    WIREGUARD_PATIENCE_MS    = 1200, /* of silence, then a lively peer is doubted */
    WIREGUARD_INSISTED_MS    = 500,  /* data was sent again so much later: it matters */
    WIREGUARD_LIVELY_MS      = 1000, /* data came so shortly before: it talked with us */
    WIREGUARD_EARLY_FREE     = 2,    /* early handshakes until patience doubles */
    WIREGUARD_EARLY_PAST_SEC = 60,   /* one of them is forgotten */
};

/* From one initiation to the next at least. */
gint64 wireguard_timers_apart_us (const WireguardPeer *peer);

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
