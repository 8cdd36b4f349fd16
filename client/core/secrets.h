/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secrets.h - from `KEY-source = …` to the secret itself, and from a path to what is in that file,
 * just before a tunnel starts and never before a profile is saved or shown. */
#pragma once
#include "client/base/schema.h"

/* The answer, which is wiped and freed; NULL with error set: there is none. */
typedef char *(*AditSecretAskFn) (gpointer user, const char *section, const AditField *field,
                                  GError **error);

/* file:/PATH must be a regular file of ours or root's that nobody else may read; credential:NAME is
 * looked for where systemd put it.  What is to be asked for or in a key ring may be there too, as
 * NAME.SECTION.KEY with dashes for spaces.  One line end after the secret is dropped. */
gboolean adit_secrets_resolve (AditProfile *profile, const AditSchema *schema, AditSecretAskFn ask,
                               gpointer user, GError **error);

/* The same in steps, for who must not wait: what is still to be fetched, in order; AditSecretNeed.
 * The profile lives longer. */
typedef struct {
    char            *section;
    const AditField *field;
    char            *source; /* "keyring", "file:/PATH"; the latter of a path that is no secret */
} AditSecretNeed;

GPtrArray *adit_secrets_needs (const AditProfile *profile, const AditSchema *schema);
/* One of them; like a line of a file: its line end is dropped from text, which the caller wipes. */
gboolean adit_secrets_give (AditProfile *profile, const AditSecretNeed *need, char *text,
                            GError **error);
/* From where systemd put it; adit_wipe_string. */
char *adit_secrets_credential (const AditField *field, const char *name, GError **error);
