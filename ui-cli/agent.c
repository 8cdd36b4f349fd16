/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent.c - pkttyagent(1) beside us; as a fallback it stays silent where a desktop has an agent.
 * Outside sessions polkit knows no fallback, and there is no desktop. */
#include "ui-cli/agent.h"
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/pkttyagent"

static GSubprocess *agent;
static gboolean     was_started;

/* It closes the descriptor when polkit knows it. */
static void
wait_for (int fd)
{
    GPollFD ready = { .fd = fd, .events = G_IO_IN | G_IO_HUP };

    g_poll (&ready, 1, 2000);
}

/* NULL: it did not start. */
static GSubprocess *
spawn (int notify)
{
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
    g_autofree char  *process  = g_strdup_printf ("%d", (int) getpid ());
    const char       *fallback = g_getenv ("XDG_SESSION_ID") ? "--fallback" : NULL;
    const char *const words[]  = {
         PROGRAM, "--process", process, "--notify-fd", "3", fallback, NULL
    };

    g_subprocess_launcher_take_fd (launcher, notify, 3);
    return g_subprocess_launcher_spawnv (launcher, words, NULL);
}

void
cli_agent_start (void)
{
    int ends[2];

    if (was_started || geteuid () == 0 || !isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO) ||
        !g_file_test (PROGRAM, G_FILE_TEST_IS_EXECUTABLE) ||
        !g_unix_open_pipe (ends, FD_CLOEXEC, NULL))
        return;
    was_started = TRUE;
    agent       = spawn (ends[1]);
    if (agent)
        wait_for (ends[0]);
    close (ends[0]);
}

/* Waited for, so that a command that takes this process's place has no child it does not know. */
void
cli_agent_stop (void)
{
    if (agent == NULL)
        return;
    g_subprocess_send_signal (agent, SIGTERM);
    g_subprocess_wait (agent, NULL, NULL);
    g_clear_object (&agent);
}
