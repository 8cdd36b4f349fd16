/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secret.c - the arena for secrets: pages between two that cannot be touched, locked as they are
 * first used, not dumped, empty in a child.  Blocks lie one behind the other, first fit; free
 * neighbours are joined on the way.  When one arena is full the next is mapped. */
#include "client/base/secret.h"
#include "client/base/log.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 * 1024, GRAIN = 16 };

typedef struct Arena Arena;

struct Arena {
    Arena  *next;
    guint8 *start, *end;
};

typedef struct {
    gsize size; /* with this header */
    gsize used; /* 0: free */
} Block;

G_STATIC_ASSERT (sizeof (Block) % GRAIN == 0);

static GMutex   lock;
static Arena   *arenas;
static gboolean warned;

static gsize
round_up (gsize size, gsize unit)
{
    return (size + unit - 1) / unit * unit;
}

/* Old kernels may lack any of these; only the lock is worth a word, and only once. */
static void
protect (guint8 *start, gsize size)
{
    madvise (start, size, MADV_DONTDUMP);
    madvise (start, size, MADV_WIPEONFORK);
    if ((mlock2 (start, size, MLOCK_ONFAULT) < 0 && mlock (start, size) < 0) && !warned) {
        warned = TRUE;
        adit_log (ADIT_LOG_WARNING, "secret", "memory for secrets cannot be locked: %s",
                  g_strerror (errno));
    }
}

static Arena *
arena_new (gsize need)
{
    gsize   page  = (gsize) sysconf (_SC_PAGESIZE);
    gsize   size  = round_up (MAX (need, ARENA_BYTES), page);
    Arena  *arena = g_new0 (Arena, 1);
    guint8 *map   = mmap (NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect (map + page, size, PROT_READ | PROT_WRITE) < 0)
        g_error ("no memory for secrets: %s", g_strerror (errno));
    arena->start = map + page;
    arena->end   = arena->start + size;
    protect (arena->start, size);
    *(Block *) (gpointer) arena->start = (Block){ size, 0 };
    return arena;
}

static Block *
next_block (const Block *b)
{
    return (Block *) (gpointer) ((guint8 *) b + b->size);
}

static void
join_free (const Arena *arena, Block *b)
{
    for (Block *n = next_block (b); (guint8 *) n < arena->end && !n->used; n = next_block (b)) {
        b->size += n->size;
        adit_wipe (n, sizeof *n);
    }
}

static gpointer
take (Block *b, gsize need)
{
    if (b->size - need >= 2 * sizeof *b) {
        Block *rest = (Block *) (gpointer) ((guint8 *) b + need);

        *rest   = (Block){ b->size - need, 0 };
        b->size = need;
    }
    b->used = 1;
    return b + 1;
}

static gpointer
find (const Arena *arena, gsize need)
{
    for (Block *b = (Block *) (gpointer) arena->start; (guint8 *) b < arena->end;
         b        = next_block (b)) {
        if (b->used)
            continue;
        join_free (arena, b);
        if (b->size >= need)
            return take (b, need);
    }
    return NULL;
}

gpointer
adit_secret_new (gsize size)
{
    gsize    need;
    gpointer got = NULL;

    if (size > G_MAXUINT32)
        g_error ("a secret of %" G_GSIZE_FORMAT " bytes", size);
    need = round_up (MAX (size, 1), GRAIN) + sizeof (Block);
    g_mutex_lock (&lock);
    for (Arena *a = arenas; a && !got; a = a->next)
        got = find (a, need);
    if (!got) {
        Arena *fresh = arena_new (need);

        fresh->next = arenas;
        arenas      = fresh;
        got         = find (fresh, need);
    }
    g_mutex_unlock (&lock);
    return got;
}

void
adit_secret_free (gpointer secret)
{
    Block *b = secret;

    if (!b)
        return;
    b--;
    g_mutex_lock (&lock);
    adit_wipe (secret, b->size - sizeof *b);
    b->used = 0;
    g_mutex_unlock (&lock);
}

void
adit_wipe (gpointer data, gsize size)
{
    if (size)
        explicit_bzero (data, size);
}

void
adit_wipe_string (char *text)
{
    if (text)
        adit_wipe (text, strlen (text));
    g_free (text);
}
