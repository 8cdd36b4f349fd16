/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reliable.c - the control channel's sliding window. */
#include "plugins/l2tp/reliable.h"

/* How far b is ahead of a; behind is negative. */
static gint16
distance (guint16 a, guint16 b)
{
    return (gint16) (guint16) (b - a);
}

/* ---- out ---- */

static void
stamp (const L2tpReliable *r, AditPacket *p)
{
    adit_poke (p->data + 4, 2, r->tunnel); /* may have become known since */
    adit_poke (p->data + 10, 2, r->nr);
}

static void
emit (L2tpReliable *r, const AditPacket *message)
{
    AditPacket *p = adit_packet_new (message->data, message->len);

    stamp (r, p);
    r->owed = FALSE;
    r->events->output (r->user, p);
}

static void
acknowledge (L2tpReliable *r)
{
    AditPacket *p      = adit_packet_new (NULL, L2TP_CONTROL_HEADER);
    L2tpHeader  header = { .tunnel = r->tunnel, .ns = r->ns, .nr = r->nr };

    header.ns = (guint16) (r->acknowledged + r->sent);
    l2tp_control_header_encode (p->data, &header);
    r->owed = FALSE;
    r->events->output (r->user, p);
}

static void
arm (L2tpReliable *r)
{
    guint64 ms = L2TP_RESEND_MS;

    for (guint i = 1; i < r->tries && ms < L2TP_RESEND_MOST; i++)
        ms *= 2;
    if (r->sent)
        adit_arm (r->host, &r->timer, MIN (ms, L2TP_RESEND_MOST));
    else
        adit_disarm (r->host, &r->timer);
}

/* As many as both windows let through. */
static void
push (L2tpReliable *r)
{
    guint room = MIN (r->window, r->cwnd);

    while (r->sent < room && r->sent < r->queue.length) {
        if (r->sent == 0)
            r->tries = 1;
        emit (r, g_queue_peek_nth (&r->queue, r->sent++));
        if (r->sent == 1)
            arm (r);
    }
}

static void
on_timer (gpointer user)
{
    L2tpReliable *r = user;

    if (r->tries++ >= L2TP_TRIES) {
        r->ended = TRUE;
        r->events->silent (r->user);
        return;
    }
    /* RFC 2661 appendix A: start slowly again, with what was lost first */
    r->ssthresh = MAX (r->cwnd / 2, 1);
    r->cwnd     = 1;
    r->acks     = 0;
    r->sent     = 1;
    emit (r, g_queue_peek_head (&r->queue));
    arm (r);
}

gboolean
l2tp_reliable_send (L2tpReliable *r, guint16 session, AditPacket *packet)
{
    L2tpHeader header = { .session = session, .tunnel = r->tunnel, .ns = r->ns };

    if (r->ended || r->queue.length >= L2TP_QUEUE) {
        adit_packet_free (packet);
        return FALSE;
    }
    header.size = packet->len;
    r->ns++;
    l2tp_control_header_encode (adit_packet_push (packet, L2TP_CONTROL_HEADER), &header);
    g_queue_push_tail (&r->queue, packet);
    push (r);
    return TRUE;
}

/* ---- in ---- */

/* Slow start below ssthresh, then one more for each full window. */
static void
open_window (L2tpReliable *r)
{
    if (r->cwnd < r->ssthresh) {
        r->cwnd++;
    } else if (++r->acks >= r->cwnd) {
        r->acks = 0;
        r->cwnd = MIN (r->cwnd + 1, r->window);
    }
}

/* After a time-out messages that are on their way are thought lost, so nr may reach beyond `sent`;
 * what was never sent cannot be acknowledged. */
static void
take_nr (L2tpReliable *r, guint16 nr)
{
    gint16 n = distance (r->acknowledged, nr);

    if (n <= 0 || (guint) n > r->queue.length)
        return;
    for (gint16 i = 0; i < n; i++) {
        adit_packet_free (g_queue_pop_head (&r->queue));
        open_window (r);
    }
    r->acknowledged = nr;
    r->sent -= MIN (r->sent, (guint) n);
    r->tries = 1;
    arm (r);
}

static void
keep_early (L2tpReliable *r, const L2tpHeader *header, guint ahead)
{
    AditPacket **place = &r->early[ahead - 1];
    AditWriter   w;

    if (*place)
        return;
    *place = adit_packet_new (NULL, sizeof (guint16) + header->size);
    w      = adit_writer ((*place)->data, (*place)->len);
    adit_put_u16 (&w, header->session);
    adit_put_bytes (&w, header->body, header->size);
}

/* Moves on by one message; NULL: the one behind it has not come yet. */
static AditPacket *
advance (L2tpReliable *r)
{
    AditPacket *next = r->early[0];

    memmove (r->early, r->early + 1, (L2TP_WINDOW - 1) * sizeof *r->early);
    r->early[L2TP_WINDOW - 1] = NULL;
    return next;
}

static void
deliver (L2tpReliable *r, guint16 session, const guint8 *body, gsize size)
{
    r->nr++;
    r->events->message (r->user, session, body, size);
}

static void
take_in_order (L2tpReliable *r, const L2tpHeader *header)
{
    AditPacket *next = advance (r);

    deliver (r, header->session, header->body, header->size);
    while (next && !r->ended) {
        AditReader  reader  = adit_reader (next->data, next->len);
        guint16     session = adit_get_u16 (&reader);
        AditPacket *now     = next;

        next = advance (r);
        deliver (r, session, reader.at, adit_left (&reader));
        adit_packet_free (now);
    }
    g_clear_pointer (&next, adit_packet_free);
}

void
l2tp_reliable_receive (L2tpReliable *r, const L2tpHeader *header)
{
    gint16 ahead = distance (r->nr, header->ns);

    if (r->ended)
        return;
    take_nr (r, header->nr);
    if (header->size == 0) { /* a ZLB takes no number */
        push (r);
        return;
    }
    if (ahead > L2TP_WINDOW)
        return;
    r->owed = TRUE; /* also of one that came twice: our answer may have been lost (5.8) */
    if (ahead > 0)
        keep_early (r, header, (guint) ahead);
    else if (ahead == 0)
        take_in_order (r, header);
    if (r->ended)
        return;
    push (r);
    if (r->owed)
        acknowledge (r);
}

/* ---- the door ---- */

void
l2tp_reliable_init (L2tpReliable *r, AditHost *host, const L2tpReliableEvents *events,
                    gpointer user)
{
    *r       = (L2tpReliable){ .host     = host,
                               .events   = events,
                               .user     = user,
                               .window   = L2TP_WINDOW_PEER,
                               .cwnd     = 1,
                               .ssthresh = L2TP_WINDOW_PEER };
    r->timer = (AditTimer){ .fn = on_timer, .user = r };
    g_queue_init (&r->queue);
}

void
l2tp_reliable_set_peer (L2tpReliable *r, guint16 tunnel, guint window)
{
    r->tunnel   = tunnel;
    r->window   = window;
    r->ssthresh = r->window;
}

void
l2tp_reliable_clear (L2tpReliable *r)
{
    if (!r->host)
        return;
    adit_disarm (r->host, &r->timer);
    g_queue_clear_full (&r->queue, (GDestroyNotify) adit_packet_free);
    for (guint i = 0; i < L2TP_WINDOW; i++)
        g_clear_pointer (&r->early[i], adit_packet_free);
    r->host  = NULL;
    r->ended = TRUE;
}

gboolean
l2tp_reliable_idle (const L2tpReliable *r)
{
    return r->queue.length == 0;
}
