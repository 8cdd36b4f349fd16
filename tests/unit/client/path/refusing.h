/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* refusing.h - the real system calls, but a test says which of them fail, how and when. */
#pragma once
#include "client/path/system.h"
#include "client/path/vnet.h"
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>

typedef enum {
    REFUSE_NOTHING,
    REFUSE_SUPER_TCP, /* writing a TCP superframe: EINVAL, as in Linux 6.6.44 */
    REFUSE_SUPER_UDP, /* the same for UDP */
    REFUSE_SEGMENT,   /* sending with UDP_SEGMENT: EIO, as with a card that cannot checksum */
    REFUSE_MMSG,      /* sendmmsg and recvmmsg: ENOSYS */
    REFUSE_GRO,       /* setsockopt UDP_GRO: ENOPROTOOPT */
    REFUSE_USO,       /* TUNSETOFFLOAD with USO: EINVAL, before Linux 6.2 */
    REFUSE_OFFLOADS,  /* TUNSETOFFLOAD with anything but checksums */
    REFUSE_SOMETIMES, /* each third send finds no room */
    REFUSE_ANSWERED,  /* each third send gets ECONNREFUSED for an earlier one */
    N_REFUSALS,
} Refusal;

static const char *const refusal_names[] = { "nothing",
                                             "tcp-superframes",
                                             "udp-superframes",
                                             "udp-segment",
                                             "mmsg",
                                             "udp-gro",
                                             "uso",
                                             "all-tun-offloads",
                                             "each-third-send",
                                             "each-third-send-with-an-answer" };

static int refusal, refusal_after, refused; /* after: how many calls of that kind still pass */

static gboolean
refuse (Refusal which)
{
    if (__atomic_load_n (&refusal, __ATOMIC_RELAXED) != (int) which || refusal_after-- > 0)
        return FALSE;
    __atomic_add_fetch (&refused, 1, __ATOMIC_RELAXED);
    return TRUE;
}

static ssize_t
refusing_writev (int fd, const struct iovec *iov, int n)
{
    const PathVnet *v = iov[0].iov_base;

    if (iov[0].iov_len == PATH_VNET && v->gso_type != VIRTIO_NET_HDR_GSO_NONE &&
        refuse (v->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 ? REFUSE_SUPER_UDP : REFUSE_SUPER_TCP)) {
        errno = EINVAL;
        return -1;
    }
    return adit_system.writev (fd, iov, n);
}

static gboolean
is_run (const struct msghdr *h)
{
    for (struct cmsghdr *c = h->msg_control ? CMSG_FIRSTHDR (h) : NULL; c;
         c                 = CMSG_NXTHDR ((struct msghdr *) h, c))
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
            return TRUE;
    return FALSE;
}

static gboolean
send_refused (const struct msghdr *h)
{
    static guint count;

    if (is_run (h) && refuse (REFUSE_SEGMENT))
        errno = EIO;
    else if (refusal == REFUSE_SOMETIMES && ++count % 3 == 0 && refuse (REFUSE_SOMETIMES))
        errno = EAGAIN;
    else if (refusal == REFUSE_ANSWERED && ++count % 3 == 0 && refuse (REFUSE_ANSWERED))
        errno = ECONNREFUSED;
    else
        return FALSE;
    return TRUE;
}

static ssize_t
refusing_sendmsg (int fd, const struct msghdr *h, int flags)
{
    return send_refused (h) ? -1 : adit_system.sendmsg (fd, h, flags);
}

/* As the kernel does: an error behind the first message shows at the next call. */
static int
refusing_sendmmsg (int fd, struct mmsghdr *m, unsigned n, int flags)
{
    if (refuse (REFUSE_MMSG)) {
        errno = ENOSYS;
        return -1;
    }
    for (unsigned i = 0; i < n; i++)
        if (send_refused (&m[i].msg_hdr)) {
            if (i == 0)
                return -1;
            return adit_system.sendmmsg (fd, m, i, flags);
        }
    return adit_system.sendmmsg (fd, m, n, flags);
}

static int
refusing_recvmmsg (int fd, struct mmsghdr *m, unsigned n, int flags)
{
    if (refuse (REFUSE_MMSG)) {
        errno = ENOSYS;
        return -1;
    }
    return adit_system.recvmmsg (fd, m, n, flags);
}

static int
refusing_setsockopt (int fd, int level, int name, const void *value, socklen_t size)
{
    if (level == IPPROTO_UDP && name == UDP_GRO && refuse (REFUSE_GRO)) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return adit_system.setsockopt (fd, level, name, value, size);
}

static int
refusing_set_offload (int fd, unsigned flags)
{
    if (((flags & (TUN_F_USO4 | TUN_F_USO6)) && refuse (REFUSE_USO)) ||
        ((flags & ~(unsigned) TUN_F_CSUM) && refuse (REFUSE_OFFLOADS))) {
        errno = EINVAL;
        return -1;
    }
    return adit_system.set_offload (fd, flags);
}

static inline const AditSystem *
refusing_system (void)
{
    static AditSystem s;

    s             = adit_system;
    s.writev      = refusing_writev;
    s.sendmsg     = refusing_sendmsg;
    s.sendmmsg    = refusing_sendmmsg;
    s.recvmmsg    = refusing_recvmmsg;
    s.setsockopt  = refusing_setsockopt;
    s.set_offload = refusing_set_offload;
    return &s;
}
