/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* messages.h - what the control half tells the carrier, and what the carrier says.  Peers are small
 * numbers that the control half gives out and does not use again soon. */
#pragma once
#include "plugins/wireguard/allowedips.h"
#include "plugins/wireguard/meter.h"
#include "plugins/wireguard/noise.h"

typedef enum {
    /* ---- told ---- */
    WIREGUARD_TELL_PEER = 1,   /* there is one more */
    WIREGUARD_TELL_NO_PEER,    /* one less: forget all about it */
    WIREGUARD_TELL_ENDPOINT,   /* endpoint: where to send from now on */
    WIREGUARD_TELL_KEY,        /* key: a handshake is done */
    WIREGUARD_TELL_NO_KEYS,    /* wipe all three slots and what waits */
    WIREGUARD_TELL_NO_STAGED,  /* drop what waits for a key: nobody answers */
    WIREGUARD_TELL_KEEPALIVE,  /* send one, or ask for a handshake */
    WIREGUARD_TELL_ALLOWEDIPS, /* allowedips: use this from now on; stays the control half's */
    WIREGUARD_TELL_MTU,        /* mtu: of the device; padding stays within it */
    /* ---- said ---- */
    WIREGUARD_SAY_NEED_HANDSHAKE, /* no key, or one that is old */
    WIREGUARD_SAY_KEY_CONFIRMED,  /* index: the peer uses the key that we made as responder */
    WIREGUARD_SAY_MOVED,          /* endpoint: an authentic packet came from elsewhere */
    WIREGUARD_SAY_TRAFFIC,        /* the meter holds something and nobody watches */
} WireguardMessageKind;

typedef struct {
    WireguardSession session;
    gint64           born_us;
} WireguardKey;

typedef struct {
    WireguardMessageKind kind;
    guint32              peer;
    union {
        AditEndpoint               endpoint;
        WireguardKey               key;
        const WireguardAllowedips *allowedips;
        guint                      mtu;
        guint32                    index;
    };
} WireguardMessage;

/* What both halves hold together; freed by the control half after the carrier is gone. */
typedef struct {
    WireguardMeter             meter[WIREGUARD_PEERS];
    const WireguardAllowedips *in_use; /* by the carrier: written by it, read by the control half */
} WireguardShared;
