/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unix.c - making, reaching and judging local sockets. */
#include "client/net/unix.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8, PATIENCE_S = 5 };

static gboolean
fill (struct sockaddr_un *out, const char *path, GError **error)
{
    memset (out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    if (g_strlcpy (out->sun_path, path, sizeof out->sun_path) >= sizeof out->sun_path)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The path %s is too long for a socket."),
                          path);
    return TRUE;
}

int
adit_unix_connect (const char *path, GError **error)
{
    static const struct timeval patience = { .tv_sec = PATIENCE_S };
    struct sockaddr_un          address;
    int                         fd;

    if (!fill (&address, path, error))
        return -1;
    fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A listener that sleeps with its line full would be waited for without end. */
    if (fd >= 0)
        setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    adit_fail_errno (error, errno,
                     errno == ECONNREFUSED || errno == ENOENT ? ADIT_ERROR_LOST : ADIT_ERROR_SYSTEM,
                     _ ("Nothing answers on %s."), path);
    if (fd >= 0)
        close (fd);
    return -1;
}

/* Only what is a socket, and only when nobody listens on it. */
static void
remove_stale (const char *path)
{
    struct stat about;
    g_autoptr (GError) error = NULL;
    int fd;

    if (lstat (path, &about) < 0 || !S_ISSOCK (about.st_mode))
        return;
    fd = adit_unix_connect (path, &error);
    if (fd >= 0)
        close (fd);
    else if (g_error_matches (error, ADIT_ERROR, ADIT_ERROR_LOST))
        unlink (path);
}

int
adit_unix_listen (const char *path, GError **error)
{
    struct sockaddr_un address;
    mode_t             before;
    int                fd, number;

    if (!fill (&address, path, error))
        return -1;
    remove_stale (path);
    fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        before = umask (0177);
        number = bind (fd, (struct sockaddr *) &address, sizeof address) < 0 ? errno : 0;
        umask (before);
        if (number == 0 && listen (fd, BACKLOG) == 0)
            return fd;
        errno = number ? number : errno;
    }
    adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("The socket %s could not be made."), path);
    if (fd >= 0)
        close (fd);
    return -1;
}

gboolean
adit_unix_peer_is_root (int fd)
{
    struct ucred peer = { 0 };
    socklen_t    len  = sizeof peer;

    return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid != 0 &&
           peer.uid == 0;
}
