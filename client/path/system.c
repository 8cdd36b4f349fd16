/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system.c - the real system calls. */
#include "client/path/system.h"
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

static ssize_t
read_device (int fd, void *buf, size_t size)
{
    return read (fd, buf, size);
}

static ssize_t
write_device (int fd, const struct iovec *iov, int n)
{
    return writev (fd, iov, n);
}

static ssize_t
send_one (int fd, const struct msghdr *message, int flags)
{
    return sendmsg (fd, message, flags);
}

static int
send_many (int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    return sendmmsg (fd, messages, n, flags);
}

static ssize_t
receive_one (int fd, struct msghdr *message, int flags)
{
    return recvmsg (fd, message, flags);
}

static int
receive_many (int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    return recvmmsg (fd, messages, n, flags, NULL);
}

static int
set_option (int fd, int level, int name, const void *value, socklen_t size)
{
    return setsockopt (fd, level, name, value, size);
}

static int
set_offload (int fd, unsigned flags)
{
    return ioctl (fd, TUNSETOFFLOAD, flags);
}

static int
wait_for (struct pollfd *fds, nfds_t n, int timeout_ms)
{
    return poll (fds, n, timeout_ms);
}

const AditSystem adit_system = {
    .read        = read_device,
    .writev      = write_device,
    .sendmsg     = send_one,
    .sendmmsg    = send_many,
    .recvmsg     = receive_one,
    .recvmmsg    = receive_many,
    .setsockopt  = set_option,
    .set_offload = set_offload,
    .poll        = wait_for,
};
