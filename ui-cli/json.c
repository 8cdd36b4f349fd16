/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.c - writing JSON, and reading what a tunnel says of itself without trusting its shape. */
#include "ui-cli/json.h"
#include <stdio.h>

void
cli_json_text (JsonBuilder *json, const char *member, const char *text)
{
    json_builder_set_member_name (json, member);
    json_builder_add_string_value (json, text);
}

void
cli_json_print (JsonBuilder *json)
{
    g_autoptr (JsonNode) root = json_builder_get_root (json);
    g_autofree char *text     = json_to_string (root, TRUE);

    puts (text);
}

static JsonNode *
find (JsonObject *object, const char *member, JsonNodeType type)
{
    JsonNode *node = object ? json_object_get_member (object, member) : NULL;

    return node && json_node_get_node_type (node) == type ? node : NULL;
}

const char *
cli_json_get (JsonObject *object, const char *member)
{
    JsonNode *node = find (object, member, JSON_NODE_VALUE);

    return node && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node)
                                                                    : NULL;
}

gint64
cli_json_number (JsonObject *object, const char *member)
{
    JsonNode   *node = find (object, member, JSON_NODE_VALUE);
    const char *text = cli_json_get (object, member);

    if (text)
        return g_ascii_strtoll (text, NULL, 10);
    if (node == NULL || json_node_get_value_type (node) == G_TYPE_BOOLEAN)
        return 0;
    return json_node_get_int (node);
}

gboolean
cli_json_flag (JsonObject *object, const char *member)
{
    JsonNode *node = find (object, member, JSON_NODE_VALUE);

    return node && json_node_get_value_type (node) == G_TYPE_BOOLEAN &&
           json_node_get_boolean (node);
}

char *
cli_json_show (JsonObject *object, const char *member)
{
    JsonNode *node = find (object, member, JSON_NODE_VALUE);

    if (node && json_node_get_value_type (node) == G_TYPE_INT64)
        return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    return g_strdup (cli_json_get (object, member));
}

JsonArray *
cli_json_array (JsonObject *object, const char *member)
{
    JsonNode *node = find (object, member, JSON_NODE_ARRAY);

    return node ? json_node_get_array (node) : NULL;
}

JsonObject *
cli_json_object (JsonObject *object, const char *member)
{
    JsonNode *node = find (object, member, JSON_NODE_OBJECT);

    return node ? json_node_get_object (node) : NULL;
}

char *
cli_json_list (JsonObject *object, const char *member)
{
    JsonArray *array = cli_json_array (object, member);
    GString   *text  = g_string_new (NULL);

    for (guint i = 0; array && i < json_array_get_length (array); i++) {
        JsonNode *item = json_array_get_element (array, i);

        if (json_node_get_value_type (item) == G_TYPE_STRING)
            g_string_append_printf (text, "%s%s", text->len ? ", " : "",
                                    json_node_get_string (item));
    }
    return g_string_free (text, text->len == 0);
}
