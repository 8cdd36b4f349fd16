/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-nft.c - parts of our table come and go without touching each other, in a network namespace
 * of this test's own. */
#include "client/net/nft.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

static char *lock;

static void
add_part (const char *name)
{
    g_autofree char *text = g_strdup_printf (
        "add chain " ADIT_NFT_TABLE " known\n"
        "add chain " ADIT_NFT_TABLE " out-%s { type filter hook output priority 0; }\n"
        "flush chain " ADIT_NFT_TABLE " out-%s\n"
        "add rule " ADIT_NFT_TABLE " known oifname \"%s\" accept comment \"%s\"\n"
        "add rule " ADIT_NFT_TABLE " out-%s jump known\n",
        name, name, name, name, name);
    g_autoptr (GError) error = NULL;

    adit_nft_replace (lock, "known", name, text, &error);
    g_assert_no_error (error);
}

static void
drop_part (const char *name)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *chain   = g_strdup_printf ("chain out-%s", name);
    g_autoptr (GError) error = NULL;

    adit_nft_put_delete (text, chain, "");
    adit_nft_drop (lock, "known", name, text->str, &error);
    g_assert_no_error (error);
}

static char *
table (void)
{
    g_autoptr (GError) error = NULL;
    char *list               = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, &error);

    g_assert_no_error (error);
    return list;
}

static guint
count (const char *text, const char *word)
{
    guint n = 0;

    for (const char *at = text; (at = strstr (at, word)); at += strlen (word))
        n++;
    return n;
}

static void
test_two_parts (void)
{
    g_autofree char *both = NULL, *one = NULL, *none = NULL;

    add_part ("office");
    add_part ("office-2");
    add_part ("office");
    both = table ();
    g_assert_cmpuint (count (both, "comment \"office\""), ==, 1);
    g_assert_cmpuint (count (both, "comment \"office-2\""), ==, 1);
    drop_part ("office");
    one = table ();
    g_assert_cmpuint (count (one, "comment \"office\""), ==, 0);
    g_assert_cmpuint (count (one, "chain out-office "), ==, 0);
    g_assert_cmpuint (count (one, "comment \"office-2\""), ==, 1);
    drop_part ("office-2");
    drop_part ("office-2");
    none = table ();
    g_assert_null (none);
}

static void
test_all_or_nothing (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *list    = NULL;

    g_assert_false (adit_nft_add (lock,
                                  "add chain " ADIT_NFT_TABLE " mine\n"
                                  "delete chain " ADIT_NFT_TABLE " yours\n",
                                  &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_nonnull (adit_error_cause (error));
    g_assert_nonnull (strstr (adit_error_cause (error)->message, "No such file"));
    list = table ();
    g_assert_null (list);
}

static void
test_not_a_rule (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (adit_nft_run ("add rool\n", &error));
    g_assert_nonnull (strstr (adit_error_cause (error)->message, "syntax error"));
}

static void
test_json (void)
{
    g_autofree char *json = NULL;

    add_part ("office");
    json = adit_nft_list ("table " ADIT_NFT_TABLE, TRUE, NULL);
    g_assert_true (g_str_has_prefix (json, "{\"nftables\""));
    drop_part ("office");
}

int
main (int argc, char **argv)
{
    g_autofree char *folder = test_folder_new ("nft");
    int              status;

    g_test_init (&argc, &argv, NULL);
    if (unshare (CLONE_NEWNET) < 0) {
        g_print ("1..0 # SKIP needs CAP_NET_ADMIN\n");
        return 0;
    }
    lock = g_build_filename (folder, "nft.lock", NULL);
    g_test_add_func ("/net/nft/two-parts-do-not-touch-each-other", test_two_parts);
    g_test_add_func ("/net/nft/a-transaction-is-all-or-nothing", test_all_or_nothing);
    g_test_add_func ("/net/nft/what-is-no-rule-is-said", test_not_a_rule);
    g_test_add_func ("/net/nft/a-list-as-json", test_json);
    status = g_test_run ();
    g_free (lock);
    return status;
}
