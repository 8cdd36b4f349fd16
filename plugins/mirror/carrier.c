/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.c - three bytes in front of each packet; what is not DATA goes to the control half. */
#include "plugins/mirror/wire.h"

typedef struct {
    AditCarrier base;
    gboolean    listening; /* HEARD is owed */
    guint16     mtu;       /* 0: nothing may pass yet */
    guint64     packets;
} Carrier;

static void
encap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c = (Carrier *) base;

    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p   = &batch->packet[i];
        guint32     len = p->len;
        AditWriter  w;

        if (p->verdict != ADIT_PASS)
            continue;
        if (len > c->mtu) {
            adit_packet_drop (p, c->mtu ? ADIT_DROP_TOO_BIG : ADIT_DROP_NO_KEY);
            continue;
        }
        w = adit_writer (adit_packet_push (p, MIRROR_HEADER), MIRROR_HEADER);
        adit_put_u8 (&w, MIRROR_DATA);
        adit_put_u16 (&w, (guint16) len);
    }
}

static void
open_packet (Carrier *c, AditPacket *p)
{
    AditReader r    = adit_reader (p->data, p->len);
    guint8     type = adit_get_u8 (&r);

    adit_sub (&r, adit_get_u16 (&r));
    if (!adit_finish (&r))
        adit_packet_drop (p, ADIT_DROP_SHORT);
    else if (type != MIRROR_DATA)
        p->verdict = ADIT_PUNT;
    else if (c->mtu == 0)
        adit_packet_drop (p, ADIT_DROP_NO_KEY);
    else {
        adit_packet_pull (p, MIRROR_HEADER);
        c->packets++;
    }
}

static void
decap (AditCarrier *base, AditBatch *batch)
{
    Carrier    *c      = (Carrier *) base;
    guint64     before = c->packets;
    MirrorHeard heard;

    for (guint i = 0; i < batch->n; i++)
        if (batch->packet[i].verdict == ADIT_PASS)
            open_packet (c, &batch->packet[i]);
    heard = (MirrorHeard){ c->packets };
    if (c->listening && c->packets > before) /* a full ring: said at the next batch */
        c->listening = !base->lane->say (base->lane, base, &heard, sizeof heard);
}

static void
told (AditCarrier *base, gconstpointer message, gsize size)
{
    Carrier            *c      = (Carrier *) base;
    const MirrorListen *listen = message;

    g_return_if_fail (size == sizeof *listen);
    c->mtu       = listen->mtu;
    c->listening = TRUE;
}

static void
carrier_free (AditCarrier *base)
{
    g_free (base);
}

static const AditCarrierOps ops = {
    .name  = "mirror",
    .head  = MIRROR_HEADER,
    .flags = ADIT_UNIFORM,
    .encap = encap,
    .decap = decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
mirror_carrier_new (void)
{
    Carrier *c = g_new0 (Carrier, 1);

    c->base.ops = &ops;
    return &c->base;
}
