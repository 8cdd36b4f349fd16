/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* terminal.c - colours, width, and what looks the same in a pipe. */
#include "ui-cli/terminal.h"
#include <glib/gi18n.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80, USUAL_ROWS = 24, LEAST_COLUMNS = 20 };

static const char *wanted = "auto";

static const char *const sequences[] = {
    [CLI_PLAIN] = "",          [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
    [CLI_GOOD] = "\033[32m",   [CLI_BAD] = "\033[1;31m", [CLI_CAUTION] = "\033[33m",
    [CLI_ACCENT] = "\033[36m",
};

gboolean
cli_terminal_colour (const char *when)
{
    static const char *const known[] = { "auto", "always", "never" };

    for (guint i = 0; i < G_N_ELEMENTS (known); i++)
        if (strcmp (known[i], when) == 0) {
            wanted = known[i];
            return TRUE;
        }
    return FALSE;
}

static gboolean
is_coloured (FILE *stream)
{
    const char *no_color = g_getenv ("NO_COLOR"); /* no-color.org: any value but none */
    const char *term     = g_getenv ("TERM");

    if (strcmp (wanted, "auto") != 0)
        return strcmp (wanted, "always") == 0;
    return (no_color == NULL || *no_color == '\0') && term && strcmp (term, "dumb") != 0 &&
           isatty (fileno (stream));
}

const char *
cli_on (FILE *stream, CliStyle style)
{
    return is_coloured (stream) ? sequences[style] : "";
}

const char *
cli_off (FILE *stream)
{
    return is_coloured (stream) ? "\033[0m" : "";
}

guint
cli_columns (void)
{
    struct winsize size;

    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_COLUMNS)
        return size.ws_col;
    return USUAL_COLUMNS;
}

guint
cli_rows (void)
{
    struct winsize size;

    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2)
        return size.ws_row;
    return USUAL_ROWS;
}

guint
cli_width (const char *text)
{
    guint width = 0;

    while (*text) {
        gunichar c = g_utf8_get_char (text);

        if (c == 033) {
            text += strcspn (text, "m");
            text += *text ? 1 : 0;
            continue;
        }
        if (!g_unichar_iszerowidth (c))
            width += g_unichar_iswide (c) ? 2 : 1;
        text = g_utf8_next_char (text);
    }
    return width;
}

char *
cli_clean (const char *text)
{
    char *clean = g_utf8_make_valid (text, -1);

    for (char *at = clean, *next; *at; at = next) {
        next = g_utf8_next_char (at);
        if (g_unichar_iscntrl (g_utf8_get_char (at)))
            memset (at, ' ', (gsize) (next - at));
    }
    return clean;
}

char *
cli_wrap (const char *text, guint columns, guint indent)
{
    g_auto (GStrv) words = g_strsplit (text, " ", -1);
    GString *lines       = g_string_new (NULL);
    guint    at          = 0;

    for (char **word = words; *word; word++) {
        guint width = cli_width (*word);

        if (at > 0 && indent + at + 1 + width > columns) {
            g_string_append_printf (lines, "\n%*s", (int) indent, "");
            at = 0;
        } else if (word != words) {
            g_string_append_c (lines, ' ');
            at++;
        }
        g_string_append (lines, *word);
        at += width;
    }
    return g_string_free (lines, FALSE);
}

void
cli_warn (const char *sentence)
{
    g_autofree char *clean = cli_clean (sentence);

    fprintf (stderr, "%s%s%s %s\n", cli_on (stderr, CLI_CAUTION), _ ("adit: note:"),
             cli_off (stderr), clean);
}
