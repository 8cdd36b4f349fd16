/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log.h - log lines with a level and a topic; where they go is the process's choice.
 * error: the tunnel ends.  warning: it goes on but someone should know.  notice: a state a person
 * cares about.  info: each exchange once.  debug: each packet, header only.
 * Text is an English fragment in lower case.  Nothing prints a secret. */
#pragma once
#include <glib.h>

typedef enum {
    ADIT_LOG_ERROR,
    ADIT_LOG_WARNING,
    ADIT_LOG_NOTICE,
    ADIT_LOG_INFO,
    ADIT_LOG_DEBUG,
    ADIT_N_LOG_LEVELS,
} AditLogLevel;

typedef void (*AditLogSink) (gpointer user, AditLogLevel level, const char *topic,
                             const char *text);

/* Set once at start, before threads; the default writes to standard error. */
void adit_log_to (AditLogSink sink, gpointer user, AditLogLevel most);
void adit_log (AditLogLevel level, const char *topic, const char *fmt, ...) G_GNUC_PRINTF (3, 4);

const char *adit_log_level_name (AditLogLevel level);
