/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.c - generic netlink attributes: length and type of two bytes each, then the value, all in
 * the byte order of this machine and padded to four bytes (linux/netlink.h). */
#include "plugins/wireguard/netlink.h"

enum { HEADER = 4, NESTED = 0x8000, TYPE = 0x3fff, INET = 2, INET6 = 10 };

/* ---- writing ---- */

static void
put_host (AditWriter *w, gconstpointer value, gsize size)
{
    adit_put_bytes (w, value, size);
}

static void
put (AditWriter *w, guint16 type, gconstpointer value, gsize size)
{
    static const guint8 padding[3];
    guint16             header[2] = { (guint16) (HEADER + size), type };

    put_host (w, header, sizeof header);
    adit_put_bytes (w, value, size);
    adit_put_bytes (w, padding, -size & 3);
}

static void
put_u16 (AditWriter *w, guint16 type, guint16 value)
{
    put (w, type, &value, sizeof value);
}

static void
put_u32 (AditWriter *w, guint16 type, guint32 value)
{
    put (w, type, &value, sizeof value);
}

static guint8 *
open_nest (AditWriter *w, guint16 type)
{
    guint16 header[2] = { 0, NESTED | type };
    guint8 *mark      = w->at;

    put_host (w, header, sizeof header);
    return mark;
}

static void
close_nest (AditWriter *w, guint8 *mark)
{
    guint16 length = (guint16) (w->at - mark);

    if (!w->bad)
        memcpy (mark, &length, sizeof length);
}

/* struct sockaddr_in and sockaddr_in6: the family is in this machine's order, the port is not. */
static void
put_endpoint (AditWriter *w, const AditEndpoint *e)
{
    guint8     address[28];
    AditWriter a      = adit_writer (address, sizeof address);
    guint16    family = e->family == 4 ? INET : INET6;

    put_host (&a, &family, sizeof family);
    adit_put_u16 (&a, e->port);
    if (e->family == 4) {
        adit_put_bytes (&a, e->address, 4);
        adit_put_u64 (&a, 0);
    } else {
        adit_put_u32 (&a, 0);
        adit_put_bytes (&a, e->address, 16);
        put_host (&a, &e->scope, sizeof e->scope);
    }
    put (w, WIREGUARD_PEER_ENDPOINT, address, adit_length (&a));
}

static void
put_allowed (AditWriter *w, const AditPrefix *prefix)
{
    guint8 *nest = open_nest (w, 0);

    put_u16 (w, WIREGUARD_ALLOWEDIP_FAMILY, prefix->family == 4 ? INET : INET6);
    put (w, WIREGUARD_ALLOWEDIP_ADDRESS, prefix->address, prefix->family == 4 ? 4 : 16);
    put (w, WIREGUARD_ALLOWEDIP_LENGTH, &prefix->length, 1);
    close_nest (w, nest);
}

/* From *done on, as many as fit; TRUE: those were all. */
static gboolean
put_all_allowed (AditWriter *w, const GArray *allowed, guint *done)
{
    guint8 *nest = open_nest (w, WIREGUARD_PEER_ALLOWEDIPS);

    for (; !w->bad && *done < allowed->len; ++*done) {
        AditWriter before = *w;

        put_allowed (w, &g_array_index (allowed, AditPrefix, *done));
        if (w->bad) {
            *w = before;
            break;
        }
    }
    close_nest (w, nest);
    return *done == allowed->len;
}

/* One peer, or the rest of one; TRUE: all of it is said.  When not even its keys fit, w->bad. */
static gboolean
put_peer (AditWriter *w, const WireguardPeer *peer, guint16 nudge, guint *done)
{
    guint8  *nest = open_nest (w, 0);
    gboolean whole;

    put (w, WIREGUARD_PEER_PUBLIC_KEY, peer->handshake.remote_static, WIREGUARD_KEY);
    if (*done == 0) {
        guint16 keepalive = peer->persistent_keepalive;

        put (w, WIREGUARD_PEER_PRESHARED_KEY, peer->handshake.preshared_key, WIREGUARD_KEY);
        put_u32 (w, WIREGUARD_PEER_FLAGS, WIREGUARD_PEER_REPLACE_ALLOWEDIPS);
        if (peer->endpoint.family)
            put_endpoint (w, &peer->endpoint);
        if (peer->endpoint.family && !keepalive)
            keepalive = nudge;
        put_u16 (w, WIREGUARD_PEER_KEEPALIVE, keepalive);
    }
    whole = put_all_allowed (w, peer->allowed, done);
    close_nest (w, nest);
    return whole;
}

gsize
wireguard_netlink_set_device (const WireguardDevice *device, guint32 mark, guint16 nudge,
                              WireguardNetlinkPlace *place, guint8 out[WIREGUARD_NETLINK_MAX])
{
    AditWriter w = adit_writer (out, WIREGUARD_NETLINK_MAX);
    guint8    *nest;

    if (place->messages && place->peer == device->peers->len)
        return 0;
    if (place->messages++ == 0) {
        put (&w, WIREGUARD_DEVICE_PRIVATE_KEY, device->identity.private_key, WIREGUARD_KEY);
        put_u16 (&w, WIREGUARD_DEVICE_LISTEN_PORT, device->listen_port);
        put_u32 (&w, WIREGUARD_DEVICE_FWMARK, mark);
        put_u32 (&w, WIREGUARD_DEVICE_FLAGS, WIREGUARD_DEVICE_REPLACE_PEERS);
    }
    nest = open_nest (&w, WIREGUARD_DEVICE_PEERS);
    while (place->peer < device->peers->len) {
        AditWriter before = w;
        gboolean   whole =
            put_peer (&w, g_ptr_array_index (device->peers, place->peer), nudge, &place->allowed);

        if (w.bad) {
            w = before;
            break;
        }
        if (!whole)
            break;
        place->peer++;
        place->allowed = 0;
    }
    close_nest (&w, nest);
    return adit_length (&w);
}

gsize
wireguard_netlink_set_peer (const WireguardPeer *peer, guint16 keepalive,
                            guint8 out[WIREGUARD_NETLINK_MAX])
{
    AditWriter w     = adit_writer (out, WIREGUARD_NETLINK_MAX);
    guint8    *peers = open_nest (&w, WIREGUARD_DEVICE_PEERS), *nest = open_nest (&w, 0);

    put (&w, WIREGUARD_PEER_PUBLIC_KEY, peer->handshake.remote_static, WIREGUARD_KEY);
    put_u32 (&w, WIREGUARD_PEER_FLAGS, WIREGUARD_PEER_UPDATE_ONLY);
    if (peer->endpoint.family)
        put_endpoint (&w, &peer->endpoint);
    put_u16 (&w, WIREGUARD_PEER_KEEPALIVE, keepalive);
    close_nest (&w, nest);
    close_nest (&w, peers);
    return adit_length (&w);
}

/* ---- reading ---- */

static void
get_host (AditReader *r, gpointer out, gsize size)
{
    adit_get_bytes (r, out, size);
}

/* FALSE: no more, or r->bad. */
static gboolean
next (AditReader *r, guint16 *type, AditReader *body)
{
    guint16 header[2];

    if (!adit_left (r))
        return FALSE;
    get_host (r, header, sizeof header);
    *type = header[1] & TYPE;
    *body = adit_sub_counted (r, header[0], HEADER);
    adit_take (r, MIN (-(gsize) header[0] & 3, adit_left (r)));
    return !r->bad && !body->bad;
}

static gboolean
get_endpoint (AditReader r, AditEndpoint *out)
{
    guint16 family;

    memset (out, 0, sizeof *out);
    get_host (&r, &family, sizeof family);
    out->port = adit_get_u16 (&r);
    if (family == INET) {
        out->family = 4;
        adit_get_bytes (&r, out->address, 4);
        adit_take (&r, adit_left (&r));
    } else {
        out->family = 6;
        adit_get_u32 (&r);
        adit_get_bytes (&r, out->address, 16);
        get_host (&r, &out->scope, sizeof out->scope);
    }
    return adit_finish (&r) && (family == INET || family == INET6);
}

static gboolean
get_when (AditReader r, gint64 *out)
{
    gint64 seconds, nanoseconds;

    get_host (&r, &seconds, sizeof seconds);
    get_host (&r, &nanoseconds, sizeof nanoseconds);
    if (!adit_finish (&r) || seconds < 0 || seconds > G_MAXINT64 / WIREGUARD_SECOND_US / 2 ||
        nanoseconds < 0 || nanoseconds >= 1000000000)
        return FALSE;
    *out = seconds * WIREGUARD_SECOND_US + nanoseconds / 1000;
    return TRUE;
}

static gboolean
get_exactly (AditReader r, gpointer out, gsize size)
{
    get_host (&r, out, size);
    return adit_finish (&r);
}

static gboolean
get_peer (AditReader r, WireguardNetlinkPeer *out, guint *seen)
{
    AditReader body;
    guint16    type;
    gboolean   ok = TRUE;

    *seen = 0;
    memset (out, 0, sizeof *out);
    while (ok && next (&r, &type, &body)) {
        if (type == WIREGUARD_PEER_PUBLIC_KEY)
            ok = get_exactly (body, out->public_key, sizeof out->public_key);
        else if (type == WIREGUARD_PEER_ENDPOINT)
            ok = get_endpoint (body, &out->endpoint);
        else if (type == WIREGUARD_PEER_LAST_HANDSHAKE)
            ok = get_when (body, &out->last_handshake_us);
        else if (type == WIREGUARD_PEER_RX_BYTES)
            ok = get_exactly (body, &out->rx_bytes, sizeof out->rx_bytes);
        else if (type == WIREGUARD_PEER_TX_BYTES)
            ok = get_exactly (body, &out->tx_bytes, sizeof out->tx_bytes);
        *seen |= type < 32 ? 1u << type : 0;
    }
    return ok && adit_finish (&r);
}

gboolean
wireguard_netlink_get_device (const guint8 *data, gsize len, guint16 *listen_port,
                              WireguardNetlinkPeerFn fn, gpointer user)
{
    const guint whole = 1u << WIREGUARD_PEER_PUBLIC_KEY | 1u << WIREGUARD_PEER_LAST_HANDSHAKE;
    AditReader  r     = adit_reader (data, len), body, inner;
    WireguardNetlinkPeer peer;
    guint16              type, index;
    guint                seen;
    gboolean             ok = TRUE;

    while (ok && next (&r, &type, &body)) {
        if (type == WIREGUARD_DEVICE_LISTEN_PORT)
            ok = get_exactly (body, listen_port, sizeof *listen_port);
        if (type != WIREGUARD_DEVICE_PEERS)
            continue;
        while (ok && next (&body, &index, &inner)) {
            ok = get_peer (inner, &peer, &seen);
            if (ok && (seen & whole) == whole)
                fn (user, &peer);
        }
        ok = ok && adit_finish (&body);
    }
    return ok && adit_finish (&r);
}
