/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* graph.h - the traffic of the last minute in block characters. */
#pragma once
#include <glib.h>

enum { CLI_GRAPH_SECONDS = 60 };

typedef struct {
    double  rates[CLI_GRAPH_SECONDS]; /* bytes per second, newest last */
    guint64 bytes;                    /* of the last sample */
    gint64  at_us;                    /* monotonic; 0: no sample yet */
} CliGraph;

/* A counter that went back, as of a new tunnel, counts from zero. */
void cli_graph_sample (CliGraph *graph, guint64 bytes, gint64 now_us);

/* "▁▂▃▄▅▆▇█", at most `columns` newest seconds, the highest rate being full; g_free. */
char  *cli_graph_draw (const CliGraph *graph, guint columns);
double cli_graph_now (const CliGraph *graph);
double cli_graph_most (const CliGraph *graph);
