/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - `adit status`, `adit down`, `adit log`, `adit restore`: tunnels of other processes. */
#include "ui-cli/status.h"
#include "client/base/profile.h"
#include "client/core/remote.h"
#include "client/core/standing.h"
#include "client/core/store.h"
#include "ui-cli/command.h"
#include "ui-cli/facts.h"
#include "ui-cli/json.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
fail_not_up (const char *name, GError **error)
{
    g_auto (GStrv) live   = adit_remote_list ();
    g_autofree char *list = g_strjoinv (", ", live);
    const char      *near = adit_profile_nearest (name, (const char *const *) live);

    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("No tunnel called %s is up; did you mean %s?"), name, near);
    if (*list)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("No tunnel called %s is up; these are: %s."), name, list);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("No tunnel called %s is up; `adit run %s` starts one."), name, name);
}

static gboolean
is_up (const char *name, GError **error)
{
    g_auto (GStrv) live = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    live = adit_remote_list ();
    return g_strv_contains ((const char *const *) live, name) || fail_not_up (name, error);
}

static JsonNode *
ask (const char *name, GError **error)
{
    g_autofree char *text     = adit_remote_status (name, error);
    g_autoptr (JsonNode) node = text ? json_from_string (text, NULL) : NULL;

    if (text && (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))) {
        adit_fail (
            error, ADIT_ERROR_SYSTEM,
            _ ("The tunnel %s gave an answer that adit does not understand; it may run another "
               "version."),
            name);
        return NULL;
    }
    return g_steal_pointer (&node);
}

JsonArray *
cli_status_gather (const char *name, GError **error)
{
    g_autoptr (JsonArray) tunnels = json_array_new ();
    g_auto (GStrv) live           = NULL;

    if (name) {
        JsonNode *node = is_up (name, error) ? ask (name, error) : NULL;

        if (node == NULL)
            return NULL;
        json_array_add_element (tunnels, node);
        return g_steal_pointer (&tunnels);
    }
    live = adit_remote_list ();
    for (char **one = live; one && *one; one++) {
        JsonNode *node = ask (*one, NULL);

        if (node)
            json_array_add_element (tunnels, node);
    }
    return g_steal_pointer (&tunnels);
}

static void
print_json (JsonArray *tunnels)
{
    g_autoptr (JsonBuilder) json = json_builder_new ();

    json_builder_begin_object (json);
    json_builder_set_member_name (json, "tunnels");
    json_builder_begin_array (json);
    for (guint i = 0; i < json_array_get_length (tunnels); i++)
        json_builder_add_value (json, json_node_copy (json_array_get_element (tunnels, i)));
    json_builder_end_array (json);
    json_builder_end_object (json);
    cli_json_print (json);
}

static void
print_facts (JsonArray *tunnels, gboolean is_verbose)
{
    gint64 now     = g_get_real_time () / G_USEC_PER_SEC;
    guint  columns = isatty (STDOUT_FILENO) ? cli_columns () : 4096;

    if (json_array_get_length (tunnels) == 0)
        puts (_ ("No tunnel is up."));
    for (guint i = 0; i < json_array_get_length (tunnels); i++) {
        g_autofree char *facts =
            cli_facts (json_array_get_object_element (tunnels, i), now, columns, is_verbose);

        printf ("%s%s", i ? "\n" : "", facts);
    }
}

gboolean
cli_status (const CliCall *call, GError **error)
{
    const char *name              = call->n_words ? call->words[0] : NULL;
    gboolean    is_verbose        = (call->options & CLI_VERBOSE) != 0;
    g_autoptr (JsonArray) tunnels = NULL;

    if (!cli_needs_root (_ ("Only root may ask tunnels how they are; run it with sudo."), error))
        return FALSE;
    if (call->options & CLI_WATCH && call->options & CLI_JSON)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("--watch is for people and --json for programs; take one of them."));
    if (call->options & CLI_WATCH)
        return (name == NULL || adit_store_name_ok (name, error)) &&
               cli_status_watch (name, is_verbose, error);
    tunnels = cli_status_gather (name, error);
    if (tunnels == NULL)
        return FALSE;
    if (call->options & CLI_JSON)
        print_json (tunnels);
    else
        print_facts (tunnels, is_verbose);
    return TRUE;
}

gboolean
cli_down (const CliCall *call, GError **error)
{
    if (!cli_needs_root (_ ("Only root may end a tunnel; run it with sudo."), error) ||
        !is_up (call->words[0], error) || !adit_remote_stop (call->words[0], error))
        return FALSE;
    printf (_ ("%s has ended, and everything it changed is undone.\n"), call->words[0]);
    return TRUE;
}

gboolean
cli_log (const CliCall *call, GError **error)
{
    g_autofree char *text = NULL;

    if (!cli_needs_root (_ ("Only root may read the log of a tunnel; run it with sudo."), error) ||
        !adit_store_name_ok (call->words[0], error))
        return FALSE;
    text = adit_remote_log (call->words[0], error);
    if (text == NULL)
        return FALSE;
    fputs (text, stdout);
    return TRUE;
}

gboolean
cli_restore (const CliCall *call G_GNUC_UNUSED, GError **error)
{
    if (!cli_needs_root (_ ("Only root may undo changes of this machine; run it with sudo."),
                         error) ||
        !adit_remote_restore (error) || !adit_standing_lift_left (error))
        return FALSE;
    puts (_ ("Nothing of ended tunnels is left."));
    return TRUE;
}
