/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* null-carrier.h - a carrier that only puts a number before each packet: what the path itself
 * costs. Datagrams that begin with four 0xff are punted. */
#pragma once
#include "client/plugin.h"

enum { NULL_HEAD = 16 };

typedef struct {
    AditCarrier  carrier;
    AditEndpoint peer;             /* family 0: the link's own */
    guint64      next, told, last; /* last: number of the last packet that came */
    guint        hold_us;          /* so long is each packet held back; 0: not at all */
    gint64       release_us;       /* of what is held */
    gsize        n_held;
    guint8       held[2048];
} NullCarrier;

static void
null_encap (AditCarrier *carrier, AditBatch *batch)
{
    NullCarrier *c = (NullCarrier *) carrier;

    for (guint i = 0; i < batch->n; i++) {
        guint8 *h;

        if (batch->packet[i].verdict != ADIT_PASS)
            continue;
        h = adit_packet_push (&batch->packet[i], NULL_HEAD);
        memset (h, 0, NULL_HEAD);
        adit_poke (h + 8, 8, c->next++);
        batch->packet[i].peer = c->peer.family ? &c->peer : NULL;
    }
}

/* The last packet waits for its time, as one would that came too early. */
static void
null_hold (NullCarrier *c, AditBatch *batch)
{
    AditPacket *p = &batch->packet[batch->n - 1];

    if (c->n_held && batch->now_us >= c->release_us) {
        batch->packet[batch->n++] = (AditPacket){ .data = c->held, .len = (guint32) c->n_held };
        c->n_held                 = 0;
    } else if (c->hold_us && batch->n && p->verdict == ADIT_PASS && p->len <= sizeof c->held) {
        c->n_held     = p->len;
        c->release_us = batch->now_us + c->hold_us;
        memcpy (c->held, p->data, p->len);
        p->len = 0;
        c->carrier.lane->again (c->carrier.lane, &c->carrier, c->hold_us);
    }
}

static void
null_decap (AditCarrier *carrier, AditBatch *batch)
{
    NullCarrier *c = (NullCarrier *) carrier;

    for (guint i = 0; i < batch->n; i++) {
        AditPacket *p = &batch->packet[i];

        if (p->verdict != ADIT_PASS)
            continue;
        if (p->len >= 4 && memcmp (p->data, "\377\377\377\377", 4) == 0) {
            p->verdict = ADIT_PUNT;
            continue;
        }
        if (p->len >= NULL_HEAD) {
            AditReader r = adit_reader (p->data + 8, 8);

            c->last = adit_get_u64 (&r);
        }
        if (!adit_packet_pull (p, NULL_HEAD))
            adit_packet_drop (p, ADIT_DROP_SHORT);
    }
    null_hold (c, batch);
}

/* "emit": emits an empty packet; anything else is said back. */
static void
null_told (AditCarrier *carrier, gconstpointer message, gsize size)
{
    NullCarrier *c = (NullCarrier *) carrier;

    c->told++;
    if (size == 4 && memcmp (message, "emit", 4) == 0)
        carrier->lane->emit (carrier->lane, carrier, NULL, 0);
    else
        carrier->lane->say (carrier->lane, carrier, message, size);
}

static void
null_free (AditCarrier *carrier)
{
    g_free (carrier);
}

static const AditCarrierOps null_ops = { .name  = "null",
                                         .head  = NULL_HEAD,
                                         .flags = ADIT_UNIFORM,
                                         .encap = null_encap,
                                         .decap = null_decap,
                                         .told  = null_told,
                                         .free  = null_free };

static inline AditCarrier *
null_carrier_new (const AditEndpoint *peer)
{
    NullCarrier *c = g_new0 (NullCarrier, 1);

    c->carrier.ops = &null_ops;
    if (peer)
        c->peer = *peer;
    return &c->carrier;
}
