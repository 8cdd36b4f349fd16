/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json.h - reading JSON without trusting its shape: what is not there or of another type is NULL,
 * and so is whatever is looked for in it. */
#pragma once
#include <json-glib/json-glib.h>

JsonNode   *adit_json_member (JsonNode *node, const char *member); /* of an object */
JsonArray  *adit_json_array (JsonNode *node);
const char *adit_json_text (JsonNode *node);
gboolean    adit_json_number (JsonNode *node, gint64 *out); /* FALSE: it is none */
gboolean    adit_json_flag (JsonNode *node);                /* TRUE: it is just that */
