/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.c - nodes by their types. */
#include "client/core/json.h"

static gboolean
is_value (JsonNode *node, GType type)
{
    return node && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

JsonNode *
adit_json_member (JsonNode *node, const char *member)
{
    return node && JSON_NODE_HOLDS_OBJECT (node)
               ? json_object_get_member (json_node_get_object (node), member)
               : NULL;
}

JsonArray *
adit_json_array (JsonNode *node)
{
    return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

const char *
adit_json_text (JsonNode *node)
{
    return is_value (node, G_TYPE_STRING) ? json_node_get_string (node) : NULL;
}

gboolean
adit_json_number (JsonNode *node, gint64 *out)
{
    if (!is_value (node, G_TYPE_INT64))
        return FALSE;
    *out = json_node_get_int (node);
    return TRUE;
}

gboolean
adit_json_flag (JsonNode *node)
{
    return is_value (node, G_TYPE_BOOLEAN) && json_node_get_boolean (node);
}
