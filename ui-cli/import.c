/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import.c - `adit import`, `adit export`: to and from other programs' files. */
#include "client/base/secret.h"
#include "client/core/foreign.h"
#include "client/core/keyfile.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include "ui-cli/report.h"
#include "ui-cli/source.h"
#include <stdio.h>
#include <unistd.h>

gboolean
cli_import (const CliCall *call, GError **error)
{
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) profile = cli_source_load_file (call->words[0], &schema, error);
    g_autofree char *name           = NULL;
    g_autofree char *path           = NULL;

    if (profile == NULL)
        return FALSE;
    name = call->n_words > 1 ? g_strdup (call->words[1]) : cli_name_from (call->words[0]);
    adit_profile_set (profile, "connection", "name", name);
    if (!adit_store_save (name, profile, (call->options & CLI_FORCE) != 0, error))
        return FALSE;
    path = adit_store_path (name);
    if (geteuid () == 0)
        printf (_ ("%s: saved as %s; `adit run %s` connects.\n"), schema->title, path, name);
    else
        printf (_ ("%s: saved as %s; `sudo adit run %s` connects.\n"), schema->title, path, path);
    return TRUE;
}

static gboolean
write_out (const CliCall *call, const char *text, GError **error)
{
    gboolean is_open = (call->options & CLI_SECRETS) != 0;

    if (call->n_words > 1)
        return adit_keyfile_write (call->words[1], text, (call->options & CLI_FORCE) != 0, error);
    if (isatty (STDOUT_FILENO) && !is_open)
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("The file holds secrets; name a FILE to write it to, or say --secrets to "
               "see them here."));
    fputs (text, stdout);
    return TRUE;
}

gboolean
cli_export (const CliCall *call, GError **error)
{
    g_autoptr (AditProfile) profile = adit_store_load (call->words[0], NULL, error);
    g_autoptr (GPtrArray) report    = NULL;
    g_autofree char *path           = NULL;
    char            *text;
    gboolean         ok;

    if (profile == NULL)
        return FALSE;
    text = adit_foreign_export (profile, &report, error);
    if (text == NULL)
        return FALSE;
    path = adit_store_path (call->words[0]);
    cli_report (stderr, path, report);
    ok = write_out (call, text, error);
    adit_wipe_string (text);
    return ok;
}
