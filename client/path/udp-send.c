/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* udp-send.c - entries -> messages of equal datagrams -> the socket. */
#include "client/path/inner.h"
#include "client/path/udp.h"
#include "client/path/vnet.h"
#include <errno.h>

static gboolean
find_name (PathUdp *u, const AditEndpoint *peer, guint16 *index)
{
    PathName *next = &u->name[u->n_names];

    *index = 0;
    if (u->connected)
        return TRUE;
    if (!peer || !path_udp_name (u, peer, next))
        return FALSE;
    if (u->n_names && memcmp (next, next - 1, sizeof *next) == 0)
        *index = (guint16) (u->n_names - 1);
    else
        *index = (guint16) u->n_names++;
    return TRUE;
}

static void
release (PathUdp *u, guint block)
{
    if (block != PATH_NO_BLOCK)
        path_pool_give (u->pool, block);
}

void
path_udp_put (PathUdp *u, const AditPacket *packet, guint block)
{
    PathEntry *e    = &u->entry[u->n];
    guint8     keep = u->copy_dscp ? 0xff : PATH_ECN_MASK;

    if (!find_name (u, packet->peer, &e->name)) {
        u->stats->drops[ADIT_DROP_TRANSPORT]++;
        release (u, block);
        return;
    }
    e->block      = (guint16) block;
    e->tos        = packet->tos & keep; /* RFC 6040 4.1, normal mode */
    u->data[u->n] = (struct iovec){ packet->data, packet->len };
    u->n++;
}

static void
add_control (struct msghdr *h, gsize *used, int level, int type, const void *value, gsize size)
{
    struct cmsghdr *c = (struct cmsghdr *) ((char *) h->msg_control + *used);

    c->cmsg_level = level;
    c->cmsg_type  = type;
    c->cmsg_len   = CMSG_LEN (size);
    memcpy (CMSG_DATA (c), value, size);
    *used += CMSG_SPACE (size);
}

static void
fill_message (PathUdp *u, guint m, guint from, guint n, guint n_iov)
{
    const PathEntry *e    = &u->entry[from];
    const PathName  *name = &u->name[e->name];
    struct msghdr   *h    = &u->message[m].msg_hdr;
    gsize            used = 0;
    gboolean v6 = u->family == 6 && (u->connected || !IN6_IS_ADDR_V4MAPPED (&name->v6.sin6_addr));

    *h = (struct msghdr){ .msg_iov = &u->iov[from], .msg_iovlen = n_iov };
    if (!u->connected) {
        h->msg_name    = (void *) name;
        h->msg_namelen = u->family == 4 ? sizeof name->v4 : sizeof name->v6;
    }
    u->run[m] = (guint16) n;
    if (n == 1 && e->tos == 0)
        return;
    h->msg_control = u->control[m].bytes;
    if (e->tos) {
        int tos = e->tos;

        add_control (h, &used, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos,
                     sizeof tos);
    }
    if (n > 1) {
        guint16 segment = (guint16) u->data[from].iov_len;

        add_control (h, &used, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    }
    h->msg_controllen = used;
}

/* Puts entry `i` and those that may share its message into iov[i …]; returns how many. */
static guint
gather_run (PathUdp *u, guint i, guint *n_iov)
{
    const PathEntry *e       = &u->entry[i];
    gsize            segment = u->data[i].iov_len, total = segment;
    gsize            most = MIN (PATH_RUN_BYTES, MAX (u->throttle.limit, segment));
    gboolean      runs = path_offload_has (u->offloads, ADIT_OFFLOAD_UDP_SEGMENT) && i >= u->solo;
    struct iovec *iov  = &u->iov[i];
    guint         n    = 1;

    *iov = u->data[i];
    while (runs && i + n < u->n && n < PATH_SEGMENTS) {
        const struct iovec *d = &u->data[i + n];

        if (e[n].name != e->name || e[n].tos != e->tos || d->iov_len > segment ||
            total + d->iov_len > most)
            break;
        if ((guint8 *) iov->iov_base + iov->iov_len == d->iov_base)
            iov->iov_len += d->iov_len;
        else
            *++iov = *d;
        total += d->iov_len;
        n++;
        if (d->iov_len < segment)
            break;
    }
    *n_iov = (guint) (iov - &u->iov[i]) + 1;
    return n;
}

static guint
build (PathUdp *u)
{
    guint m = 0;

    for (guint i = u->done; i < u->n;) {
        guint n_iov, n = gather_run (u, i, &n_iov);

        fill_message (u, m++, i, n, n_iov);
        i += n;
    }
    return m;
}

static void
advance (PathUdp *u, guint messages, gint64 now_us)
{
    gsize bytes = 0;

    for (guint m = 0; m < messages; m++) {
        if (u->trial && u->done < u->solo) { /* a single datagram passes where a run did not */
            u->trial = FALSE;
            path_offload_lose (u->offloads, ADIT_OFFLOAD_UDP_SEGMENT, now_us);
        }
        for (guint i = 0; i < u->run[m]; i++)
            bytes += u->data[u->done++].iov_len;
        if (u->run[m] > 1)
            path_offload_use (u->offloads, ADIT_OFFLOAD_UDP_SEGMENT);
    }
    u->retried = 0;
    path_throttle_sent (&u->throttle, bytes, now_us);
}

static void
drop_first (PathUdp *u, AditDrop why)
{
    u->stats->drops[why] += u->run[0];
    u->done += u->run[0];
    u->retried = 0;
    u->trial   = FALSE; /* refused on its own too: runs are not to blame */
}

/* What to do about the first message.  FALSE: wait, or give up when `broken`. */
static gboolean
on_refused (PathUdp *u, int error, gint64 now_us)
{
    if (error == EINTR)
        return TRUE;
    if (error == EAGAIN) {
        path_throttle_full (&u->throttle, now_us);
        return FALSE;
    }
    if (error == EBADF || error == ENOTSOCK || error == EPIPE) {
        u->broken = error;
        return FALSE;
    }
    if (error == ENOBUFS) { /* with IP_RECVERR: the queue below dropped it */
        drop_first (u, ADIT_DROP_TRANSPORT);
        return TRUE;
    }
    u->errors = TRUE;
    if (u->retried != u->done + 1) { /* may be the answer to something sent long ago */
        u->retried = u->done + 1;
    } else if (u->run[0] > 1) {
        u->solo    = u->done + u->run[0];
        u->trial   = error == EIO || error == EINVAL || error == EMSGSIZE;
        u->retried = 0;
    } else {
        drop_first (u, error == EMSGSIZE ? ADIT_DROP_TOO_BIG : ADIT_DROP_TRANSPORT);
    }
    return TRUE;
}

static void
all_gone (PathUdp *u)
{
    for (guint i = u->n; i-- > 0;) /* the first taken is on top again */
        release (u, u->entry[i].block);
    u->n = u->done = u->n_names = u->solo = u->retried = 0;
    u->trial                                           = FALSE;
}

static int
submit (PathUdp *u, guint messages, gint64 now_us)
{
    int n;

    u->stats->tx_calls++;
    if (messages > 1 && path_offload_has (u->offloads, ADIT_OFFLOAD_MMSG)) {
        n = u->system->sendmmsg (u->fd, u->message, messages, MSG_DONTWAIT);
        if (n < 0 && errno == ENOSYS) {
            path_offload_lose (u->offloads, ADIT_OFFLOAD_MMSG, now_us);
            errno = EINTR;
        } else if (n > 0) {
            path_offload_use (u->offloads, ADIT_OFFLOAD_MMSG);
        }
        return n;
    }
    return u->system->sendmsg (u->fd, &u->message[0].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
}

gboolean
path_udp_flush (PathUdp *u, gint64 now_us)
{
    while (u->done < u->n) {
        int n = submit (u, build (u), now_us);

        if (n > 0)
            advance (u, (guint) n, now_us);
        else if (!on_refused (u, n < 0 ? errno : EAGAIN, now_us))
            return FALSE;
    }
    all_gone (u);
    return TRUE;
}
