/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* graph.c - the traffic of the last minute in block characters. */
#include "ui-cli/graph.h"
#include <string.h>

void
cli_graph_sample (CliGraph *graph, guint64 bytes, gint64 now_us)
{
    gint64  passed = now_us - graph->at_us;
    guint64 more   = bytes >= graph->bytes ? bytes - graph->bytes : bytes;

    if (graph->at_us && passed > 0) {
        memmove (graph->rates, graph->rates + 1, sizeof graph->rates - sizeof graph->rates[0]);
        graph->rates[CLI_GRAPH_SECONDS - 1] = (double) more * G_USEC_PER_SEC / (double) passed;
    }
    graph->bytes = bytes;
    graph->at_us = now_us;
}

double
cli_graph_now (const CliGraph *graph)
{
    return graph->rates[CLI_GRAPH_SECONDS - 1];
}

double
cli_graph_most (const CliGraph *graph)
{
    double most = 0;

    for (guint i = 0; i < CLI_GRAPH_SECONDS; i++)
        most = MAX (most, graph->rates[i]);
    return most;
}

char *
cli_graph_draw (const CliGraph *graph, guint columns)
{
    static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    double                   most     = cli_graph_most (graph);
    guint                    n        = MIN (columns, (guint) CLI_GRAPH_SECONDS);
    GString                 *text     = g_string_new (NULL);

    for (guint i = CLI_GRAPH_SECONDS - n; i < CLI_GRAPH_SECONDS; i++) {
        double rate = graph->rates[i];
        guint  high = most > 0 ? (guint) (rate / most * 8 + 0.5) : 0;

        /* any traffic shows */
        g_string_append (text, blocks[CLAMP (high, rate > 0 ? 1u : 0u, 8u)]);
    }
    return g_string_free (text, FALSE);
}
