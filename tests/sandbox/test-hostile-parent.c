/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hostile-parent.c - whatever its parent says, a worker obeys or ends; it does not crash. */
#include "tests/sandbox/parent.h"
#include "tests/sandbox/samples.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* All it still says, and then its end. */
static void
assert_no_crash (Worker *w)
{
    guint8 room[ADIT_MESSAGE_BYTES];
    int    status;

    shutdown (w->fd, SHUT_WR);
    while (recv (w->fd, room, sizeof room, 0) > 0)
        continue;
    status = worker_reap (w);
    if (WIFSIGNALED (status))
        g_test_message ("signal %d", WTERMSIG (status));
    g_assert_true (WIFEXITED (status));
}

static void
first_message_may_be_anything (void)
{
    for (guint round = 0; round < 60; round++) {
        g_autoptr (GByteArray) bytes = sample_random (TRUE);
        Worker w                     = worker_spawn ();

        if (round % 2)
            sample_mutate (bytes);
        worker_send_bytes (&w, bytes->data, bytes->len);
        assert_no_crash (&w);
    }
}

/* Well formed, but nobody asked for it, or not with that id. */
static void
answers_without_a_question (void)
{
    for (guint round = 0; round < 10; round++) {
        Worker w = worker_open (round % 2 ? "honest" : "idle", 0, NULL, 0, NULL);

        for (guint i = 0; i < 100; i++) {
            g_autoptr (GByteArray) bytes = sample_random (TRUE);

            worker_send_bytes (&w, bytes->data, bytes->len);
        }
        assert_no_crash (&w);
    }
}

static void
mutated_messages_end_it (void)
{
    for (guint round = 0; round < 60; round++) {
        Worker w = worker_open ("honest", 0, NULL, 0, NULL);

        for (guint i = 0; i < 20; i++) {
            g_autoptr (GByteArray) bytes = sample_random (TRUE);

            if (i > 5)
                sample_mutate (bytes);
            worker_send_bytes (&w, bytes->data, bytes->len);
        }
        assert_no_crash (&w);
    }
}

/* Descriptors of every kind where a socket belongs, and where none belongs. */
static void
wrong_descriptors_do_no_harm (void)
{
    for (guint n = 0; n <= 5; n++) {
        Worker      w      = worker_open ("honest", 0, NULL, 0, NULL);
        AditMessage link   = { .kind = ADIT_MSG_LINK, .number = 9 }, want;
        int         fds[5] = { text_fd ("x"), text_fd ("y"), STDIN_FILENO, STDERR_FILENO, 0 };

        worker_expect (&w, ADIT_MSG_WANT_LINK, &want);
        link.id = want.id;
        adit_message_clear (&want);
        worker_send (&w, &link, fds, n);
        worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_STATUS, .id = 1 }, fds, n > 2 ? 1 : 0);
        assert_no_crash (&w);
        close (fds[0]);
        close (fds[1]);
    }
}

int
main (int argc, char **argv)
{
    sandbox_begin (&argc, &argv);
    g_test_add_func ("/hostile-parent/first-message-may-be-anything",
                     first_message_may_be_anything);
    g_test_add_func ("/hostile-parent/answers-without-a-question", answers_without_a_question);
    g_test_add_func ("/hostile-parent/mutated-messages-end-it", mutated_messages_end_it);
    g_test_add_func ("/hostile-parent/wrong-descriptors-do-no-harm", wrong_descriptors_do_no_harm);
    return sandbox_end ();
}
