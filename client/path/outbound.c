/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outbound.c - device -> split -> (queue) -> carriers -> transport. */
#include "client/path/icmp.h"
#include "client/path/loop.h"

enum {
    QUANTA = 2, /* turns of flows in one send: fewer would be unfair, more would tear runs apart */
    FILL_FRAMES   = 64, /* frames moved into the queue before the socket is looked at again */
    ANSWER_EACH   = 10000,
    SLACK_PACKETS = 2, /* of the queue, per send: the least that a quiet link needs */
};

static void
drop (AditDataPath *path, guint block, AditDrop why)
{
    path->stats.drops[why]++;
    path_pool_give (&path->pool, block);
}

static void
answer_too_big (AditDataPath *path, const guint8 *p, gsize len)
{
    guint8 answer[PATH_ICMP_ROOM];
    gint64 earned = (path->now_us - path->answers_us) / ANSWER_EACH;
    gsize  size;

    if (earned > 0) {
        path->answers    = (guint) MIN (path->answers + earned, PATH_ANSWERS);
        path->answers_us = path->now_us;
    }
    path->stats.drops[ADIT_DROP_TOO_BIG]++;
    if (path->answers == 0)
        return;
    size = path_icmp_too_big (answer, p, len, path->mtu);
    if (!size)
        return;
    path->answers--;
    path_device_write_packet (&path->device, answer, size);
}

/* One frame from the device, ready to be split; FALSE: none waits, or all that were read had to be
 * dropped. */
static gboolean
next_frame (AditDataPath *path)
{
    const PathVnet *vnet;
    guint8         *p;
    gsize           len;

    for (guint i = 0; !path_split_left (&path->split); i++) {
        if (i == FILL_FRAMES)
            return FALSE;
        if (!path->device_ready || !path_device_read (&path->device, &vnet, &p, &len)) {
            path->device_ready = FALSE;
            return FALSE;
        }
        switch (path_split_begin (&path->split, vnet, p, len, path->mtu, path->seed)) {
        case PATH_SPLIT_OK:
            path->stats.clamped += path->split.clamped;
            if (path->split.segment)
                path_offload_use (&path->offloads, path->split.inner.proto == PATH_TCP
                                                       ? ADIT_OFFLOAD_TSO
                                                       : ADIT_OFFLOAD_USO);
            break;
        case PATH_SPLIT_MALFORMED:
            path->stats.drops[ADIT_DROP_SHORT]++;
            break;
        case PATH_SPLIT_TOO_BIG:
            answer_too_big (path, p, MIN (len, path->split.inner.total));
            break;
        }
    }
    return TRUE;
}

void
path_outbound_add (AditDataPath *path, guint block, gsize len, guint32 flow, guint8 tos)
{
    AditBatch  *b = &path->out;
    AditPacket *p = &b->packet[b->n];

    *p                      = (AditPacket){ .data = path_pool_body (&path->pool, block),
                                            .len  = (guint32) len,
                                            .head = (guint16) path->pool.head,
                                            .tail = (guint16) (path->pool.room - len),
                                            .flow = flow,
                                            .tos  = tos };
    path->out_block[b->n++] = (guint16) block;
}

/* The same for a packet from the device. */
static void
add (AditDataPath *path, guint block, gsize len, guint32 flow, guint8 tos)
{
    path->stats.tx_packets++;
    path->stats.tx_bytes += len;
    path_outbound_add (path, block, len, flow, tos);
}

/* The device straight into the batch, while nothing queues. */
static void
fill_batch (AditDataPath *path, gsize most)
{
    gsize bytes = 0;

    while (path->out.n < ADIT_BATCH && bytes < most && next_frame (path)) {
        while (path_split_left (&path->split) && path->out.n < ADIT_BATCH && bytes < most) {
            guint block = path_pool_take (&path->pool);
            gsize len;

            if (block == PATH_NO_BLOCK)
                return;
            len = path_split_next (&path->split, path_pool_body (&path->pool, block));
            add (path, block, len, path->split.flow, path->split.inner.tos);
            bytes += len;
        }
    }
}

/* The device into the queue, so that its short ring never overflows. */
static void
fill_queue (AditDataPath *path)
{
    for (guint i = 0; i < FILL_FRAMES && next_frame (path); i++)
        while (path_split_left (&path->split)) {
            guint block = path_pool_take (&path->pool);
            gsize len;

            if (block == PATH_NO_BLOCK)
                return;
            len = path_split_next (&path->split, path_pool_body (&path->pool, block));
            path_queue_push (&path->queue, block, (guint) len, path->split.flow,
                             path->split.inner.tos, path->now_us);
        }
}

static void
drain_queue (AditDataPath *path, gsize most)
{
    path->queue.quantum = (gint32) MAX (most / QUANTA, PATH_QUANTUM);
    for (gsize bytes = 0; path->out.n < ADIT_BATCH && bytes < most;) {
        guint           block = path_queue_pop (&path->queue, path->now_us);
        const PathItem *item;

        if (block == PATH_NO_BLOCK)
            return;
        item = &path->queue.item[block];
        add (path, block, item->len, item->flow, item->tos);
        bytes += item->len;
    }
}

void
path_outbound_encap (AditDataPath *path, guint first_layer)
{
    AditBatch *b = &path->out;

    b->now_us = path->now_us;
    for (guint i = first_layer; i < path->config.n; i++)
        path->config.carriers[i]->ops->encap (path->config.carriers[i], b);
    for (guint i = 0; i < b->n; i++) {
        AditPacket *p = &b->packet[i];

        if (p->verdict == ADIT_PASS && p->len)
            path_udp_put (&path->udp, p, path->out_block[i]);
        else if (p->verdict == ADIT_PASS || p->verdict == ADIT_TAKE)
            path_pool_give (&path->pool, path->out_block[i]); /* a carrier kept it */
        else
            drop (path, path->out_block[i], MIN (p->drop, ADIT_N_DROPS - 1));
    }
    b->n = 0;
    path_udp_flush (&path->udp, path->now_us);
}

guint
path_outbound_copy (AditDataPath *path, gconstpointer body, gsize len)
{
    guint block =
        len + path->tail <= path->pool.room ? path_pool_take (&path->pool) : (guint) PATH_NO_BLOCK;

    if (block == PATH_NO_BLOCK)
        return block;
    path->dirty = TRUE;
    if (body)
        memcpy (path_pool_body (&path->pool, block), body, len);
    else
        memset (path_pool_body (&path->pool, block), 0, len);
    return block;
}

/* What may be given to the socket at once: with a queue no more than it should hold, so that what
 * is urgent never stands behind more than that. */
static gsize
budget (const AditDataPath *path)
{
    return path->config.queue ? MAX (path->udp.throttle.limit, SLACK_PACKETS * path->mtu)
                              : G_MAXSIZE;
}

gboolean
path_outbound_run (AditDataPath *path)
{
    if (!path_udp_flush (&path->udp, path->now_us)) {
        if (path->config.queue)
            fill_queue (path);
    } else if (path->queue.n) {
        fill_queue (path);
        drain_queue (path, budget (path));
    } else {
        fill_batch (path, budget (path));
    }
    path->stats.queued = path->queue.n;
    if (!path->out.n)
        return path->udp.done == path->udp.n && path->queue.n > 0;
    path->dirty = TRUE;
    path_outbound_encap (path, 0);
    return path->device_ready || path_split_left (&path->split) ||
           (path->queue.n && path->udp.n == 0);
}
