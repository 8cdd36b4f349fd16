/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pool.h - the memory of outbound packets: equal blocks, each with its header and trailer room,
 * handed out last in first out so that a loaded path stays within the cache.  Pages are touched
 * when first used and can be given back to the kernel while nothing is out. */
#pragma once
#include <glib.h>

enum { PATH_NO_BLOCK = G_MAXUINT16 };

typedef struct {
    guint8  *base;
    gsize    size;       /* of the mapping */
    gsize    stride;     /* of one block */
    guint    head, room; /* bytes before the packet, and the packet with what grows behind it */
    guint    n, n_free;
    guint16 *free;
} PathPool;

/* Blocks for packets of at most `body` bytes that grow by `head` and `tail`, in about `budget`. */
gboolean path_pool_init (PathPool *pool, gsize budget, guint head, guint body, guint tail);
void     path_pool_clear (PathPool *pool); /* wipes nothing: holds what was on its way out */
void     path_pool_trim (PathPool *pool);  /* gives unused pages back; only while all is free */

static inline guint
path_pool_take (PathPool *pool)
{
    return pool->n_free ? pool->free[--pool->n_free] : (guint) PATH_NO_BLOCK;
}

static inline void
path_pool_give (PathPool *pool, guint block)
{
    pool->free[pool->n_free++] = (guint16) block;
}

/* Where the packet of a block begins. */
static inline guint8 *
path_pool_body (const PathPool *pool, guint block)
{
    return pool->base + block * pool->stride + pool->head;
}
