/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exec.c - `adit exec`: a command that goes through one tunnel, or past it, whatever others do.
 * root does it; others are put there by aditd, and then become the command. */
#include "client/core/split.h"
#include "ui-cli/agent.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include <errno.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* A descriptor of this very process, which nobody else can be taken for. */
static gboolean
enter (const char *name, gboolean past, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);
    g_autoptr (GUnixFDList) fds     = g_unix_fd_list_new ();
    g_autoptr (GVariant) answer     = NULL;
    int self                        = bus ? pidfd_open (getpid (), 0) : -1;

    if (bus == NULL)
        return FALSE;
    if (self < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("This kernel has no descriptors of processes."));
    g_unix_fd_list_append (fds, self, NULL);
    close (self);
    answer = cli_bus_call (bus, CLI_BUS_TOP, "EnterSplit", g_variant_new ("(sbh)", name, past, 0),
                           fds, error);
    cli_agent_stop ();
    return answer != NULL;
}

gboolean
cli_exec (const CliCall *call, GError **error)
{
    const char *name = call->words[0];
    gboolean    past = (call->options & CLI_EXCLUDE) != 0;

    if (geteuid () == 0)
        adit_split_run (name, past, call->words + 1, error);
    else if (enter (name, past, error)) {
        execvp (call->words[1], (char *const *) (call->words + 1));
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be run."),
                         call->words[1]);
    }
    return FALSE;
}
