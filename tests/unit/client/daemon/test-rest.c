/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nothing under way for a while: told once, and never while there is something. */
#include "client/daemon/rest.h"

typedef struct {
    AditRest *rest;
    guint     told;
} Run;

static void
on_rest (gpointer user)
{
    ((Run *) user)->told++;
}

static gboolean
on_time (gpointer user)
{
    *(gboolean *) user = TRUE;
    return G_SOURCE_REMOVE;
}

/* With the loop at work, as nobody else's source is due then. */
static void
pass (guint ms)
{
    gboolean is_over = FALSE;

    g_timeout_add (ms, on_time, &is_over);
    while (!is_over)
        g_main_context_iteration (NULL, TRUE);
}

/* Would the loop be woken by time? */
static gboolean
has_timer (void)
{
    GMainContext *context = g_main_context_default ();
    gint          timeout_ms, priority, n;
    GPollFD       fds[8];

    g_assert_true (g_main_context_acquire (context));
    g_main_context_prepare (context, &priority);
    n = g_main_context_query (context, G_MAXINT, &timeout_ms, fds, G_N_ELEMENTS (fds));
    g_main_context_check (context, G_MAXINT, fds, n);
    g_main_context_release (context);
    return timeout_ms >= 0;
}

static void
test_told (void)
{
    Run run = { 0 };

    run.rest = adit_rest_new (1, on_rest, &run);
    g_assert_true (has_timer ());
    pass (2500);
    g_assert_cmpuint (run.told, ==, 1);
    adit_rest_free (run.rest);
}

static void
test_held (void)
{
    Run run = { 0 };

    run.rest = adit_rest_new (1, on_rest, &run);
    adit_rest_hold (run.rest);
    adit_rest_hold (run.rest);
    adit_rest_release (run.rest);
    g_assert_false (has_timer ()); /* nobody is woken */
    pass (2500);
    g_assert_cmpuint (run.told, ==, 0);
    adit_rest_release (run.rest);
    g_assert_true (has_timer ());
    adit_rest_hold (run.rest);
    adit_rest_release (run.rest); /* from now on, not from the first time on */
    pass (2500);
    g_assert_cmpuint (run.told, ==, 1);
    adit_rest_free (run.rest);
    g_assert_false (has_timer ());
}

static void
test_never (void)
{
    Run run = { 0 };

    run.rest = adit_rest_new (0, on_rest, &run);
    g_assert_false (has_timer ());
    adit_rest_hold (run.rest);
    adit_rest_release (run.rest);
    g_assert_false (has_timer ());
    adit_rest_free (run.rest);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/rest/told-once", test_told);
    g_test_add_func ("/rest/not-while-held", test_held);
    g_test_add_func ("/rest/never", test_never);
    return g_test_run ();
}
