/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.c - `adit explain`: the sentences of an explanation, or all of it as JSON. */
#include "client/core/explain.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include "ui-cli/json.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <unistd.h>

static void
print_sentences (JsonObject *object, guint indent)
{
    JsonArray *sentences = cli_json_array (object, "sentences");

    for (guint i = 0; sentences && i < json_array_get_length (sentences); i++) {
        const char      *text  = json_array_get_string_element (sentences, i);
        g_autofree char *clean = cli_clean (text ? text : "");
        g_autofree char *lines = cli_wrap (clean, MIN (cli_columns (), 100) - indent, indent + 2);

        printf ("%*s%s%s%s\n", (int) (i ? indent + 2 : indent), "",
                cli_on (stdout, i ? CLI_DIM : CLI_PLAIN), lines, cli_off (stdout));
    }
}

static void
print_list (JsonObject *object, const char *member, guint indent)
{
    JsonArray *list = cli_json_array (object, member);

    for (guint i = 0; list && i < json_array_get_length (list); i++) {
        JsonNode *node = json_array_get_element (list, i);

        if (JSON_NODE_HOLDS_OBJECT (node))
            print_sentences (json_node_get_object (node), indent);
    }
}

static void
print (JsonObject *answer)
{
    JsonObject *resolver = cli_json_object (answer, "resolver");

    if (resolver) {
        print_sentences (resolver, 0);
        print_list (resolver, "ways", 2);
    }
    print_sentences (answer, 0);
    print_list (answer, "addresses", 0);
}

/* root reads what there is; others ask aditd, or do without what is root's. */
static char *
answer_to (const char *what, GError **error)
{
    g_autoptr (GDBusConnection) bus = geteuid () ? cli_bus_open (NULL) : NULL;
    g_autoptr (GVariant) answer     = NULL;
    char *text                      = NULL;

    if (bus == NULL) {
        if (geteuid ())
            cli_warn (_ ("aditd does not run, so only what everybody may read is looked at; sudo "
                         "shows all."));
        return adit_explain (what, (guint32) getuid (), error);
    }
    answer = cli_bus_call (bus, CLI_BUS_TOP, "Explain", g_variant_new ("(s)", what), NULL, error);
    if (answer)
        g_variant_get (answer, "(s)", &text);
    return text;
}

gboolean
cli_explain (const CliCall *call, GError **error)
{
    g_autofree char *text     = answer_to (call->words[0], error);
    g_autoptr (JsonNode) root = text ? json_from_string (text, NULL) : NULL;

    if (text == NULL)
        return FALSE;
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
        return adit_fail (error, ADIT_ERROR_BUG, _ ("adit does not understand its own answer."));
    if (call->options & CLI_JSON)
        puts (text);
    else
        print (json_node_get_object (root));
    return TRUE;
}
