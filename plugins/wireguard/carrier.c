/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.c - the data half's state: peers, their keys, endpoints and staged packets, as told by
 * the control half between batches. */
#include "plugins/wireguard/carrier.h"
#include "client/base/secret.h"

static WireguardCarrierPeer *
find (const WireguardCarrier *c, guint32 id)
{
    return id < WIREGUARD_PEERS ? c->peers[id] : NULL;
}

gboolean
wireguard_carrier_say (WireguardCarrier *c, const WireguardMessage *message)
{
    return c->base.lane->say (c->base.lane, &c->base, message, sizeof *message);
}

void
wireguard_carrier_need_handshake (WireguardCarrier *c, WireguardCarrierPeer *peer, gint64 now_us)
{
    const gint64     apart_us = WIREGUARD_REKEY_TIMEOUT * WIREGUARD_SECOND_US;
    WireguardMessage m        = { .kind = WIREGUARD_SAY_NEED_HANDSHAKE, .peer = peer->id };

    if (peer->asked_us && now_us - peer->asked_us < apart_us)
        return;
    if (wireguard_carrier_say (c, &m))
        peer->asked_us = now_us;
}

void
wireguard_carrier_watch (WireguardCarrier *c, WireguardCarrierPeer *peer)
{
    WireguardMeter  *meter = peer->meter;
    WireguardMessage m     = { .kind = WIREGUARD_SAY_TRAFFIC, .peer = peer->id };

    if (wireguard_meter_get (meter->watched))
        return;
    if (!wireguard_meter_get (meter->keepalive_owed_us) &&
        !wireguard_meter_get (meter->answer_awaited_us))
        return;
    wireguard_meter_set (meter->watched, 1);
    if (!wireguard_carrier_say (c, &m))
        wireguard_meter_set (meter->watched, 0);
}

static gboolean
emit_staged (gpointer user, const guint8 *body, gsize len)
{
    WireguardCarrier *c = user;

    return c->base.lane->emit (c->base.lane, &c->base, body, len);
}

void
wireguard_carrier_flush (WireguardCarrier *c, WireguardCarrierPeer *peer)
{
    if (c->staged.n)
        wireguard_staged_take (&c->staged, peer->id, emit_staged, c);
}

/* Keepalives come back to encap as packets of no length, in the order they were emitted; which of
 * several peers' goes first does not matter. */
WireguardCarrierPeer *
wireguard_carrier_take_keepalive (WireguardCarrier *c)
{
    for (guint32 id = 0; id < c->n_ids; id++) {
        if (c->peers[id] && c->peers[id]->keepalives) {
            c->peers[id]->keepalives--;
            return c->peers[id];
        }
    }
    return NULL;
}

static void
send_keepalive (WireguardCarrier *c, WireguardCarrierPeer *peer)
{
    gint64 now_us = c->base.lane->now (c->base.lane);

    if (!wireguard_keypair_can_send (peer->slots.current, now_us))
        wireguard_carrier_need_handshake (c, peer, now_us);
    else if (!peer->keepalives && c->base.lane->emit (c->base.lane, &c->base, NULL, 0))
        peer->keepalives++;
}

static void
add_peer (WireguardCarrier *c, guint32 id)
{
    if (id >= WIREGUARD_PEERS || c->peers[id])
        return;
    c->peers[id]        = g_new0 (WireguardCarrierPeer, 1);
    c->peers[id]->id    = id;
    c->peers[id]->meter = &c->shared->meter[id];
    c->n_ids            = MAX (c->n_ids, id + 1);
}

static void
forget_keys (WireguardCarrier *c, WireguardCarrierPeer *peer)
{
    wireguard_keypairs_clear (&c->table, &peer->slots);
    wireguard_keypairs_publish (&peer->slots, peer->meter);
    wireguard_staged_take (&c->staged, peer->id, NULL, NULL);
    peer->asked_us = 0;
}

static void
remove_peer (WireguardCarrier *c, WireguardCarrierPeer *peer)
{
    forget_keys (c, peer);
    c->peers[peer->id] = NULL;
    while (c->n_ids && !c->peers[c->n_ids - 1])
        c->n_ids--;
    g_free (peer);
}

/* As initiator the first packet under the new key is the proof that the peer waits for: staged
 * ones if there are, else a keepalive. */
static void
add_key (WireguardCarrier *c, WireguardCarrierPeer *peer, const WireguardKey *key)
{
    wireguard_keypairs_add (&c->table, &peer->slots, peer, key);
    wireguard_keypairs_publish (&peer->slots, peer->meter);
    peer->asked_us = 0;
    if (!key->session.initiator)
        return;
    if (wireguard_staged_has (&c->staged, peer->id))
        wireguard_carrier_flush (c, peer);
    else
        send_keepalive (c, peer);
}

static void
told_peer (WireguardCarrier *c, WireguardCarrierPeer *peer, const WireguardMessage *m)
{
    if (m->kind == WIREGUARD_TELL_NO_PEER)
        remove_peer (c, peer);
    else if (m->kind == WIREGUARD_TELL_ENDPOINT)
        peer->endpoint = m->endpoint;
    else if (m->kind == WIREGUARD_TELL_KEY)
        add_key (c, peer, &m->key);
    else if (m->kind == WIREGUARD_TELL_NO_KEYS)
        forget_keys (c, peer);
    else if (m->kind == WIREGUARD_TELL_NO_STAGED)
        wireguard_staged_take (&c->staged, peer->id, NULL, NULL);
    else if (m->kind == WIREGUARD_TELL_KEEPALIVE)
        send_keepalive (c, peer);
}

static void
told (AditCarrier *carrier, gconstpointer message, gsize size)
{
    WireguardCarrier       *c = (WireguardCarrier *) carrier;
    const WireguardMessage *m = message;
    WireguardCarrierPeer   *peer;

    g_return_if_fail (size == sizeof *m);
    peer = find (c, m->peer);
    if (m->kind == WIREGUARD_TELL_PEER) {
        add_peer (c, m->peer);
    } else if (m->kind == WIREGUARD_TELL_ALLOWEDIPS) {
        c->allowedips = m->allowedips;
        wireguard_meter_set (c->shared->in_use, m->allowedips);
    } else if (m->kind == WIREGUARD_TELL_MTU) {
        c->mtu = m->mtu;
    } else if (peer) {
        told_peer (c, peer, m);
    }
}

static void
carrier_free (AditCarrier *carrier)
{
    WireguardCarrier *c = (WireguardCarrier *) carrier;

    for (guint32 id = 0; id < WIREGUARD_PEERS; id++) {
        if (c->peers[id])
            remove_peer (c, c->peers[id]);
    }
    wireguard_meter_set (c->shared->in_use, NULL);
    adit_wipe (c, sizeof *c);
    g_free (c);
}

static const AditCarrierOps ops = {
    .name  = "wireguard",
    .head  = WIREGUARD_HEADER_SIZE,
    .tail  = WIREGUARD_PADDING - 1 + WIREGUARD_TAG,
    .flags = ADIT_UNIFORM,
    .encap = wireguard_carrier_encap,
    .decap = wireguard_carrier_decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
wireguard_carrier_new (WireguardShared *shared)
{
    WireguardCarrier *c = g_new0 (WireguardCarrier, 1);

    c->base.ops = &ops;
    c->shared   = shared;
    return &c->base;
}
