/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schema.c - a plugin's description as text and back, and the way from a section and key to the
 * field that rules it. */
#include "client/base/schema.h"
#include "client/base/value.h"
#include <glib/gi18n.h>
#include <string.h>

enum { FIELDS_MAX = 1024 };

static const char *const type_names[ADIT_N_FIELD_TYPES] = {
    [ADIT_FIELD_TEXT]       = "text",
    [ADIT_FIELD_SECRET]     = "secret",
    [ADIT_FIELD_NUMBER]     = "number",
    [ADIT_FIELD_FLAG]       = "flag",
    [ADIT_FIELD_CHOICE]     = "choice",
    [ADIT_FIELD_CHOICES]    = "choices",
    [ADIT_FIELD_SERVER]     = "server",
    [ADIT_FIELD_SERVERS]    = "servers",
    [ADIT_FIELD_ADDRESSES]  = "addresses",
    [ADIT_FIELD_PREFIXES]   = "prefixes",
    [ADIT_FIELD_IPS]        = "ips",
    [ADIT_FIELD_NAMES]      = "names",
    [ADIT_FIELD_KEY]        = "key",
    [ADIT_FIELD_SECRET_KEY] = "secret-key",
    [ADIT_FIELD_FILE]       = "file",
};

const char *
adit_field_type_name (AditFieldType type)
{
    return type_names[type];
}

gboolean
adit_field_in (const AditField *field, const char *section)
{
    gsize len = strlen (field->section);

    if (strchr (field->section, ' ') == NULL)
        return strcmp (field->section, section) == 0;
    return strncmp (field->section, section, len) == 0 && section[len] == ' ' &&
           section[len + 1] != '\0' && strchr (section + len + 1, ' ') == NULL;
}

static const AditField *
find (const AditField *fields, const char *section, const char *key)
{
    for (const AditField *f = fields; f && f->key; f++)
        if (adit_field_in (f, section) && strcmp (f->key, key) == 0)
            return f;
    return NULL;
}

const AditField *
adit_schema_field (const AditSchema *schema, const char *section, const char *key)
{
    const AditField *field = find (adit_common_fields, section, key);

    return field ? field : find (schema->fields, section, key);
}

void
adit_schema_free (AditSchema *schema)
{
    if (schema == NULL)
        return;
    for (AditField *f = schema->fields; f && f->key; f++) {
        g_free ((char *) f->section);
        g_free ((char *) f->key);
        g_free ((char *) f->title);
        g_free ((char *) f->fallback);
        g_free ((char *) f->range);
    }
    g_free (schema->fields);
    g_free (schema->name);
    g_free (schema->title);
    g_free (schema->warning);
    g_free (schema->socket);
    g_free (schema->kernel);
    g_free (schema->kernel_if);
    g_free (schema->family);
    g_free (schema);
}

static char *
copy (const AditProfile *text, const char *section, const char *key)
{
    return g_strdup (adit_profile_get (text, section, key));
}

static gboolean
fail_at (const AditProfile *text, const char *section, const char *key, GError **error)
{
    g_autofree char *place = adit_profile_place (text, section, key);

    return adit_fail (error, ADIT_ERROR_SYSTEM,
                      _ ("%s: the description of this plugin is damaged; install it again."),
                      place);
}

/* Choices name their words, keys their size; numbers only when they are limited. */
static gboolean
range_ok (const AditField *f)
{
    guint64 size;

    if (f->type == ADIT_FIELD_CHOICE || f->type == ADIT_FIELD_CHOICES)
        return f->range && *f->range;
    if (f->type == ADIT_FIELD_KEY || f->type == ADIT_FIELD_SECRET_KEY)
        return f->range && adit_value_number (f->range, &size) && size > 0 && size <= 512;
    return TRUE;
}

static gboolean
parse_field (const AditProfile *text, const char *at, AditField *f, GError **error)
{
    const char *type = adit_profile_get (text, at, "type");

    f->key      = copy (text, at, "key");
    f->section  = copy (text, at, "section");
    f->title    = copy (text, at, "title");
    f->fallback = copy (text, at, "fallback");
    f->range    = copy (text, at, "range");
    f->required = adit_profile_flag (text, at, "required", FALSE);
    for (f->type = 0; f->type < ADIT_N_FIELD_TYPES; f->type++)
        if (g_strcmp0 (type, type_names[f->type]) == 0)
            break;
    if (f->type == ADIT_N_FIELD_TYPES || f->key == NULL || *f->key == '\0' || f->title == NULL ||
        f->section == NULL || *f->section == '\0' || !range_ok (f)) {
        if (f->key == NULL)
            f->key = g_strdup (""); /* ends the table only when NULL, so that all is freed */
        return fail_at (text, at, "type", error);
    }
    return TRUE;
}

static gboolean
parse_fields (const AditProfile *text, AditSchema *schema, GError **error)
{
    g_auto (GStrv) names = adit_profile_sections (text, "field");
    guint n              = g_strv_length (names);

    if (n > FIELDS_MAX)
        return fail_at (text, "plugin", NULL, error);
    schema->fields = g_new0 (AditField, n + 1);
    for (guint i = 0; i < n; i++)
        if (!parse_field (text, names[i], &schema->fields[i], error))
            return FALSE;
    return TRUE;
}

AditSchema *
adit_schema_parse (const char *bytes, gsize len, const char *file, GError **error)
{
    g_autoptr (AditProfile) text  = adit_profile_parse (bytes, len, file, error);
    g_autoptr (AditSchema) schema = NULL;

    if (text == NULL)
        return NULL;
    schema            = g_new0 (AditSchema, 1);
    schema->name      = copy (text, "plugin", "name");
    schema->title     = copy (text, "plugin", "title");
    schema->warning   = copy (text, "plugin", "warning");
    schema->socket    = copy (text, "plugin", "socket");
    schema->kernel    = copy (text, "plugin", "kernel");
    schema->family    = copy (text, "plugin", "family");
    schema->kernel_if = copy (text, "plugin", "kernel-if");
    schema->ethernet  = adit_profile_flag (text, "plugin", "ethernet", FALSE);
    schema->imports   = adit_profile_flag (text, "plugin", "imports", FALSE);
    schema->exports   = adit_profile_flag (text, "plugin", "exports", FALSE);
    if (schema->name == NULL || !adit_value_word (schema->name, 32) || schema->title == NULL) {
        fail_at (text, "plugin", "name", error);
        return NULL;
    }
    if (!parse_fields (text, schema, error))
        return NULL;
    return g_steal_pointer (&schema);
}

static void
put_flag (AditProfile *text, const char *section, const char *key, gboolean flag)
{
    adit_profile_set (text, section, key, flag ? "yes" : NULL);
}

char *
adit_schema_format (const AditSchema *schema)
{
    g_autoptr (AditProfile) text = adit_profile_new ();

    adit_profile_set (text, "plugin", "name", schema->name);
    adit_profile_set (text, "plugin", "title", schema->title);
    adit_profile_set (text, "plugin", "warning", schema->warning);
    adit_profile_set (text, "plugin", "socket", schema->socket);
    adit_profile_set (text, "plugin", "kernel", schema->kernel);
    adit_profile_set (text, "plugin", "family", schema->family);
    adit_profile_set (text, "plugin", "kernel-if", schema->kernel_if);
    put_flag (text, "plugin", "ethernet", schema->ethernet);
    put_flag (text, "plugin", "imports", schema->imports);
    put_flag (text, "plugin", "exports", schema->exports);
    for (guint i = 0; schema->fields && schema->fields[i].key; i++) {
        const AditField *f  = &schema->fields[i];
        g_autofree char *at = g_strdup_printf ("field %u", i + 1);

        adit_profile_set (text, at, "section", f->section);
        adit_profile_set (text, at, "key", f->key);
        adit_profile_set (text, at, "title", f->title);
        adit_profile_set (text, at, "type", type_names[f->type]);
        adit_profile_set (text, at, "fallback", f->fallback);
        adit_profile_set (text, at, "range", f->range);
        put_flag (text, at, "required", f->required);
    }
    return adit_profile_format (text);
}

gboolean
adit_schema_fits_kernel (const AditSchema *schema, const AditProfile *profile)
{
    g_auto (GStrv) parts = g_strsplit_set (schema->kernel_if ? schema->kernel_if : "", ".=", 3);
    const AditField *field;
    const char      *value;

    if (g_strv_length (parts) != 3)
        return schema->kernel_if == NULL;
    field = adit_schema_field (schema, parts[0], parts[1]);
    value = adit_profile_get (profile, parts[0], parts[1]);
    if (!value && field)
        value = field->fallback;
    return g_strcmp0 (value, parts[2]) == 0;
}
