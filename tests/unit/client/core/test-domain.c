/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names lie in a domain. */
#include "client/core/domain.h"

static void
test_holds (void)
{
    g_assert_true (adit_domain_holds ("corp.example", "corp.example"));
    g_assert_true (adit_domain_holds ("corp.example", "a.b.corp.example"));
    g_assert_true (adit_domain_holds ("Corp.Example", "A.CORP.example"));
    g_assert_true (adit_domain_holds (".corp.example", "a.corp.example"));
    g_assert_true (adit_domain_holds ("corp.example.", "corp.example"));
}

static void
test_holds_not (void)
{
    g_assert_false (adit_domain_holds ("corp.example", "notcorp.example"));
    g_assert_false (adit_domain_holds ("corp.example", "example"));
    g_assert_false (adit_domain_holds ("a.corp.example", "corp.example"));
    g_assert_false (adit_domain_holds ("corp.example", "corp.example.org"));
    g_assert_false (adit_domain_holds ("", "corp.example"));
    g_assert_false (adit_domain_holds (".", "corp.example"));
    g_assert_false (adit_domain_holds ("corp.example", ""));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/domain/holds-itself-and-what-lies-below", test_holds);
    g_test_add_func ("/domain/holds-nothing-else", test_holds_not);
    return g_test_run ();
}
