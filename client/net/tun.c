/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tun.c - /dev/net/tun. */
#include "client/net/tun.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int
attach (int fd, const char *name, gboolean ethernet, gboolean vnet)
{
    struct ifreq request = { 0 };

    g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
    request.ifr_flags = (short) ((ethernet ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_TUN_EXCL);
    if (vnet)
        request.ifr_flags |= IFF_VNET_HDR;
    return ioctl (fd, TUNSETIFF, &request) < 0 ? errno : 0;
}

int
adit_tun_open (const char *name, gboolean ethernet, gboolean *vnet, GError **error)
{
    int fd     = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int number = fd < 0 ? errno : attach (fd, name, ethernet, *vnet);

    if (number == EINVAL && *vnet) {
        *vnet  = FALSE;
        number = attach (fd, name, ethernet, FALSE);
    }
    if (number == 0)
        return fd;
    if (fd >= 0)
        close (fd);
    if (number == EBUSY)
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("There already is a device named %s."), name);
    else
        adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                         _ ("This machine did not allow a tunnel device."));
    return -1;
}
