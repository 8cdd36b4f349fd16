/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile.h - the text of one connection: sections of `key = value` lines.
 *
 *     # comment            a comment may also follow a value after white space
 *     [toy peer hq]        a section is a kind of one or more words, some have a name as last word
 *     public-key = …       a value in "double quotes" is taken as it is, with \" and \\ inside
 *
 * Knows syntax and, with a schema (schema.h), types; not what the keys mean.  Values are wiped when
 * freed.  Lists are separated by commas. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef struct AditProfile AditProfile;
typedef struct AditSchema  AditSchema;

enum { ADIT_PROFILE_MAX = 1 << 20 }; /* bytes of text */

AditProfile *adit_profile_new (void);
void         adit_profile_free (AditProfile *profile);

/* Syntax only.  `file` is for messages: "wg0.conf:12: …".  Refuses NUL, control characters, a key
 * outside a section, a key twice in a section, a section twice, more than ADIT_PROFILE_MAX bytes.
 */
AditProfile *adit_profile_parse (const char *text, gsize len, const char *file, GError **error);

/* Text that parses to the same profile, comments included; the caller wipes and frees it.  Values
 * with control characters, which only `set` can bring in, make a text that parse refuses. */
char *adit_profile_format (const AditProfile *profile);

/* Every key known, every value of its type, every required key there; the first failure names file,
 * line, key and the cure.  `adit_profile_parse` came before. */
gboolean adit_profile_check (const AditProfile *profile, const AditSchema *schema, GError **error);

/* NULL when absent.  Borrowed until the next set on that key. */
const char *adit_profile_get (const AditProfile *profile, const char *section, const char *key);
/* The line of a key, or of its section when the key is absent; 0: neither. */
guint adit_profile_line (const AditProfile *profile, const char *section, const char *key);
/* Where that is, to begin a message with: "wg0.conf:12", "wg0.conf", "line 12"; g_free. */
char *adit_profile_place (const AditProfile *profile, const char *section, const char *key);
/* NULL value removes the key, and the section with its last key. */
void adit_profile_set (AditProfile *profile, const char *section, const char *key,
                       const char *value);

/* Typed readers; the value was checked before, a bad one reads as absent. */
guint64  adit_profile_number (const AditProfile *profile, const char *section, const char *key,
                              guint64 fallback);
gboolean adit_profile_flag (const AditProfile *profile, const char *section, const char *key,
                            gboolean fallback);
char   **adit_profile_list (const AditProfile *profile, const char *section, const char *key);
gboolean adit_profile_key (const AditProfile *profile, const char *section, const char *key,
                           guint8 *out, gsize size); /* base64 of exactly size bytes */

/* Names of all sections in order of appearance, NULL-terminated, g_strfreev; with `kind` only
 * "kind" itself and "kind NAME". */
char **adit_profile_sections (const AditProfile *profile, const char *kind);
char **adit_profile_keys (const AditProfile *profile, const char *section);

const char *adit_profile_file (const AditProfile *profile); /* as given to parse, or NULL */

/* The word nearest to `word`, for "did you mean …?"; NULL: none is near. */
const char *adit_profile_nearest (const char *word, const char *const *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditProfile, adit_profile_free)
