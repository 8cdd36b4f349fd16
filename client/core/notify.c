/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* notify.c - one datagram to NOTIFY_SOCKET, which a service manager puts in the environment. */
#include "client/core/notify.h"
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
notify (const char *text)
{
    const char        *path    = g_getenv ("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    gsize              len     = path ? strlen (path) : 0;
    int                fd;

    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy (address.sun_path, path, len);
    if (path[0] == '@') /* an abstract name begins with NUL */
        address.sun_path[0] = '\0';
    fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto (fd, text, strlen (text), MSG_NOSIGNAL, (const struct sockaddr *) &address,
            (socklen_t) (offsetof (struct sockaddr_un, sun_path) + len));
    close (fd);
}

void
adit_notify_ready (void)
{
    notify ("READY=1");
}

void
adit_notify_status (const char *sentence)
{
    g_autofree char *text = g_strdup_printf ("STATUS=%s", sentence);

    notify (g_strdelimit (text, "\n", ' '));
}

void
adit_notify_stopping (void)
{
    notify ("STOPPING=1");
}
