/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent.c - pkttyagent(1) beside us; as a fallback it stays silent where a desktop has an agent.
 * Outside sessions polkit knows no fallback, and there is no desktop. */
#include "ui-cli/agent.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/pkttyagent"

static GPid     agent;
static gboolean was_started;

/* It closes the descriptor when polkit knows it. */
static void
wait_for (int fd)
{
    GPollFD ready = { .fd = fd, .events = G_IO_IN | G_IO_HUP };

    g_poll (&ready, 1, 2000);
}

void
cli_agent_start (void)
{
    g_autofree char  *process  = g_strdup_printf ("%d", (int) getpid ());
    const char       *fallback = g_getenv ("XDG_SESSION_ID") ? "--fallback" : NULL;
    const char *const words[]  = {
         PROGRAM, "--process", process, "--notify-fd", "3", fallback, NULL
    };
    int ends[2], target = 3;

    if (was_started || geteuid () == 0 || !isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO) ||
        !g_file_test (PROGRAM, G_FILE_TEST_IS_EXECUTABLE) ||
        !g_unix_open_pipe (ends, FD_CLOEXEC, NULL))
        return;
    was_started = TRUE;
    if (!g_spawn_async_with_pipes_and_fds (
            NULL, words, NULL, G_SPAWN_CHILD_INHERITS_STDIN | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
            -1, -1, -1, &ends[1], &target, 1, &agent, NULL, NULL, NULL, NULL))
        agent = 0;
    close (ends[1]);
    if (agent)
        wait_for (ends[0]);
    close (ends[0]);
}

void
cli_agent_stop (void)
{
    if (agent == 0)
        return;
    kill (agent, SIGTERM); /* not waited for yet, so the number is still its own */
    while (waitpid (agent, NULL, 0) < 0 && errno == EINTR)
        ;
    agent = 0;
}
