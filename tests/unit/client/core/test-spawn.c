/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-spawn.c - what a worker has from its first moment on.  This program is the worker too: one
 * that says all back that it hears. */
#include "client/base/message.h"
#include "client/core/spawn.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 10, DESCRIPTORS = 64 };

static const char *program;

/* Tells what it finds, one letter for each thing that is as it should be. */
static void G_GNUC_NORETURN
work (int argc)
{
    char found[8] = { 0 };
    int  open     = 0;

    for (int fd = ADIT_WORKER_FD + 1; fd < DESCRIPTORS; fd++)
        open += fcntl (fd, F_GETFD) >= 0;
    g_snprintf (found, sizeof found, "%s%s%s%s", argc == 1 ? "a" : "", open == 0 ? "d" : "",
                getpgrp () == getpid () ? "g" : "", signal (SIGHUP, SIG_DFL) == SIG_DFL ? "s" : "");
    send (ADIT_WORKER_FD, found, strlen (found), MSG_NOSIGNAL);
    for (;;) {
        struct pollfd wanted = { .fd = ADIT_WORKER_FD, .events = POLLIN };
        guint8        heard[256];
        ssize_t       n;

        poll (&wanted, 1, -1);
        n = recv (ADIT_WORKER_FD, heard, sizeof heard, 0);
        if (n <= 0)
            pause (); /* only a signal ends it */
        send (ADIT_WORKER_FD, heard, (size_t) n, MSG_NOSIGNAL);
    }
}

static void
end (const AditWorker *worker)
{
    kill (worker->pid, SIGKILL);
    g_assert_cmpint (waitpid (worker->pid, NULL, 0), ==, worker->pid);
    close (worker->fd);
}

static void
test_is_alone (void)
{
    AditWorker worker;
    char       found[8] = { 0 };
    int        spare    = open ("/dev/null", O_RDONLY); /* not to be inherited */

    signal (SIGHUP, SIG_IGN);
    g_assert_true (adit_worker_spawn (program, &worker, NULL));
    signal (SIGHUP, SIG_DFL);
    g_assert_cmpint (fcntl (worker.fd, F_SETFL, 0), ==, 0);
    g_assert_cmpint (recv (worker.fd, found, sizeof found - 1, 0), >, 0);
    g_assert_cmpstr (found, ==, "adgs");
    end (&worker);
    close (spare);
}

/* The only child there is. */
static GPid
child (void)
{
    g_autofree char *file = g_strdup_printf ("/proc/self/task/%d/children", getpid ());
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
    return (GPid) g_ascii_strtoull (text, NULL, 10);
}

/* The next one is the spare one, and only once; another program's is not. */
static void
test_spare (void)
{
    AditWorker first, second;
    GPid       spare;

    adit_worker_spawn_spare (program);
    spare = child ();
    g_assert_cmpint (spare, !=, 0);
    adit_worker_spawn_spare (program); /* one is enough */
    g_assert_true (adit_worker_spawn_fresh (program, &first, NULL));
    g_assert_cmpint (first.pid, !=, spare);
    end (&first);
    g_assert_false (adit_worker_spawn ("/nonexistent/adit-worker", &first, NULL));
    g_assert_true (adit_worker_spawn (program, &second, NULL));
    g_assert_cmpint (second.pid, ==, spare);
    g_assert_true (adit_worker_spawn (program, &first, NULL));
    end (&first);
    end (&second);
    g_assert_cmpint (waitpid (-1, NULL, 0), <, 0); /* nothing else was started */
}

static void
test_spare_hears_what_for (void)
{
    AditWorker  worker;
    char        found[8];
    guint8      heard[256];
    ssize_t     n;
    AditMessage message;
    g_autoptr (GError) error = NULL;

    adit_worker_prepare_spare ("toy"); /* there is none to hear it */
    adit_worker_spawn_spare (program);
    adit_worker_prepare_spare ("toy");
    g_assert_true (adit_worker_spawn (program, &worker, NULL));
    g_assert_cmpint (fcntl (worker.fd, F_SETFL, 0), ==, 0);
    g_assert_cmpint (recv (worker.fd, found, sizeof found, 0), >, 0);
    n = recv (worker.fd, heard, sizeof heard, 0);
    g_assert_cmpint (n, >, 0);
    g_assert_true (adit_message_decode (heard, (gsize) n, TRUE, &message, &error));
    g_assert_cmpint (message.kind, ==, ADIT_MSG_PREPARE);
    g_assert_cmpstr (message.texts[0], ==, "toy");
    adit_message_clear (&message);
    end (&worker);
}

static void
test_spare_is_dropped (void)
{
    adit_worker_spawn_spare ("/nonexistent/adit-worker"); /* whoever wants it will hear of it */
    adit_worker_drop_spare ();
    adit_worker_spawn_spare (program);
    adit_worker_drop_spare ();
    g_assert_cmpint (waitpid (-1, NULL, 0), <, 0);
}

/* However early, and though the end of its socket is nothing to it. */
static void
test_dies_with_its_parent (void)
{
    int   ends[2], status;
    GPid  orphan = 0;
    pid_t parent;

    g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1), ==, 0);
    g_assert_cmpint (pipe (ends), ==, 0);
    parent = fork ();
    if (parent == 0) {
        AditWorker worker = { 0 };

        if (!adit_worker_spawn (program, &worker, NULL) ||
            write (ends[1], &worker.pid, sizeof worker.pid) < 0)
            _exit (1);
        kill (getpid (), SIGKILL);
    }
    g_assert_cmpint (waitpid (parent, NULL, 0), ==, parent);
    g_assert_cmpint (read (ends[0], &orphan, sizeof orphan), ==, sizeof orphan);
    alarm (PATIENCE_S);
    g_assert_cmpint (waitpid (orphan, &status, 0), ==, orphan);
    alarm (0);
    g_assert_true (WIFSIGNALED (status) || WIFEXITED (status));
    close (ends[0]);
    close (ends[1]);
}

static void
test_no_program (void)
{
    AditWorker worker        = { 0 };
    g_autoptr (GError) error = NULL;

    g_assert_false (adit_worker_spawn ("/nonexistent/adit-worker", &worker, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

int
main (int argc, char **argv)
{
    if (g_str_equal (argv[0], "adit-worker"))
        work (argc);
    g_test_init (&argc, &argv, NULL);
    program = "/proc/self/exe";
    g_test_add_func ("/spawn/is-alone", test_is_alone);
    g_test_add_func ("/spawn/spare", test_spare);
    g_test_add_func ("/spawn/spare-hears-what-for", test_spare_hears_what_for);
    g_test_add_func ("/spawn/spare-is-dropped", test_spare_is_dropped);
    g_test_add_func ("/spawn/dies-with-its-parent", test_dies_with_its_parent);
    g_test_add_func ("/spawn/no-program", test_no_program);
    return g_test_run ();
}
