/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source.h - from a word on the command line to a profile. */
#pragma once
#include "client/base/schema.h"

/* Has a slash, or ends in .conf. */
gboolean cli_is_file (const char *word);
/* "office" from "/x/office.conf"; what cannot be in a name becomes a dash; g_free. */
char *cli_name_from (const char *path);

/* PROFILE by name, or FILE of ours or of another program, whose ignored lines are told on standard
 * error.  connection.name is set. */
AditProfile *cli_source_load (const char *word, AditSchema **schema, GError **error);
/* FILE only. */
AditProfile *cli_source_load_file (const char *word, AditSchema **schema, GError **error);
