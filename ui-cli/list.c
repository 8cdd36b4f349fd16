/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list.c - `adit list`: profiles, also those that are broken, and which are up. */
#include "client/core/remote.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include "ui-cli/json.h"
#include "ui-cli/table.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <unistd.h>

typedef struct {
    const char  *name;
    AditProfile *profile; /* NULL: error says why */
    AditSchema  *schema;
    GError      *error;
    gboolean     is_up;
} Entry;

static void
entry_clear (Entry *e)
{
    adit_profile_free (e->profile);
    adit_schema_free (e->schema);
    g_clear_error (&e->error);
}

static void
add_row (CliTable *table, const Entry *e)
{
    if (e->profile == NULL) {
        cli_table_add (table, CLI_BAD, e->name, _ ("broken"), e->error->message, NULL);
        return;
    }
    cli_table_add (table, e->is_up ? CLI_GOOD : CLI_PLAIN, e->name,
                   e->is_up          ? _ ("up")
                   : geteuid () == 0 ? _ ("down")
                                     : "",
                   e->schema->title, NULL);
}

static void
add_json (JsonBuilder *json, const Entry *e)
{
    json_builder_begin_object (json);
    cli_json_text (json, "name", e->name);
    if (e->profile) {
        cli_json_text (json, "protocol", e->schema->name);
        cli_json_text (json, "file", adit_profile_file (e->profile));
    } else
        cli_json_text (json, "error", e->error->message);
    if (geteuid () == 0) {
        json_builder_set_member_name (json, "up");
        json_builder_add_boolean_value (json, e->is_up);
    }
    json_builder_end_object (json);
}

static void
say (const CliCall *call, const Entry *entries, guint n)
{
    if (call->options & CLI_JSON) {
        g_autoptr (JsonBuilder) json = json_builder_new ();

        json_builder_begin_object (json);
        json_builder_set_member_name (json, "profiles");
        json_builder_begin_array (json);
        for (guint i = 0; i < n; i++)
            add_json (json, &entries[i]);
        json_builder_end_array (json);
        json_builder_end_object (json);
        cli_json_print (json);
    } else if (n == 0)
        puts (_ ("There are no profiles; `adit import FILE` makes one."));
    else {
        CliTable *table = cli_table_new ();

        for (guint i = 0; i < n; i++)
            add_row (table, &entries[i]);
        cli_table_print (table);
        cli_table_free (table);
    }
}

gboolean
cli_list (const CliCall *call, GError **error)
{
    g_auto (GStrv) names      = adit_store_list (error);
    g_auto (GStrv) live       = names ? adit_remote_list () : NULL;
    guint             n       = names ? g_strv_length (names) : 0;
    g_autofree Entry *entries = g_new0 (Entry, n + 1);

    if (names == NULL)
        return FALSE;
    for (guint i = 0; i < n; i++) {
        entries[i].name    = names[i];
        entries[i].profile = adit_store_load (names[i], &entries[i].schema, &entries[i].error);
        entries[i].is_up   = live && g_strv_contains ((const char *const *) live, names[i]);
    }
    say (call, entries, n);
    for (guint i = 0; i < n; i++)
        entry_clear (&entries[i]);
    return TRUE;
}
