/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyfile.c - files that may hold a secret. */
#include "client/core/keyfile.h"
#include "client/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
fail_open (const char *path, int number, GError **error)
{
    if (number == ENOENT)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s does not exist."), path);
    if (number == ELOOP)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s is a symbolic link; give the path of the file itself."), path);
    if (number == EACCES || number == EPERM)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s may not be read by this user."), path);
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("%s cannot be opened."), path);
}

static gboolean
judge_file (const char *path, const struct stat *about, gsize most, GError **error)
{
    if (S_ISDIR (about->st_mode))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is a folder, not a file."), path);
    if (!S_ISREG (about->st_mode))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is not a regular file."), path);
    if ((guint64) about->st_size > most)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is larger than %u KiB."), path,
                          (guint) (most / 1024));
    return TRUE;
}

/* Until the end, or one byte more than there may be. */
static gssize
read_all (int fd, char *buffer, gsize size)
{
    gsize done = 0;

    while (done < size) {
        gssize n = read (fd, buffer + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (gsize) n;
    }
    return (gssize) done;
}

static gboolean
read_fd (int fd, const char *path, gsize most, AditKeyFile *out, GError **error)
{
    gsize  size;
    gssize n;

    if (fstat (fd, &out->about) < 0)
        return fail_open (path, errno, error);
    if (!judge_file (path, &out->about, most, error))
        return FALSE;
    size      = (gsize) out->about.st_size + 1;
    out->text = g_malloc0 (size + 1);
    n         = read_all (fd, out->text, size);
    if (n < 0 || (gsize) n == size) {
        int number = n < 0 ? errno : EAGAIN;

        adit_wipe (out->text, size);
        g_clear_pointer (&out->text, g_free);
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("%s cannot be read."), path);
    }
    out->len = (gsize) n;
    return TRUE;
}

gboolean
adit_keyfile_read (const char *path, gsize most, AditKeyFile *out, GError **error)
{
    int      fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    gboolean ok;

    memset (out, 0, sizeof *out);
    if (fd < 0)
        return fail_open (path, errno, error);
    ok = read_fd (fd, path, most, out, error);
    close (fd);
    return ok;
}

void
adit_keyfile_clear (AditKeyFile *file)
{
    if (file->text)
        adit_wipe (file->text, file->len);
    g_clear_pointer (&file->text, g_free);
    file->len = 0;
}

void
adit_keyfile_drop_line_end (AditKeyFile *file)
{
    while (file->len > 0 && strchr ("\r\n", file->text[file->len - 1]))
        file->text[--file->len] = '\0';
}

gboolean
adit_keyfile_is_open (const AditKeyFile *file)
{
    return (file->about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

static gboolean
write_all (int fd, const char *text)
{
    gsize left = strlen (text);

    while (left > 0) {
        gssize n = write (fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        text += n;
        left -= (gsize) n;
    }
    return fsync (fd) == 0;
}

/* A file's name is on the disk only when its folder is. */
static gboolean
sync_folder (const char *path)
{
    g_autofree char *folder = g_path_get_dirname (path);
    int              fd     = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean         ok     = fd >= 0 && fsync (fd) == 0;

    if (fd >= 0)
        close (fd);
    return ok;
}

/* ---- without a name until it is whole, so that nobody who is killed leaves half a secret ---- */

static char *
name_beside (const char *path)
{
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *name   = g_path_get_basename (path);

    return g_strdup_printf ("%s/.%s.%08x", folder, name, g_random_int ());
}

int
adit_keyfile_open_nameless (const char *path, int flags)
{
    g_autofree char *folder = g_path_get_dirname (path);

    return open (folder, flags | O_TMPFILE | O_CLOEXEC, 0600);
}

/* open(2): how a file of O_TMPFILE gets its name. */
gboolean
adit_keyfile_give_name (int fd, const char *path)
{
    g_autofree char *nameless = g_strdup_printf ("/proc/self/fd/%d", fd);

    return linkat (AT_FDCWD, nameless, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

/* Only a rename replaces. */
static gboolean
give_name_of_another (int fd, const char *path)
{
    g_autofree char *beside = name_beside (path);
    int              number;

    if (!adit_keyfile_give_name (fd, beside))
        return FALSE;
    if (rename (beside, path) == 0)
        return TRUE;
    number = errno;
    unlink (beside);
    errno = number;
    return FALSE;
}

static gboolean
write_nameless (const char *path, int fd, const char *text, gboolean replace)
{
    gboolean ok = fchmod (fd, 0600) == 0 && write_all (fd, text) &&
                  (replace ? give_name_of_another (fd, path) : adit_keyfile_give_name (fd, path));
    int number = errno;

    close (fd);
    errno = number;
    return ok && sync_folder (path);
}

/* ---- where the file system knows no nameless files ---- */

static int
make_beside (const char *path, char **made)
{
    int fd = -1;

    for (guint i = 0; fd < 0 && i < 100; i++) {
        g_autofree char *try = name_beside (path);

        fd = open (try, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            *made = g_steal_pointer (&try);
        else if (errno != EEXIST)
            break;
    }
    return fd;
}

static gboolean
write_beside (const char *path, const char *made, int fd, const char *text, gboolean replace)
{
    gboolean ok     = fchmod (fd, 0600) == 0 && write_all (fd, text);
    int      number = errno;

    if (close (fd) < 0 && ok) {
        ok     = FALSE;
        number = errno;
    }
    if (ok) {
        ok     = renameat2 (AT_FDCWD, made, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0;
        number = errno;
    }
    if (!ok)
        unlink (made);
    errno = number;
    return ok && sync_folder (path);
}

gboolean
adit_keyfile_write (const char *path, const char *text, gboolean replace, GError **error)
{
    g_autofree char *made = NULL;
    int              fd   = adit_keyfile_open_nameless (path, O_WRONLY);
    gboolean         ok;

    if (fd >= 0) {
        ok = write_nameless (path, fd, text, replace);
    } else {
        fd = make_beside (path, &made);
        ok = fd >= 0 && write_beside (path, made, fd, text, replace);
    }
    if (ok)
        return TRUE;
    if (errno == EEXIST && !replace)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is there already."), path);
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s cannot be written."), path);
}
