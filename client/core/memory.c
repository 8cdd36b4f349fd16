/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.c - memfd. */
#include "client/core/memory.h"
#include "client/base/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int
adit_memory_empty (GError **error)
{
    int fd = memfd_create ("adit", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("This machine did not give memory for a file."));
    return fd;
}

static gboolean
fill (int fd, const char *bytes, gsize len)
{
    gsize done = 0;

    while (done < len) {
        ssize_t n = pwrite (fd, bytes + done, len - done, (off_t) done);

        if (n < 0 && errno != EINTR)
            return FALSE;
        done += n > 0 ? (gsize) n : 0;
    }
    return fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

int
adit_memory_sealed (gconstpointer bytes, gsize len, GError **error)
{
    int fd = adit_memory_empty (error);

    if (fd >= 0 && !fill (fd, bytes, len)) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("This machine did not give memory for a file."));
        close (fd);
        fd = -1;
    }
    return fd;
}

/* Read by copy, never mapped: the worker may still hold the other end and cut it short. */
char *
adit_memory_read (int fd, gsize most, gsize *len, GError **error)
{
    struct stat about;
    char       *text;
    gsize       done = 0, size;

    if (fstat (fd, &about) < 0 || !S_ISREG (about.st_mode) || about.st_size < 0 ||
        (gsize) about.st_size > most) {
        adit_fail (error, ADIT_ERROR_BUG, _ ("The worker wrote more than it may."));
        return NULL;
    }
    size = (gsize) about.st_size;
    text = g_malloc0 (size + 1);
    while (done < size) {
        ssize_t n = pread (fd, text + done, size - done, (off_t) done);

        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        done += n > 0 ? (gsize) n : 0;
    }
    *len = done;
    return text;
}
