/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log.c - hands each line to the one sink of this process. */
#include "client/base/log.h"

static const char *const names[ADIT_N_LOG_LEVELS] = {
    [ADIT_LOG_ERROR] = "error", [ADIT_LOG_WARNING] = "warning", [ADIT_LOG_NOTICE] = "notice",
    [ADIT_LOG_INFO] = "info",   [ADIT_LOG_DEBUG] = "debug",
};

static void
to_standard_error (gpointer user G_GNUC_UNUSED, AditLogLevel level, const char *topic,
                   const char *text)
{
    g_printerr ("%s: %s: %s\n", adit_log_level_name (level), topic, text);
}

static struct {
    AditLogSink  sink;
    gpointer     user;
    AditLogLevel most;
} out = { to_standard_error, NULL, ADIT_LOG_NOTICE };

void
adit_log_to (AditLogSink sink, gpointer user, AditLogLevel most)
{
    out.sink = sink ? sink : to_standard_error;
    out.user = user;
    out.most = most;
}

void
adit_log (AditLogLevel level, const char *topic, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list          args;

    if (level > out.most)
        return;
    va_start (args, fmt);
    text = g_strdup_vprintf (fmt, args);
    va_end (args);
    out.sink (out.user, level, topic, text);
}

const char *
adit_log_level_name (AditLogLevel level)
{
    return (guint) level < ADIT_N_LOG_LEVELS ? names[level] : "unknown";
}
