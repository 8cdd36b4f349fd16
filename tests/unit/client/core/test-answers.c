/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-answers.c - who asks again gets the next address, unless the last one worked. */
#include "client/core/answers.h"
#include <string.h>

static const AditEndpoint three[] = { { .family = 6, .address = { 1 }, .port = 1 },
                                      { .family = 4, .address = { 2 }, .port = 1 },
                                      { .family = 6, .address = { 3 }, .port = 1 } };

static guint
ask (AditAnswers *answers, const char *host)
{
    return adit_answers_choose (answers, host, 53, three, G_N_ELEMENTS (three))->address[0];
}

static void
test_turns (void)
{
    AditAnswers *answers = adit_answers_new ();

    for (guint i = 0; i < 7; i++)
        g_assert_cmpuint (ask (answers, "hq.example"), ==, 1 + i % 3);
    g_assert_cmpuint (ask (answers, "other.example"), ==, 1); /* each name has its own turn */
    g_assert_cmpuint (ask (answers, "HQ.example"), ==, 2);
    adit_answers_free (answers);
}

static void
test_worked (void)
{
    AditAnswers *answers = adit_answers_new ();

    ask (answers, "hq.example");
    g_assert_cmpuint (ask (answers, "hq.example"), ==, 2);
    adit_answers_worked (answers);
    g_assert_cmpuint (ask (answers, "hq.example"), ==, 2); /* again, once */
    g_assert_cmpuint (ask (answers, "hq.example"), ==, 3);
    adit_answers_free (answers);
}

/* The name has other addresses by now: begin with the best of them, whatever worked before. */
static void
test_moved (void)
{
    AditAnswers *answers = adit_answers_new ();

    g_assert_cmpuint (ask (answers, "hq.example"), ==, 1);
    adit_answers_worked (answers);
    g_assert_cmpuint (adit_answers_choose (answers, "hq.example", 53, three + 1, 2)->address[0], ==,
                      2);
    adit_answers_free (answers);
}

/* Two ports of one server: both at the same address, whichever that is. */
static void
test_together (void)
{
    AditAnswers *answers = adit_answers_new ();

    for (guint i = 0; i < 5; i++) {
        g_assert_cmpuint (ask (answers, "hq.example"), ==, 1 + i % 3);
        g_assert_cmpuint (adit_answers_choose (answers, "hq.example", 4500, three, 3)->address[0],
                          ==, 1 + i % 3);
    }
    adit_answers_take (answers, "hq.example", 1723, &three[2]);
    g_assert_cmpuint (adit_answers_choose (answers, "hq.example", 47, three, 3)->address[0], ==, 3);
    adit_answers_free (answers);
}

static void
test_recall (void)
{
    AditAnswers *answers = adit_answers_new ();
    guint        n       = 7;

    g_assert_null (adit_answers_recall (answers, "hq.example", &n));
    g_assert_cmpuint (n, ==, 0);
    adit_answers_note (answers, "hq.example", three, 3);
    adit_answers_note (answers, "hq.example", three + 1, 2);
    g_assert_cmpuint (adit_answers_recall (answers, "HQ.example", &n)->address[0], ==, 2);
    g_assert_cmpuint (n, ==, 2);
    adit_answers_free (answers);
}

static void
test_bound (void)
{
    AditAnswers *answers = adit_answers_new ();

    for (guint i = 0; i < 3 * ADIT_ANSWERS_MAX; i++) {
        g_autofree char *host = g_strdup_printf ("%u.example", i);

        g_assert_cmpuint (ask (answers, host), ==, 1);
    }
    g_assert_cmpuint (ask (answers, "191.example"), ==, 2);
    g_assert_cmpuint (ask (answers, "0.example"), ==, 1); /* forgotten */
    adit_answers_free (answers);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/answers/the-next-in-turn", test_turns);
    g_test_add_func ("/answers/what-worked-again", test_worked);
    g_test_add_func ("/answers/a-name-moves", test_moved);
    g_test_add_func ("/answers/one-address-for-all-of-it", test_together);
    g_test_add_func ("/answers/what-a-name-was", test_recall);
    g_test_add_func ("/answers/the-oldest-is-forgotten", test_bound);
    return g_test_run ();
}
