/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* terminal.h - colours, width, and what looks the same in a pipe. */
#pragma once
#include <glib.h>
#include <stdio.h>

typedef enum { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_GOOD, CLI_BAD, CLI_CAUTION, CLI_ACCENT } CliStyle;

/* "auto", "always", "never"; FALSE: none of these. */
gboolean cli_terminal_colour (const char *when);
/* Escape sequences, or "" when the stream gets no colours. */
const char *cli_on (FILE *stream, CliStyle style);
const char *cli_off (FILE *stream);

guint cli_columns (void); /* of standard output; 80 when it is none */
guint cli_rows (void);

/* Columns that a text takes on a terminal, escape sequences not counted. */
guint cli_width (const char *text);
/* Without control characters, whatever it came from; g_free. */
char *cli_clean (const char *text);
/* `text` broken into lines of at most `columns`; later lines begin with `indent` spaces; g_free. */
char *cli_wrap (const char *text, guint columns, guint indent);

void cli_warn (const char *sentence); /* to standard error */
