/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-source.c - names from files, and what is taken for a file at all. */
#include "client/core/store.h"
#include "ui-cli/source.h"

static void
name_is (const char *path, const char *expected)
{
    g_autofree char *name = cli_name_from (path);

    g_assert_cmpstr (name, ==, expected);
    g_assert_true (adit_store_name_ok (name, NULL));
}

static void
test_names (void)
{
    g_autofree char *many     = g_strnfill (300, 'a');
    g_autofree char *expected = g_strnfill (64, 'a');

    name_is ("/etc/wireguard/wg0.conf", "wg0");
    name_is ("office.de.conf", "office.de");
    name_is ("./My VPN (2).conf", "My-VPN--2-");
    name_is ("B\xc3\xbcro.conf", "B--ro");
    name_is (".conf", "tunnel");
    name_is ("-x.conf", "tunnel");
    name_is ("..", "tunnel");
    name_is (many, expected);
}

static void
test_files (void)
{
    g_assert_true (cli_is_file ("./x"));
    g_assert_true (cli_is_file ("/x/y"));
    g_assert_true (cli_is_file ("wg0.conf"));
    g_assert_false (cli_is_file ("office"));
    g_assert_false (cli_is_file ("office.de"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/source/any-file-gives-a-good-name", test_names);
    g_test_add_func ("/source/what-is-a-file", test_files);
    return g_test_run ();
}
