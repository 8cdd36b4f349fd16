/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.c - network namespaces by the inode of their file. */
#include "client/core/namespace.h"
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

static guint64
inode_of (const char *path)
{
    struct stat about;

    return stat (path, &about) == 0 ? about.st_ino : 0;
}

guint64
adit_namespace_ours (void)
{
    return inode_of ("/proc/thread-self/ns/net");
}

/* CAP_SYS_PTRACE: without it other users' processes are hidden. */
static gboolean
sees_processes (void)
{
    g_autofree char *text = NULL;
    const char      *line = NULL;

    if (g_file_get_contents ("/proc/thread-self/status", &text, NULL, NULL))
        line = strstr (text, "\nCapEff:");
    return line && g_ascii_strtoull (line + strlen ("\nCapEff:"), NULL, 16) >> CAP_SYS_PTRACE & 1;
}

/* What may not be seen may be it; but what is kept even from those who see all, as the first
 * process of a guest is, is no tunnel's. */
static gboolean
may_be (const char *path, guint64 inode)
{
    struct stat about;

    if (stat (path, &about) == 0)
        return about.st_ino == inode;
    return (errno == EACCES || errno == EPERM) && !sees_processes ();
}

static gboolean
any_in (const char *folder, const char *below, guint64 inode)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (folder, entry, below, NULL);

        if (may_be (path, inode))
            return TRUE;
    }
    return FALSE;
}

gboolean
adit_namespace_exists (guint64 inode)
{
    return any_in ("/run/netns", NULL, inode) || any_in ("/proc", "ns/net", inode);
}
