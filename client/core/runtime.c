/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* runtime.c - /run/adit. */
#include "client/core/runtime.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder = "/run/adit";

const char *
adit_runtime_dir (void)
{
    return folder;
}

void
adit_runtime_set_dir (const char *dir)
{
    folder = dir;
}

gboolean
adit_runtime_ensure (GError **error)
{
    struct stat about;

    if (mkdir (folder, 0700) < 0 && errno != EEXIST)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The folder %s could not be made; only root may run a tunnel."),
                                folder);
    if (lstat (folder, &about) < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The folder %s could not be read."), folder);
    if (!S_ISDIR (about.st_mode) || about.st_uid != geteuid () || (about.st_mode & 022))
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The folder %s is not root's alone."),
                          folder);
    return TRUE;
}

char *
adit_runtime_path (const char *name, const char *extension)
{
    return g_strdup_printf ("%s/%s.%s", folder, name, extension);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
adit_runtime_names (const char *extension)
{
    g_autofree char *ending = g_strdup_printf (".%s", extension);
    g_autoptr (GDir) dir    = g_dir_open (folder, 0, NULL);
    GPtrArray  *names       = g_ptr_array_new ();
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir)))
        if (g_str_has_suffix (entry, ending) && strlen (entry) > strlen (ending))
            g_ptr_array_add (names, g_strndup (entry, strlen (entry) - strlen (ending)));
    g_ptr_array_sort (names, by_name);
    g_ptr_array_add (names, NULL);
    return (char **) g_ptr_array_free (names, FALSE);
}
