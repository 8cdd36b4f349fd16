/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.h - what an import or export did not take over. */
#pragma once
#include <glib.h>
#include <stdio.h>

void cli_report (FILE *stream, const char *path, const GPtrArray *report); /* AditReport */
