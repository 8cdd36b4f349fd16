/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pool.c - blocks of one mapping. */
#include "client/path/pool.h"
#include <string.h>
#include <sys/mman.h>

enum { LINE = 64, FEWEST_BLOCKS = 512 };

gboolean
path_pool_init (PathPool *pool, gsize budget, guint head, guint body, guint tail)
{
    memset (pool, 0, sizeof *pool);
    pool->head   = (head + LINE - 1) / LINE * LINE; /* bodies start on a line of the cache */
    pool->room   = body + tail;
    pool->stride = (pool->head + pool->room + LINE - 1) / LINE * LINE;
    pool->n      = (guint) CLAMP (budget / pool->stride, FEWEST_BLOCKS, PATH_NO_BLOCK - 1);
    pool->size   = pool->n * pool->stride;
    pool->base =
        mmap (NULL, pool->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool->base == MAP_FAILED) {
        pool->base = NULL;
        return FALSE;
    }
    pool->free = g_new (guint16, pool->n);
    for (guint i = pool->n; i-- > 0;)
        path_pool_give (pool, i);
    return TRUE;
}

void
path_pool_clear (PathPool *pool)
{
    if (pool->base)
        munmap (pool->base, pool->size);
    g_free (pool->free);
    memset (pool, 0, sizeof *pool);
}

void
path_pool_trim (PathPool *pool)
{
    if (pool->n_free < pool->n)
        return;
    madvise (pool->base, pool->size, MADV_DONTNEED);
    for (guint i = 0; i < pool->n; i++) /* the lowest first again, so that few pages are touched */
        pool->free[i] = (guint16) (pool->n - 1 - i);
}
