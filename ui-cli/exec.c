/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exec.c - `adit exec`: a command that goes through one tunnel, or past it, whatever others do. */
#include "client/core/split.h"
#include "ui-cli/command.h"

gboolean
cli_exec (const CliCall *call, GError **error)
{
    if (cli_needs_root (_ ("Only root may choose the tunnel of a command; run it with sudo, which "
                           "gives the command back to you."),
                        error))
        adit_split_run (call->words[0], (call->options & CLI_EXCLUDE) != 0, call->words + 1, error);
    return FALSE;
}
