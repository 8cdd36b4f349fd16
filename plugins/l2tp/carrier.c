/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.c - the data header in front of each PPP frame.  Control messages are punted whole.  When
 * the LNS numbers its messages, so do we, and what comes late is dropped: PPP must not see frames
 * out of order (RFC 2661 5.4). */
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/wire.h"

typedef struct {
    AditCarrier base;
    L2tpSession session;
    gboolean    numbered; /* we number what goes out */
    guint16     ns, nr;   /* next out; next expected */
    gboolean    heard;    /* nr is known */
} Carrier;

static void
encap_one (Carrier *c, AditPacket *p)
{
    gsize      size = L2TP_DATA_HEADER + (c->numbered ? L2TP_DATA_SEQUENCE : 0);
    AditWriter w    = adit_writer (adit_packet_push (p, size), size);

    adit_put_u16 (&w, (guint16) (L2TP_VERSION | (c->numbered ? L2TP_S : 0)));
    adit_put_u16 (&w, c->session.peer_tunnel);
    adit_put_u16 (&w, c->session.peer_session);
    if (c->numbered) {
        adit_put_u16 (&w, c->ns++);
        adit_put_u16 (&w, c->nr); /* reserved in data messages; harmless (5.4) */
    }
}

static void
encap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c = (Carrier *) base;

    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p = &batch->packet[i];

        if (p->verdict != ADIT_PASS)
            continue;
        if (c->session.peer_session)
            encap_one (c, p);
        else
            adit_packet_drop (p, ADIT_DROP_NO_KEY);
    }
}

/* FALSE: older than what was passed on already. */
static gboolean
in_order (Carrier *c, const L2tpHeader *header)
{
    c->numbered = header->sequenced || c->session.sequencing; /* the LNS decides (5.4) */
    if (!header->sequenced)
        return TRUE;
    if (c->heard && (gint16) (guint16) (header->ns - c->nr) < 0)
        return FALSE;
    c->heard = TRUE;
    c->nr    = (guint16) (header->ns + 1);
    return TRUE;
}

static void
decap_one (Carrier *c, AditPacket *p)
{
    L2tpHeader header;

    if (!l2tp_header_decode (p->data, p->len, &header))
        adit_packet_drop (p, ADIT_DROP_SHORT);
    else if (header.control)
        p->verdict = ADIT_PUNT;
    else if (!c->session.session || header.tunnel != c->session.tunnel ||
             header.session != c->session.session)
        adit_packet_drop (p, ADIT_DROP_POLICY);
    else if (!in_order (c, &header))
        adit_packet_drop (p, ADIT_DROP_REPLAY);
    else {
        adit_packet_pull (p, (gsize) (header.body - p->data));
        p->len = (guint32) header.size;
    }
}

static void
decap (AditCarrier *base, AditBatch *batch)
{
    for (guint i = 0; i < batch->n; i++)
        if (batch->packet[i].verdict == ADIT_PASS)
            decap_one ((Carrier *) base, &batch->packet[i]);
}

static void
told (AditCarrier *base, gconstpointer message, gsize size)
{
    Carrier *c = (Carrier *) base;

    g_return_if_fail (size == sizeof c->session);
    memcpy (&c->session, message, sizeof c->session);
    c->numbered = c->session.sequencing;
    c->ns = c->nr = 0;
    c->heard      = FALSE;
}

static void
carrier_free (AditCarrier *base)
{
    g_free (base);
}

static const AditCarrierOps ops = {
    .name  = "l2tp",
    .head  = L2TP_DATA_HEADER + L2TP_DATA_SEQUENCE,
    .flags = ADIT_UNIFORM | ADIT_ORDERED,
    .encap = encap,
    .decap = decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
l2tp_carrier_new (void)
{
    Carrier *c = g_new0 (Carrier, 1);

    c->base.ops = &ops;
    return &c->base;
}
