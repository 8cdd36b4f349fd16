/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fakepath.c - drives real carriers: a datagram waits a moment for others to share its batch, a
 * message for the other half waits a moment too, so that every order the threads could have is
 * tried by some seed. */
#include "tests/lib/fakepath.h"
#include "client/base/secret.h"

typedef struct {
    gboolean     is_packet;
    guint        layer;
    AditEndpoint where; /* of a packet: from or to */
    gsize        len;
    guint8       data[];
} Note;

static Note *
note_new (guint layer, const AditEndpoint *where, gconstpointer data, gsize len)
{
    Note *n = g_malloc0 (sizeof *n + len);

    n->is_packet = where != NULL;
    n->layer     = layer;
    n->len       = len;
    if (where)
        n->where = *where;
    if (len && data)
        memcpy (n->data, data, len);
    return n;
}

static void
note_free (gpointer data)
{
    Note *n = data;

    adit_wipe (n->data, n->len);
    g_free (n);
}

/* ---- batches ---- */

typedef struct {
    AditBatch    batch;
    AditEndpoint from[ADIT_BATCH];
    guint8      *buffers[ADIT_BATCH];
    guint        loaded; /* of them; a carrier may have appended packets of its own */
} Load;

static Load *
load_new (void)
{
    Load *l = g_new (Load, 1); /* large: packets are filled in as they come */

    l->batch.n = 0;
    l->loaded  = 0;
    return l;
}

static guint
room (const AditPath *p, guint tail)
{
    guint sum = 0;

    for (guint i = 0; i < p->n; i++)
        sum += tail ? p->carriers[i]->ops->tail : p->carriers[i]->ops->head;
    return sum;
}

static AditPacket *
load (Load *l, const guint8 *data, gsize len, guint head, guint tail)
{
    guint       i = l->batch.n++;
    AditPacket *p = &l->batch.packet[i];

    l->loaded     = l->batch.n;
    l->buffers[i] = g_malloc (head + len + tail + 1);
    *p            = (AditPacket){ .data = l->buffers[i] + head,
                                  .len  = (guint32) len,
                                  .head = (guint16) head,
                                  .tail = (guint16) tail };
    memcpy (p->data, data, len);
    return p;
}

static void
unload (Load *l)
{
    for (guint i = 0; i < l->loaded; i++)
        g_free (l->buffers[i]);
    g_free (l);
}

static gboolean
counted (AditPath *p, const AditPacket *packet)
{
    if (packet->verdict == ADIT_DROP)
        p->host->drops[packet->drop]++;
    return packet->verdict == ADIT_PASS;
}

static void
transmit (AditPath *p, const AditPacket *packet)
{
    const AditEndpoint *to = p->link->connected.family ? &p->link->connected : packet->peer;

    if (to && to->family)
        fake_wire_send (p->host->wire, &p->host->at, to, packet->data, packet->len);
    else
        p->host->drops[ADIT_DROP_TRANSPORT]++;
}

static void
encap (AditPath *p, Load *l, guint first)
{
    l->batch.now_us = adit_now (&p->host->base);
    for (guint i = first; i < p->n; i++)
        p->carriers[i]->ops->encap (p->carriers[i], &l->batch);
    for (guint i = 0; i < l->batch.n; i++) {
        if (counted (p, &l->batch.packet[i]))
            transmit (p, &l->batch.packet[i]);
    }
    unload (l);
}

static void
send_emitted (AditPath *p)
{
    while (p->emitted.length) {
        Load *l     = load_new ();
        guint layer = ((Note *) g_queue_peek_head (&p->emitted))->layer;

        while (l->batch.n < ADIT_BATCH && p->emitted.length &&
               ((Note *) g_queue_peek_head (&p->emitted))->layer == layer) {
            Note *n = g_queue_pop_head (&p->emitted);

            load (l, n->data, n->len, room (p, FALSE), room (p, TRUE));
            note_free (n);
        }
        encap (p, l, layer);
    }
}

void
fake_path_send (AditPath *p, const guint8 *const *packets, const gsize *lens, guint n)
{
    Load *l = load_new ();

    for (guint i = 0; i < MIN (n, ADIT_BATCH); i++)
        load (l, packets[i], lens[i], room (p, FALSE), room (p, TRUE));
    encap (p, l, 0);
    send_emitted (p);
}

/* ---- to the control half ---- */

static void
on_up (gpointer user)
{
    FakeHost *host = user;
    AditPath *p    = host->path;
    Note     *n    = p ? g_queue_pop_head (&p->up) : NULL;

    if (!n)
        return;
    if (n->is_packet)
        p->events->punted (p->user, n->layer, &n->where, adit_packet_new (n->data, n->len));
    else
        p->events->said (p->user, n->layer, n->data, n->len);
    note_free (n);
}

static void
up (AditPath *p, Note *n)
{
    g_queue_push_tail (&p->up, n);
    fake_wire_after (p->host->wire, fake_wire_below (p->host->wire, 200), on_up, p->host);
}

static gboolean
lane_say (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    const FakeLane *l = (const FakeLane *) lane;

    g_assert (size <= ADIT_MESSAGE_MAX);
    if (fake_wire_chance (l->path->host->wire, l->path->host->lane_full))
        return FALSE;
    up (l->path, note_new (l->layer, NULL, message, size));
    return TRUE;
}

static gboolean
lane_emit (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer body, gsize len)
{
    const FakeLane *l = (const FakeLane *) lane;

    if (l->path->emitted.length >= ADIT_BATCH)
        return FALSE;
    g_queue_push_tail (&l->path->emitted, note_new (l->layer, NULL, body, len));
    return TRUE;
}

static gint64
lane_now (AditLane *lane)
{
    return adit_now (&((const FakeLane *) lane)->path->host->base);
}

/* ---- from the wire ---- */

static void
received (AditPath *p, guint layer, AditPacket *packet)
{
    if (packet->verdict == ADIT_PUNT)
        up (p, note_new (layer, packet->peer, packet->data, packet->len));
    else if (counted (p, packet) && packet->len)
        g_queue_push_tail (&p->host->delivered, adit_packet_new (packet->data, packet->len));
}

static void
decap (AditPath *p, Load *l)
{
    guint punted_by[ADIT_BATCH];

    l->batch.now_us = adit_now (&p->host->base);
    for (guint i = 0; i < ADIT_BATCH; i++)
        punted_by[i] = p->n - 1;
    for (guint layer = p->n; layer-- > 0;) {
        p->carriers[layer]->ops->decap (p->carriers[layer], &l->batch);
        for (guint i = 0; i < l->batch.n; i++) {
            if (l->batch.packet[i].verdict == ADIT_PASS)
                punted_by[i] = layer ? layer - 1 : 0;
        }
    }
    for (guint i = 0; i < l->batch.n; i++)
        received (p, punted_by[i], &l->batch.packet[i]);
    unload (l);
    send_emitted (p);
}

static void
on_again (gpointer user)
{
    FakeHost *host = user;

    if (host->path)
        decap (host->path, load_new ());
}

static void
lane_again (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, guint us)
{
    FakeHost *host = ((const FakeLane *) lane)->path->host;

    fake_wire_after (host->wire, us, on_again, host);
}

static void
on_inbox (gpointer user)
{
    FakeHost *host = user;
    AditPath *p    = host->path;
    Load     *l;

    if (!p || !p->inbox.length)
        return;
    l = load_new ();
    while (l->batch.n < ADIT_BATCH && p->inbox.length) {
        Note       *n      = g_queue_pop_head (&p->inbox);
        AditPacket *packet = load (l, n->data, n->len, 0, 0);

        l->from[l->batch.n - 1] = n->where;
        packet->peer            = &l->from[l->batch.n - 1];
        note_free (n);
    }
    decap (p, l);
}

void
fake_path_arrived (AditPath *p, const AditEndpoint *from, const guint8 *data, gsize len)
{
    g_queue_push_tail (&p->inbox, note_new (0, from, data, len));
    fake_wire_after (p->host->wire, fake_wire_below (p->host->wire, 500), on_inbox, p->host);
}

/* ---- from the control half ---- */

static void
on_down (gpointer user)
{
    FakeHost *host = user;
    AditPath *p    = host->path;
    Note     *n    = p ? g_queue_pop_head (&p->down) : NULL;

    if (!n)
        return;
    if (n->is_packet) {
        Load       *l      = load_new ();
        AditPacket *packet = load (l, n->data, n->len, room (p, FALSE), room (p, TRUE));

        packet->peer = &n->where;
        encap (p, l, n->layer + 1);
    } else {
        p->carriers[n->layer]->ops->told (p->carriers[n->layer], n->data, n->len);
    }
    note_free (n);
    send_emitted (p);
}

static void
down (AditPath *p, Note *n)
{
    g_queue_push_tail (&p->down, n);
    fake_wire_after (p->host->wire, fake_wire_below (p->host->wire, 200), on_down, p->host);
}

void
fake_path_tell (AditPath *p, guint layer, gconstpointer message, gsize size)
{
    g_assert (layer < p->n && size <= ADIT_MESSAGE_MAX);
    down (p, note_new (layer, NULL, message, size));
}

void
fake_path_inject (AditPath *p, guint layer, const AditEndpoint *to, AditPacket *packet)
{
    g_assert (layer < p->n);
    down (p, note_new (layer, to ? to : &p->link->connected, packet->data, packet->len));
    adit_packet_free (packet);
}

AditPath *
fake_path_new (FakeHost *host, AditLink *link, AditCarrier *const *carriers, guint n,
               const AditPathEvents *events, gpointer user)
{
    AditPath *p = g_new0 (AditPath, 1);

    g_assert (n && n <= ADIT_PATH_CARRIERS);
    *p = (AditPath){ .host = host, .link = link, .n = n, .events = events, .user = user };
    for (guint i = 0; i < n; i++) {
        p->carriers[i]       = carriers[i];
        p->lanes[i]          = (FakeLane){ { lane_say, lane_emit, lane_now, lane_again }, p, i };
        p->carriers[i]->lane = &p->lanes[i].base;
    }
    return p;
}

void
fake_path_free (AditPath *p)
{
    for (guint i = 0; i < p->n; i++)
        p->carriers[i]->ops->free (p->carriers[i]);
    g_queue_clear_full (&p->up, note_free);
    g_queue_clear_full (&p->down, note_free);
    g_queue_clear_full (&p->emitted, note_free);
    g_queue_clear_full (&p->inbox, note_free);
    g_free (p);
}
