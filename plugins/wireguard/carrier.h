/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.h - the data half: packets in and out under the keys that the control half installs.
 * carrier.c keeps its state, encap.c and decap.c work on batches.  Nothing here parses a handshake
 * or keeps time. */
#pragma once
#include "client/plugin.h"
#include "plugins/wireguard/keypair.h"
#include "plugins/wireguard/staged.h"

/* One peer in the data half. */
typedef struct WireguardCarrierPeer {
    guint32           id;
    WireguardMeter   *meter;
    AditEndpoint      endpoint; /* family 0: not known yet */
    WireguardKeypairs slots;
    gint64            asked_us;   /* for a handshake; 0: not since the last key */
    guint             keepalives; /* emitted, not yet through encap */
} WireguardCarrierPeer;

typedef struct {
    AditCarrier                base;
    WireguardShared           *shared;
    const WireguardAllowedips *allowedips; /* NULL: none yet */
    guint                      mtu;        /* of the device; 0: not known */
    WireguardCarrierPeer      *peers[WIREGUARD_PEERS];
    guint32                    n_ids; /* one more than the highest id in use */
    WireguardKeypairTable      table;
    WireguardStaged            staged;

    /* Of the batch in hand. */
    WireguardKeypair *with[ADIT_BATCH];
    guint8            where[ADIT_BATCH];
    AditAeadOp        ops[ADIT_BATCH];
} WireguardCarrier;

/* `shared` outlives it. */
AditCarrier *wireguard_carrier_new (WireguardShared *shared);

/* ---- between carrier.c, encap.c and decap.c ---- */

void wireguard_carrier_encap (AditCarrier *carrier, AditBatch *batch);
void wireguard_carrier_decap (AditCarrier *carrier, AditBatch *batch);

gboolean wireguard_carrier_say (WireguardCarrier *c, const WireguardMessage *message);
/* At most once in REKEY_TIMEOUT for each peer. */
void wireguard_carrier_need_handshake (WireguardCarrier *c, WireguardCarrierPeer *peer,
                                       gint64 now_us);
/* Something may be owed: makes sure that the control half watches. */
void wireguard_carrier_watch (WireguardCarrier *c, WireguardCarrierPeer *peer);
/* The current key can send: hands over what was staged. */
void wireguard_carrier_flush (WireguardCarrier *c, WireguardCarrierPeer *peer);
/* The peer whose keepalive is next in line, for a packet of length 0; NULL: nobody's. */
WireguardCarrierPeer *wireguard_carrier_take_keepalive (WireguardCarrier *c);
