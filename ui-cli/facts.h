/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts.h - one tunnel's status as lines for a person. */
#pragma once
#include <json-glib/json-glib.h>

/* A heading and one line per fact, in colour when standard output has it; each line ends with a
 * line end; g_free.  now: seconds since 1970.  is_verbose: also what only the curious want. */
char *cli_facts (JsonObject *tunnel, gint64 now, guint columns, gboolean is_verbose);
