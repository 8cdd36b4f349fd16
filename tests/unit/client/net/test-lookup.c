/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-lookup.c - numbers at once, names later, nothing after a cancel.  Asks no name server. */
#include "client/net/lookup.h"
#include <string.h>

typedef struct {
    GMainLoop   *loop;
    guint        answers, freed;
    AditEndpoint endpoint;
    GError      *error;
} Answer;

static void
on_answer (gpointer user, const AditEndpoint *endpoints, guint n, const GError *error)
{
    Answer *answer = user;

    answer->answers++;
    if (n)
        answer->endpoint = endpoints[0];
    else
        answer->error = g_error_copy (error);
    if (answer->loop)
        g_main_loop_quit (answer->loop);
}

static void
on_freed (gpointer user)
{
    Answer *answer = user;

    answer->freed++;
}

static void
test_numbers (void)
{
    static const char *const numbers[] = { "192.0.2.1", "2001:db8::1", "fe80::1%1" };

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
        Answer answer = { 0 };

        adit_lookup (numbers[i], 51820, 0, NULL, on_answer, &answer, on_freed);
        g_assert_cmpuint (answer.answers, ==, 1);
        g_assert_cmpuint (answer.freed, ==, 1);
        g_assert_cmpuint (answer.endpoint.family, ==, i ? 6 : 4);
        g_assert_cmpuint (answer.endpoint.port, ==, 51820);
        g_assert_cmpuint (answer.endpoint.scope, ==, i == 2 ? 1 : 0);
    }
}

static void
test_not_numbers (void)
{
    static const char *const names[] = { "1.2.3.4.5", "1.2.3", "example.org", "", "::g", "%1" };
    AditEndpoint             endpoint;

    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        g_assert_false (adit_lookup_number (names[i], 1, &endpoint));
}

static void
test_name (void)
{
    Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };

    adit_lookup ("localhost", 7, 0, NULL, on_answer, &answer, on_freed);
    g_main_loop_run (answer.loop);
    g_assert_no_error (answer.error);
    g_assert_cmpuint (answer.endpoint.port, ==, 7);
    g_assert_cmpuint (answer.endpoint.address[answer.endpoint.family == 4 ? 3 : 15], ==, 1);
    g_main_loop_unref (answer.loop);
}

/* RFC 6761 6.4: "invalid" never has an address, and libraries need not ask. */
static void
test_no_such_name (void)
{
    Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };

    adit_lookup ("-.invalid", 7, 0, NULL, on_answer, &answer, on_freed);
    g_main_loop_run (answer.loop);
    g_assert_error (answer.error, ADIT_ERROR, ADIT_ERROR_LOOKUP);
    g_assert_nonnull (strstr (answer.error->message, "-.invalid"));
    g_error_free (answer.error);
    g_main_loop_unref (answer.loop);
}

static gboolean
on_late (gpointer loop)
{
    g_main_loop_quit (loop);
    return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
    Answer     answer               = { 0 };
    GMainLoop *loop                 = g_main_loop_new (NULL, FALSE);
    g_autoptr (GCancellable) cancel = g_cancellable_new ();

    adit_lookup ("localhost", 7, 0, cancel, on_answer, &answer, on_freed);
    g_cancellable_cancel (cancel);
    g_timeout_add (100, on_late, loop);
    g_main_loop_run (loop);
    g_assert_cmpuint (answer.answers, ==, 0);
    g_assert_cmpuint (answer.freed, ==, 1);
    g_main_loop_unref (loop);
}

static void
assert_order (const char *before, const char *wanted)
{
    AditEndpoint all[16] = { 0 };
    guint        n       = (guint) strlen (before);

    for (guint i = 0; i < n; i++) {
        all[i].family     = g_ascii_isupper (before[i]) ? 6 : 4;
        all[i].address[0] = (guint8) before[i];
    }
    adit_lookup_interleave (all, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint (all[i].address[0], ==, wanted[i]);
}

/* Capital letters stand for IPv6. */
static void
test_interleaves (void)
{
    assert_order ("", "");
    assert_order ("a", "a");
    assert_order ("abc", "abc");
    assert_order ("ABcd", "AcBd");
    assert_order ("abCD", "aCbD");
    assert_order ("ABCde", "AdBeC");
    assert_order ("aBCDE", "aBCDE");
    assert_order ("ABCDe", "AeBCD");
    assert_order ("abcdEFG", "aEbFcGd");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/lookup/numbers-at-once", test_numbers);
    g_test_add_func ("/lookup/what-is-no-number", test_not_numbers);
    g_test_add_func ("/lookup/a-name", test_name);
    g_test_add_func ("/lookup/no-such-name", test_no_such_name);
    g_test_add_func ("/lookup/silent-after-a-cancel", test_cancel);
    g_test_add_func ("/lookup/families-take-turns", test_interleaves);
    return g_test_run ();
}
