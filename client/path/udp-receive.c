/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* udp-receive.c - the socket -> datagrams, still joined as the kernel joined them. */
#include "client/path/udp.h"
#include "client/path/vnet.h"
#include <errno.h>

/* How many datagrams one call takes; what each may have follows from it. */
static guint
prepare (PathUdp *u)
{
    gboolean gro  = path_offload_has (u->offloads, ADIT_OFFLOAD_UDP_GRO);
    gsize    size = gro ? PATH_GRO_SIZE : u->piece;
    guint    n    = (guint) (PATH_GRO * PATH_GRO_SIZE / size);

    if (!path_offload_has (u->offloads, ADIT_OFFLOAD_MMSG))
        n = 1;
    for (guint i = 0; i < n; i++) {
        u->in_iov[i]     = (struct iovec){ u->buffer + i * size, size };
        u->in[i].msg_hdr = (struct msghdr){ .msg_name       = &u->in_name[i],
                                            .msg_namelen    = sizeof u->in_name[i],
                                            .msg_iov        = &u->in_iov[i],
                                            .msg_iovlen     = 1,
                                            .msg_control    = u->in_control[i],
                                            .msg_controllen = sizeof u->in_control[i] };
    }
    return n;
}

static void
read_control (PathDatagram *d, struct msghdr *h)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR (h); c; c = CMSG_NXTHDR (h, c)) {
        int value = 0;

        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO &&
            c->cmsg_len >= CMSG_LEN (sizeof value)) {
            memcpy (&value, CMSG_DATA (c), sizeof value);
            if (value > 0)
                d->segment = (guint) value;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            d->tos = *CMSG_DATA (c);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS &&
                   c->cmsg_len >= CMSG_LEN (sizeof value)) {
            memcpy (&value, CMSG_DATA (c), sizeof value);
            d->tos = (guint8) value;
        }
    }
}

/* Raw IPv4 sockets hand up the outer header too (raw(7)). */
static gboolean
strip (const PathUdp *u, PathDatagram *d)
{
    gsize header = d->len ? (gsize) (d->data[0] & 15) * 4 : 0;

    if (!u->raw || u->family != 4)
        return TRUE;
    if (header < 20 || header >= d->len)
        return FALSE;
    d->data += header;
    d->len -= (guint) header;
    return TRUE;
}

static void
take (PathUdp *u, guint i)
{
    struct msghdr *h = &u->in[i].msg_hdr;
    PathDatagram  *d = &u->received[u->n_received];

    if (h->msg_flags & MSG_TRUNC && u->in_iov[i].iov_len == u->piece)
        u->piece = MIN (2 * u->piece, PATH_GRO_SIZE);
    if (h->msg_flags & (MSG_TRUNC | MSG_CTRUNC) || u->in[i].msg_len == 0) {
        u->stats->drops[ADIT_DROP_SHORT]++;
        return;
    }
    d->data = u->in_iov[i].iov_base;
    d->len  = u->in[i].msg_len;
    if (!strip (u, d)) {
        u->stats->drops[ADIT_DROP_SHORT]++;
        return;
    }
    d->segment = d->len;
    d->tos     = 0;
    read_control (d, h);
    if (d->segment < d->len)
        path_offload_use (u->offloads, ADIT_OFFLOAD_UDP_GRO);
    path_udp_endpoint (&u->in_name[i], &d->from);
    u->n_received++;
}

static int
receive_one (PathUdp *u)
{
    ssize_t n = u->system->recvmsg (u->fd, &u->in[0].msg_hdr, MSG_DONTWAIT);

    if (n < 0)
        return -1;
    u->in[0].msg_len = (guint) n;
    return 1;
}

/* poll() tells when it is worth trying again.  No router's answer reads EPERM: that is a sandbox,
 * and what it keeps from us would wake us for ever. */
static void
on_refused (PathUdp *u, int error)
{
    if (error == EBADF || error == ENOTSOCK || error == EPERM)
        u->broken = error;
    else if (error != EAGAIN && error != EINTR)
        u->errors = TRUE; /* the peer's host said something; what, the error queue knows */
}

gboolean
path_udp_receive (PathUdp *u, gint64 now_us)
{
    guint want = prepare (u);
    int   n = want == 1 ? receive_one (u) : u->system->recvmmsg (u->fd, u->in, want, MSG_DONTWAIT);

    u->n_received = 0;
    if (n < 0 && (errno == ENOSYS || errno == EPERM) && want > 1) {
        path_offload_lose (u->offloads, ADIT_OFFLOAD_MMSG, now_us);
        return TRUE;
    }
    if (n < 0) {
        on_refused (u, errno);
        return FALSE;
    }
    u->stats->rx_calls++;
    if (want > 1 && n > 1)
        path_offload_use (u->offloads, ADIT_OFFLOAD_MMSG);
    for (int i = 0; i < n; i++)
        take (u, (guint) i);
    return (guint) n == want;
}
