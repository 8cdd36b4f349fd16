/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring.c - one mapping, two counters. */
#include "client/path/ring.h"
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

gboolean
path_ring_init (PathRing *r, guint capacity)
{
    *r       = (PathRing){ .capacity = capacity, .fd = -1 };
    r->bytes = mmap (NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r->bytes == MAP_FAILED) {
        r->bytes = NULL;
        return FALSE;
    }
    r->fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    return r->fd >= 0;
}

void
path_ring_clear (PathRing *r)
{
    if (r->bytes) {
        if (r->head != r->tail)
            explicit_bzero (r->bytes, r->capacity);
        munmap (r->bytes, r->capacity);
        if (r->fd >= 0)
            close (r->fd);
    }
    *r = (PathRing){ .fd = -1 };
}

static guint
round_up (gsize size)
{
    return (guint) ((size + 7) & ~(gsize) 7);
}

static void
copy_in (PathRing *r, guint at, gconstpointer from, gsize size)
{
    gsize start = at & (r->capacity - 1), first = MIN (size, r->capacity - start);

    if (first)
        memcpy (r->bytes + start, from, first);
    if (size > first)
        memcpy (r->bytes, (const guint8 *) from + first, size - first);
}

static void
copy_out (const PathRing *r, guint at, gpointer to, gsize size)
{
    gsize start = at & (r->capacity - 1), first = MIN (size, r->capacity - start);

    if (first)
        memcpy (to, r->bytes + start, first);
    if (size > first)
        memcpy ((guint8 *) to + first, r->bytes, size - first);
}

static void
wipe (PathRing *r, guint at, gsize size)
{
    gsize start = at & (r->capacity - 1), first = MIN (size, r->capacity - start);

    explicit_bzero (r->bytes + start, first);
    explicit_bzero (r->bytes, size - first);
}

void
path_ring_wake (PathRing *r)
{
    guint64 one = 1;
    ssize_t n   = write (r->fd, &one, sizeof one); /* full means that it is readable already */

    (void) n;
}

gsize
path_ring_room (const PathRing *r)
{
    return r->capacity - (r->head - __atomic_load_n (&r->tail, __ATOMIC_ACQUIRE));
}

gboolean
path_ring_put (PathRing *r, const PathRecord *record, gconstpointer body)
{
    gsize need = sizeof *record + (gsize) round_up (record->size);

    if (record->size > r->capacity || need > path_ring_room (r))
        return FALSE;
    copy_in (r, r->head, record, sizeof *record);
    copy_in (r, r->head + (guint) sizeof *record, body, record->size);
    __atomic_store_n (&r->head, r->head + (guint) need, __ATOMIC_RELEASE);
    path_ring_wake (r);
    return TRUE;
}

gboolean
path_ring_peek (const PathRing *r, PathRecord *record)
{
    if (__atomic_load_n (&r->head, __ATOMIC_ACQUIRE) == r->tail)
        return FALSE;
    copy_out (r, r->tail, record, sizeof *record);
    return TRUE;
}

void
path_ring_take (PathRing *r, const PathRecord *record, gpointer body, gsize room)
{
    guint at   = r->tail + (guint) sizeof *record;
    gsize size = sizeof *record + (gsize) round_up (record->size);

    copy_out (r, at, body, MIN (record->size, room));
    wipe (r, r->tail, size);
    __atomic_store_n (&r->tail, r->tail + (guint) size, __ATOMIC_RELEASE);
}

void
path_ring_calm (PathRing *r)
{
    guint64 count;
    ssize_t n = read (r->fd, &count, sizeof count); /* nothing to read: was calm */

    (void) n;
}
