/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.h - writing JSON, and reading what a tunnel says of itself without trusting its shape. */
#pragma once
#include <json-glib/json-glib.h>

void cli_json_text (JsonBuilder *json, const char *member, const char *text);
void cli_json_print (JsonBuilder *json); /* to standard output */

/* NULL or 0 when it is not there or of another type. */
const char *cli_json_get (JsonObject *object, const char *member);
gint64      cli_json_number (JsonObject *object, const char *member);
gboolean    cli_json_flag (JsonObject *object, const char *member);
JsonObject *cli_json_object (JsonObject *object, const char *member);
JsonArray  *cli_json_array (JsonObject *object, const char *member);
/* A text or number as text; g_free; NULL: neither. */
char *cli_json_show (JsonObject *object, const char *member);
/* Texts of an array as "a, b"; g_free; NULL: none. */
char *cli_json_list (JsonObject *object, const char *member);
