/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step.c - steps as lines: a word and then `key=value` with everything odd escaped as in a URI. */
#include "client/core/step.h"
#include <string.h>

static const char *const names[ADIT_N_STEPS] = {
    [ADIT_STEP_FILE] = "file",   [ADIT_STEP_DEVICE] = "device",   [ADIT_STEP_SETTING] = "setting",
    [ADIT_STEP_LINK] = "link",   [ADIT_STEP_ADDRESS] = "address", [ADIT_STEP_TABLE] = "table",
    [ADIT_STEP_ROUTE] = "route", [ADIT_STEP_GROUP] = "group",     [ADIT_STEP_SPLIT] = "split",
    [ADIT_STEP_RULE] = "rule",   [ADIT_STEP_DNS] = "dns",         [ADIT_STEP_GUARD] = "guard",
};

/* Numbers and flags, which are left out when they are zero. */
static const struct {
    const char *key;
    gsize       offset;
} numbers[] = {
    { "index", offsetof (AditStep, index) },
    { "mtu", offsetof (AditStep, mtu) },
    { "mark", offsetof (AditStep, mark) },
    { "mask", offsetof (AditStep, mask) },
    { "marked", offsetof (AditStep, is_marked) },
    { "table", offsetof (AditStep, table) },
    { "target", offsetof (AditStep, target) },
    { "preference", offsetof (AditStep, preference) },
    { "users", offsetof (AditStep, has_users) },
    { "uid-first", offsetof (AditStep, uid_first) },
    { "uid-last", offsetof (AditStep, uid_last) },
    { "refused", offsetof (AditStep, is_refused) },
    { "exclusive", offsetof (AditStep, exclusive) },
};

G_STATIC_ASSERT (sizeof (gboolean) == sizeof (guint32) && sizeof (guint) == sizeof (guint32));

AditStep *
adit_step_new (AditStepKind kind)
{
    AditStep *step = g_new0 (AditStep, 1);

    step->kind = kind;
    return step;
}

void
adit_step_free (AditStep *step)
{
    if (step == NULL)
        return;
    g_free (step->name);
    g_free (step->value);
    g_free (step->before);
    g_free (step->mode);
    g_strfreev (step->servers);
    g_strfreev (step->domains);
    g_strfreev (step->zones);
    g_free (step);
}

static void
put_number (GString *line, const char *key, guint64 value)
{
    if (value)
        g_string_append_printf (line, " %s=%" G_GUINT64_FORMAT, key, value);
}

static void
put_text (GString *line, const char *key, const char *value)
{
    if (value == NULL)
        return;
    g_string_append_printf (line, " %s=", key);
    g_string_append_uri_escaped (line, value, "/:", FALSE);
}

static void
put_list (GString *line, const char *key, char **values)
{
    for (guint i = 0; values && values[i]; i++)
        put_text (line, key, values[i]);
}

char *
adit_step_format (const AditStep *step)
{
    GString         *line   = g_string_new (names[step->kind]);
    g_autofree char *prefix = step->prefix.family ? adit_prefix_format (&step->prefix) : NULL;

    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        put_number (line, numbers[i].key, G_STRUCT_MEMBER (guint32, step, numbers[i].offset));
    put_text (line, "prefix", prefix);
    put_text (line, "name", step->name);
    put_text (line, "value", step->value);
    put_text (line, "before", step->before);
    put_text (line, "mode", step->mode);
    put_list (line, "server", step->servers);
    put_list (line, "domain", step->domains);
    put_list (line, "zone", step->zones);
    return g_string_free (line, FALSE);
}

static gboolean
take_number (const char *text, guint32 *out)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
        return FALSE;
    *out = (guint32) number;
    return TRUE;
}

static gboolean
take_text (const char *text, char **out)
{
    g_free (*out);
    *out = g_uri_unescape_string (text, NULL);
    return *out != NULL;
}

static gboolean
take_item (const char *text, char ***list)
{
    guint n    = *list ? g_strv_length (*list) : 0;
    char *item = g_uri_unescape_string (text, NULL);

    if (item == NULL)
        return FALSE;
    *list          = g_renew (char *, *list, n + 2);
    (*list)[n]     = item;
    (*list)[n + 1] = NULL;
    return TRUE;
}

static gboolean
take_prefix (const char *text, AditPrefix *out)
{
    g_autofree char *plain = g_uri_unescape_string (text, NULL);

    return plain && adit_prefix_parse (plain, out);
}

static gboolean
take (AditStep *step, const char *key, const char *value)
{
    for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        if (g_str_equal (key, numbers[i].key))
            return take_number (value, &G_STRUCT_MEMBER (guint32, step, numbers[i].offset));
    if (g_str_equal (key, "prefix"))
        return take_prefix (value, &step->prefix);
    if (g_str_equal (key, "name"))
        return take_text (value, &step->name);
    if (g_str_equal (key, "value"))
        return take_text (value, &step->value);
    if (g_str_equal (key, "before"))
        return take_text (value, &step->before);
    if (g_str_equal (key, "mode"))
        return take_text (value, &step->mode);
    if (g_str_equal (key, "server"))
        return take_item (value, &step->servers);
    if (g_str_equal (key, "domain"))
        return take_item (value, &step->domains);
    if (g_str_equal (key, "zone"))
        return take_item (value, &step->zones);
    return FALSE;
}

/* One that leads somewhere takes only some packets. */
static gboolean
rule_is_complete (const AditStep *step)
{
    return step->preference && step->prefix.family &&
           ((step->table == 0 && step->target == 0) || step->mark || step->has_users);
}

/* What undoing it cannot do without. */
static gboolean
complete (const AditStep *step)
{
    switch (step->kind) {
    case ADIT_STEP_FILE:
    case ADIT_STEP_GROUP:
        return step->name != NULL;
    case ADIT_STEP_DEVICE:
        return step->name && step->value;
    case ADIT_STEP_SETTING:
        return step->name && step->value && step->before;
    case ADIT_STEP_LINK:
        return step->index != 0;
    case ADIT_STEP_ADDRESS:
        return step->index && step->prefix.family;
    case ADIT_STEP_TABLE:
        return step->table != 0;
    case ADIT_STEP_ROUTE:
        return step->table && step->prefix.family;
    case ADIT_STEP_SPLIT:
        return step->name && step->value;
    case ADIT_STEP_RULE:
        return rule_is_complete (step);
    case ADIT_STEP_DNS:
        return step->name && step->value;
    case ADIT_STEP_GUARD:
        return step->name && step->mode && step->value;
    case ADIT_N_STEPS:
        break;
    }
    return FALSE;
}

AditStep *
adit_step_parse (const char *line)
{
    g_auto (GStrv) words      = g_strsplit (line, " ", -1);
    g_autoptr (AditStep) step = adit_step_new (ADIT_N_STEPS);

    for (guint i = 0; i < ADIT_N_STEPS; i++)
        if (words[0] && g_str_equal (words[0], names[i]))
            step->kind = (AditStepKind) i;
    for (guint i = 1; words[0] && words[i]; i++) {
        char *equals = strchr (words[i], '=');

        if (equals == NULL)
            return NULL;
        *equals = '\0';
        if (!take (step, words[i], equals + 1))
            return NULL;
    }
    return complete (step) ? g_steal_pointer (&step) : NULL;
}

gboolean
adit_step_equal (const AditStep *a, const AditStep *b)
{
    g_autofree char *left = adit_step_format (a), *right = adit_step_format (b);

    return g_str_equal (left, right);
}
