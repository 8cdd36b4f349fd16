/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dns-dnsmasq.c - what becomes of a dnsmasq that does not serve: a stand-in for the program,
 * in a mount namespace of this test's own.  What one does that serves is tests/interop/dns.py's. */
#include "client/net/dns-backends.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>

#define PLACE "/usr/local/sbin"

enum {
    DOMAINS = 4000, /* more than fits into a pipe: it ends while it is told them */
    ROUNDS  = 30,
};

static const char script[] = "#!/bin/sh\necho broken by design >&2\nexit 2\n";
static gboolean   has_namespace;
static GMainLoop *loop;

static gboolean
prepare (void)
{
    const char *program = adit_dns_dnsmasq_program ();

    if (geteuid () != 0 || unshare (CLONE_NEWNS) < 0 ||
        mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount ("tmpfs", PLACE, "tmpfs", 0, NULL) < 0 || g_chmod (PLACE, 0755) < 0 ||
        !g_file_set_contents (PLACE "/dnsmasq", script, -1, NULL) ||
        g_chmod (PLACE "/dnsmasq", 0755) < 0)
        return FALSE;
    return program == NULL || mount (PLACE "/dnsmasq", program, NULL, MS_BIND, NULL) == 0;
}

static void
on_done (gpointer user, GError *error)
{
    *(GError **) user = error;
    g_main_loop_quit (loop);
}

/* Its number is gone with it. */
static void
test_ends_at_once (void)
{
    static const char *const servers[]            = { "10.0.0.53", NULL };
    const char              *domains[DOMAINS + 1] = { NULL };
    g_autofree char         *folder               = test_folder_new ("dnsmasq");
    g_autofree char         *saved                = g_build_filename (folder, "toy.resolv", NULL);
    g_autofree char         *record               = g_strconcat (saved, ".dnsmasq", NULL);
    g_autofree char         *conf                 = g_build_filename (folder, "resolv.conf", NULL);
    AditDnsWish              wish                 = { .index = 1, .interface = "toy0" };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN");
        return;
    }
    for (guint i = 0; i < DOMAINS; i++)
        domains[i] = "corp.example";
    wish.servers = servers;
    wish.domains = domains;
    wish.saved   = saved;
    for (guint i = 0; i < ROUNDS; i++) {
        g_autofree char *why     = NULL;
        g_autoptr (GError) error = NULL;

        adit_dns_dnsmasq_set (conf, &wish, NULL, on_done, &error);
        if (!error)
            g_main_loop_run (loop);
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
        why = adit_error_explain (error);
        g_assert_nonnull (strstr (why, "broken by design"));
        g_assert_false (g_file_test (conf, G_FILE_TEST_EXISTS)); /* nobody was pointed at it */
    }
    g_unlink (record);
    g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
    has_namespace = prepare ();
    signal (SIGPIPE, SIG_IGN);
    g_test_init (&argc, &argv, NULL);
    loop = g_main_loop_new (NULL, FALSE);
    g_test_add_func ("/dns-dnsmasq/one-that-ends-at-once-is-a-reason", test_ends_at_once);
    return g_test_run ();
}
