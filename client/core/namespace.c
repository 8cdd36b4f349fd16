/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.c - network namespaces by the inode of their file. */
#include "client/core/namespace.h"
#include <errno.h>
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

/* What may not be seen may be it: without CAP_SYS_PTRACE other users' processes are hidden. */
static gboolean
may_be (const char *path, guint64 inode)
{
    struct stat about;

    return stat (path, &about) == 0 ? about.st_ino == inode : errno == EACCES || errno == EPERM;
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
