/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* queue.h - FQ-CoDel (RFC 8290) over inner flows, for packets that the transport has no room for
 * yet. Holds blocks of the pool; what it drops it gives back there.  Empty while the transport
 * keeps up, and then costs nothing. */
#pragma once
#include "client/base/stats.h"
#include "client/path/pool.h"

enum {
    PATH_FLOWS   = 1024,
    PATH_QUANTUM = 1514, /* RFC 8290 5.2.4; the least */

    PATH_CODEL_TARGET_US   = 5000,
    PATH_CODEL_INTERVAL_US = 100000,
};

/* A packet waiting: its block's number is its index in item[]. */
typedef struct {
    gint64  since_us;
    guint32 flow;
    guint16 len;
    guint16 next;
    guint8  tos;
} PathItem;

typedef struct {
    guint16  head, tail; /* of packets; PATH_NO_BLOCK: none */
    guint16  next;       /* flow on the same list */
    guint8   list;
    gint32   deficit;
    guint32  bytes;
    guint32  count, last_count; /* RFC 8289 5.3, as are the rest */
    gint64   first_above_us, drop_next_us;
    gboolean dropping;
} PathFlow;

typedef struct {
    guint16 head, tail;
} PathFlowList;

typedef struct {
    PathPool      *pool;
    AditPathStats *stats;
    PathItem      *item;
    PathFlow      *flow;
    PathFlowList   fresh, old; /* RFC 8290 4.1: new and old queues */
    guint          n, most;
    gsize          bytes;
    gint32         quantum; /* may be raised, so that neighbours of a flow stay together */
} PathQueue;

/* Leaves `spare` blocks of the pool to others. */
gboolean path_queue_init (PathQueue *queue, PathPool *pool, AditPathStats *stats, guint spare);
void     path_queue_clear (PathQueue *queue); /* gives every block back */
void     path_queue_trim (PathQueue *queue);  /* only while empty */

/* Takes the block. */
void path_queue_push (PathQueue *queue, guint block, guint len, guint32 flow, guint8 tos,
                      gint64 now_us);

/* The next packet to send, or PATH_NO_BLOCK; its item says what it is.  Marks or drops on the way.
 */
guint path_queue_pop (PathQueue *queue, gint64 now_us);
