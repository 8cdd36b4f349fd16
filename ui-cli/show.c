/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show.c - `adit show`, `adit forget`. */
#include "client/base/secret.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include <stdio.h>

static void
hide_secrets (AditProfile *profile, const AditSchema *schema)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **section = sections; *section; section++) {
        g_auto (GStrv) keys = adit_profile_keys (profile, *section);

        for (char **key = keys; *key; key++) {
            const AditField *field = adit_schema_field (schema, *section, *key);

            if (field == NULL || adit_field_is_secret (field))
                adit_profile_set (profile, *section, *key, _ ("(hidden)"));
        }
    }
}

gboolean
cli_show (const CliCall *call, GError **error)
{
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (call->words[0], &schema, error);
    char *text;

    if (profile == NULL)
        return FALSE;
    if (!(call->options & CLI_SECRETS))
        hide_secrets (profile, schema);
    text = adit_profile_format (profile);
    fputs (text, stdout);
    adit_wipe_string (text);
    return TRUE;
}

gboolean
cli_forget (const CliCall *call, GError **error)
{
    if (!adit_store_forget (call->words[0], error))
        return FALSE;
    printf (_ ("The profile %s is deleted.\n"), call->words[0]);
    return TRUE;
}
