/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote.h - the tunnels that run on this machine, seen from another process.  Each tunnel answers
 * on /run/adit/NAME.sock, which only root can open, whoever is its parent. */
#pragma once
#include "client/base/error.h"

/* Undoes what tunnels whose process is gone left behind, but a guard, which holds until it is
 * lifted (standing.h); safe to call at any time, by any command. */
gboolean adit_remote_restore (GError **error);
/* Their guards too, but none that is to stay always. */
gboolean adit_remote_restore_all (GError **error);

char **adit_remote_list (void); /* names of live tunnels, sorted */

/* JSON text of one tunnel's status; g_free.  Shape: docs/status.md. */
char *adit_remote_status (const char *name, GError **error);
/* Returns when the tunnel has ended and everything is undone. */
gboolean adit_remote_stop (const char *name, GError **error);
/* Has it take processes by their control group (split.h). */
gboolean adit_remote_split (const char *name, GError **error);
/* Lines of its log, newest last, also of a tunnel that has ended since boot; g_free. */
char *adit_remote_log (const char *name, GError **error);
