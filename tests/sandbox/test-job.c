/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-job.c - importing and exporting in a worker. */
#include "client/base/profile.h"
#include "tests/sandbox/parent.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs one job; *out is what it wrote. */
static void
run (AditMessageKind kind, const char *input, AditMessage *reply, char **out)
{
    char *texts[] = { (char *) "probe", kind == ADIT_MSG_IMPORT ? (char *) "a.conf" : NULL, NULL };
    AditMessage job    = { .kind = kind, .texts = texts }, ready;
    int         fds[2] = { text_fd (input), text_fd ("") };
    Worker      w      = worker_spawn ();
    int         status;
    off_t       len;

    worker_send (&w, &job, fds, 2);
    worker_expect (&w, ADIT_MSG_READY, &ready);
    adit_message_clear (&ready);
    g_assert_true (worker_receive (&w, reply));
    status = worker_reap (&w);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    len  = lseek (fds[1], 0, SEEK_END);
    *out = g_malloc0 ((gsize) len + 1);
    g_assert_cmpint (pread (fds[1], *out, (gsize) len, 0), ==, len);
    close (fds[0]);
    close (fds[1]);
}

static void
import_gives_a_profile_and_a_report (void)
{
    g_autofree char *text           = NULL;
    g_autoptr (AditProfile) profile = NULL;
    g_autoptr (GError) error        = NULL;
    AditMessage done;

    run (ADIT_MSG_IMPORT, "probe\n", &done, &text);
    g_assert_cmpint (done.kind, ==, ADIT_MSG_DONE);
    g_assert_cmpuint (done.number, ==, strlen (text));
    g_assert_cmpstr (done.texts[0], ==, "7\tPost Up\tScripts are not taken over.");
    profile = adit_profile_parse (text, strlen (text), NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (adit_profile_get (profile, "probe", "mode"), ==, "honest");
    adit_message_clear (&done);
}

static void
foreign_file_is_not_ours (void)
{
    g_autofree char *text = NULL;
    AditMessage      failed;

    run (ADIT_MSG_IMPORT, "[Interface]\n", &failed, &text);
    g_assert_cmpint (failed.kind, ==, ADIT_MSG_FAILED);
    g_assert_cmpuint (failed.number, ==, ADIT_ERROR_PROFILE);
    g_assert_null (failed.texts[0]);
    g_assert_cmpstr (text, ==, "");
    adit_message_clear (&failed);
}

static void
broken_file_has_a_reason (void)
{
    g_autofree char *text = NULL;
    AditMessage      failed;

    run (ADIT_MSG_IMPORT, "broken\n", &failed, &text);
    g_assert_cmpint (failed.kind, ==, ADIT_MSG_FAILED);
    g_assert_cmpstr (failed.texts[0], ==, "The file is broken.");
    adit_message_clear (&failed);
}

static void
huge_file_is_refused (void)
{
    g_autofree char *huge = g_strnfill (ADIT_PROFILE_MAX + 1, 'x');
    g_autofree char *text = NULL;
    AditMessage      failed;

    run (ADIT_MSG_IMPORT, huge, &failed, &text);
    g_assert_cmpint (failed.kind, ==, ADIT_MSG_FAILED);
    g_assert_nonnull (strstr (failed.texts[0], "larger than"));
    adit_message_clear (&failed);
}

static void
export_writes_the_file (void)
{
    g_autofree char *text = NULL;
    AditMessage      done;

    run (ADIT_MSG_EXPORT, "[probe]\nmode = chatter\n", &done, &text);
    g_assert_cmpint (done.kind, ==, ADIT_MSG_DONE);
    g_assert_cmpstr (text, ==, "probe chatter\n");
    adit_message_clear (&done);
}

static void
sandbox_of_jobs_is_tighter (void)
{
    g_autofree char *text = NULL, *other = NULL;
    AditMessage      done;

    run (ADIT_MSG_IMPORT, "probe open\n", &done, &text);
    g_assert_cmpstr (done.texts[0], ==, "1\topen\tno");
    adit_message_clear (&done);
    run (ADIT_MSG_IMPORT, "probe socket\n", &done, &other);
    g_assert_cmpstr (done.texts[0], ==, "1\tsendto\tno"); /* which a tunnel may */
    adit_message_clear (&done);
}

int
main (int argc, char **argv)
{
    sandbox_begin (&argc, &argv);
    g_test_add_func ("/job/import-gives-a-profile-and-a-report",
                     import_gives_a_profile_and_a_report);
    g_test_add_func ("/job/foreign-file-is-not-ours", foreign_file_is_not_ours);
    g_test_add_func ("/job/broken-file-has-a-reason", broken_file_has_a_reason);
    g_test_add_func ("/job/huge-file-is-refused", huge_file_is_refused);
    g_test_add_func ("/job/export-writes-the-file", export_writes_the_file);
    g_test_add_func ("/job/sandbox-of-jobs-is-tighter", sandbox_of_jobs_is_tighter);
    return sandbox_end ();
}
