/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-watch.c - what counts as a change of this machine's network, in a namespace of this test's
 * own. */
#include "client/net/address.h"
#include "client/net/link.h"
#include "client/net/tun.h"
#include "client/net/watch.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 10 };

static gboolean   has_namespace;
static GMainLoop *loop;
static guint      wakes;

static void
on_moved (gpointer user, gboolean woke)
{
    if (woke) /* others may set the clock, which all of this machine hear of */
        wakes++;
    else
        ++*(guint *) user;
}

static gboolean
on_time (gpointer user G_GNUC_UNUSED)
{
    g_main_loop_quit (loop);
    return G_SOURCE_REMOVE;
}

static void
wait_a_while (void)
{
    g_timeout_add (ADIT_WATCH_SETTLE_MS + 200, on_time, NULL);
    g_main_loop_run (loop);
}

/* Until it was told so often, however busy the machine is; and no more follows. */
static void
wait_until_told (const guint *count, guint wanted)
{
    gint64 end_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

    do
        wait_a_while ();
    while (*count < wanted && g_get_monotonic_time () < end_us);
}

static void
change (guint index, guint n)
{
    for (guint i = 0; i < n; i++) {
        AditPrefix address = { .family  = 4,
                               .length  = 32,
                               .address = { 10, 77, (guint8) index, (guint8) i } };

        g_assert_true (adit_address_add (index, &address, NULL));
    }
}

/* Two devices, the first of which is the tunnel's own. */
typedef struct {
    guint      calls, own, other;
    int        fd[2];
    AditWatch *watch;
} Bed;

static gboolean
bed_setup (Bed *b)
{
    gboolean vnet = TRUE;

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return FALSE;
    }
    b->fd[0] = adit_tun_open ("toy0", FALSE, &vnet, NULL);
    b->fd[1] = adit_tun_open ("toy1", FALSE, &vnet, NULL);
    b->own   = adit_link_index ("toy0");
    b->other = adit_link_index ("toy1");
    loop     = g_main_loop_new (NULL, FALSE);
    b->watch = adit_watch_new (b->own, on_moved, &b->calls, NULL);
    g_assert_nonnull (b->watch);
    return TRUE;
}

static void
bed_clear (Bed *b)
{
    adit_watch_free (b->watch);
    g_main_loop_unref (loop);
    close (b->fd[0]);
    if (b->fd[1] >= 0)
        close (b->fd[1]);
}

static void
test_changes (void)
{
    Bed b = { .calls = 0 };

    if (!bed_setup (&b))
        return;
    change (b.own, 10); /* our own device's do not count */
    wait_a_while ();
    g_assert_cmpuint (b.calls, ==, 0);
    change (b.other, 10); /* a flock is one */
    wait_until_told (&b.calls, 1);
    g_assert_cmpuint (b.calls, ==, 1);
    bed_clear (&b);
}

/* A link that goes down takes its routes along, of which IPv4 says nothing. */
static void
test_links (void)
{
    Bed b = { .calls = 0 };

    if (!bed_setup (&b))
        return;
    g_assert_true (adit_link_up (b.own, 1400, NULL));
    wait_a_while ();
    g_assert_cmpuint (b.calls, ==, 0);
    g_assert_true (adit_link_up (b.other, 1400, NULL));
    wait_until_told (&b.calls, 1);
    g_assert_cmpuint (b.calls, ==, 1);
    close (b.fd[1]); /* its device goes too */
    b.fd[1] = -1;
    wait_until_told (&b.calls, 2);
    g_assert_cmpuint (b.calls, ==, 2);
    bed_clear (&b);
}

/* Set to what it is: the kernel tells of it as it does after a sleep. */
static void
test_clock (void)
{
    guint           calls = 0;
    AditWatch      *watch;
    struct timespec now;

    clock_gettime (CLOCK_REALTIME, &now);
    if (clock_settime (CLOCK_REALTIME, &now) < 0) {
        g_test_skip ("needs CAP_SYS_TIME");
        return;
    }
    loop  = g_main_loop_new (NULL, FALSE);
    watch = adit_watch_new (0, on_moved, &calls, NULL);
    for (guint i = 1; i <= 2; i++) { /* the second time too; others may set it as well */
        guint before = wakes;

        clock_gettime (CLOCK_REALTIME, &now);
        g_assert_cmpint (clock_settime (CLOCK_REALTIME, &now), ==, 0);
        wait_until_told (&wakes, before + 1);
        g_assert_cmpuint (wakes, >, before);
    }
    wakes = 0;
    adit_watch_free (watch);
    g_main_loop_unref (loop);
}

int
main (int argc, char **argv)
{
    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/watch/tells-changes-once-and-not-its-own", test_changes);
    g_test_add_func ("/watch/hears-of-links", test_links);
    g_test_add_func ("/watch/hears-of-the-clock", test_clock);
    return g_test_run ();
}
