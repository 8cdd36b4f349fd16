/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spawn.c - a child with everything closed but descriptor 3, which does not outlive us. */
#include "client/core/spawn.h"
#include "client/base/message.h"
#include "client/core/channel.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child does on the way to its program: its memory is ours until then, so nothing but
 * system calls.  A process group of its own, so that ^C in the terminal reaches only us; all
 * signals as at birth; no descriptor but the socket; and from its first moment on it dies with us,
 * whoever kills us. */
static void
become (const char *program, char *const environment[], int theirs, pid_t parent)
{
    char *const arguments[] = { (char *) "adit-worker", NULL };
    sigset_t    none;
    int         null;

    for (int number = 1; number < NSIG; number++)
        signal (number, SIG_DFL);
    sigemptyset (&none);
    sigprocmask (SIG_SETMASK, &none, NULL);
    null = open ("/dev/null", O_RDWR);
    if (setpgid (0, 0) < 0 || prctl (PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid () != parent ||
        chdir ("/") < 0 || null < 0 || dup2 (null, STDIN_FILENO) < 0 ||
        dup2 (null, STDOUT_FILENO) < 0 || dup2 (theirs, ADIT_WORKER_FD) < 0 ||
        close_range (ADIT_WORKER_FD + 1, ~0u, 0) < 0)
        return;
    execve (program, arguments, environment);
}

/* vfork(2) copies no page tables, which of a process with many libraries takes longer than all that
 * the child does; its price is that no handler of ours may run in the child.  0 or errno. */
static int
start (const char *program, char *const environment[], int theirs, GPid *pid)
{
    pid_t        parent  = getpid ();
    volatile int problem = 0; /* written by the child */
    sigset_t     all, before;
    pid_t        child;

    sigfillset (&all);
    sigprocmask (SIG_SETMASK, &all, &before);
    child = vfork ();
    if (child == 0) {
        become (program, environment, theirs, parent);
        problem = errno;
        _exit (EXIT_FAILURE);
    }
    if (child < 0)
        problem = errno;
    sigprocmask (SIG_SETMASK, &before, NULL);
    if (child > 0 && problem)
        waitpid (child, NULL, 0);
    *pid = child;
    return problem;
}

/* `theirs` out of the way of the descriptors that the child arranges. */
static gboolean
spawn (const char *program, int theirs, GPid *pid, GError **error)
{
    const char      *language      = g_getenv ("LANG");
    g_autofree char *entry         = language ? g_strdup_printf ("LANG=%s", language) : NULL;
    char *const      environment[] = { entry, NULL };
    int              high          = fcntl (theirs, F_DUPFD_CLOEXEC, ADIT_WORKER_FD + 1);
    int              problem       = errno;

    if (high >= 0) {
        problem = start (program, environment, high, pid);
        close (high);
    }
    return problem == 0 || adit_fail_errno (error, problem, ADIT_ERROR_SYSTEM,
                                            _ ("The program %s did not start."), program);
}

gboolean
adit_worker_spawn_fresh (const char *program, AditWorker *out, GError **error)
{
    int      ends[2];
    gboolean started;

    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("The worker did not start."));
    started = spawn (program, ends[1], &out->pid, error);
    close (ends[1]);
    if (started)
        out->fd = ends[0];
    else
        close (ends[0]);
    return started;
}

/* ---- one started ahead ---- */

static struct {
    char      *program; /* NULL: there is none */
    AditWorker worker;
} spare;

void
adit_worker_spawn_spare (const char *program)
{
    if (spare.program == NULL && adit_worker_spawn_fresh (program, &spare.worker, NULL))
        spare.program = g_strdup (program);
}

void
adit_worker_prepare_spare (const char *plugin)
{
    char       *texts[] = { (char *) plugin, NULL };
    AditMessage prepare = { .kind = ADIT_MSG_PREPARE, .texts = texts };

    if (spare.program)
        adit_channel_send_now (spare.worker.fd, &prepare, NULL);
}

void
adit_worker_drop_spare (void)
{
    if (spare.program == NULL)
        return;
    close (spare.worker.fd);
    kill (spare.worker.pid, SIGKILL);
    while (waitpid (spare.worker.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    g_clear_pointer (&spare.program, g_free);
}

gboolean
adit_worker_spawn (const char *program, AditWorker *out, GError **error)
{
    if (g_strcmp0 (spare.program, program) != 0)
        return adit_worker_spawn_fresh (program, out, error);
    *out = spare.worker;
    g_clear_pointer (&spare.program, g_free);
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
