/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-ring.c - records between two threads. */
#include "client/path/ring.h"
#include "packets.h"
#include <poll.h>

enum { ROUNDS = 200000 };

static void
fill (guint8 *body, guint n, guint32 number)
{
    for (guint i = 0; i < n; i++)
        body[i] = (guint8) (number * 7 + i);
}

static gpointer
put_many (gpointer data)
{
    guint64 state = 21;

    for (guint32 i = 0; i < ROUNDS; i++) {
        guint8     body[900];
        PathRecord r = { .size  = next_random (&state) % sizeof body,
                         .kind  = (guint16) i,
                         .layer = 3 };

        r.peer.port = (guint16) (i >> 16);
        fill (body, r.size, i);
        while (!path_ring_put (data, &r, body))
            g_thread_yield ();
    }
    return NULL;
}

static void
test_threads (void)
{
    PathRing ring;
    GThread *thread;
    guint32  i = 0;

    g_assert_true (path_ring_init (&ring, 4096));
    thread = g_thread_new ("put", put_many, &ring);
    while (i < ROUNDS) {
        struct pollfd fd = { ring.fd, POLLIN, 0 };
        PathRecord    r;
        guint8        body[900], want[900];

        if (!path_ring_peek (&ring, &r)) {
            path_ring_calm (&ring);
            if (!path_ring_peek (&ring, &r)) {
                g_assert_cmpint (poll (&fd, 1, 10000), ==, 1); /* a lost wake-up would end here */
                continue;
            }
        }
        g_assert_cmpuint (r.kind, ==, (guint16) i);
        g_assert_cmpuint (r.peer.port, ==, i >> 16);
        path_ring_take (&ring, &r, body, sizeof body);
        fill (want, r.size, i++);
        g_assert_cmpmem (body, r.size, want, r.size);
    }
    g_thread_join (thread);
    path_ring_clear (&ring);
}

static void
test_full (void)
{
    PathRing   ring;
    guint8     body[600] = { 1 };
    PathRecord r         = { .size = sizeof body };
    guint      n         = 0;

    g_assert_true (path_ring_init (&ring, 4096));
    while (path_ring_put (&ring, &r, body))
        n++;
    g_assert_cmpuint (n, ==, 6);
    r.size = 1 << 20;
    g_assert_false (path_ring_put (&ring, &r, body));
    g_assert_true (path_ring_peek (&ring, &r));
    path_ring_take (&ring, &r, body, sizeof body);
    g_assert_true (path_ring_put (&ring, &r, body));
    path_ring_clear (&ring);
}

static void
test_wiped (void)
{
    PathRing   ring;
    guint8     key[32];
    PathRecord r = { .size = sizeof key };

    memset (key, 0xa5, sizeof key);
    g_assert_true (path_ring_init (&ring, 4096));
    for (guint i = 0; i < 300; i++) { /* around the end too */
        g_assert_true (path_ring_put (&ring, &r, key));
        g_assert_true (path_ring_peek (&ring, &r));
        path_ring_take (&ring, &r, key, sizeof key);
        for (guint k = 0; k < ring.capacity; k++)
            g_assert_cmpuint (ring.bytes[k], ==, 0);
    }
    path_ring_clear (&ring);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path/ring/two-threads-lose-and-reorder-nothing", test_threads);
    g_test_add_func ("/path/ring/full-is-said-and-then-there-is-room-again", test_full);
    g_test_add_func ("/path/ring/what-was-taken-is-wiped", test_wiped);
    return g_test_run ();
}
