/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-journal.c - whatever the moment at which its owner is killed, the file alone undoes all of
 * it; in a network namespace of this test's own. */
#include "client/core/journal.h"
#include "client/core/namespace.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include "tests/lib/folder.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean has_namespace;
static int      device = -1;

static const char *const steps[] = {
    "file name=%s/made",
    "guard name=toy mode=off value=add%20chain%20inet%20adit%20known%0A"
    "add%20chain%20inet%20adit%20in-toy%20%7Btype%20filter%20hook%20input%20priority%200%3B%7D%0A"
    "add%20rule%20inet%20adit%20known%20accept%20comment%20%22toy%22%0A",
    "link index=%u mtu=1400",
    "address index=%u prefix=10.77.0.2/24",
    "address index=%u prefix=fd77::2/64",
    "table table=7700",
    "route table=7700 prefix=10.78.9.0/24",
    "route table=7700 refused=1 prefix=10.78.8.0/24",
    "route table=7700 refused=1 prefix=::/0",
    "route index=%u table=7700 prefix=10.78.0.0/16",
    "route index=%u table=7700 prefix=fd78::/64",
    "setting name=net/ipv4/conf/lo/rp_filter value=2 before=0",
    "split name=toy value=add%20chain%20inet%20adit%20apps-toy%0A"
    "add%20chain%20inet%20adit%20split-toy%20%7Btype%20route%20hook%20output%20priority%20-150%3B"
    "%7D%0Aadd%20rule%20inet%20adit%20split-toy%20jump%20apps-toy%0A",
    "rule preference=10102 prefix=0.0.0.0/0",
    "rule mark=44311 marked=1 target=10102 preference=10100 prefix=0.0.0.0/0",
    "rule mark=65536 mask=65536 marked=1 target=10102 preference=10100 prefix=0.0.0.0/0",
    "rule users=1 uid-first=0 uid-last=7 table=7700 preference=10101 prefix=0.0.0.0/0",
    "rule mark=44311 table=7700 preference=10100 prefix=0.0.0.0/0",
    "rule mark=44311 table=7700 preference=10100 prefix=::/0",
};

static AditStep *
step_number (guint n)
{
    g_autoptr (GString) line = g_string_new (steps[n]);
    g_autofree char *index   = g_strdup_printf ("%u", adit_link_index ("toy0"));

    g_string_replace (line, "%u", index, 0);
    g_string_replace (line, "%s", adit_runtime_dir (), 0);
    return adit_step_parse (line->str);
}

/* Everything that steps could leave behind, as the kernel shows it. */
static char *
snapshot (void)
{
    g_autofree char  *made       = g_build_filename (adit_runtime_dir (), "made", NULL);
    GString          *all        = g_string_new (NULL);
    const char *const commands[] = { "ip -o addr show toy0 scope global",
                                     "ip rule",
                                     "ip -6 rule",
                                     "ip route show table 7700",
                                     "ip -6 route show table 7700",
                                     "nft list ruleset",
                                     "cat /proc/sys/net/ipv4/conf/lo/rp_filter" };

    for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
        g_autofree char *text = NULL;

        g_assert_true (g_spawn_command_line_sync (commands[i], &text, NULL, NULL, NULL));
        g_string_append (all, text);
    }
    if (g_file_test (made, G_FILE_TEST_EXISTS))
        g_string_append (all, "file\n");
    return g_string_free (all, FALSE);
}

/* A process that does the first `n` steps and is then killed; with `torn`, while it writes the
 * next one down, else between writing and doing. */
static void
die_after (guint n, gboolean torn)
{
    pid_t child = fork ();

    if (child == 0) {
        AditJournal     *journal = adit_journal_new ("toy", NULL);
        g_autofree char *path    = adit_runtime_path ("toy", "journal");

        for (guint i = 0; i < n; i++) {
            g_autoptr (AditStep) step = step_number (i);

            if (!adit_journal_do (journal, step, NULL))
                _exit (1);
            if (step->kind == ADIT_STEP_FILE)
                g_file_set_contents (step->name, "x", 1, NULL);
        }
        if (n < G_N_ELEMENTS (steps)) {
            g_autoptr (AditStep) next = step_number (n);
            g_autofree char *line     = adit_step_format (next);
            int              fd       = open (path, O_WRONLY | O_APPEND);

            if (dprintf (fd, torn ? "+ %.6s" : "+ %s\n", line) < 0)
                _exit (1);
        }
        kill (getpid (), SIGKILL);
    }
    g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
}

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
    return !has_namespace;
}

static void
test_killed_anywhere (void)
{
    g_autofree char *path = adit_runtime_path ("toy", "journal");

    if (skipped ())
        return;
    for (guint n = 0; n <= G_N_ELEMENTS (steps); n++)
        for (guint torn = 0; torn < 2; torn++) {
            g_autofree char *before = snapshot (), *after = NULL;
            g_autoptr (GError) error = NULL;

            die_after (n, torn);
            g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
            adit_remote_restore (&error);
            g_assert_no_error (error);
            after = snapshot ();
            g_assert_cmpstr (before, ==, after);
            g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
            adit_remote_restore (&error); /* again: nothing to do */
            g_assert_no_error (error);
        }
}

static void
test_leaves_the_living_alone (void)
{
    g_autoptr (AditJournal) journal = NULL;
    g_autoptr (GError) error        = NULL;
    g_autoptr (AditStep) step       = NULL;
    g_autofree char *during = NULL, *after = NULL;

    if (skipped ())
        return;
    journal = adit_journal_new ("toy", &error);
    g_assert_no_error (error);
    for (guint i = 1; i < G_N_ELEMENTS (steps); i++) {
        g_autoptr (AditStep) one = step_number (i);

        g_assert_true (adit_journal_do (journal, one, NULL));
    }
    during = snapshot ();
    adit_remote_restore (&error);
    g_assert_no_error (error);
    after = snapshot ();
    g_assert_cmpstr (during, ==, after);
    g_assert_null (adit_journal_new ("toy", &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_nonnull (strstr (error->message, "already running"));
    g_assert_true (adit_journal_undo_all (journal, NULL));
}

/* What was there before us is not ours to take away. */
static void
test_keeps_what_it_found (void)
{
    g_autoptr (AditJournal) journal = NULL;
    g_autoptr (AditStep) step       = NULL;
    g_autofree char *text           = NULL;
    AditRule         rule = { .family = 4, .mark = 44311, .table = 7700, .preference = 10100 };

    if (skipped ())
        return;
    g_assert_true (adit_rule_add (&rule, NULL));
    journal = adit_journal_new ("toy", NULL);
    step    = step_number (G_N_ELEMENTS (steps) - 2);
    g_assert_false (adit_journal_do (journal, step, NULL));
    g_assert_true (adit_journal_undo_all (journal, NULL));
    g_assert_false (adit_rule_add (&rule, NULL)); /* still there */
    g_assert_true (adit_rule_remove (&rule, NULL));
}

/* A worker that never stops changing its mind cannot make it longer than anyone would read. */
static void
test_has_an_end (void)
{
    g_autofree char *path           = adit_runtime_path ("long", "journal");
    g_autofree char *name           = adit_runtime_path ("long", "sock");
    g_autofree char *lines          = g_strnfill (5 << 20, '\n');
    g_autoptr (AditJournal) journal = adit_journal_new ("long", NULL);
    g_autoptr (AditStep) step       = adit_step_new (ADIT_STEP_FILE);
    g_autoptr (GError) error        = NULL;
    int fd                          = open (path, O_WRONLY | O_APPEND);

    step->name = g_strdup (name);
    g_assert_true (adit_journal_do (journal, step, &error));
    g_assert_cmpint (write (fd, lines, 5 << 20), ==, 5 << 20);
    close (fd);
    g_assert_true (adit_journal_undo (journal, step, &error));
    g_assert_false (adit_journal_do (journal, step, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_true (adit_journal_undo_all (journal, NULL));
}

/* The disk is full in the middle of a line: the next one is read all the same. */
static void
test_a_line_that_does_not_fit (void)
{
    g_autofree char *path  = adit_runtime_path ("full", "journal");
    g_autofree char *text  = NULL;
    pid_t            child = fork ();

    if (child == 0) {
        AditJournal  *journal = adit_journal_new ("full", NULL);
        AditStep     *step    = adit_step_new (ADIT_STEP_FILE);
        GStatBuf      about;
        struct rlimit most;

        signal (SIGXFSZ, SIG_IGN);
        step->name = g_strdup ("/nothing/here");
        if (g_stat (path, &about) < 0)
            _exit (1);
        most.rlim_cur = most.rlim_max = (rlim_t) about.st_size + 5;
        if (setrlimit (RLIMIT_FSIZE, &most) < 0 || adit_journal_do (journal, step, NULL))
            _exit (1);
        _exit (0);
    }
    g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_true (g_str_has_suffix (text, "\n"));
    g_assert_null (strstr (text, "+ "));
    g_assert_true (adit_remote_restore (NULL));
}

/* Its network is gone, and with it routes and rules; what lies in files is still put right. */
static void
test_namespace_gone (void)
{
    g_autofree char *path = adit_runtime_path ("gone", "journal");
    g_autofree char *file = adit_runtime_path ("gone", "sock");
    g_autofree char *text =
        g_strdup_printf ("adit-journal 1\nowner 1 1\nnamespace 1\n"
                         "+ file name=%s\n"
                         "+ rule mark=1 table=2 preference=3 prefix=0.0.0.0/0\n",
                         file);

    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    g_assert_true (g_file_set_contents (file, "", 0, NULL));
    g_assert_true (adit_remote_restore (NULL));
    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* A process in a network namespace of its own, which lives until it is killed. */
static pid_t
live_elsewhere (guint64 *inode)
{
    g_autofree char *path = NULL;
    int              ready[2];
    pid_t            child;
    char             byte;
    GStatBuf         about;

    g_assert_cmpint (pipe (ready), ==, 0);
    child = fork ();
    if (child == 0) {
        if (unshare (CLONE_NEWNET) < 0 || write (ready[1], "x", 1) != 1)
            _exit (1);
        pause ();
        _exit (0);
    }
    g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
    close (ready[0]);
    close (ready[1]);
    path = g_strdup_printf ("/proc/%d/ns/net", (int) child);
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    *inode = about.st_ino;
    return child;
}

/* Another network that is alive: whoever is in it may undo, not we. */
static void
test_another_namespace (void)
{
    g_autofree char *path = adit_runtime_path ("other", "journal");
    g_autofree char *text = NULL;
    guint64          inode;
    pid_t            child;

    if (skipped ())
        return;
    child = live_elsewhere (&inode);
    text  = g_strdup_printf ("adit-journal 1\nnamespace %" G_GUINT64_FORMAT "\n", inode);
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    g_assert_true (adit_remote_restore (NULL));
    g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
    g_assert_null (adit_journal_new ("other", NULL));
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
    g_assert_true (adit_remote_restore (NULL)); /* now it is gone */
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Another command clears up all the time: what is just being made is nobody's leftover. */
static void
test_restore_meanwhile (void)
{
    pid_t    child = fork ();
    gboolean ok    = TRUE;

    if (child == 0)
        for (;;)
            adit_remote_restore (NULL);
    for (guint i = 0; ok && i < 500; i++) {
        g_autoptr (AditJournal) journal = adit_journal_new ("busy", NULL);

        ok = journal && adit_journal_undo_all (journal, NULL);
    }
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
    g_assert_true (ok);
}

/* Seen by others while it is somebody's. */
static void
test_peek (void)
{
    g_autofree char *path = adit_runtime_path ("peek", "journal");
    g_autofree char *text =
        g_strdup_printf ("adit-journal 1\nowner 1 2\nnamespace %" G_GUINT64_FORMAT "\n"
                         "+ route index=4 table=7 prefix=10.0.0.0/8\n"
                         "+ route index=4 table=7 prefix=10.1.0.0/16\nnonsense\n+ nothing\n"
                         "- route index=4 table=7 prefix=10.0.0.0/8\n+\n",
                         adit_namespace_ours ());
    g_autoptr (GPtrArray) found = NULL;
    const AditStep *step;

    g_assert_null (adit_journal_peek ("peek"));
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    found = adit_journal_peek ("peek");
    g_assert_cmpuint (found->len, ==, 1);
    step = found->pdata[0];
    g_assert_cmpuint (step->prefix.length, ==, 16);
    g_assert_true (g_file_set_contents (path, "namespace 1\n+ table table=7\n", -1, NULL));
    g_assert_null (adit_journal_peek ("peek")); /* of another network namespace */
    g_unlink (path);
}

int
main (int argc, char **argv)
{
    g_autofree char *dir = test_folder_new ("journal");

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    if (has_namespace)
        device = adit_tun_open ("toy0", FALSE, &(gboolean){ TRUE }, NULL);
    g_test_init (&argc, &argv, NULL);
    adit_runtime_set_dir (dir);
    g_test_add_func ("/journal/killed-anywhere-it-undoes-all", test_killed_anywhere);
    g_test_add_func ("/journal/leaves-the-living-alone", test_leaves_the_living_alone);
    g_test_add_func ("/journal/is-never-taken-for-a-leftover", test_restore_meanwhile);
    g_test_add_func ("/journal/is-seen-by-others", test_peek);
    g_test_add_func ("/journal/keeps-what-it-found", test_keeps_what_it_found);
    g_test_add_func ("/journal/has-an-end", test_has_an_end);
    g_test_add_func ("/journal/a-line-that-does-not-fit", test_a_line_that_does_not_fit);
    g_test_add_func ("/journal/of-a-namespace-that-is-gone", test_namespace_gone);
    g_test_add_func ("/journal/of-another-namespace", test_another_namespace);
    return g_test_run ();
}
