/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-replay.c - the anti-replay window against a list of what was really seen. */
#include "client/base/replay.h"

static void
each_number_passes_once (void)
{
    AditReplay r = { .next = 0 };

    for (guint64 seq = 0; seq < 20000; seq++) {
        g_assert_true (adit_replay_commit (&r, seq));
        g_assert_false (adit_replay_commit (&r, seq));
        g_assert_true (adit_replay_seen (&r, seq));
    }
}

static void
late_numbers_pass_inside_the_window (void)
{
    AditReplay r = { .next = 0 };

    g_assert_true (adit_replay_commit (&r, 100000));
    g_assert_true (adit_replay_commit (&r, 100001 - ADIT_REPLAY_WINDOW));
    g_assert_false (adit_replay_commit (&r, 100001 - ADIT_REPLAY_WINDOW));
    g_assert_false (adit_replay_commit (&r, 100000 - ADIT_REPLAY_WINDOW));
    g_assert_true (adit_replay_seen (&r, 0));
}

static void
seeing_changes_nothing (void)
{
    AditReplay r = { .next = 0 }, before;

    adit_replay_commit (&r, 5);
    before = r;
    g_assert_false (adit_replay_seen (&r, 9000));
    g_assert_false (adit_replay_seen (&r, 4));
    g_assert_true (adit_replay_seen (&r, 5));
    g_assert_cmpmem (&r, sizeof r, &before, sizeof before);
}

static void
jumps_clear_what_they_pass (void)
{
    AditReplay r = { .next = 0 };

    for (guint64 seq = 0; seq < ADIT_REPLAY_WORDS * 64; seq++)
        adit_replay_commit (&r, seq);
    g_assert_true (adit_replay_commit (&r, G_MAXUINT64 - 1));
    g_assert_false (adit_replay_seen (&r, G_MAXUINT64 - 2));
    g_assert_true (adit_replay_commit (&r, G_MAXUINT64 - ADIT_REPLAY_WINDOW));
    g_assert_false (adit_replay_commit (&r, G_MAXUINT64 - 1 - ADIT_REPLAY_WINDOW));
}

/* The oracle: a set of everything committed, and the highest. */
static void
agrees_with_a_set (void)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
    AditReplay r                = { .next = 0 };
    guint64    top              = 0;

    for (guint i = 0; i < 200000; i++) {
        guint32  roll = (guint32) g_random_int_range (0, 1000);
        guint64  step = (guint64) g_random_int_range (0, roll == 0 ? 20000 : roll < 500 ? 4 : 9000);
        guint64  seq  = roll < 500 ? top + step : top - MIN (top, step);
        gboolean old  = top >= ADIT_REPLAY_WINDOW && seq <= top - ADIT_REPLAY_WINDOW;
        gboolean want = !old && !g_hash_table_contains (seen, GSIZE_TO_POINTER (seq + 1));

        g_assert_true (adit_replay_commit (&r, seq) == want);
        if (want)
            g_hash_table_add (seen, GSIZE_TO_POINTER (seq + 1));
        if (want && seq > top)
            top = seq;
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/replay/each-number-passes-once", each_number_passes_once);
    g_test_add_func ("/replay/late-numbers-pass-inside-the-window",
                     late_numbers_pass_inside_the_window);
    g_test_add_func ("/replay/seeing-changes-nothing", seeing_changes_nothing);
    g_test_add_func ("/replay/jumps-clear-what-they-pass", jumps_clear_what_they_pass);
    g_test_add_func ("/replay/agrees-with-a-set", agrees_with_a_set);
    return g_test_run ();
}
