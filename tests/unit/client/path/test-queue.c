/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-queue.c - FQ-CoDel in virtual time. */
#include "client/path/queue.h"
#include "packets.h"

typedef struct {
    PathPool      pool;
    PathQueue     queue;
    AditPathStats stats;
    gint64        now;
    guint         popped[8]; /* by flow */
} Bed;

static void
bed_setup (Bed *b, gconstpointer data)
{
    (void) data;
    b->now = 1000000;
    g_assert_true (path_pool_init (&b->pool, 4 << 20, 16, 1500, 32));
    g_assert_true (path_queue_init (&b->queue, &b->pool, &b->stats, 256));
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    path_queue_clear (&b->queue);
    g_assert_cmpuint (b->pool.n_free, ==, b->pool.n); /* no block is ever lost */
    path_pool_clear (&b->pool);
}

static void
push (Bed *b, guint flow, gsize body, guint8 tos)
{
    PacketSpec s = {
        .version = 4, .proto = PATH_UDP, .tos = tos, .port = (guint16) flow, .body = body
    };
    guint block = path_pool_take (&b->pool);

    g_assert_cmpuint (block, !=, PATH_NO_BLOCK);
    path_queue_push (&b->queue, block, (guint) packet_make (&s, path_pool_body (&b->pool, block)),
                     flow, tos, b->now);
}

static guint32
pop (Bed *b)
{
    guint   block = path_queue_pop (&b->queue, b->now);
    guint32 flow;

    if (block == PATH_NO_BLOCK)
        return G_MAXUINT32;
    flow = b->queue.item[block].flow;
    if (flow < G_N_ELEMENTS (b->popped))
        b->popped[flow]++;
    path_pool_give (&b->pool, block);
    return flow;
}

static void
test_order (Bed *b, gconstpointer data)
{
    guint64 state  = 9;
    guint   pushed = 0, seen = 0;

    (void) data;
    for (guint round = 0; round < 5000; round++) {
        if (next_random (&state) % 2 && b->queue.n < 100) {
            guint block = path_pool_take (&b->pool);

            path_queue_push (&b->queue, block, 100, 7, 0, b->now);
            path_put32 (path_pool_body (&b->pool, block), pushed++);
        } else {
            guint block = path_queue_pop (&b->queue, b->now);

            if (block == PATH_NO_BLOCK)
                continue;
            g_assert_cmpuint (path_get32 (path_pool_body (&b->pool, block)), ==, seen++);
            path_pool_give (&b->pool, block);
        }
    }
    g_assert_cmpuint (seen, >, 1000);
}

static void
test_sparse_first (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 500; i++)
        push (b, 1, 1400, 0);
    for (guint i = 0; i < 10; i++)
        pop (b);
    push (b, 2, 50, 0);
    pop (b);
    pop (b);
    g_assert_cmpuint (b->popped[2], ==, 1); /* within two packets, whatever the other has waiting */
}

static void
test_fair (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 300; i++) {
        push (b, 1, 1400, 0);
        push (b, 2, 1400, 0);
        push (b, 3, 1400, 0);
        push (b, 3, 1400, 0);
    }
    for (guint i = 0; i < 300; i++)
        pop (b);
    for (guint f = 1; f <= 3; f++)
        g_assert_cmpuint (ABS ((gint) b->popped[f] - 100), <=, 2);
}

/* A source of one packet each `in_us` against a link of one each `out_us`. */
static void
run (Bed *b, gint64 in_us, gint64 out_us, gint64 for_us, guint8 tos, gint64 *worst_us)
{
    gint64 end = b->now + for_us, next_in = b->now, next_out = b->now;

    *worst_us = 0;
    while (b->now < end) {
        b->now = MIN (next_in, next_out);
        if (next_in <= next_out) {
            push (b, 1, 1000, tos);
            next_in += in_us;
            continue;
        }
        next_out += out_us;
        {
            guint block = path_queue_pop (&b->queue, b->now);

            if (block == PATH_NO_BLOCK)
                continue;
            *worst_us = MAX (*worst_us, b->now - b->queue.item[block].since_us);
            path_pool_give (&b->pool, block);
        }
    }
}

static void
test_no_drop_below_target (Bed *b, gconstpointer data)
{
    gint64 worst;

    (void) data;
    run (b, 1000, 990, 5000000, 0, &worst);
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_CODEL], ==, 0);
    g_assert_cmpint (worst, <, PATH_CODEL_TARGET_US);
}

static void
test_drops_above_target (Bed *b, gconstpointer data)
{
    gint64 worst;

    (void) data;
    run (b, 980, 1000, 20000000, 0, &worst); /* 2 % too much for 20 s */
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_CODEL], >, 100);
    g_assert_cmpint (worst, <, 250000); /* without CoDel: 400 ms and growing */
}

static void
test_marks (Bed *b, gconstpointer data)
{
    gint64 worst;

    (void) data;
    run (b, 980, 1000, 3000000, PATH_ECT0, &worst);
    g_assert_cmpuint (b->stats.ce_marked, >, 5);
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_CODEL], ==, 0);
}

static void
test_mark_is_right (Bed *b, gconstpointer data)
{
    guint marked = 0, block;

    (void) data;
    for (guint i = 0; i < 400; i++)
        push (b, 1, 1000, PATH_ECT1);
    b->now += 50000;
    for (guint i = 0; (block = path_queue_pop (&b->queue, b->now)) != PATH_NO_BLOCK; i++) {
        const guint8 *p = path_pool_body (&b->pool, block);

        assert_right_checksums (p, 1028);
        g_assert_cmpuint (p[1], ==, b->queue.item[block].tos);
        marked += p[1] == PATH_CE;
        path_pool_give (&b->pool, block);
        b->now += 2000;
    }
    g_assert_cmpuint (marked, >, 0);
    g_assert_cmpuint (marked, ==, b->stats.ce_marked);
}

static void
test_overflow (Bed *b, gconstpointer data)
{
    (void) data;
    push (b, 2, 60, 0);
    for (guint i = 0; i < 20000; i++) {
        push (b, 1, 1400, 0);
        g_assert_cmpuint (b->queue.n, <=, b->queue.most);
        g_assert_cmpuint (b->pool.n_free, >=, 256);
    }
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_OVERFLOW], >, 10000);
    for (guint i = 0; i < 5; i++)
        pop (b);
    g_assert_cmpuint (b->popped[2], ==, 1); /* the thin flow lost nothing */
}

static void
test_accounts (Bed *b, gconstpointer data)
{
    guint64 state = 10;
    guint   in = 0, out = 0;

    (void) data;
    for (guint round = 0; round < 200000; round++) {
        b->now += next_random (&state) % 400;
        if (next_random (&state) % 100 < 52) {
            push (b, next_random (&state) % 3000, next_random (&state) % 1400,
                  (guint8) (next_random (&state) & 3));
            in++;
        } else if (pop (b) != G_MAXUINT32) {
            out++;
        }
        if (next_random (&state) % 5000 == 0) {
            while (pop (b) != G_MAXUINT32)
                out++;
            g_assert_cmpuint (b->queue.bytes, ==, 0);
            path_queue_trim (&b->queue);
        }
        g_assert_cmpuint (in, ==,
                          out + b->queue.n + b->stats.drops[ADIT_DROP_CODEL] +
                              b->stats.drops[ADIT_DROP_OVERFLOW]);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/path/queue/" name, Bed, NULL, bed_setup, fn, bed_teardown)
    ADD ("a-flow-keeps-its-order", test_order);
    ADD ("a-sparse-flow-goes-before-a-standing-queue", test_sparse_first);
    ADD ("flows-share-alike", test_fair);
    ADD ("nothing-is-dropped-below-the-target", test_no_drop_below_target);
    ADD ("a-standing-queue-is-cut-back", test_drops_above_target);
    ADD ("who-understands-ecn-is-marked-instead", test_marks);
    ADD ("a-mark-keeps-the-header-right", test_mark_is_right);
    ADD ("overflow-takes-from-the-fattest", test_overflow);
    ADD ("every-packet-is-accounted-for", test_accounts);
    return g_test_run ();
}
