/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-offload.c - losing offloads and getting them back. */
#include "client/path/offload.h"

static guint lost;

static void
on_lost (gpointer user, AditOffload which)
{
    (void) user;
    lost |= 1u << which;
}

static void
test_lose_and_revive (void)
{
    AditPathStats s = { 0 };
    PathOffloads  o;
    gint64        sec = G_USEC_PER_SEC;

    path_offload_init (&o, (1u << ADIT_N_OFFLOADS) - 1, &s);
    o.on_lost = on_lost;
    path_offload_lose (&o, ADIT_OFFLOAD_COALESCE, 100 * sec);
    path_offload_lose (&o, ADIT_OFFLOAD_COALESCE, 101 * sec); /* once is enough */
    path_offload_lose (&o, ADIT_OFFLOAD_UDP_SEGMENT, 130 * sec);
    g_assert_cmphex (lost, ==, 1u << ADIT_OFFLOAD_COALESCE | 1u << ADIT_OFFLOAD_UDP_SEGMENT);
    g_assert_cmpuint (s.offload_lost[ADIT_OFFLOAD_COALESCE], ==, 1);
    g_assert_false (path_offload_has (&o, ADIT_OFFLOAD_COALESCE));
    g_assert_cmphex (path_offload_revive (&o, 159 * sec), ==, 0);
    g_assert_cmphex (path_offload_revive (&o, 160 * sec), ==, 1u << ADIT_OFFLOAD_COALESCE);
    g_assert_true (path_offload_has (&o, ADIT_OFFLOAD_COALESCE));
    g_assert_cmpint (o.next_us, ==, 190 * sec);
    g_assert_cmphex (path_offload_revive (&o, 999 * sec), ==, 1u << ADIT_OFFLOAD_UDP_SEGMENT);
    g_assert_cmpint (o.next_us, ==, G_MAXINT64);
}

static void
test_forgone (void)
{
    AditPathStats s = { 0 };
    PathOffloads  o;

    path_offload_init (&o, ~(1u << ADIT_OFFLOAD_TSO) & ((1u << ADIT_N_OFFLOADS) - 1), &s);
    g_assert_false (path_offload_has (&o, ADIT_OFFLOAD_TSO));
    path_offload_forgo (&o, ADIT_OFFLOAD_USO);
    path_offload_lose (&o, ADIT_OFFLOAD_MMSG, 0);
    g_assert_cmphex (path_offload_revive (&o, G_MAXINT64 / 2), ==, 1u << ADIT_OFFLOAD_MMSG);
    g_assert_false (path_offload_has (&o, ADIT_OFFLOAD_USO));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path/offload/a-lost-one-is-tried-again-a-minute-later",
                     test_lose_and_revive);
    g_test_add_func ("/path/offload/what-is-switched-off-never-comes-back", test_forgone);
    return g_test_run ();
}
