/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-retry.c - which reasons are tried again, how often, and how long the waits are. */
#include "client/core/retry.h"

enum { MIDDLE = G_MAXUINT32 / 2 };

static void
test_never (void)
{
    static const AditError never[] = { ADIT_ERROR_PROFILE, ADIT_ERROR_SECRET, ADIT_ERROR_LOGIN,
                                       ADIT_ERROR_IDENTITY, ADIT_ERROR_CANCELLED };

    for (guint i = 0; i < G_N_ELEMENTS (never); i++)
        for (guint failures = 0; failures < 100; failures++)
            g_assert_cmpuint (adit_retry_delay_ms (never[i], failures, failures), ==,
                              ADIT_RETRY_NEVER);
}

static guint
times (AditError code)
{
    guint n = 0;

    while (n < 1000 && adit_retry_delay_ms (code, n, MIDDLE) != ADIT_RETRY_NEVER)
        n++;
    return n;
}

static void
test_bounded (void)
{
    g_assert_cmpuint (times (ADIT_ERROR_MALFORMED), ==, 1);
    g_assert_cmpuint (times (ADIT_ERROR_BUG), ==, 4);
    g_assert_cmpuint (times (ADIT_ERROR_SYSTEM), ==, 8);
    g_assert_cmpuint (times (ADIT_ERROR_LOST), ==, 1000);
    g_assert_cmpuint (times (ADIT_ERROR_UNREACHABLE), ==, 1000);
    g_assert_cmpuint (times (ADIT_ERROR_LOOKUP), ==, 1000);
    g_assert_cmpuint (times (ADIT_ERROR_REFUSED), ==, 1000);
    g_assert_cmpuint (times ((AditError) 1000), ==, 4); /* taken for a mistake of ours */
}

/* A killed worker is replaced at once; a server that is gone gets more and more rest. */
static void
test_waits (void)
{
    static const struct {
        AditError code;
        guint     failures, wanted_ms;
    } cases[] = {
        { ADIT_ERROR_SYSTEM, 0, 0 },         { ADIT_ERROR_SYSTEM, 1, 250 },
        { ADIT_ERROR_SYSTEM, 2, 500 },       { ADIT_ERROR_BUG, 0, 0 },
        { ADIT_ERROR_LOST, 0, 250 },         { ADIT_ERROR_LOST, 1, 1000 },
        { ADIT_ERROR_LOST, 3, 4000 },        { ADIT_ERROR_UNREACHABLE, 0, 1000 },
        { ADIT_ERROR_UNREACHABLE, 1, 2000 }, { ADIT_ERROR_UNREACHABLE, 5, 32000 },
        { ADIT_ERROR_REFUSED, 0, 30000 },    { ADIT_ERROR_REFUSED, 1, 60000 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        guint ms = adit_retry_delay_ms (cases[i].code, cases[i].failures, MIDDLE);

        g_assert_cmpuint (ms, >=, cases[i].wanted_ms - cases[i].wanted_ms / 100);
        g_assert_cmpuint (ms, <=, cases[i].wanted_ms + cases[i].wanted_ms / 100);
    }
}

static void
test_limits (void)
{
    for (guint failures = 0; failures < 10000; failures++) {
        guint32 random = (guint32) failures * 2654435761u;

        g_assert_cmpuint (adit_retry_delay_ms (ADIT_ERROR_LOST, failures, random), <=,
                          ADIT_RETRY_MOST_MS);
        g_assert_cmpuint (adit_retry_delay_ms (ADIT_ERROR_REFUSED, failures, random), <=,
                          ADIT_RETRY_SLOW_MS);
    }
    g_assert_cmpuint (adit_retry_delay_ms (ADIT_ERROR_LOST, G_MAXINT - 1, 0), >=,
                      ADIT_RETRY_MOST_MS / 4 * 3);
}

static void
test_chance (void)
{
    guint least = adit_retry_delay_ms (ADIT_ERROR_LOST, 4, 0);
    guint most  = adit_retry_delay_ms (ADIT_ERROR_LOST, 4, G_MAXUINT32);

    g_assert_cmpuint (least, ==, 6000);
    g_assert_cmpuint (most, ==, 10000);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/retry/some-reasons-never-are", test_never);
    g_test_add_func ("/retry/mistakes-are-bounded", test_bounded);
    g_test_add_func ("/retry/waits-double", test_waits);
    g_test_add_func ("/retry/waits-have-a-limit", test_limits);
    g_test_add_func ("/retry/no-two-machines-wait-equally-long", test_chance);
    return g_test_run ();
}
