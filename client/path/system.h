/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system.h - the system calls of the packet path as a table, so that a test can refuse each of them
 * at any moment.  The real ones are the default; nothing else in this folder talks to the kernel.
 */
#pragma once
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef struct {
    ssize_t (*read) (int fd, void *buf, size_t size);
    ssize_t (*writev) (int fd, const struct iovec *iov, int n);
    ssize_t (*sendmsg) (int fd, const struct msghdr *message, int flags);
    int (*sendmmsg) (int fd, struct mmsghdr *messages, unsigned n, int flags);
    ssize_t (*recvmsg) (int fd, struct msghdr *message, int flags);
    int (*recvmmsg) (int fd, struct mmsghdr *messages, unsigned n, int flags);
    int (*setsockopt) (int fd, int level, int name, const void *value, socklen_t size);
    int (*set_offload) (int fd, unsigned flags); /* ioctl TUNSETOFFLOAD */
    int (*poll) (struct pollfd *fds, nfds_t n, int timeout_ms);
} AditSystem;

extern const AditSystem adit_system;
