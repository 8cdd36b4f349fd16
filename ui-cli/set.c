/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set.c - `adit set`: all of the changes or none. */
#include "client/base/secret.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include "ui-cli/question.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *section, *key;
    char *value; /* NULL: to be asked for; "": remove */
} Change;

static void
change_clear (Change *change)
{
    g_free (change->section);
    g_free (change->key);
    adit_wipe_string (change->value);
}

/* "peer hq.endpoint=…": the last dot before the equals sign parts section and key. */
static gboolean
parse_change (const char *word, Change *out, GError **error)
{
    const char      *equals = strchr (word, '=');
    g_autofree char *left   = equals ? g_strndup (word, (gsize) (equals - word)) : g_strdup (word);
    char            *dot    = strrchr (left, '.');

    if (dot == NULL || dot == left || dot[1] == '\0')
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("“%s” is not SECTION.KEY=VALUE, like routing.mtu=1400."), left);
    *dot         = '\0';
    out->section = g_strdup (left);
    out->key     = g_strdup (dot + 1);
    out->value   = equals ? g_strdup (equals + 1) : NULL;
    return TRUE;
}

/* The protocol's name may be left out in front of its own sections. */
static void
complete_section (Change *change, const AditSchema *schema)
{
    g_autofree char *longer = g_strconcat (schema->name, " ", change->section, NULL);

    for (const AditField *f = schema->fields; f && f->key; f++)
        if (adit_field_in (f, longer)) {
            g_free (change->section);
            change->section = g_steal_pointer (&longer);
            return;
        }
}

static char *
source_key (const char *key)
{
    return g_strconcat (key, "-source", NULL);
}

static gboolean
find_value (Change *change, const AditField *field, GError **error)
{
    g_autofree char *text = NULL;

    if (change->value && *change->value && field && adit_field_is_secret (field))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("`%s` is a secret, and other users can see command lines; leave out "
                             "=VALUE and adit asks for it."),
                          change->key);
    if (change->value)
        return TRUE;
    text = g_strdup_printf (_ ("%s (%s.%s): "), field ? field->title : change->key, change->section,
                            change->key);
    change->value = cli_ask (text, field == NULL || adit_field_is_secret (field), error);
    return change->value != NULL;
}

static void
tell (const Change *change, const AditField *field, const char *before)
{
    gboolean    secret = field && adit_field_is_secret (field);
    const char *after  = *change->value ? change->value : NULL;

    if (g_strcmp0 (before, after) == 0)
        printf (_ ("%s.%s: as it was\n"), change->section, change->key);
    else if (after == NULL)
        printf (_ ("%s.%s: removed\n"), change->section, change->key);
    else if (secret)
        printf (_ ("%s.%s: changed\n"), change->section, change->key);
    else if (before)
        printf (_ ("%s.%s: %s → %s\n"), change->section, change->key, before, after);
    else
        printf (_ ("%s.%s: %s\n"), change->section, change->key, after);
}

static gboolean
apply (AditProfile *profile, const AditSchema *schema, Change *change, GError **error)
{
    const AditField *field;

    complete_section (change, schema);
    field = adit_schema_field (schema, change->section, change->key);
    if (!find_value (change, field, error))
        return FALSE;
    if (field && adit_field_is_secret (field) && *change->value) {
        g_autofree char *source = source_key (change->key);

        adit_profile_set (profile, change->section, source, NULL);
    }
    adit_profile_set (profile, change->section, change->key, *change->value ? change->value : NULL);
    return TRUE;
}

static gboolean
change_profile (const CliCall *call, Change *changes, guint n, GError **error)
{
    const char *name                = call->words[0];
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) before  = adit_store_load (name, &schema, error);
    g_autoptr (AditProfile) profile = before ? adit_store_load (name, NULL, error) : NULL;

    if (profile == NULL)
        return FALSE;
    for (guint i = 0; i < n; i++)
        if (!apply (profile, schema, &changes[i], error))
            return FALSE;
    if (!adit_store_save (name, profile, TRUE, error))
        return FALSE;
    for (guint i = 0; i < n; i++)
        tell (&changes[i], adit_schema_field (schema, changes[i].section, changes[i].key),
              adit_profile_get (before, changes[i].section, changes[i].key));
    return TRUE;
}

gboolean
cli_set (const CliCall *call, GError **error)
{
    guint              n       = call->n_words - 1;
    g_autofree Change *changes = g_new0 (Change, n);
    gboolean           ok      = TRUE;
    int                lock    = -1;

    for (guint i = 0; ok && i < n; i++)
        ok = parse_change (call->words[i + 1], &changes[i], error);
    ok = ok && adit_store_name_ok (call->words[0], error);
    if (ok) {
        lock = adit_store_lock (error);
        ok   = lock >= 0 && change_profile (call, changes, n, error);
    }
    if (lock >= 0)
        close (lock);
    for (guint i = 0; i < n; i++)
        change_clear (&changes[i]);
    return ok;
}
