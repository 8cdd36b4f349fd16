/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* queue.c - the two algorithms, with the names that RFC 8289 and RFC 8290 give to things. */
#include "client/path/queue.h"
#include "client/path/inner.h"
#include <string.h>
#include <sys/mman.h>

enum { NO_FLOW = G_MAXUINT16, NONE = 0, FRESH, OLD, BATCH_DROP = 64 };

static gsize
flows_size (void)
{
    return PATH_FLOWS * sizeof (PathFlow);
}

static gsize
items_size (const PathQueue *q)
{
    return q->pool->n * sizeof (PathItem);
}

static gpointer
pages (gsize size)
{
    gpointer p = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

gboolean
path_queue_init (PathQueue *q, PathPool *pool, AditPathStats *stats, guint spare)
{
    memset (q, 0, sizeof *q);
    q->pool    = pool;
    q->quantum = PATH_QUANTUM;
    q->stats   = stats;
    q->most    = pool->n > 2 * spare ? pool->n - spare : pool->n / 2;
    q->item    = pages (items_size (q));
    q->flow    = pages (flows_size ());
    q->fresh = q->old = (PathFlowList){ NO_FLOW, NO_FLOW };
    return q->item && q->flow;
}

void
path_queue_clear (PathQueue *q)
{
    if (!q->pool)
        return;
    for (guint i = 0; q->flow && q->n && i < PATH_FLOWS; i++)
        for (guint b = q->flow[i].bytes ? q->flow[i].head : PATH_NO_BLOCK; b != PATH_NO_BLOCK;
             b       = q->item[b].next)
            path_pool_give (q->pool, b);
    if (q->item)
        munmap (q->item, items_size (q));
    if (q->flow)
        munmap (q->flow, flows_size ());
    memset (q, 0, sizeof *q);
}

void
path_queue_trim (PathQueue *q)
{
    if (!q->pool || q->n)
        return;
    q->fresh = q->old = (PathFlowList){ NO_FLOW, NO_FLOW };
    madvise (q->item, items_size (q), MADV_DONTNEED);
    madvise (q->flow, flows_size (), MADV_DONTNEED);
}

static void
append (PathQueue *q, PathFlowList *list, guint i, guint8 which)
{
    q->flow[i].next = NO_FLOW;
    q->flow[i].list = which;
    if (list->head == NO_FLOW)
        list->head = (guint16) i;
    else
        q->flow[list->tail].next = (guint16) i;
    list->tail = (guint16) i;
}

static void
remove_first (PathQueue *q, PathFlowList *list)
{
    PathFlow *f = &q->flow[list->head];

    f->list    = NONE;
    list->head = f->next;
}

static guint
take_head (PathQueue *q, PathFlow *f)
{
    guint           block = f->bytes ? f->head : (guint) PATH_NO_BLOCK;
    const PathItem *item;

    if (block == PATH_NO_BLOCK)
        return block;
    item    = &q->item[block];
    f->head = item->next;
    f->bytes -= item->len;
    q->bytes -= item->len;
    q->n--;
    return block;
}

static void
drop (PathQueue *q, guint block, AditDrop why)
{
    q->stats->drops[why]++;
    path_pool_give (q->pool, block);
}

/* RFC 8290 4.1.3: from the head of the longest queue; many at once, since finding it is long. */
static void
drop_from_fattest (PathQueue *q)
{
    PathFlow *fat = q->flow;
    guint32   half;

    for (guint i = 1; i < PATH_FLOWS; i++)
        if (q->flow[i].bytes > fat->bytes)
            fat = &q->flow[i];
    half = fat->bytes / 2;
    for (guint i = 0; i < BATCH_DROP && fat->bytes && (i == 0 || fat->bytes > half); i++)
        drop (q, take_head (q, fat), ADIT_DROP_OVERFLOW);
}

void
path_queue_push (PathQueue *q, guint block, guint len, guint32 hash, guint8 tos, gint64 now_us)
{
    guint     i    = hash % PATH_FLOWS;
    PathFlow *f    = &q->flow[i];
    PathItem *item = &q->item[block];

    *item = (PathItem){ now_us, hash, (guint16) len, PATH_NO_BLOCK, tos };
    if (f->bytes)
        q->item[f->tail].next = (guint16) block;
    else
        f->head = (guint16) block;
    f->tail = (guint16) block;
    f->bytes += len;
    q->bytes += len;
    q->n++;
    if (f->list == NONE) {
        f->deficit = q->quantum;
        append (q, &q->fresh, i, FRESH);
    }
    if (q->n > q->most)
        drop_from_fattest (q);
}

/* interval / sqrt (count), RFC 8289 5.5 */
static gint64
control_law (gint64 t, guint32 count)
{
    guint64 root = 0;

    /* sqrt (count) in 1/1024: bit by bit, since this runs once per drop at most. */
    for (guint64 bit = 1ull << 26; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= (guint64) count << 20)
            root |= bit;
    return t + (gint64) ((guint64) PATH_CODEL_INTERVAL_US * 1024 / MAX (root, 1024));
}

/* RFC 8289 5.6 dodequeue: whether this packet has waited too long for a whole interval. */
static gboolean
ok_to_drop (PathFlow *f, const PathItem *item, gint64 now)
{
    if (now - item->since_us < PATH_CODEL_TARGET_US || f->bytes < PATH_QUANTUM) {
        f->first_above_us = 0;
        return FALSE;
    }
    if (!f->first_above_us) {
        f->first_above_us = now + PATH_CODEL_INTERVAL_US;
        return FALSE;
    }
    return now >= f->first_above_us;
}

/* RFC 8290 4.2.1: marks instead of dropping where the sender understands. */
static gboolean
mark (PathQueue *q, guint block)
{
    PathItem *item = &q->item[block];

    if ((item->tos & PATH_ECN_MASK) == PATH_NOT_ECT)
        return FALSE;
    if ((item->tos & PATH_ECN_MASK) != PATH_CE)
        path_inner_set_ecn (path_pool_body (q->pool, block), PATH_CE);
    item->tos |= PATH_CE;
    q->stats->ce_marked++;
    return TRUE;
}

static void
start_dropping (PathFlow *f, gint64 now)
{
    guint32  delta  = f->count - f->last_count;
    gboolean recent = now - f->drop_next_us < 16 * (gint64) PATH_CODEL_INTERVAL_US;

    f->dropping     = TRUE;
    f->count        = delta > 1 && recent ? delta : 1;
    f->last_count   = f->count;
    f->drop_next_us = control_law (now, f->count);
}

/* RFC 8289 5.6: the next packet of one flow. */
static guint
codel (PathQueue *q, PathFlow *f, gint64 now)
{
    guint block;

    while ((block = take_head (q, f)) != PATH_NO_BLOCK) {
        if (!ok_to_drop (f, &q->item[block], now)) {
            f->dropping = FALSE;
            return block;
        }
        if (f->dropping && now < f->drop_next_us)
            return block;
        if (f->dropping) {
            f->count++;
            f->drop_next_us = control_law (f->drop_next_us, f->count);
        } else {
            start_dropping (f, now);
        }
        if (mark (q, block))
            return block;
        drop (q, block, ADIT_DROP_CODEL);
    }
    f->dropping = FALSE;
    return PATH_NO_BLOCK;
}

guint
path_queue_pop (PathQueue *q, gint64 now_us)
{
    while (q->n || q->fresh.head != NO_FLOW || q->old.head != NO_FLOW) {
        PathFlowList *list = q->fresh.head != NO_FLOW ? &q->fresh : &q->old;
        guint         i    = list->head, block;

        if (i == NO_FLOW)
            break;
        if (q->flow[i].deficit <= 0) {
            q->flow[i].deficit += q->quantum;
            remove_first (q, list);
            append (q, &q->old, i, OLD);
            continue;
        }
        block = codel (q, &q->flow[i], now_us);
        if (block != PATH_NO_BLOCK) {
            q->flow[i].deficit -= q->item[block].len;
            return block;
        }
        remove_first (q, list);
        if (list == &q->fresh &&
            q->old.head != NO_FLOW) /* RFC 8290 4.2: no starving by new flows */
            append (q, &q->old, i, OLD);
    }
    return PATH_NO_BLOCK;
}
