/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* encap.c - packets out: find the peer by destination, the key by peer, then pad and seal a batch,
 * in runs that share a key (white paper 5.4.6, 6.2). */
#include "plugins/wireguard/carrier.h"

static WireguardCarrierPeer *
route (WireguardCarrier *c, const AditPacket *p)
{
    guint32 id = WIREGUARD_NO_PEER;

    if (!p->len)
        return wireguard_carrier_take_keepalive (c);
    if (c->allowedips)
        id = wireguard_allowedips_lookup_dst (c->allowedips, p->data, p->len);
    return id < WIREGUARD_PEERS ? c->peers[id] : NULL;
}

/* No key yet, or no endpoint: the packet waits, if there is room. */
static void
stage (WireguardCarrier *c, WireguardCarrierPeer *peer, AditPacket *p, gint64 now_us)
{
    wireguard_carrier_need_handshake (c, peer, now_us);
    if (p->len)
        wireguard_staged_put (&c->staged, peer->id, p->data, p->len);
    adit_packet_drop (p, ADIT_DROP_NO_KEY);
}

/* The key slot that this packet goes out under, or NULL and the packet has its verdict. */
static WireguardKeypair *
judge (WireguardCarrier *c, AditPacket *p, gint64 now_us)
{
    WireguardCarrierPeer *peer = route (c, p);

    if (!peer) {
        adit_packet_drop (p, ADIT_DROP_POLICY);
        return NULL;
    }
    if (!peer->endpoint.family || !wireguard_keypair_can_send (peer->slots.current, now_us)) {
        stage (c, peer, p, now_us);
        return NULL;
    }
    return peer->slots.current;
}

/* To a multiple of 16, but not beyond what the device could have sent. */
static guint32
padding (guint32 len, guint mtu)
{
    guint32 padded = (len + WIREGUARD_PADDING - 1) & ~(guint32) (WIREGUARD_PADDING - 1);

    if (mtu && len <= mtu)
        padded = MIN (padded, mtu);
    return padded - len;
}

/* Header in front, zeroes and room for the tag behind; the op that will seal what lies between. */
static void
frame (AditPacket *p, WireguardKeypair *k, guint mtu, AditAeadOp *op)
{
    WireguardTransport header = { k->remote_index, k->sent++ };
    guint32            pad    = padding (p->len, mtu);
    guint8            *body   = p->data;
    AditWriter         nonce  = adit_writer (op->nonce, sizeof op->nonce);

    memset (body + p->len, 0, pad);
    *op     = (AditAeadOp){ .src = body, .dst = body, .len = p->len + pad };
    op->tag = body + op->len;
    adit_put_le (&nonce, 4, 0);
    adit_put_le (&nonce, 8, header.counter);
    p->len += pad + WIREGUARD_TAG;
    p->tail -= (guint16) (pad + WIREGUARD_TAG);
    wireguard_wire_put_transport (adit_packet_push (p, WIREGUARD_HEADER_SIZE), &header);
}

/* So much went out under this key, and was it more than keepalives? */
static void
count (WireguardCarrier *c, WireguardKeypair *k, guint64 bytes, gboolean has_data, gint64 now_us)
{
    WireguardCarrierPeer *peer = k->peer;

    wireguard_meter_add (peer->meter->tx_bytes, bytes);
    wireguard_meter_any_authenticated_packet_sent (peer->meter, now_us);
    if (has_data)
        wireguard_meter_data_sent (peer->meter, now_us);
    if (wireguard_keypair_send_is_stale (k, now_us))
        wireguard_carrier_need_handshake (c, peer, now_us);
    wireguard_carrier_watch (c, peer);
    wireguard_carrier_flush (c, peer);
}

/* Ops first to n of a batch share a key. */
static void
seal (WireguardCarrier *c, AditBatch *b, guint first, guint n)
{
    WireguardKeypair *k        = c->with[first];
    guint64           bytes    = 0;
    gboolean          has_data = FALSE;

    adit_aead_seal (k->send, &c->ops[first], n - first);
    for (guint i = first; i < n; i++) {
        AditPacket *p = &b->packet[c->where[i]];

        if (!c->ops[i].ok) {
            adit_packet_drop (p, ADIT_DROP_AUTH);
            continue;
        }
        p->peer = &k->peer->endpoint;
        bytes += p->len;
        has_data |= p->len > WIREGUARD_TRANSPORT_MIN;
    }
    if (bytes)
        count (c, k, bytes, has_data, b->now_us);
}

void
wireguard_carrier_encap (AditCarrier *carrier, AditBatch *b)
{
    WireguardCarrier *c = (WireguardCarrier *) carrier;
    guint             n = 0, first = 0;

    for (guint i = 0; i < b->n; i++) {
        WireguardKeypair *k;

        if (b->packet[i].verdict != ADIT_PASS)
            continue;
        k = judge (c, &b->packet[i], b->now_us);
        if (!k)
            continue;
        c->with[n]  = k;
        c->where[n] = (guint8) i;
        frame (&b->packet[i], k, c->mtu, &c->ops[n++]);
    }
    for (guint i = 1; i <= n; i++) {
        if (i == n || c->with[i] != c->with[first]) {
            seal (c, b, first, i);
            first = i;
        }
    }
}
