/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.h - does one value fit its field?  And the reading of values that both the check and the
 * typed readers of a profile need. */
#pragma once
#include "client/base/field.h"

/* NULL: it fits.  Else a sentence without a place, naming key, value and cure: "`mtu` is 90000; it
 * must be between 576 and 65535."; a secret's value is never in it.  g_free. */
char *adit_value_judge (const AditField *field, const char *value);

/* Digits, or 0x and hexadecimal digits. */
gboolean adit_value_number (const char *value, guint64 *out);
/* yes | no */
gboolean adit_value_flag (const char *value, gboolean *out);
/* Without white space around; an empty value is an empty list; g_strfreev. */
char **adit_value_list (const char *value);
/* Base64 of exactly `size` bytes, with padding and without anything else, in a time that does not
 * depend on what they are; `out` may be NULL.  FALSE leaves `out` zeroed. */
gboolean adit_value_key (const char *value, guint8 *out, gsize size);
/* A word for names: letters, digits, - _ . and not at the start a dot or dash; 1 to `most`. */
gboolean adit_value_word (const char *value, gsize most);
