/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* foreign.h - profiles from and to other programs' files.  Such files are hostile input, so a
 * sandboxed worker reads them: it gets the bytes and gives back a profile and a report. */
#pragma once
#include "client/base/profile.h"

typedef struct {
    guint line; /* 0: the whole file */
    char *what; /* "PostUp" */
    char *why;  /* a sentence */
} AditReport;

/* Asks each plugin that imports, in turn, or only `plugin`.  The profile has type and name set
 * (name: the file's, without folder and extension), and is checked.  report: GPtrArray of
 * AditReport, never NULL on success. */
AditProfile *adit_foreign_import (const char *path, const char *plugin, GPtrArray **report,
                                  GError **error);
/* The file's text: wipe and free with adit_wipe_string. */
char *adit_foreign_export (const AditProfile *profile, GPtrArray **report, GError **error);
