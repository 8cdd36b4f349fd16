/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path-bench-rooms.c - nanoseconds of thread CPU time per packet in the rooms of client/path that
 * every packet passes, medians of nine. */
#include "client/path/coalesce.h"
#include "client/path/queue.h"
#include "client/path/split.h"
#include "tests/unit/client/path/packets.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PACKETS = 46, BODY = 1368, STRIDE = 1536, ROUNDS = 2000 };

static const PacketSpec spec = { .version = 4,
                                 .proto   = PATH_TCP,
                                 .port    = 7,
                                 .flags   = PATH_TCP_ACK,
                                 .options = 12,
                                 .body    = PACKETS * BODY };

static guint8           superframe[70000], packets[PACKETS * STRIDE];
static PathCoalesce     coalesce;
static volatile guint64 sink;

static double
cpu_ns (void)
{
    struct timespec t;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void
split_once (void)
{
    PathVnet  v   = packet_super (&spec, superframe, BODY);
    gsize     len = packet_headers (&spec) + spec.body, at = 0;
    PathSplit s;

    path_split_begin (&s, &v, superframe, len, 1420, 1);
    for (; path_split_left (&s); at += STRIDE)
        sink += path_split_next (&s, packets + at);
}

static void
coalesce_once (void)
{
    coalesce.tcp = TRUE;
    path_coalesce_reset (&coalesce);
    for (guint i = 0; i < PACKETS; i++) {
        PathInner in;

        path_inner_parse (&in, packets + i * STRIDE, STRIDE);
        path_coalesce_add (&coalesce, packets + i * STRIDE, &in);
    }
    sink += coalesce.n;
    for (guint i = 0; i < coalesce.n; i++) {
        path_group_close (&coalesce.group[i]);
        path_group_open (&coalesce.group[i]);
    }
}

static void
verify_once (void)
{
    for (guint i = 0; i < PACKETS; i++) {
        PathInner in;

        path_inner_parse (&in, packets + i * STRIDE, STRIDE);
        sink += (guint64) path_inner_verify (&in, packets + i * STRIDE);
    }
}

static void
copy_once (void)
{
    for (guint i = 0; i < PACKETS; i++)
        memcpy (packets + i * STRIDE, superframe + i * BODY, BODY);
    sink += packets[77];
}

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
measure (const char *name, void (*once) (void))
{
    double ns[9];

    for (guint k = 0; k < G_N_ELEMENTS (ns); k++) {
        double from = cpu_ns ();

        for (guint i = 0; i < ROUNDS; i++)
            once ();
        ns[k] = (cpu_ns () - from) / ROUNDS / PACKETS;
    }
    qsort (ns, G_N_ELEMENTS (ns), sizeof *ns, compare);
    printf ("%-28s %6.1f ns per packet\n", name, ns[G_N_ELEMENTS (ns) / 2]);
}

int
main (void)
{
    packet_make (&spec, superframe);
    measure ("copy", copy_once);
    measure ("split", split_once);
    measure ("parse, verify", verify_once);
    measure ("parse, verify, coalesce", coalesce_once);
    return coalesce.n == 1 ? 0 : 1;
}
