/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dns-file.c - whatever /etc/resolv.conf was, it is that again, to the byte. */
#include "client/net/dns-backends.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *dir, *path;

static AditDnsWish
wish_of (const char *interface, const char *const *servers, gboolean exclusive)
{
    static const char *const domains[] = { "corp.example", NULL };
    g_autofree char         *file      = g_strconcat (interface, ".resolv", NULL);

    return (AditDnsWish){ .interface = interface,
                          .servers   = servers,
                          .domains   = domains,
                          .exclusive = exclusive,
                          .saved     = g_build_filename (dir, file, NULL) };
}

static const char *const one[] = { "10.0.0.1", NULL }, *const two[] = { "10.0.0.2", NULL };

static char *
now (void)
{
    char *text = NULL;

    g_file_get_contents (path, &text, NULL, NULL);
    return text;
}

static void
assert_nothing_beside (void)
{
    g_autoptr (GDir) all = g_dir_open (dir, 0, NULL);
    const char *entry;

    while ((entry = g_dir_read_name (all)))
        g_assert_true (g_str_equal (entry, "resolv.conf") || g_str_equal (entry, "target"));
}

static void
test_file (void)
{
    AditDnsWish      wish   = wish_of ("toy0", one, TRUE);
    g_autofree char *during = NULL, *after = NULL;
    GStatBuf         about;

    g_assert_true (g_file_set_contents (path, "# mine\nnameserver 192.0.2.53", -1, NULL));
    g_assert_cmpint (g_chmod (path, 0640), ==, 0);
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    during = now ();
    g_assert_cmpstr (during, ==, "# adit toy0\nsearch corp.example\nnameserver 10.0.0.1\n");
    g_assert_true (adit_dns_file_set (path, &wish, NULL)); /* again: it keeps the first */
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    after = now ();
    g_assert_cmpstr (after, ==, "# mine\nnameserver 192.0.2.53");
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpuint (about.st_mode & 0777, ==, 0640);
    g_assert_true (adit_dns_file_unset (path, &wish, NULL)); /* twice does no harm */
    assert_nothing_beside ();
    g_free ((char *) wish.saved);
}

static void
test_split (void)
{
    AditDnsWish      wish   = wish_of ("toy0", one, FALSE);
    g_autofree char *during = NULL;

    g_assert_true (g_file_set_contents (path,
                                        "nameserver 192.0.2.53\nnameserver\t192.0.2.54\n"
                                        "nameserver 192.0.2.55\n",
                                        -1, NULL));
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    during = now ();
    g_assert_cmpstr (during, ==,
                     "# adit toy0\nsearch corp.example\nnameserver 10.0.0.1\n"
                     "nameserver 192.0.2.53\nnameserver 192.0.2.54\n");
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    g_free ((char *) wish.saved);
}

static void
test_link (void)
{
    AditDnsWish      wish   = wish_of ("toy0", one, TRUE);
    g_autofree char *target = g_build_filename (dir, "target", NULL), *link = NULL, *text = NULL;

    g_unlink (path);
    g_assert_true (g_file_set_contents (target, "theirs", -1, NULL));
    g_assert_cmpint (symlink ("target", path), ==, 0);
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, "theirs"); /* not written through */
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    link = g_file_read_link (path, NULL);
    g_assert_cmpstr (link, ==, "target");
    g_unlink (path);
    g_unlink (target);
    g_free ((char *) wish.saved);
}

/* Who answers for all other names, when a resolver of ours does for some. */
static void
test_kept_servers (void)
{
    AditDnsWish wish    = wish_of ("toy0", one, TRUE);
    g_auto (GStrv) kept = NULL;

    g_assert_null (adit_dns_file_saved (wish.saved));
    g_assert_true (g_file_set_contents (path,
                                        "#nameserver 9.9.9.9\nsearch a\nnameserver\t192.0.2.53 \n"
                                        "nameserver fd00::53\nnameserver\n",
                                        -1, NULL));
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    kept = adit_dns_file_saved (wish.saved);
    g_assert_cmpstr (kept[0], ==, "192.0.2.53");
    g_assert_cmpstr (kept[1], ==, "fd00::53");
    g_assert_null (kept[2]);
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    g_free ((char *) wish.saved);
}

static void
test_none (void)
{
    AditDnsWish wish = wish_of ("toy0", one, TRUE);

    g_unlink (path);
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    assert_nothing_beside ();
    g_free ((char *) wish.saved);
}

static void
test_somebody_else (void)
{
    AditDnsWish      wish  = wish_of ("toy0", one, TRUE);
    g_autofree char *after = NULL;

    g_assert_true (g_file_set_contents (path, "old\n", -1, NULL));
    g_assert_true (adit_dns_file_set (path, &wish, NULL));
    g_assert_true (g_file_set_contents (path, "newer, by another program\n", -1, NULL));
    g_assert_true (adit_dns_file_unset (path, &wish, NULL));
    after = now ();
    g_assert_cmpstr (after, ==, "newer, by another program\n");
    assert_nothing_beside ();
    g_free ((char *) wish.saved);
}

static void
test_killed_before_renaming (void)
{
    for (guint had_saved = 0; had_saved < 2; had_saved++) {
        AditDnsWish      wish   = wish_of ("toy0", one, TRUE);
        g_autofree char *beside = g_strconcat (path, ".adit", NULL), *after = NULL;
        g_autofree char *other = g_strconcat (wish.saved, ".adit", NULL);

        g_assert_true (g_file_set_contents (path, "found\n", -1, NULL));
        if (had_saved)
            g_assert_true (adit_dns_file_set (path, &wish, NULL));
        g_assert_true (g_file_set_contents (beside, "# adit", -1, NULL));
        g_assert_true (g_file_set_contents (other, "file 6", -1, NULL));
        g_assert_true (adit_dns_file_unset (path, &wish, NULL));
        after = now ();
        g_assert_cmpstr (after, ==, "found\n");
        assert_nothing_beside ();
        g_free ((char *) wish.saved);
    }
}

static void
test_two_tunnels (void)
{
    for (guint first = 0; first < 2; first++) {
        AditDnsWish      wishes[] = { wish_of ("toy0", one, TRUE), wish_of ("toy1", two, TRUE) };
        g_autofree char *between = NULL, *after = NULL;

        g_assert_true (g_file_set_contents (path, "found\n", -1, NULL));
        g_assert_true (adit_dns_file_set (path, &wishes[0], NULL));
        g_assert_true (adit_dns_file_set (path, &wishes[1], NULL));
        g_assert_true (adit_dns_file_unset (path, &wishes[first], NULL));
        between = now ();
        g_assert_nonnull (strstr (between, first ? "10.0.0.1" : "10.0.0.2"));
        g_assert_true (adit_dns_file_unset (path, &wishes[1 - first], NULL));
        after = now ();
        g_assert_cmpstr (after, ==, "found\n");
        assert_nothing_beside ();
        g_free ((char *) wishes[0].saved);
        g_free ((char *) wishes[1].saved);
    }
}

int
main (int argc, char **argv)
{
    int result;

    g_test_init (&argc, &argv, NULL);
    dir  = test_folder_new ("dns-file");
    path = g_build_filename (dir, "resolv.conf", NULL);
    g_test_add_func ("/dns-file/a-file-with-its-mode", test_file);
    g_test_add_func ("/dns-file/split-keeps-the-others", test_split);
    g_test_add_func ("/dns-file/a-link", test_link);
    g_test_add_func ("/dns-file/kept-servers", test_kept_servers);
    g_test_add_func ("/dns-file/none", test_none);
    g_test_add_func ("/dns-file/somebody-elses-later-version-stays", test_somebody_else);
    g_test_add_func ("/dns-file/killed-before-renaming", test_killed_before_renaming);
    g_test_add_func ("/dns-file/two-tunnels-in-any-order", test_two_tunnels);
    result = g_test_run ();
    g_free (path);
    g_free (dir);
    return result;
}
