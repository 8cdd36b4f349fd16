/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source.c - from a word on the command line to a profile, whoever wrote the file. */
#include "ui-cli/source.h"
#include "client/base/value.h"
#include "client/core/foreign.h"
#include "client/core/keyfile.h"
#include "client/core/store.h"
#include "ui-cli/report.h"
#include "ui-cli/terminal.h"
#include <glib/gi18n.h>
#include <string.h>

enum { NAME_MOST = 64 };

gboolean
cli_is_file (const char *word)
{
    return strchr (word, '/') != NULL || g_str_has_suffix (word, ".conf");
}

char *
cli_name_from (const char *path)
{
    char *name = g_path_get_basename (path);
    char *dot  = strrchr (name, '.');

    if (dot && dot != name)
        *dot = '\0';
    name[MIN (strlen (name), (gsize) NAME_MOST)] = '\0';
    for (char *c = name; *c; c++)
        if (!g_ascii_isalnum (*c) && strchr ("-_.", *c) == NULL)
            *c = '-';
    if (!adit_value_word (name, NAME_MOST)) {
        g_free (name);
        return g_strdup ("tunnel");
    }
    return name;
}

/* Ours has a line [connection], which no other program's file has. */
static gboolean
is_ours (const AditKeyFile *file)
{
    const char *at = file->text, *end = file->text + file->len;

    while (at < end) {
        const char *stop = memchr (at, '\n', (gsize) (end - at));

        at += strspn (at, " \t");
        if (g_str_has_prefix (at, "[connection]"))
            return TRUE;
        at = stop ? stop + 1 : end;
    }
    return FALSE;
}

static gboolean
sniff (const char *path, gboolean *ours, GError **error)
{
    AditKeyFile file;

    if (!adit_keyfile_read (path, ADIT_PROFILE_MAX, &file, error))
        return FALSE;
    *ours = is_ours (&file);
    if (!*ours && adit_keyfile_is_open (&file)) {
        g_autofree char *sentence = g_strdup_printf (
            _ ("%s may be read by others; if it holds a key, run: chmod 600 %s"), path, path);

        cli_warn (sentence);
    }
    adit_keyfile_clear (&file);
    return TRUE;
}

static AditProfile *
load_foreign (const char *path, AditSchema **schema, GError **error)
{
    g_autoptr (GPtrArray) report    = NULL;
    g_autoptr (AditProfile) profile = adit_foreign_import (path, NULL, &report, error);

    if (profile == NULL)
        return NULL;
    cli_report (stderr, path, report);
    *schema = adit_store_schema (adit_profile_get (profile, "connection", "type"), error);
    return *schema ? g_steal_pointer (&profile) : NULL;
}

AditProfile *
cli_source_load_file (const char *word, AditSchema **schema, GError **error)
{
    g_autofree char *path = strchr (word, '/') ? g_strdup (word) : g_strconcat ("./", word, NULL);
    g_autofree char *name = cli_name_from (path);
    g_autoptr (AditProfile) profile = NULL;
    gboolean ours;

    if (!sniff (path, &ours, error))
        return NULL;
    profile = ours ? adit_store_load (path, schema, error) : load_foreign (path, schema, error);
    if (profile && adit_profile_get (profile, "connection", "name") == NULL)
        adit_profile_set (profile, "connection", "name", name);
    return g_steal_pointer (&profile);
}

AditProfile *
cli_source_load (const char *word, AditSchema **schema, GError **error)
{
    AditProfile *profile;

    if (cli_is_file (word))
        return cli_source_load_file (word, schema, error);
    profile = adit_store_load (word, schema, error);
    if (profile)
        adit_profile_set (profile, "connection", "name", word);
    return profile;
}
