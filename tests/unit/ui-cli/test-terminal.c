/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-terminal.c - widths, line breaks, and nothing that a peer says reaches the terminal as a
 * command. */
#include "ui-cli/terminal.h"

static void
test_width (void)
{
    g_assert_cmpuint (cli_width (""), ==, 0);
    g_assert_cmpuint (cli_width ("office"), ==, 6);
    g_assert_cmpuint (cli_width ("Büro"), ==, 4);
    g_assert_cmpuint (cli_width ("u\u0308"), ==, 1);
    g_assert_cmpuint (cli_width ("事務所"), ==, 6);
    g_assert_cmpuint (cli_width ("\033[1;31mred\033[0m"), ==, 3);
    g_assert_cmpuint (cli_width ("\033"), ==, 0);
}

static void
clean_is (const char *text, const char *expected)
{
    g_autofree char *clean = cli_clean (text);

    g_assert_cmpstr (clean, ==, expected);
}

static void
test_clean (void)
{
    clean_is ("plain Büro", "plain Büro");
    clean_is ("a\033[2Jb", "a [2Jb");
    clean_is ("a\r\n\tb", "a   b");
    clean_is ("a\x7f", "a ");
    clean_is ("a\xc2\x9b"
              "31mb",
              "a  31mb"); /* CSI as one character */
    clean_is ("a\xff", "a\ufffd");
}

static void
wrap_is (const char *text, guint columns, guint indent, const char *expected)
{
    g_autofree char *lines = cli_wrap (text, columns, indent);

    g_assert_cmpstr (lines, ==, expected);
}

static void
test_wrap (void)
{
    wrap_is ("one two three", 80, 0, "one two three");
    wrap_is ("one two three", 7, 0, "one two\nthree");
    wrap_is ("one two three", 9, 2, "one two\n  three");
    wrap_is ("longerthanall x", 5, 2, "longerthanall\n  x");
    wrap_is ("", 5, 2, "");
}

static void
test_colours (void)
{
    g_assert_true (cli_terminal_colour ("always"));
    g_assert_cmpstr (cli_on (stdout, CLI_GOOD), ==, "\033[32m");
    g_assert_cmpstr (cli_off (stdout), ==, "\033[0m");
    g_assert_true (cli_terminal_colour ("never"));
    g_assert_cmpstr (cli_on (stdout, CLI_GOOD), ==, "");
    g_assert_false (cli_terminal_colour ("sometimes"));
    g_assert_cmpstr (cli_off (stdout), ==, "");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/terminal/width-counts-columns", test_width);
    g_test_add_func ("/terminal/control-characters-become-spaces", test_clean);
    g_test_add_func ("/terminal/lines-break-between-words", test_wrap);
    g_test_add_func ("/terminal/colours-when-wanted", test_colours);
    return g_test_run ();
}
