/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* given.h - secrets that come on descriptors, so that they are in no command line, environment or
 * file: --secret KEY=fd:3, and --secrets-fd 3 with a line KEY=SECRET for each. */
#pragma once
#include "client/base/schema.h"

typedef struct {
    char *section, *key, *text; /* text is wiped */
} CliSecret;

CliSecret *cli_secret_new (const char *section, const char *key, char *text); /* takes text */
void       cli_secret_free (gpointer secret);

/* profile and schema NULL: they cannot be read here, and aditd will judge.
 * KEY is "section.key", or the key alone where only one section has it.  GPtrArray of CliSecret;
 * NULL: error. */
GPtrArray *cli_given_read (const char *const *wishes, const AditProfile *profile,
                           const AditSchema *schema, GError **error);
/* Puts them into the profile, in front of whatever it says of their sources. */
gboolean cli_given_apply (const GPtrArray *given, AditProfile *profile, const AditSchema *schema,
                          GError **error);

/* Nobody is there to ask: what is missing, and how to give it. */
gboolean cli_given_fail_missing (const char *name, const char *dotted, GError **error);

/* The section and key of a word; both g_free. */
gboolean cli_given_key (const char *word, const AditProfile *profile, const AditSchema *schema,
                        char **section, char **key, GError **error);
