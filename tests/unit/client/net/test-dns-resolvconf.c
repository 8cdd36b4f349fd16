/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dns-resolvconf.c - how resolvconf is run: a stand-in under /usr/local/sbin writes down its
 * arguments and input, in a mount namespace of this test's own. */
#include "client/net/dns-backends.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define PLACE "/usr/local/sbin"

static const char script[] = "#!/bin/sh\n"
                             "{ echo \"$@\"; [ \"$1\" = -a ] && cat; } > " PLACE "/told\n"
                             "[ ! -e " PLACE "/refuse ]\n";

static const char *const servers[] = { "10.0.0.53", NULL }, *const domains[] = { "a.example",
                                                                                 NULL };
static gboolean   has_namespace;
static GMainLoop *loop;

static gboolean
prepare (void)
{
    return geteuid () == 0 && unshare (CLONE_NEWNS) == 0 &&
           mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount ("tmpfs", PLACE, "tmpfs", 0, NULL) == 0 &&
           g_file_set_contents (PLACE "/resolvconf", script, -1, NULL) &&
           g_chmod (PLACE "/resolvconf", 0755) == 0 &&
           g_str_equal (adit_dns_resolvconf_program (), PLACE "/resolvconf") &&
           !g_file_test ("/etc/resolvconf/interface-order", G_FILE_TEST_EXISTS);
}

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN, and a machine without resolvconf");
    return !has_namespace;
}

static void
on_done (gpointer user, GError *error)
{
    *(GError **) user = error;
    g_main_loop_quit (loop);
}

static GError *
set (gboolean exclusive)
{
    AditDnsWish wish = {
        .interface = "toy0", .servers = servers, .domains = domains, .exclusive = exclusive
    };
    GError *error = NULL;

    adit_dns_set (ADIT_DNS_RESOLVCONF, &wish, NULL, on_done, &error);
    g_main_loop_run (loop);
    return error;
}

static void
assert_told (const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (PLACE "/told", &text, NULL, NULL));
    g_assert_cmpstr (text, ==, expected);
}

static void
test_set_and_unset (void)
{
    AditDnsWish wish = { .interface = "toy0" };

    if (skipped ())
        return;
    g_assert_no_error (set (TRUE));
    assert_told ("-a toy0 -m 0 -x\nnameserver 10.0.0.53\nsearch a.example\n");
    g_assert_no_error (set (FALSE));
    assert_told ("-a toy0 -m 0\nnameserver 10.0.0.53\nsearch a.example\n");
    g_assert_true (adit_dns_unset (ADIT_DNS_RESOLVCONF, &wish, NULL));
    assert_told ("-d toy0 -f\n");
}

static void
test_refused (void)
{
    AditDnsWish wish         = { .interface = "toy0" };
    g_autoptr (GError) error = NULL;

    if (skipped ())
        return;
    g_assert_true (g_file_set_contents (PLACE "/refuse", "", 0, NULL));
    error = set (TRUE);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_false (adit_dns_unset (ADIT_DNS_RESOLVCONF, &wish, NULL));
    g_unlink (PLACE "/resolvconf");
    g_assert_true (adit_dns_unset (ADIT_DNS_RESOLVCONF, &wish, NULL)); /* gone: nothing is set */
}

/* Whoever undoes does not wait for it for ever. */
static void
test_hangs (void)
{
    AditDnsWish wish         = { .interface = "toy0" };
    g_autoptr (GError) error = NULL;

    if (skipped ())
        return;
    g_assert_true (
        g_file_set_contents (PLACE "/resolvconf", "#!/bin/sh\nexec sleep 60\n", -1, NULL));
    g_assert_cmpint (g_chmod (PLACE "/resolvconf", 0755), ==, 0);
    alarm (30);
    g_assert_false (adit_dns_unset (ADIT_DNS_RESOLVCONF, &wish, &error));
    alarm (0);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

int
main (int argc, char **argv)
{
    has_namespace = prepare ();
    g_test_init (&argc, &argv, NULL);
    loop = g_main_loop_new (NULL, FALSE);
    g_test_add_func ("/dns-resolvconf/set-and-unset", test_set_and_unset);
    g_test_add_func ("/dns-resolvconf/refused", test_refused);
    g_test_add_func ("/dns-resolvconf/hangs", test_hangs);
    return g_test_run ();
}
