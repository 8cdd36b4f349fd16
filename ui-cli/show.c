/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show.c - `adit show`, `adit forget`. */
#include "client/base/secret.h"
#include "client/core/secrets.h"
#include "client/core/store.h"
#include "client/core/vault.h"
#include "ui-cli/command.h"
#include "ui-cli/keyring.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Is a secret of it kept? */
static gboolean
has_kept (const char *name)
{
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (name, &schema, NULL);
    g_autoptr (GPtrArray) needs     = profile ? adit_secrets_needs (profile, schema) : NULL;

    for (guint i = 0; needs && i < needs->len; i++)
        if (strcmp (((const AditSecretNeed *) needs->pdata[i])->source, "keyring") == 0)
            return TRUE;
    return FALSE;
}

static gboolean
forget_kept (const char *name, GError **error)
{
    return geteuid () == 0 ? adit_vault_forget (name, NULL, NULL, error)
                           : cli_keyring_forget (name, NULL, error);
}

gboolean
cli_forget (const CliCall *call, GError **error)
{
    const char *name = call->words[0];
    gboolean    kept = adit_store_name_ok (name, NULL) && has_kept (name);

    if (!adit_store_forget (name, error) || (kept && !forget_kept (name, error)))
        return FALSE;
    printf (_ ("The profile %s is deleted.\n"), name);
    return TRUE;
}
