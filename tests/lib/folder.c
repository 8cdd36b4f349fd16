/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.c - a process beside the test waits for its end, which a pipe tells, and removes the
 * folder: a test that fails is aborted, and removes nothing itself.
 */
#include "tests/lib/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int
remove_one (const char *path, const struct stat *about G_GNUC_UNUSED, int type G_GNUC_UNUSED,
            struct FTW *place G_GNUC_UNUSED)
{
    return remove (path);
}

static void G_NORETURN
sweep (const char *folder, int end)
{
    int  nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);
    char byte;

    setsid (); /* who kills the test's group spares this one */
    for (int fd = 0; fd < 3; fd++)
        dup2 (nothing, fd); /* who reads the test's output does not wait for it */
    while (read (end, &byte, 1) < 0 && errno == EINTR)
        continue;
    nftw (folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    _exit (0);
}

char *
test_folder_new (const char *name)
{
    g_autofree char *form   = g_strdup_printf ("adit-%s-XXXXXX", name);
    char            *folder = g_dir_make_tmp (form, NULL);
    int              ends[2];
    pid_t            child;

    g_assert_nonnull (folder);
    g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
    child = fork ();
    g_assert_cmpint (child, >=, 0);
    if (child == 0) {
        close (ends[1]);
        if (fork () == 0) /* nobody's child: the test waits for its own */
            sweep (folder, ends[0]);
        _exit (0);
    }
    g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
    close (ends[0]);
    return folder;
}
