/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* refuse.c - a kernel that changes its mind: preloaded into the worker, refuses one offload from a
 * given moment on, as kernels and drivers in the field do.  /run/refuse says which and when:
 * "udp-segment 200" lets 200 calls pass and refuses all later ones; the word alone refuses at once.
 */
#include "tests/lib/preload.h"
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

static char        what[32];
static atomic_long left;

__attribute__ ((constructor)) static void
read_orders (void)
{
    long  calls = 0;
    FILE *f =
        strcmp (program_invocation_short_name, "adit-worker") ? NULL : fopen ("/run/refuse", "r");

    if (!f)
        return;
    if (fscanf (f, "%31s %ld", what, &calls) < 1)
        what[0] = 0;
    atomic_store (&left, calls);
    fclose (f);
}

/* TRUE when this call of an offload named `offload` shall be refused. */
static int
refuses (const char *offload)
{
    return !strcmp (what, offload) && atomic_fetch_sub (&left, 1) <= 0;
}

static int
has_segment (const struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR (m); c; c = CMSG_NXTHDR ((struct msghdr *) m, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
            return 1;
    return 0;
}

ssize_t
sendmsg (int fd, const struct msghdr *m, int flags)
{
    static __typeof__ (&sendmsg) real;

    real = real ? real : REAL (sendmsg);
    if (has_segment (m) && refuses ("udp-segment")) {
        errno = EIO;
        return -1;
    }
    return real (fd, m, flags);
}

int
sendmmsg (int fd, struct mmsghdr *v, unsigned n, int flags)
{
    static __typeof__ (&sendmmsg) real;

    real = real ? real : REAL (sendmmsg);
    if (refuses ("mmsg")) {
        errno = ENOSYS;
        return -1;
    }
    if (n && has_segment (&v[0].msg_hdr) && refuses ("udp-segment")) {
        errno = EIO;
        return -1;
    }
    return real (fd, v, n, flags);
}

int
recvmmsg (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t)
{
    static __typeof__ (&recvmmsg) real;

    real = real ? real : REAL (recvmmsg);
    if (refuses ("mmsg")) {
        errno = ENOSYS;
        return -1;
    }
    return real (fd, v, n, flags, t);
}

static int
is_refused_superframe (const struct iovec *v, int n)
{
    const struct virtio_net_hdr *h = n ? v[0].iov_base : NULL;

    if (!h || v[0].iov_len < sizeof *h)
        return 0;
    if (h->gso_type == VIRTIO_NET_HDR_GSO_TCPV4 || h->gso_type == VIRTIO_NET_HDR_GSO_TCPV6)
        return refuses ("coalesce");
    return h->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 && refuses ("udp-coalesce");
}

ssize_t
writev (int fd, const struct iovec *v, int n)
{
    static __typeof__ (&writev) real;

    real = real ? real : REAL (writev);
    if (is_refused_superframe (v, n)) {
        errno = EINVAL;
        return -1;
    }
    return real (fd, v, n);
}

int
setsockopt (int fd, int level, int name, const void *value, socklen_t size)
{
    static __typeof__ (&setsockopt) real;

    real = real ? real : REAL (setsockopt);
    if (level == SOL_UDP && name == UDP_GRO && refuses ("udp-gro")) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return real (fd, level, name, value, size);
}

static int
on_ioctl (unsigned long request, unsigned long value)
{
    const unsigned long tso = TUN_F_TSO4 | TUN_F_TSO6, known = TUN_F_CSUM | tso | TUN_F_TSO_ECN;

    if (request == TUNSETOFFLOAD &&
        (((value & tso) && refuses ("tso")) || ((value & ~known) && refuses ("uso"))))
        return EINVAL;
    return 0;
}

WRAP_IOCTL (on_ioctl)
