/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-standing.c - guards without a tunnel: kept, set again, left by the dead, taken over, lifted;
 * in a network namespace of this test's own. */
#include "client/core/journal.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/standing.h"
#include "client/net/guard.h"
#include "client/net/nft.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean has_namespace;

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace");
    return !has_namespace;
}

static AditStep *
guard_step (const char *mode, gboolean closes_ipv6)
{
    AditStep     *step = adit_step_new (ADIT_STEP_GUARD);
    AditGuardSpec spec = {
        .name = "office", .device = "toy0", .blocks = TRUE, .closed4 = TRUE, .closed6 = closes_ipv6
    };

    step->name  = g_strdup ("office");
    step->mode  = g_strdup (mode);
    step->value = adit_guard_text (&spec);
    return step;
}

static gboolean
holds (void)
{
    guint64 packets, bytes;

    return adit_guard_counts ("office", &packets, &bytes);
}

static gboolean
has_table (void)
{
    g_autofree char *list = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, NULL);

    return list != NULL;
}

/* A tunnel that sets its guard and a file, and dies. */
static void
die_with (const char *mode)
{
    pid_t child = fork ();

    if (child == 0) {
        AditJournal *journal       = adit_journal_new ("office", NULL);
        g_autoptr (AditStep) guard = guard_step (mode, TRUE);
        g_autoptr (AditStep) file  = adit_step_new (ADIT_STEP_FILE);

        file->name = adit_runtime_path ("office", "sock");
        _exit (journal && adit_journal_do (journal, guard, NULL) &&
                       adit_journal_do (journal, file, NULL) &&
                       g_file_set_contents (file->name, "", 0, NULL)
                   ? 0
                   : 1);
    }
    g_assert_cmpint (waitpid (child, &(int){ 0 }, 0), ==, child);
    g_assert_true (holds ());
}

static void
assert_list (gboolean always)
{
    g_autoptr (GPtrArray) list = adit_standing_list ();

    g_assert_cmpuint (list->len, ==, 1);
    g_assert_cmpstr (((AditStanding *) list->pdata[0])->name, ==, "office");
    g_assert_true (((AditStanding *) list->pdata[0])->always == always);
}

static void
assert_none (void)
{
    g_autoptr (GPtrArray) list = adit_standing_list ();

    g_assert_cmpuint (list->len, ==, 0);
    g_assert_false (has_table ());
}

static void
test_left_by_the_dead (void)
{
    g_autofree char *file    = adit_runtime_path ("office", "sock");
    g_autoptr (GError) error = NULL;

    if (skipped ())
        return;
    die_with ("tunnel");
    for (guint i = 0; i < 2; i++) { /* any command clears up, and again */
        adit_remote_restore (&error);
        g_assert_no_error (error);
        g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
        g_assert_true (holds ());
        assert_list (FALSE);
    }
    adit_remote_restore_all (&error);
    g_assert_no_error (error);
    assert_none ();
}

static void
test_taken_over (void)
{
    g_autoptr (AditJournal) journal = NULL;
    g_autoptr (AditStep) next       = guard_step ("tunnel", FALSE);
    g_autoptr (GError) error        = NULL;
    g_autofree char *list           = NULL;

    if (skipped ())
        return;
    die_with ("tunnel");
    adit_remote_restore (NULL);
    journal = adit_journal_new ("office", &error);
    g_assert_no_error (error);
    g_assert_cmpuint (adit_journal_steps (journal)->len, ==, 1);
    g_assert_true (holds ());
    g_assert_false (adit_standing_lift ("office", &error)); /* it is live again */
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_clear_error (&error);
    adit_journal_replace (journal, adit_journal_steps (journal)->pdata[0], next, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (adit_journal_steps (journal)->len, ==, 1);
    list = adit_nft_list ("chain " ADIT_NFT_TABLE " out-office", FALSE, NULL);
    g_assert_null (strstr (list, "nfproto ipv6 counter"));
    g_assert_true (adit_journal_undo_all (journal, NULL));
    assert_none ();
}

/* As many rules as there may be, changed as often as a day brings it: the journal has room. */
static void
test_changed_often (void)
{
    g_autoptr (AditJournal) journal = NULL;
    g_autoptr (GError) error        = NULL;
    g_autoptr (GString) text        = g_string_new (NULL);
    GStatBuf         about;
    g_autofree char *path = adit_runtime_path ("office", "journal");

    if (skipped ())
        return;
    for (guint i = 0; i < 400; i++)
        g_string_append_printf (text,
                                "add rule " ADIT_NFT_TABLE " known oifname \"a%u\" accept comment "
                                "\"office\"\n",
                                i);
    journal = adit_journal_new ("office", &error);
    g_assert_no_error (error);
    for (guint i = 0; i < 20; i++) {
        g_autoptr (AditStep) guard = guard_step ("tunnel", i % 2 == 0);
        char *more                 = g_strconcat (guard->value, text->str, NULL);

        g_free (guard->value);
        guard->value = more;
        if (i == 0)
            adit_journal_do (journal, guard, &error);
        else
            adit_journal_replace (journal, adit_journal_steps (journal)->pdata[0], guard, &error);
        g_assert_no_error (error);
    }
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpint (about.st_size, <, 8000);
    g_assert_true (adit_journal_undo_all (journal, NULL));
    assert_none ();
}

static void
test_always (void)
{
    g_autoptr (AditStep) guard   = guard_step ("always", TRUE);
    g_autoptr (AditStep) loaded  = NULL;
    g_autoptr (GHashTable) hosts = adit_standing_hosts (), back = adit_standing_hosts ();
    g_autoptr (GError) error = NULL;
    AditEndpoint endpoint;

    if (skipped ())
        return;
    adit_endpoint_parse ("192.0.2.1:51820", &endpoint);
    g_hash_table_insert (hosts, g_strdup ("vpn.example"), g_memdup2 (&endpoint, sizeof endpoint));
    adit_standing_keep (guard, hosts, &error);
    g_assert_no_error (error);
    loaded = adit_standing_load ("office", back, &error);
    g_assert_no_error (error);
    g_assert_true (adit_step_equal (guard, loaded));
    g_assert_true (adit_endpoint_equal (g_hash_table_lookup (back, "vpn.example"), &endpoint));
    assert_list (TRUE);
    g_assert_false (has_table ()); /* as after a boot */
    adit_standing_raise (&error);
    g_assert_no_error (error);
    g_assert_true (holds ());
    adit_remote_restore_all (&error); /* `adit restore` is not for these */
    g_assert_no_error (error);
    g_assert_true (holds ());
    adit_standing_lift ("office", &error);
    g_assert_no_error (error);
    assert_none ();
}

static void
test_always_and_killed (void)
{
    g_autoptr (AditStep) guard   = guard_step ("always", TRUE);
    g_autoptr (GHashTable) hosts = adit_standing_hosts ();

    if (skipped ())
        return;
    g_assert_true (adit_standing_keep (guard, hosts, NULL));
    die_with ("always");
    g_assert_true (adit_remote_restore (NULL));
    g_assert_true (adit_remote_restore_all (NULL));
    g_assert_true (holds ());
    g_assert_true (adit_standing_lift ("office", NULL));
    assert_none ();
}

static void
test_not_a_guard (void)
{
    static const char *const texts[] = { "", "host a\n", "file name=/etc/passwd\n",
                                         "guard name=other mode=always value=x\n", "\n\nguard\n" };
    g_autofree char         *path    = NULL;

    if (skipped ())
        return;
    path = g_strconcat (g_getenv ("ADIT_TEST_DIR"), "/office.guard", NULL);
    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
        g_assert_null (adit_standing_load ("office", NULL, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    }
    g_assert_true (adit_standing_forget ("office", NULL));
}

int
main (int argc, char **argv)
{
    g_autofree char *dir = test_folder_new ("standing");

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0;
    g_test_init (&argc, &argv, NULL);
    adit_runtime_set_dir (dir);
    adit_standing_set_dir (dir);
    g_setenv ("ADIT_TEST_DIR", dir, TRUE);
    g_test_add_func ("/standing/the-guard-of-a-dead-tunnel-holds", test_left_by_the_dead);
    g_test_add_func ("/standing/the-next-tunnel-takes-it-over", test_taken_over);
    g_test_add_func ("/standing/a-journal-has-room-for-its-changes", test_changed_often);
    g_test_add_func ("/standing/always-is-kept-until-it-is-lifted", test_always);
    g_test_add_func ("/standing/always-outlives-a-kill", test_always_and_killed);
    g_test_add_func ("/standing/what-is-no-guard-is-refused", test_not_a_guard);
    return g_test_run ();
}
