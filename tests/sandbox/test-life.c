/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-life.c - how a worker begins and ends: with its parent, by its socket, by order, by
 * accident. */
#include "tests/sandbox/parent.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static gint64
now_ms (void)
{
    return g_get_monotonic_time () / 1000;
}

static void
assert_exited (Worker *w, int want)
{
    int status = worker_reap (w);

    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, want);
}

/* The socket's other end stays open here, so only the signal can end the worker. */
static void
killing_the_parent_kills_the_worker (void)
{
    int    told[2], fds[2] = { -1, -1 };
    pid_t  worker = 0, parent;
    gint64 killed_ms;
    int    status;

    g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, told), ==, 0);
    parent = fork ();
    if (parent == 0) {
        Worker          w                               = worker_open ("idle", 0, NULL, 0, NULL);
        char            room[CMSG_SPACE (sizeof (int))] = { 0 };
        struct iovec    vector                          = { &w.pid, sizeof w.pid };
        struct msghdr   letter = { NULL, 0, &vector, 1, room, sizeof room, 0 };
        struct cmsghdr *c      = CMSG_FIRSTHDR (&letter);

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type  = SCM_RIGHTS;
        c->cmsg_len   = CMSG_LEN (sizeof (int));
        memcpy (CMSG_DATA (c), &w.fd, sizeof (int));
        sendmsg (told[1], &letter, 0);
        for (;;)
            pause ();
    }
    {
        char          room[CMSG_SPACE (sizeof (int))] = { 0 };
        struct iovec  vector                          = { &worker, sizeof worker };
        struct msghdr letter = { NULL, 0, &vector, 1, room, sizeof room, 0 };

        g_assert_cmpint (recvmsg (told[0], &letter, 0), ==, sizeof worker);
        memcpy (&fds[0], CMSG_DATA (CMSG_FIRSTHDR (&letter)), sizeof (int));
    }
    g_assert_cmpint (kill (worker, 0), ==, 0);
    killed_ms = now_ms ();
    kill (parent, SIGKILL);
    waitpid (parent, NULL, 0);
    g_assert_cmpint (waitpid (worker, &status, 0), ==, worker); /* ours now */
    g_test_message ("dead after %d ms", (int) (now_ms () - killed_ms));
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
    g_assert_cmpint (now_ms () - killed_ms, <, 1000);
    close (fds[0]);
    close (told[0]);
    close (told[1]);
}

static void
closing_the_socket_ends_the_worker (void)
{
    Worker w        = worker_open ("idle", 0, NULL, 0, NULL);
    gint64 begun_ms = now_ms ();

    close (w.fd);
    w.fd = -1;
    assert_exited (&w, 0);
    g_assert_cmpint (now_ms () - begun_ms, <, 1000);
}

static void
workers_death_is_seen_at_once (void)
{
    Worker      w = worker_open ("idle", 0, NULL, 0, NULL);
    AditMessage message;
    gint64      killed_us, seen_us;

    g_hash_table_unref (worker_status (&w)); /* nothing unread is left but the end */
    killed_us = g_get_monotonic_time ();
    kill (w.pid, SIGKILL);
    while (worker_receive (&w, &message))
        adit_message_clear (&message);
    seen_us = g_get_monotonic_time ();
    g_test_message ("seen after %d us", (int) (seen_us - killed_us));
    g_assert_cmpint (seen_us - killed_us, <, 100000);
    worker_reap (&w);
}

static void
stop_says_goodbye_and_exits_cleanly (void)
{
    Worker      w = worker_open ("idle", 0, NULL, 0, NULL);
    AditMessage message;

    worker_expect (&w, ADIT_MSG_PHASE, &message);
    adit_message_clear (&message);
    worker_expect (&w, ADIT_MSG_UP, &message);
    adit_message_clear (&message);
    worker_log_lines ();
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_STOP }, NULL, 0);
    g_assert_false (worker_receive (&w, &message));
    g_assert_cmpuint (worker_log_lines (), ==, 1); /* the plugin's goodbye */
    assert_exited (&w, 0);
}

static void
assert_gave_up (Worker *w)
{
    AditMessage failed;

    worker_expect (w, ADIT_MSG_FAILED, &failed);
    g_assert_cmpuint (failed.number, ==, ADIT_ERROR_LOGIN);
    g_assert_cmpstr (failed.texts[0], ==, "The server did not accept the password.");
    adit_message_clear (&failed);
    g_assert_false (worker_receive (w, &failed));
    assert_exited (w, 0);
}

static void
giving_up_tells_why_and_exits (void)
{
    Worker w = worker_open ("give-up", 0, NULL, 0, NULL);

    assert_gave_up (&w);
    w = worker_open ("open", 0, NULL, 0, NULL); /* before it was even started */
    assert_gave_up (&w);
}

static void
crash_ends_in_a_signal (void)
{
    Worker      w = worker_open ("crash", 0, NULL, 0, NULL);
    AditMessage message;
    int         status;

    g_assert_false (worker_receive (&w, &message));
    status = worker_reap (&w);
    g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT);
}

static void
refused_with (const char *plugin, const char *profile, AditError code, const char *sentence)
{
    char       *texts[] = { (char *) plugin, (char *) "test", NULL };
    AditMessage open    = { .kind = ADIT_MSG_OPEN, .extra = 1420, .texts = texts }, failed;
    Worker      w       = worker_spawn ();
    int         fd      = text_fd (profile);

    worker_send (&w, &open, &fd, 1);
    close (fd);
    while (worker_receive (&w, &failed) && failed.kind == ADIT_MSG_READY)
        adit_message_clear (&failed);
    g_assert_cmpint (failed.kind, ==, ADIT_MSG_FAILED);
    g_test_message ("%s", failed.texts[0]);
    g_assert_cmpuint (failed.number, ==, code);
    g_assert_nonnull (strstr (failed.texts[0], sentence));
    adit_message_clear (&failed);
    assert_exited (&w, 1);
}

static void
wrong_beginnings_are_refused_with_a_sentence (void)
{
    static const char good[] = "[connection]\nname = a\ntype = probe\n";
    Worker            w;
    AditMessage       failed;

    refused_with ("none-such", good, ADIT_ERROR_PROFILE, "not installed");
    refused_with ("probe.so", good, ADIT_ERROR_PROFILE, "no protocol named");
    refused_with ("probe", "[connection\n", ADIT_ERROR_PROFILE, "test:1");
    refused_with ("probe", "[connection]\nname = a\ntype = probe\n[probe]\nmode = x\n",
                  ADIT_ERROR_PROFILE, "mode");
    w = worker_spawn ();
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_STOP }, NULL, 0);
    worker_expect (&w, ADIT_MSG_FAILED, &failed);
    adit_message_clear (&failed);
    assert_exited (&w, 1);
}

static void
alone_it_says_who_starts_it (void)
{
    int              status;
    g_autofree char *nothing = worker_run_alone (NULL, &status);
    g_autofree char *version = NULL, *nonsense = NULL;

    g_assert_cmpstr (nothing, ==,
                     "adit-worker is started by adit, with a socket to it as descriptor 3.\n");
    g_assert_cmpint (WEXITSTATUS (status), ==, 2);
    version = worker_run_alone ("--version", &status);
    g_assert_true (g_str_has_prefix (version, "adit-worker "));
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
    nonsense = worker_run_alone ("wg0", &status);
    g_assert_cmpstr (nonsense, ==, nothing);
    g_assert_cmpint (WEXITSTATUS (status), ==, 2);
}

/* Ten thousand lines in one go: few arrive, and the loss is told with the next line. */
static void
chatter_is_bounded (void)
{
    Worker w = worker_open ("chatter", 0, NULL, 0, NULL);
    guint  n;

    g_hash_table_unref (worker_status (&w));
    n = worker_log_lines ();
    g_test_message ("%u lines", n);
    g_assert_cmpuint (n, >, 0);
    g_assert_cmpuint (n, <, 200);
    kill (w.pid, SIGKILL);
    worker_reap (&w);
}

int
main (int argc, char **argv)
{
    sandbox_begin (&argc, &argv);
    g_test_add_func ("/life/killing-the-parent-kills-the-worker",
                     killing_the_parent_kills_the_worker);
    g_test_add_func ("/life/closing-the-socket-ends-the-worker",
                     closing_the_socket_ends_the_worker);
    g_test_add_func ("/life/workers-death-is-seen-at-once", workers_death_is_seen_at_once);
    g_test_add_func ("/life/stop-says-goodbye-and-exits-cleanly",
                     stop_says_goodbye_and_exits_cleanly);
    g_test_add_func ("/life/giving-up-tells-why-and-exits", giving_up_tells_why_and_exits);
    g_test_add_func ("/life/crash-ends-in-a-signal", crash_ends_in_a_signal);
    g_test_add_func ("/life/wrong-beginnings-are-refused-with-a-sentence",
                     wrong_beginnings_are_refused_with_a_sentence);
    g_test_add_func ("/life/alone-it-says-who-starts-it", alone_it_says_who_starts_it);
    g_test_add_func ("/life/chatter-is-bounded", chatter_is_bounded);
    return sandbox_end ();
}
