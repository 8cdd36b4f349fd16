/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spawn.c - a child with everything closed but descriptor 3, which does not outlive us. */
#include "client/core/spawn.h"
#include "client/base/message.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in the child.  A process group of its own, so that ^C in the terminal reaches only us; all
 * signals as at birth; and from its first moment on it dies with us, whoever kills us. */
static void
on_born (gpointer parent)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal (number, SIG_DFL);
    sigemptyset (&none);
    sigprocmask (SIG_SETMASK, &none, NULL);
    if (setpgid (0, 0) < 0 || prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 ||
        getppid () != GPOINTER_TO_INT (parent))
        _exit (EXIT_FAILURE);
}

static gboolean
spawn (const char *program, int theirs, GPid *pid, GError **error)
{
    const char *const arguments[]   = { program, "adit-worker", NULL };
    const char       *language      = g_getenv ("LANG");
    g_autofree char  *entry         = language ? g_strdup_printf ("LANG=%s", language) : NULL;
    const char *const environment[] = { entry, NULL };
    const int         target        = ADIT_WORKER_FD;
    GSpawnFlags       flags =
        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_STDOUT_TO_DEV_NULL;

    return g_spawn_async_with_pipes_and_fds ("/", arguments, environment, flags, on_born,
                                             GINT_TO_POINTER (getpid ()), -1, -1, -1, &theirs,
                                             &target, 1, pid, NULL, NULL, NULL, error);
}

gboolean
adit_worker_spawn (const char *program, AditWorker *out, GError **error)
{
    int      ends[2];
    GError  *cause = NULL;
    gboolean started;

    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("The worker did not start."));
    started = spawn (program, ends[1], &out->pid, &cause);
    close (ends[1]);
    if (!started) {
        close (ends[0]);
        return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                                  _ ("The program %s did not start."), program);
    }
    out->fd = ends[0];
    return TRUE;
}

char *
adit_worker_epitaph (int wait_status)
{
    if (WIFSIGNALED (wait_status))
        return g_strdup_printf ("The worker was killed by signal %d (%s).", WTERMSIG (wait_status),
                                g_strsignal (WTERMSIG (wait_status)));
    return g_strdup_printf ("The worker ended by itself with status %d.",
                            WEXITSTATUS (wait_status));
}
