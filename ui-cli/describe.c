/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* describe.c - `adit describe man|bash|zsh|fish [PROTOCOL]...`, which the build calls. */
#include "ui-cli/describe.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include <string.h>

static const struct {
    const char *name;
    void (*write) (GPtrArray *schemas);
} formats[] = {
    { "man", cli_describe_man },
    { "bash", cli_describe_bash },
    { "zsh", cli_describe_zsh },
    { "fish", cli_describe_fish },
};

gboolean
cli_describe (const CliCall *call, GError **error)
{
    g_autoptr (GPtrArray) schemas =
        g_ptr_array_new_with_free_func ((GDestroyNotify) adit_schema_free);

    for (guint i = 1; i < call->n_words; i++) {
        AditSchema *schema = adit_store_schema (call->words[i], error);

        if (schema == NULL)
            return FALSE;
        g_ptr_array_add (schemas, schema);
    }
    for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
        if (strcmp (formats[i].name, call->words[0]) == 0) {
            formats[i].write (schemas);
            return TRUE;
        }
    return adit_fail (error, ADIT_ERROR_PROFILE, _ ("“%s” is not one of man, bash, zsh, fish."),
                      call->words[0]);
}
