/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.c - log lines on standard error: warnings always, the rest with --verbose.  Under systemd
 * the level goes in front, as sd-daemon(3) has it. */
#include "ui-cli/journal.h"
#include "client/base/log.h"
#include "ui-cli/terminal.h"
#include <string.h>

static const struct {
    CliStyle style;
    guint    syslog; /* severity */
} levels[ADIT_N_LOG_LEVELS] = {
    [ADIT_LOG_ERROR] = { CLI_BAD, 3 },    [ADIT_LOG_WARNING] = { CLI_CAUTION, 4 },
    [ADIT_LOG_NOTICE] = { CLI_PLAIN, 5 }, [ADIT_LOG_INFO] = { CLI_DIM, 6 },
    [ADIT_LOG_DEBUG] = { CLI_DIM, 7 },
};

static void
on_line (gpointer user G_GNUC_UNUSED, AditLogLevel level, const char *topic, const char *text)
{
    g_autofree char *clean = cli_clean (text);

    if (g_getenv ("JOURNAL_STREAM"))
        fprintf (stderr, "<%u>%s: %s\n", levels[level].syslog, topic, clean);
    else
        fprintf (stderr, "%s%-7s %s: %s%s\n", cli_on (stderr, levels[level].style),
                 adit_log_level_name (level), topic, clean, cli_off (stderr));
}

void
cli_journal_open (CliOptions options)
{
    AditLogLevel most = ADIT_LOG_WARNING;

    if (options & CLI_VERBOSE)
        most = ADIT_LOG_INFO;
    if (options & CLI_DEBUG)
        most = ADIT_LOG_DEBUG;
    adit_log_to (on_line, NULL, most);
}
