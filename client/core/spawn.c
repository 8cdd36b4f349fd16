/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spawn.c - posix_spawn with everything closed but descriptor 3. */
#include "client/core/spawn.h"
#include "client/base/message.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 or errno.  dup2 onto itself would keep close-on-exec, so the socket is never number 3 here. */
static int
plan_files (posix_spawn_file_actions_t *files, int theirs)
{
    int number = posix_spawn_file_actions_addopen (files, 0, "/dev/null", O_RDWR, 0);

    if (number == 0)
        number = posix_spawn_file_actions_adddup2 (files, 0, 1);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2 (files, theirs, ADIT_WORKER_FD);
    if (number == 0)
        number = posix_spawn_file_actions_addclosefrom_np (files, ADIT_WORKER_FD + 1);
    if (number == 0)
        number = posix_spawn_file_actions_addchdir_np (files, "/");
    return number;
}

/* A process group of its own, so that ^C in the terminal reaches only us; all signals as at birth.
 */
static int
plan_attributes (posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int      number = posix_spawnattr_setflags (
             attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    sigfillset (&all);
    sigemptyset (&none);
    if (number == 0)
        number = posix_spawnattr_setpgroup (attributes, 0);
    if (number == 0)
        number = posix_spawnattr_setsigdefault (attributes, &all);
    if (number == 0)
        number = posix_spawnattr_setsigmask (attributes, &none);
    return number;
}

static int
spawn (const char *program, int theirs, GPid *pid)
{
    char *const                arguments[] = { (char *) "adit-worker", NULL };
    const char                *language    = g_getenv ("LANG");
    g_autofree char           *entry = language ? g_strdup_printf ("LANG=%s", language) : NULL;
    char *const                environment[] = { entry, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t          attributes;
    int                        number;

    posix_spawn_file_actions_init (&files);
    posix_spawnattr_init (&attributes);
    number = plan_files (&files, theirs);
    if (number == 0)
        number = plan_attributes (&attributes);
    if (number == 0)
        number = posix_spawn (pid, program, &files, &attributes, arguments, environment);
    posix_spawnattr_destroy (&attributes);
    posix_spawn_file_actions_destroy (&files);
    return number;
}

gboolean
adit_worker_spawn (const char *program, AditWorker *out, GError **error)
{
    int ends[2], theirs, number;

    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("The worker did not start."));
    theirs = fcntl (ends[1], F_DUPFD_CLOEXEC, ADIT_WORKER_FD + 1);
    number = theirs < 0 ? errno : spawn (program, theirs, &out->pid);
    close (ends[1]);
    if (theirs >= 0)
        close (theirs);
    if (number) {
        close (ends[0]);
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
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
