/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.c - `adit guard`: the guards that hold though no tunnel of their name runs, setting them
 * again after a boot, and lifting one. */
#include "ui-cli/guard.h"
#include "client/core/standing.h"
#include "ui-cli/command.h"
#include "ui-cli/json.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <string.h>

void
cli_guard_json (JsonBuilder *json)
{
    g_autoptr (GPtrArray) standing = adit_standing_list ();

    json_builder_set_member_name (json, "guards");
    json_builder_begin_array (json);
    for (guint i = 0; i < standing->len; i++) {
        const AditStanding *one = standing->pdata[i];

        json_builder_begin_object (json);
        cli_json_text (json, "name", one->name);
        cli_json_text (json, "mode", one->always ? "always" : "tunnel");
        json_builder_end_object (json);
    }
    json_builder_end_array (json);
}

void
cli_guard_lines (void)
{
    g_autoptr (GPtrArray) standing = adit_standing_list ();

    for (guint i = 0; i < standing->len; i++) {
        const AditStanding *one = standing->pdata[i];

        printf (one->always
                    ? _ ("%s: its guard holds until it is lifted, after a boot too\n")
                    : _ ("%s: its guard holds until it is lifted or the tunnel runs again\n"),
                one->name);
    }
    if (standing->len)
        printf (_ ("“adit guard lift %s” lets traffic go again.\n"),
                ((const AditStanding *) standing->pdata[0])->name);
}

static gboolean
list (void)
{
    g_autoptr (GPtrArray) standing = adit_standing_list ();

    if (standing->len == 0)
        puts (_ ("No guard holds without its tunnel."));
    cli_guard_lines ();
    return TRUE;
}

static gboolean
lift (const char *name, GError **error)
{
    if (!adit_standing_lift (name, error))
        return FALSE;
    printf (_ ("%s: nothing is held back any more.\n"), name);
    return TRUE;
}

gboolean
cli_guard (const CliCall *call, GError **error)
{
    const char *verb = call->n_words ? call->words[0] : "list";

    if (!cli_needs_root (_ ("Only root may see and change guards; run it with sudo."), error))
        return FALSE;
    if (call->n_words == 0)
        return list ();
    if (strcmp (verb, "up") == 0 && call->n_words == 1)
        return adit_standing_raise (error);
    if (strcmp (verb, "lift") == 0 && call->n_words == 2)
        return lift (call->words[1], error);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("Write it as adit guard, adit guard up, or adit guard lift NAME."));
}
