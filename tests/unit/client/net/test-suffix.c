/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-suffix.c - what belongs to everybody. */
#include "client/net/suffix.h"

static void
test_public (void)
{
    static const char *const all[] = { "",      ".",  "com", "COM",         "com.",
                                       "co.uk", "uk", "bd",  "anything.bd", "github.io" };

    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        if (!adit_suffix_is_public (all[i]))
            g_error ("\"%s\" is not taken for public", all[i]);
}

static void
test_private (void)
{
    static const char *const all[] = { "example.com",       "corp",    "lan",
                                       "corp.example",      "a.co.uk", "internal.",
                                       "66.10.in-addr.arpa" };

    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        if (adit_suffix_is_public (all[i]))
            g_error ("\"%s\" is taken for public", all[i]);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/suffix/on-the-list-or-the-root", test_public);
    g_test_add_func ("/suffix/somebodys-own", test_private);
    return g_test_run ();
}
