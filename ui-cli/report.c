/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.c - what an import or export did not take over. */
#include "ui-cli/report.h"
#include "client/core/foreign.h"
#include "ui-cli/terminal.h"
#include <glib/gi18n.h>

void
cli_report (FILE *stream, const char *path, const GPtrArray *report)
{
    for (guint i = 0; report && i < report->len; i++) {
        const AditReport *item = g_ptr_array_index (report, i);
        g_autofree char  *what = cli_clean (item->what);
        g_autofree char  *why  = cli_clean (item->why);

        if (item->line)
            fprintf (stream, "%s%s:%u: %s%s: %s\n", cli_on (stream, CLI_CAUTION), path, item->line,
                     what, cli_off (stream), why);
        else
            fprintf (stream, "%s%s: %s%s: %s\n", cli_on (stream, CLI_CAUTION), path, what,
                     cli_off (stream), why);
    }
}
