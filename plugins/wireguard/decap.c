/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decap.c - messages in: find the key by index, open a batch in runs that share a key, then judge
 * what came out: its number, its sender's address, its length (white paper 5.4.6, 6.1, 6.5). */
#include "plugins/wireguard/carrier.h"

/* A transport message's key slot and counter, or NULL and the packet has its verdict. */
static WireguardKeypair *
judge (WireguardCarrier *c, AditPacket *p, gint64 now_us, guint64 *counter)
{
    WireguardTransport header;
    WireguardKeypair  *k;
    guint              type = wireguard_wire_type (p->data, p->len);

    if (!wireguard_wire_get_transport (p->data, p->len, &header)) {
        if (type && type != WIREGUARD_TRANSPORT_DATA)
            p->verdict = ADIT_PUNT;
        else
            adit_packet_drop (p, ADIT_DROP_SHORT);
        return NULL;
    }
    k        = wireguard_keypair_find (&c->table, header.receiver);
    *counter = header.counter;
    if (!k)
        adit_packet_drop (p, ADIT_DROP_NO_KEY);
    else if (wireguard_keypair_expired (k, now_us) ||
             header.counter >= WIREGUARD_REJECT_AFTER_MESSAGES)
        adit_packet_drop (p, ADIT_DROP_EXPIRED);
    else if (adit_replay_seen (&k->replay, header.counter))
        adit_packet_drop (p, ADIT_DROP_REPLAY);
    return p->verdict == ADIT_PASS ? k : NULL;
}

static void
prepare (const AditPacket *p, guint64 counter, AditAeadOp *op)
{
    guint8    *body  = p->data + WIREGUARD_HEADER_SIZE;
    AditWriter nonce = adit_writer (op->nonce, sizeof op->nonce);

    *op     = (AditAeadOp){ .src = body, .dst = body, .len = p->len - WIREGUARD_TRANSPORT_MIN };
    op->tag = body + op->len;
    adit_put_le (&nonce, 4, 0);
    adit_put_le (&nonce, 8, counter);
}

/* The length an IP packet gives itself, without what padded it; 0: no IP packet. */
static guint32
inner_length (const guint8 *data, guint32 len)
{
    AditReader r = adit_reader (data, len);
    guint32    inner;

    if (len >= 20 && data[0] >> 4 == 4) {
        adit_take (&r, 2);
        inner = adit_get_u16 (&r);
        return inner >= 20 && inner <= len ? inner : 0;
    }
    if (len >= 40 && data[0] >> 4 == 6) {
        adit_take (&r, 4);
        inner = 40u + adit_get_u16 (&r);
        return inner <= len ? inner : 0;
    }
    return 0;
}

static gboolean
same_endpoint (const AditEndpoint *a, const AditEndpoint *b)
{
    return a->port == b->port && a->family == b->family && a->scope == b->scope &&
           !memcmp (a->address, b->address, sizeof a->address);
}

/* An authentic packet came from elsewhere: so go there (paper 2.1). */
static void
roam (WireguardCarrier *c, WireguardCarrierPeer *peer, const AditEndpoint *from)
{
    WireguardMessage m = { .kind = WIREGUARD_SAY_MOVED, .peer = peer->id };

    if (!from || !from->family || same_endpoint (from, &peer->endpoint))
        return;
    m.endpoint = peer->endpoint = *from;
    wireguard_carrier_say (c, &m);
}

/* The peer has the key that we made as responder, so from now on we send under it. */
static void
confirm (WireguardCarrier *c, WireguardKeypair *k)
{
    WireguardCarrierPeer *peer = k->peer;
    WireguardMessage      m    = { .kind  = WIREGUARD_SAY_KEY_CONFIRMED,
                                   .peer  = peer->id,
                                   .index = k->local_index };

    if (!wireguard_keypairs_received_with (&peer->slots, k))
        return;
    wireguard_keypairs_publish (&peer->slots, peer->meter);
    peer->asked_us = 0;
    wireguard_carrier_say (c, &m);
    wireguard_carrier_flush (c, peer);
}

/* So much came in under this key, and was it more than keepalives? */
static void
count (WireguardCarrier *c, WireguardKeypair *k, guint64 bytes, gboolean has_data, gint64 now_us)
{
    WireguardCarrierPeer *peer = k->peer;

    wireguard_meter_add (peer->meter->rx_bytes, bytes);
    wireguard_meter_any_authenticated_packet_received (peer->meter, now_us);
    if (has_data)
        wireguard_meter_data_received (peer->meter, now_us);
    if (k == peer->slots.current && wireguard_keypair_receive_is_stale (k, now_us))
        wireguard_carrier_need_handshake (c, peer, now_us);
    wireguard_carrier_watch (c, peer);
}

/* What an authentic packet carries: nothing, or an IP packet from an address that is the peer's. */
static void
unwrap (WireguardCarrier *c, const WireguardCarrierPeer *peer, AditPacket *p)
{
    guint32 inner;

    adit_packet_pull (p, WIREGUARD_HEADER_SIZE);
    p->len -= WIREGUARD_TAG;
    p->tail += WIREGUARD_TAG;
    if (!p->len)
        return;
    inner = inner_length (p->data, p->len);
    if (!inner) {
        adit_packet_drop (p, ADIT_DROP_SHORT);
        return;
    }
    p->tail += (guint16) (p->len - inner);
    p->len = inner;
    if (!c->allowedips ||
        wireguard_allowedips_lookup_src (c->allowedips, p->data, p->len) != peer->id)
        adit_packet_drop (p, ADIT_DROP_POLICY);
}

/* Ops first to n of a batch share a key.  Slots may move within, but no key of the batch is freed:
 * there is no "previous" while there is a "next". */
static void
open_run (WireguardCarrier *c, AditBatch *b, guint first, guint n)
{
    WireguardKeypair     *k        = c->with[first];
    WireguardCarrierPeer *peer     = k->peer;
    guint64               bytes    = 0;
    gboolean              has_data = FALSE;

    adit_aead_open (k->receive, &c->ops[first], n - first);
    for (guint i = first; i < n; i++) {
        AditPacket *p     = &b->packet[c->where[i]];
        AditReader  nonce = adit_reader (c->ops[i].nonce + 4, 8);

        if (!c->ops[i].ok) {
            adit_packet_drop (p, ADIT_DROP_AUTH);
            continue;
        }
        if (!adit_replay_commit (&k->replay, adit_get_le (&nonce, 8))) {
            adit_packet_drop (p, ADIT_DROP_REPLAY);
            continue;
        }
        bytes += p->len;
        has_data |= p->len > WIREGUARD_TRANSPORT_MIN;
        roam (c, peer, p->peer);
        unwrap (c, peer, p);
    }
    if (!bytes)
        return;
    confirm (c, k);
    count (c, k, bytes, has_data, b->now_us);
}

void
wireguard_carrier_decap (AditCarrier *carrier, AditBatch *b)
{
    WireguardCarrier *c = (WireguardCarrier *) carrier;
    guint             n = 0, first = 0;

    for (guint i = 0; i < b->n; i++) {
        WireguardKeypair *k;
        guint64           counter;

        if (b->packet[i].verdict != ADIT_PASS)
            continue;
        k = judge (c, &b->packet[i], b->now_us, &counter);
        if (!k)
            continue;
        c->with[n]  = k;
        c->where[n] = (guint8) i;
        prepare (&b->packet[i], counter, &c->ops[n++]);
    }
    for (guint i = 1; i <= n; i++) {
        if (i == n || c->with[i] != c->with[first]) {
            open_run (c, b, first, i);
            first = i;
        }
    }
}
