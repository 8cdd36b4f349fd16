/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.h - guards that hold though no tunnel of their name runs, for `adit status`; root's alone.
 */
#pragma once
#include <json-glib/json-glib.h>

void cli_guard_lines (void);             /* nothing when there is none */
void cli_guard_json (JsonBuilder *json); /* the member "guards" */
