/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/seeds.h"

#include "client/base/log.h"
#include <stdlib.h>

int
sim_seeds (int argc, char **argv, void (*tell) (guint64 seed), void (*judge) (void))
{
    gint64       seed = -1, seeds = 1000, first = 0;
    GOptionEntry entries[] = {
        { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Tell this story only", "N" },
        { "seeds", 0, 0, G_OPTION_ARG_INT64, &seeds, "Tell so many", "N" },
        { "first", 0, 0, G_OPTION_ARG_INT64, &first, "Begin with this one", "N" },
        { 0 },
    };
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);
    g_autoptr (GError) error           = NULL;

    g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, &argc, &argv, &error))
        g_error ("%s", error->message);
    if (seed >= 0) {
        adit_log_to (NULL, NULL, ADIT_LOG_DEBUG);
        tell ((guint64) seed);
        g_print ("ok 1 - seed %" G_GINT64_FORMAT "\n1..1\n", seed);
        return EXIT_SUCCESS;
    }
    adit_log_to (NULL, NULL, ADIT_LOG_ERROR);
    for (seed = first; seed < first + seeds; seed++)
        tell ((guint64) seed);
    if (judge)
        judge ();
    g_print ("ok 1 - %" G_GINT64_FORMAT " seeds\n1..1\n", seeds);
    return EXIT_SUCCESS;
}
