/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.c - the carrier `ppp`: a protocol field in front of each IP packet, and the way to the
 * control half for all that is not IP.  Nothing passes before its network protocol is open. */
#include "plugins/ppp/frame.h"
#include "plugins/ppp/ppp.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, ICMPV6 = 58, ROUTER_ADVERTISEMENT = 134 };

typedef struct {
    AditCarrier base;
    PppOpen     open;
} Carrier;

/* PPP_IP, PPP_IPV6, or 0: no packet that is carried. */
static guint16
protocol_of (const AditPacket *p)
{
    guint version = p->len ? p->data[0] >> 4 : 0;

    return version == 4 ? PPP_IP : version == 6 ? PPP_IPV6 : 0;
}

static gboolean
is_open (const Carrier *c, guint16 protocol)
{
    return protocol == PPP_IPV6 ? c->open.ipv6 : c->open.ipv4;
}

/* ---- out ---- */

static void
put_header (const Carrier *c, AditPacket *p, guint16 protocol)
{
    if (c->open.pfc)
        adit_packet_push (p, 1)[0] = (guint8) protocol;
    else
        adit_poke (adit_packet_push (p, 2), 2, protocol);
    if (!c->open.acfc)
        adit_poke (adit_packet_push (p, 2), 2, PPP_ALL_STATIONS << 8 | PPP_UI);
}

static void
encap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c = (Carrier *) base;

    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p        = &batch->packet[i];
        guint16     protocol = protocol_of (p);

        if (p->verdict != ADIT_PASS)
            continue;
        if (!protocol)
            adit_packet_drop (p, ADIT_DROP_SHORT);
        else if (!is_open (c, protocol))
            adit_packet_drop (p, ADIT_DROP_NO_KEY);
        else if (p->len > c->open.mtu)
            adit_packet_drop (p, ADIT_DROP_TOO_BIG);
        else
            put_header (c, p, protocol);
    }
}

/* ---- in ---- */

/* The length that the packet itself tells; 0: it is none.  What is behind it is padding. */
static gsize
told_length (AditReader r, guint16 protocol)
{
    gboolean      is_6   = protocol == PPP_IPV6;
    gsize         header = is_6 ? IPV6_HEADER : IPV4_HEADER, have = adit_left (&r), told;
    const guint8 *p = adit_take (&r, header);

    if (!p || p[0] >> 4 != (is_6 ? 6 : 4))
        return 0;
    told = is_6 ? (gsize) (p[4] << 8 | p[5]) + IPV6_HEADER : (gsize) (p[2] << 8 | p[3]);
    return told > have || told < header ? 0 : told;
}

/* The control half makes addresses of it (RFC 4861 6.1.2). */
static gboolean
is_advertisement (const guint8 *ip, gsize len)
{
    return len > IPV6_HEADER && ip[6] == ICMPV6 && ip[7] == 255 &&
           ip[IPV6_HEADER] == ROUTER_ADVERTISEMENT;
}

static void
open_packet (const Carrier *c, AditPacket *p)
{
    AditReader r = adit_reader (p->data, p->len);
    guint16    protocol;
    gsize      len;

    if (!ppp_read_header (&r, &protocol)) {
        adit_packet_drop (p, ADIT_DROP_SHORT);
        return;
    }
    if (protocol != PPP_IP && protocol != PPP_IPV6) {
        p->verdict = ADIT_PUNT;
        return;
    }
    len = told_length (r, protocol);
    if (!is_open (c, protocol))
        adit_packet_drop (p, ADIT_DROP_NO_KEY);
    else if (len == 0)
        adit_packet_drop (p, ADIT_DROP_SHORT);
    else if (protocol == PPP_IPV6 && is_advertisement (r.at, len))
        p->verdict = ADIT_PUNT;
    else {
        adit_packet_pull (p, (gsize) (r.at - p->data));
        p->len = (guint32) len;
    }
}

static void
decap (AditCarrier *base, AditBatch *batch)
{
    for (guint i = 0; i < batch->n; i++)
        if (batch->packet[i].verdict == ADIT_PASS)
            open_packet ((Carrier *) base, &batch->packet[i]);
}

static void
told (AditCarrier *base, gconstpointer message, gsize size)
{
    Carrier *c = (Carrier *) base;

    g_return_if_fail (size == sizeof c->open);
    memcpy (&c->open, message, sizeof c->open);
}

static void
carrier_free (AditCarrier *base)
{
    g_free (base);
}

static const AditCarrierOps ops = {
    .name  = "ppp",
    .head  = PPP_HEADER,
    .flags = ADIT_UNIFORM,
    .encap = encap,
    .decap = decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
adit_ppp_carrier_new (void)
{
    Carrier *c = g_new0 (Carrier, 1);

    c->base.ops = &ops;
    return &c->base;
}
