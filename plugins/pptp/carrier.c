/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.c - the GRE header, numbers and acknowledgements.  What comes too early waits a little
 * for what is missing, so that PPP and MPPE see frames in order; what comes too late is dropped. */
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/wire.h"

enum {
    FRAME_MAX = 2048, /* of a frame that waits */
    /* Twice the window: what was released stays until the batch has gone on. */
    PLACES = 2 * PPTP_HOLD,
};

typedef struct {
    guint32  len;  /* 0: empty */
    gboolean busy; /* released in this batch */
    guint8   data[FRAME_MAX];
} Held;

typedef struct {
    AditCarrier base;
    PptpCallIds call;
    guint32     out;      /* next number of ours */
    guint32     in;       /* next number expected */
    gboolean    heard;    /* `in` is known */
    gboolean    told;     /* the control half knows that GRE comes through */
    guint       owed;     /* packets since our last acknowledgement */
    gint64      owed_us;  /* when to send one by itself; 0: none is owed */
    gboolean    released; /* some place is busy */
    guint       n_held;
    gint64      hold_us;      /* when to go on without what is missing */
    Held        held[PLACES]; /* by number */
    guint       n;
    AditPacket  order[ADIT_BATCH]; /* of the batch, as it goes on */
} Carrier;

/* ---- out ---- */

static void
encap_one (Carrier *c, AditPacket *p)
{
    PptpGre gre = { .sequenced       = p->len > 0,
                    .acknowledges    = c->owed > 0,
                    .call            = c->call.peer_call,
                    .acknowledgement = c->in - 1,
                    .size            = p->len };

    if (!gre.sequenced && !gre.acknowledges) { /* its reason rode on another packet meanwhile */
        p->verdict = ADIT_TAKE;
        return;
    }
    gre.sequence = gre.sequenced ? c->out++ : 0;
    c->owed      = 0;
    c->owed_us   = 0;
    pptp_gre_header_encode (adit_packet_push (p, pptp_gre_header_size (&gre)), &gre);
}

static void
encap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c = (Carrier *) base;

    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p = &batch->packet[i];

        if (p->verdict != ADIT_PASS)
            continue;
        if (c->call.call)
            encap_one (c, p);
        else
            adit_packet_drop (p, ADIT_DROP_NO_KEY);
    }
}

/* ---- in: order ---- */

static void
go_on (Carrier *c, const AditPacket *packet)
{
    c->order[c->n++] = *packet;
}

/* Passes what waited for number c->in, if anything did. */
static gboolean
release (Carrier *c)
{
    Held *h = &c->held[c->in % PLACES];

    if (!h->len || c->n == ADIT_BATCH)
        return FALSE;
    go_on (c, &(AditPacket){ .data = h->data, .len = h->len });
    h->len      = 0;
    h->busy     = TRUE;
    c->released = TRUE;
    c->n_held--;
    c->in++;
    return TRUE;
}

static void
release_all_next (Carrier *c)
{
    while (c->n_held && release (c))
        ;
}

static void
hold (Carrier *c, AditPacket *p, guint32 number, gint64 now_us)
{
    Held      *h = &c->held[number % PLACES];
    AditWriter w;

    if (h->len || h->busy || p->len > sizeof h->data) {
        adit_packet_drop (p, h->len ? ADIT_DROP_REPLAY : ADIT_DROP_OVERFLOW);
        return;
    }
    w = adit_writer (h->data, sizeof h->data);
    adit_put_bytes (&w, p->data, p->len);
    h->len = (guint32) adit_length (&w);
    if (c->n_held++ == 0)
        c->hold_us = now_us + PPTP_HOLD_US;
    p->verdict = ADIT_TAKE;
}

/* The window moves so that `number` lies in it: what is still missing before it is given up. */
static void
move_window (Carrier *c, guint32 number)
{
    while (c->n_held && number - c->in >= PPTP_HOLD && c->n < ADIT_BATCH)
        if (!release (c))
            c->in++;
    if (!c->n_held && number - c->in >= PPTP_HOLD)
        c->in = number;
    release_all_next (c);
}

static void
take_data (Carrier *c, AditPacket *p, guint32 number, gint64 now_us)
{
    if (!c->heard)
        c->in = number;
    c->heard = TRUE;
    c->owed++;
    if ((gint32) (number - c->in) >= PPTP_HOLD)
        move_window (c, number);
    if ((gint32) (number - c->in) < 0)
        adit_packet_drop (p, ADIT_DROP_REPLAY);
    else if (number - c->in >= PPTP_HOLD) /* no room left in this batch to move on */
        adit_packet_drop (p, ADIT_DROP_OVERFLOW);
    else if (number != c->in)
        hold (c, p, number, now_us);
    else
        c->in++;
}

/* ---- in ---- */

static void
decap_one (Carrier *c, AditPacket *p, gint64 now_us)
{
    PptpGre gre;

    if (!pptp_gre_decode (p->data, p->len, &gre)) {
        adit_packet_drop (p, ADIT_DROP_SHORT);
    } else if (!c->call.call || gre.call != c->call.call) {
        adit_packet_drop (p, ADIT_DROP_POLICY);
    } else if (!gre.size) {
        p->verdict = ADIT_TAKE; /* an acknowledgement alone: we slow down for nobody */
    } else {
        adit_packet_pull (p, (gsize) (gre.payload - p->data));
        p->len = (guint32) gre.size;
        take_data (c, p, gre.sequence, now_us);
    }
}

/* Nothing more is waited for once the time is over. */
static void
expire (Carrier *c, gint64 now_us)
{
    if (!c->n_held || now_us < c->hold_us)
        return;
    while (!c->held[c->in % PLACES].len)
        c->in++;
    release_all_next (c);
    c->hold_us = now_us + PPTP_HOLD_US;
}

static void
acknowledge (Carrier *c, gint64 now_us)
{
    AditLane *lane = c->base.lane;

    if (!c->owed)
        return;
    if (c->owed_us == 0) {
        c->owed_us = now_us + PPTP_ACK_US;
        lane->again (lane, &c->base, PPTP_ACK_US);
    }
    if (c->owed >= PPTP_ACK_MAX || now_us >= c->owed_us)
        lane->emit (lane, &c->base, NULL, 0);
}

static void
report (Carrier *c)
{
    PptpHeard heard = { c->in };

    if (c->heard && !c->told) /* a full ring: said at the next batch */
        c->told = c->base.lane->say (c->base.lane, &c->base, &heard, sizeof heard);
}

static void
decap (AditCarrier *base, AditBatch *batch)
{
    Carrier *c = (Carrier *) base;

    c->n = 0;
    for (guint i = 0; c->released && i < PLACES; i++)
        c->held[i].busy = FALSE;
    c->released = FALSE;
    expire (c, batch->now_us);
    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p = &batch->packet[i];

        if (p->verdict == ADIT_PASS)
            decap_one (c, p, batch->now_us);
        if (c->n < ADIT_BATCH)
            go_on (c, p);
        release_all_next (c);
    }
    memcpy (batch->packet, c->order, c->n * sizeof *c->order);
    batch->n = c->n;
    if (c->n_held)
        base->lane->again (base->lane, base, (guint) MAX (c->hold_us - batch->now_us, 0));
    acknowledge (c, batch->now_us);
    report (c);
}

static void
told (AditCarrier *base, gconstpointer message, gsize size)
{
    Carrier *c = (Carrier *) base;

    g_return_if_fail (size == sizeof c->call);
    memcpy (&c->call, message, sizeof c->call);
    c->out = c->in = 0;
    c->heard = c->told = FALSE;
    c->owed = c->n_held = 0;
    c->owed_us          = 0;
    for (guint i = 0; i < PLACES; i++)
        c->held[i].len = 0;
}

static void
carrier_free (AditCarrier *base)
{
    g_free (base);
}

static const AditCarrierOps ops = {
    .name  = "gre",
    .head  = PPTP_GRE_HEADER + 2 * PPTP_GRE_NUMBER,
    .flags = ADIT_ORDERED,
    .encap = encap,
    .decap = decap,
    .told  = told,
    .free  = carrier_free,
};

AditCarrier *
pptp_carrier_new (void)
{
    Carrier *c = g_new0 (Carrier, 1);

    c->base.ops = &ops;
    return &c->base;
}
