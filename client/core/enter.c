/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enter.c - processes that are put into a running tunnel or past it, and `adit exec`. */
#include "client/core/plan.h"
#include "client/core/remote.h"
#include "client/core/split.h"
#include "client/core/store.h"
#include "client/net/cgroup.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

gboolean
adit_split_enter (const char *name, GPid pid, gboolean past, GError **error)
{
    AditSplit       *own   = adit_split_of (name);
    g_autofree char *group = adit_plan_group (name, past);

    if (!adit_store_name_ok (name, error))
        return FALSE;
    if (!(own ? adit_split_open (own, error) : adit_remote_split (name, error)))
        return FALSE;
    return adit_cgroup_enter (group, pid, error);
}

/* ---- `adit exec` ---- */

static gboolean
number_in (const char *variable, guint32 *out)
{
    const char *text = g_getenv (variable);
    guint64     number;

    if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32 - 1, &number, NULL))
        return FALSE;
    *out = (guint32) number;
    return TRUE;
}

/* Root may say by its environment whoever it likes to be; nobody else gets here. */
static gboolean
become_caller (GError **error)
{
    guint32              uid, gid;
    const struct passwd *user;

    if (!number_in ("SUDO_UID", &uid) || !number_in ("SUDO_GID", &gid) || uid == 0)
        return TRUE;
    user = getpwuid (uid);
    if ((user ? initgroups (user->pw_name, gid) : setgroups (0, NULL)) == 0 &&
        setresgid (gid, gid, gid) == 0 && setresuid (uid, uid, uid) == 0) {
        if (user)
            g_setenv ("HOME", user->pw_dir, TRUE);
        return TRUE;
    }
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                            _ ("The command could not be given back to user %u."), uid);
}

void
adit_split_run (const char *name, gboolean past, const char *const *command, GError **error)
{
    if (!adit_split_enter (name, getpid (), past, error) || !become_caller (error))
        return;
    execvp (command[0], (char *const *) command);
    adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be run."), command[0]);
}
