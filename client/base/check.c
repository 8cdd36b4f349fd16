/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check.c - a profile against its schema: the first thing that is wrong, where it is and what to do
 * about it.  Rules that tie several keys together are the plugin's. */
#include "client/base/profile-parts.h"
#include "client/base/schema.h"
#include "client/base/value.h"
#include <glib/gi18n.h>
#include <string.h>

enum { WORD_MAX = 64 };

static const AditField *
table (const AditSchema *schema, guint i)
{
    return i ? schema->fields : adit_common_fields;
}

#define FOR_EACH_FIELD(f, schema)                \
    for (guint table_ = 0; table_ < 2; table_++) \
        for (const AditField *f = table ((schema), table_); f && f->key; f++)

/* Optimal string alignment distance without regard to case, or a large number. */
static guint
distance (const char *a, const char *b)
{
    gsize n = strlen (a), m = strlen (b);
    guint d[3][WORD_MAX + 1];

    if (n > WORD_MAX || m > WORD_MAX)
        return G_MAXUINT;
    for (guint j = 0; j <= m; j++)
        d[0][j] = j;
    for (guint i = 1; i <= n; i++) {
        guint *row = d[i % 3], *above = d[(i + 2) % 3], *above2 = d[(i + 1) % 3];

        row[0] = i;
        for (guint j = 1; j <= m; j++) {
            char  x = g_ascii_tolower (a[i - 1]), y = g_ascii_tolower (b[j - 1]);
            guint best = MIN (above[j], row[j - 1]) + 1;

            best = MIN (best, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == g_ascii_tolower (b[j - 2]) &&
                y == g_ascii_tolower (a[i - 2]))
                best = MIN (best, above2[j - 2] + 1);
            row[j] = best;
        }
    }
    return d[n % 3][m];
}

const char *
adit_profile_nearest (const char *word, const char *const *words)
{
    const char *nearest = NULL;
    guint       least   = (guint) CLAMP (strlen (word) / 3, 1, 4) + 1;

    for (; *words; words++) {
        guint far = distance (word, *words);

        if (far < least) {
            least   = far;
            nearest = *words;
        }
    }
    return nearest;
}

static const char *
nearest_key (const AditSchema *schema, const char *section, const char *key)
{
    g_autoptr (GPtrArray) keys = g_ptr_array_new ();

    FOR_EACH_FIELD (f, schema)
    {
        if (adit_field_in (f, section))
            g_ptr_array_add (keys, (gpointer) f->key);
    }
    g_ptr_array_add (keys, NULL);
    return adit_profile_nearest (key, (const char *const *) keys->pdata);
}

static const char *
nearest_section (const AditSchema *schema, const char *section)
{
    g_autoptr (GPtrArray) kinds = g_ptr_array_new ();

    FOR_EACH_FIELD (f, schema)
    {
        g_ptr_array_add (kinds, (gpointer) f->section);
    }
    g_ptr_array_add (kinds, NULL);
    return adit_profile_nearest (section, (const char *const *) kinds->pdata);
}

static gboolean
fail_unknown_key (const AditSchema *schema, const char *section, const char *key, const char *place,
                  GError **error)
{
    const char *near = nearest_key (schema, section, key);

    FOR_EACH_FIELD (f, schema)
    {
        if (strcmp (f->key, key) == 0)
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("%s: `%s` does not belong in [%s]; move it to [%s]."), place, key,
                              section, f->section);
    }
    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: there is no key `%s` in [%s]; did you mean `%s`?"), place, key,
                          section, near);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("%s: there is no key `%s` in [%s]; remove it. `adit help %s` lists the "
                         "keys there are."),
                      place, key, section, schema->name);
}

static gboolean
check_section (const AditProfile *profile, const AditSchema *schema, const char *section,
               GError **error)
{
    g_autofree char *place = adit_profile_place (profile, section, NULL);
    const char      *near;

    FOR_EACH_FIELD (f, schema)
    {
        if (adit_field_in (f, section))
            return TRUE;
        if (strcmp (f->section, section) == 0)
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("%s: [%s] needs a name of your choice, like [%s hq]."), place,
                              section, section);
    }
    near = nearest_section (schema, section);
    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: there is no section [%s]; did you mean [%s]?"), place, section,
                          near);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("%s: a profile of type %s has no section [%s]; remove it."), place,
                      schema->name, section);
}

/* The secret field that `key` is the -source of, or NULL. */
static const AditField *
sourced (const AditSchema *schema, const char *section, const char *key)
{
    const AditField *field;
    g_autofree char *secret = NULL;

    if (!g_str_has_suffix (key, "-source"))
        return NULL;
    secret = g_strndup (key, strlen (key) - strlen ("-source"));
    field  = adit_schema_field (schema, section, secret);
    return field && adit_field_is_secret (field) ? field : NULL;
}

static gboolean
source_ok (const char *value)
{
    if (g_str_has_prefix (value, "file:"))
        return value[5] == '/';
    if (g_str_has_prefix (value, "credential:"))
        return adit_value_word (value + 11, 255);
    return strcmp (value, "ask") == 0 || strcmp (value, "keyring") == 0;
}

static gboolean
check_source (const AditProfile *profile, const AditField *field, const char *section,
              const char *key, GError **error)
{
    const char      *value = adit_profile_get (profile, section, key);
    g_autofree char *place = adit_profile_place (profile, section, key);

    if (adit_profile_get (profile, section, field->key))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: `%s` and `%s` are both given; remove one of them."), place,
                          field->key, key);
    if (!source_ok (value))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: `%s` must be ask, keyring, file:/PATH or credential:NAME."),
                          place, key);
    return TRUE;
}

/* Only lists may be empty and yet default. */
static gboolean
is_default (const AditField *field, const char *value)
{
    return field->fallback && strcmp (value, field->fallback) == 0;
}

static gboolean
check_key (const AditProfile *profile, const AditSchema *schema, const char *section,
           const char *key, GError **error)
{
    const AditField *field  = adit_schema_field (schema, section, key);
    const AditField *secret = field ? NULL : sourced (schema, section, key);
    const char      *value  = adit_profile_get (profile, section, key);
    g_autofree char *place  = adit_profile_place (profile, section, key);
    g_autofree char *wrong  = NULL;

    if (secret)
        return check_source (profile, secret, section, key, error);
    if (field == NULL)
        return fail_unknown_key (schema, section, key, place, error);
    wrong = adit_value_judge (field, value);
    if (wrong)
        return adit_fail (error, ADIT_ERROR_PROFILE, "%s: %s", place, wrong);
    if (!is_default (field, value) && !adit_field_has_effect (field))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: `%s.%s` is not available in this version; remove the line."),
                          place, section, key);
    return TRUE;
}

static gboolean
check_required_in (const AditProfile *profile, const AditField *field, const char *section,
                   GError **error)
{
    g_autofree char *source = g_strconcat (field->key, "-source", NULL);
    g_autofree char *place  = adit_profile_place (profile, section, NULL);

    if (adit_profile_get (profile, section, field->key) ||
        (adit_field_is_secret (field) && adit_profile_get (profile, section, source)))
        return TRUE;
    return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s: [%s] lacks `%s` (%s); add it."), place,
                      section, field->key, field->title);
}

static gboolean
check_required (const AditProfile *profile, const AditField *field, GError **error)
{
    g_auto (GStrv) sections = NULL;

    if (strchr (field->section, ' ') == NULL)
        return check_required_in (profile, field, field->section, error);
    sections = adit_profile_sections (profile, field->section);
    for (char **section = sections; *section; section++)
        if (!check_required_in (profile, field, *section, error))
            return FALSE;
    return TRUE;
}

static gboolean
check_all_keys (const AditProfile *profile, const AditSchema *schema, const char *section,
                GError **error)
{
    g_auto (GStrv) keys = adit_profile_keys (profile, section);

    if (!check_section (profile, schema, section, error))
        return FALSE;
    for (char **key = keys; *key; key++)
        if (!check_key (profile, schema, section, *key, error))
            return FALSE;
    return TRUE;
}

static gboolean
check_type (const AditProfile *profile, const AditSchema *schema, GError **error)
{
    const char      *type  = adit_profile_get (profile, "connection", "type");
    g_autofree char *place = adit_profile_place (profile, "connection", "type");

    if (type == NULL || strcmp (type, schema->name) == 0)
        return TRUE;
    return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s: `type` is %s; it must be %s here."), place,
                      type, schema->name);
}

gboolean
adit_profile_check (const AditProfile *profile, const AditSchema *schema, GError **error)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    if (!check_type (profile, schema, error))
        return FALSE;
    for (char **section = sections; *section; section++)
        if (!check_all_keys (profile, schema, *section, error))
            return FALSE;
    FOR_EACH_FIELD (f, schema)
    {
        if (f->required && !check_required (profile, f, error))
            return FALSE;
    }
    return TRUE;
}
