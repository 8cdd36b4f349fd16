/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - `adit status`: tunnels of other processes, asked of each. */
#include "ui-cli/status.h"
#include "client/base/profile.h"
#include "client/core/remote.h"
#include "client/core/store.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include "ui-cli/facts.h"
#include "ui-cli/guard.h"
#include "ui-cli/json.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* live: names of those that are. */
static gboolean
fail_not_up (const char *name, char **live, GError **error)
{
    g_autofree char *list = g_strjoinv (", ", live);
    const char      *near = adit_profile_nearest (name, (const char *const *) live);

    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("No tunnel called %s is up; did you mean %s?"), name, near);
    if (*list)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("No tunnel called %s is up; these are: %s."), name, list);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("No tunnel called %s is up; `adit up %s` or `adit run %s` starts one."),
                      name, name, name);
}

gboolean
cli_status_is_up (const char *name, GError **error)
{
    g_auto (GStrv) live = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    live = adit_remote_list ();
    return g_strv_contains ((const char *const *) live, name) || fail_not_up (name, live, error);
}

static JsonNode *
understand (const char *name, const char *text, GError **error)
{
    g_autoptr (JsonNode) node = json_from_string (text, NULL);

    if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
        adit_fail (
            error, ADIT_ERROR_SYSTEM,
            _ ("The tunnel %s gave an answer that adit does not understand; it may run another "
               "version."),
            name);
        return NULL;
    }
    return g_steal_pointer (&node);
}

static JsonNode *
ask (const char *name, GError **error)
{
    g_autofree char *text = adit_remote_status (name, error);

    return text ? understand (name, text, error) : NULL;
}

/* root's way: each tunnel's own socket, whoever runs it. */
static JsonArray *
gather_here (const char *name, GError **error)
{
    g_autoptr (JsonArray) tunnels = json_array_new ();
    g_auto (GStrv) live           = NULL;

    if (name) {
        JsonNode *node = cli_status_is_up (name, error) ? ask (name, error) : NULL;

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

/* ---- the way of all others: aditd and its tunnels ---- */

char *
cli_status_path (GDBusConnection *bus, const char *name, GError **error)
{
    g_autoptr (GPtrArray) tunnels = NULL;
    g_autoptr (GPtrArray) names   = g_ptr_array_new ();

    if (!adit_store_name_ok (name, error) || (tunnels = cli_bus_tunnels (bus, error)) == NULL)
        return NULL;
    for (guint i = 0; i < tunnels->len; i++) {
        const CliBusTunnel *one = tunnels->pdata[i];

        if (strcmp (one->name, name) == 0)
            return g_strdup (one->path);
        g_ptr_array_add (names, one->name);
    }
    g_ptr_array_add (names, NULL);
    fail_not_up (name, (char **) names->pdata, error);
    return NULL;
}

static JsonNode *
ask_there (GDBusConnection *bus, const char *name, const char *path, GError **error)
{
    g_autoptr (GVariant) answer = cli_bus_call (bus, path, "Status", NULL, NULL, error);
    const char *text;

    if (answer == NULL)
        return NULL;
    g_variant_get (answer, "(&s)", &text);
    return understand (name, text, error);
}

static JsonArray *
one_there (GDBusConnection *bus, const char *name, GError **error)
{
    g_autofree char *path    = cli_status_path (bus, name, error);
    JsonNode        *node    = path ? ask_there (bus, name, path, error) : NULL;
    JsonArray       *tunnels = node ? json_array_new () : NULL;

    if (node)
        json_array_add_element (tunnels, node);
    return tunnels;
}

static JsonArray *
all_there (GDBusConnection *bus, GError **error)
{
    g_autoptr (GPtrArray) all = cli_bus_tunnels (bus, error);
    JsonArray *tunnels        = all ? json_array_new () : NULL;

    for (guint i = 0; all && i < all->len; i++) {
        const CliBusTunnel *one  = all->pdata[i];
        JsonNode           *node = ask_there (bus, one->name, one->path, NULL);

        if (node)
            json_array_add_element (tunnels, node);
    }
    return tunnels;
}

static JsonArray *
gather_there (const char *name, GError **error)
{
    GError *cause                   = NULL;
    g_autoptr (GDBusConnection) bus = cli_bus_open (&cause);

    if (bus)
        return name ? one_there (bus, name, error) : all_there (bus, error);
    if (cause)
        g_propagate_error (error, cause);
    else
        adit_fail (error, ADIT_ERROR_SYSTEM,
                   _ ("aditd does not run, and tunnels without it answer root alone; run it with "
                      "sudo."));
    return NULL;
}

JsonArray *
cli_status_gather (const char *name, GError **error)
{
    return geteuid () == 0 ? gather_here (name, error) : gather_there (name, error);
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
    if (geteuid () == 0)
        cli_guard_json (json);
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
    if (geteuid () == 0 && name == NULL && !(call->options & CLI_JSON))
        cli_guard_lines ();
    return TRUE;
}
