/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-graph.c - samples become rates, rates become bars. */
#include "ui-cli/graph.h"

#define SECOND G_USEC_PER_SEC

static void
bars_are (const CliGraph *graph, guint columns, const char *expected)
{
    g_autofree char *bars = cli_graph_draw (graph, columns);

    g_assert_cmpstr (bars, ==, expected);
}

static void
test_rates (void)
{
    CliGraph graph = { 0 };

    cli_graph_sample (&graph, 5000, SECOND);
    g_assert_cmpfloat (cli_graph_now (&graph), ==, 0); /* what came before we looked is no rate */
    cli_graph_sample (&graph, 7000, 2 * SECOND);
    g_assert_cmpfloat (cli_graph_now (&graph), ==, 2000);
    cli_graph_sample (&graph, 8000, 4 * SECOND);
    g_assert_cmpfloat (cli_graph_now (&graph), ==, 500);
    g_assert_cmpfloat (cli_graph_most (&graph), ==, 2000);
    cli_graph_sample (&graph, 100, 5 * SECOND); /* a new tunnel counts from zero */
    g_assert_cmpfloat (cli_graph_now (&graph), ==, 100);
    cli_graph_sample (&graph, 900, 5 * SECOND); /* no time passed: no rate */
    g_assert_cmpfloat (cli_graph_now (&graph), ==, 100);
}

static void
test_bars (void)
{
    CliGraph graph = { 0 };

    bars_are (&graph, 4, "    ");
    graph.rates[CLI_GRAPH_SECONDS - 1] = 800;
    graph.rates[CLI_GRAPH_SECONDS - 2] = 400;
    graph.rates[CLI_GRAPH_SECONDS - 3] = 1;
    bars_are (&graph, 4, " ▁▄█");
    bars_are (&graph, 1, "█");
}

static void
test_width (void)
{
    CliGraph         graph = { 0 };
    g_autofree char *bars  = NULL;

    for (guint i = 0; i < 200; i++)
        cli_graph_sample (&graph, (guint64) i * i, (gint64) (i + 1) * SECOND);
    bars = cli_graph_draw (&graph, 1000);
    g_assert_cmpint (g_utf8_strlen (bars, -1), ==, CLI_GRAPH_SECONDS);
    g_assert_true (g_str_has_suffix (bars, "█"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/graph/samples-become-rates", test_rates);
    g_test_add_func ("/graph/any-traffic-shows", test_bars);
    g_test_add_func ("/graph/one-minute-at-most", test_width);
    return g_test_run ();
}
