/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* link.c - sockets that the parent opened for us, as long as no path lies over them: their bytes go
 * to the plugin and come from it on this thread.  What a plugin sends before the socket is there
 * waits, a few packets long. */
#include "client/worker/address.h"
#include "client/worker/host.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EARLY_MAX  = 16,         /* packets sent before the socket is there */
    TURN_MAX   = 16,         /* packets read before others get their turn */
    PACKET_MAX = 65535,      /* bytes */
    UNSENT_MAX = 256 * 1024, /* bytes of a stream that the peer does not take */
};

typedef enum {
    WANTED,     /* the parent was asked */
    CONNECTING, /* a stream that the peer has not accepted yet */
    BARE,
    LAID,     /* the data thread has it */
    GONE,     /* lost */
    UNLINKED, /* by the plugin: nothing is told any more */
    N_LINK_STATES,
} LinkState;

struct AditLink {
    WorkerHost    *host;
    guint32        id;
    AditLinkKind   kind;
    gboolean       connected;
    AditLinkEvents events;
    gpointer       user;
    LinkState      state;
    guint          refs; /* the plugin, a path over it, and each event being told */

    int          fd;
    guint8       family;
    guint16      local_port;
    guint        mtu;
    AditEndpoint peer;
    guint        readable, writable; /* sources */
    GQueue       early;              /* Early */
    GByteArray  *unsent;             /* of a stream */
};

typedef struct {
    AditEndpoint to;
    AditPacket  *packet;
} Early;

#define TO(s) (1u << (s))
static const guint may_follow[N_LINK_STATES] = {
    [WANTED]     = TO (CONNECTING) | TO (BARE) | TO (GONE) | TO (UNLINKED),
    [CONNECTING] = TO (BARE) | TO (GONE) | TO (UNLINKED),
    [BARE]       = TO (LAID) | TO (GONE) | TO (UNLINKED),
    [LAID]       = TO (BARE) | TO (GONE) | TO (UNLINKED),
    [GONE]       = TO (UNLINKED),
    [UNLINKED]   = 0,
};

static gboolean on_readable (gint fd, GIOCondition condition, gpointer user);
static gboolean on_writable (gint fd, GIOCondition condition, gpointer user);

/* The only writer of link->state; who listens to the socket follows from it. */
static void
enter (AditLink *link, LinkState next)
{
    g_return_if_fail (may_follow[link->state] & TO (next));
    link->state = next;
    g_clear_handle_id (&link->readable, g_source_remove);
    g_clear_handle_id (&link->writable, g_source_remove);
    switch (next) {
    case CONNECTING:
        link->writable = g_unix_fd_add (link->fd, G_IO_OUT, on_writable, link);
        break;
    case BARE:
        link->readable = g_unix_fd_add (link->fd, G_IO_IN | G_IO_ERR | G_IO_HUP, on_readable, link);
        break;
    case WANTED:
    case LAID:
    case GONE:
    case UNLINKED:
    case N_LINK_STATES:
        break;
    }
}

static void
early_free (gpointer data)
{
    Early *early = data;

    adit_packet_free (early->packet);
    g_free (early);
}

static void
unref (AditLink *link)
{
    if (--link->refs)
        return;
    if (link->fd >= 0)
        close (link->fd);
    g_queue_clear_full (&link->early, early_free);
    if (link->unsent)
        g_byte_array_unref (link->unsent);
    g_free (link);
}

/* Takes cause. */
static void
lose (AditLink *link, GError *cause)
{
    enter (link, GONE);
    if (link->events.lost)
        link->events.lost (link->user, cause);
    else
        g_error_free (cause);
}

static void
lose_errno (AditLink *link, int number)
{
    GError *cause = NULL;

    if (number)
        adit_fail_errno (&cause, number, ADIT_ERROR_LOST, _ ("The connection broke."));
    else
        adit_fail (&cause, ADIT_ERROR_LOST, _ ("The other side closed the connection."));
    lose (link, cause);
}

/* ---- out ---- */

static void
flush_stream (AditLink *link)
{
    while (link->unsent->len) {
        ssize_t sent = send (link->fd, link->unsent->data, link->unsent->len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            break; /* no room yet; an error shows up on reading */
        g_byte_array_remove_range (link->unsent, 0, (guint) sent);
    }
    if (link->unsent->len && !link->writable)
        link->writable = g_unix_fd_add (link->fd, G_IO_OUT, on_writable, link);
}

static void
send_stream (AditLink *link, const AditPacket *packet)
{
    if (!link->unsent)
        link->unsent = g_byte_array_new ();
    if (link->unsent->len + packet->len > UNSENT_MAX) {
        lose_errno (link, ENOBUFS);
        return;
    }
    g_byte_array_append (link->unsent, packet->data, packet->len);
    flush_stream (link);
}

/* Datagrams may be lost anywhere, so here too. */
static void
send_datagram (AditLink *link, const AditEndpoint *to, const AditPacket *packet)
{
    WorkerAddress address;
    socklen_t     size = 0;

    if (!link->connected) {
        size = to ? worker_address_fill (to, link->family, &address) : 0;
        if (!size)
            return;
    }
    while (sendto (link->fd, packet->data, packet->len, MSG_NOSIGNAL, size ? &address.any : NULL,
                   size) < 0 &&
           errno == EINTR)
        continue;
}

static void
keep_early (AditLink *link, const AditEndpoint *to, AditPacket *packet)
{
    Early *early = g_new0 (Early, 1);

    if (to)
        early->to = *to;
    early->packet = packet;
    g_queue_push_tail (&link->early, early);
    if (g_queue_get_length (&link->early) > EARLY_MAX)
        early_free (g_queue_pop_head (&link->early));
}

void
worker_link_send (AditLink *link, const AditEndpoint *to, AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;

    switch (link->state) {
    case WANTED:
    case CONNECTING:
        keep_early (link, to, g_steal_pointer (&p));
        break;
    case BARE:
        if (link->kind == ADIT_LINK_TCP)
            send_stream (link, p);
        else
            send_datagram (link, to, p);
        break;
    case LAID: /* inject() is the way then */
    case GONE:
    case UNLINKED:
    case N_LINK_STATES:
        break;
    }
}

static void
send_early (AditLink *link)
{
    Early *early;

    while (link->state == BARE && (early = g_queue_pop_head (&link->early))) {
        worker_link_send (link, early->to.family ? &early->to : NULL,
                          g_steal_pointer (&early->packet));
        g_free (early);
    }
}

/* ---- in ---- */

/* Raw IPv4 sockets hand up the outer header too (raw(7)); the plugin speaks the protocol inside. */
static gboolean
strip (const AditLink *link, AditPacket *packet)
{
    if (link->kind != ADIT_LINK_IP || link->family != 4)
        return TRUE;
    return packet->len >= 20 && adit_packet_pull (packet, (gsize) (packet->data[0] & 15) * 4);
}

/* NULL with *number 0: nothing more now, or the end of a stream (*end). */
static AditPacket *
receive (AditLink *link, AditEndpoint *from, int *number, gboolean *end)
{
    static guint8 buffer[PACKET_MAX]; /* pages are only used as far as a packet reached */
    WorkerAddress address = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t     size    = sizeof address;
    ssize_t       got     = recvfrom (link->fd, buffer, sizeof buffer, 0, &address.any, &size);

    *number = got < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
    *end    = got == 0 && link->kind == ADIT_LINK_TCP;
    if (got < 0 || *end)
        return NULL;
    if (link->connected)
        *from = link->peer;
    else
        worker_address_read (&address, from);
    return adit_packet_new (buffer, (gsize) got);
}

/* What ICMP said about an earlier datagram is no end: the peer may answer yet. */
static gboolean
is_end (const AditLink *link, int number)
{
    return link->kind == ADIT_LINK_TCP || number == EBADF || number == ENOTSOCK;
}

/* Notices of ICMP, asked for by the parent for the path's sake; left there they would wake us for
 * ever. */
static void
drain_errors (int fd)
{
    guint8 byte;

    while (recv (fd, &byte, sizeof byte, MSG_ERRQUEUE) >= 0)
        continue;
}

void
worker_link_refused (AditLink *link)
{
    if (link->events.refused && link->connected && link->state != UNLINKED)
        link->events.refused (link->user);
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user)
{
    AditLink *link = user;

    link->refs++;
    for (guint i = 0; i < TURN_MAX && link->state == BARE; i++) {
        AditEndpoint from;
        int          number;
        gboolean     end;
        g_autoptr (AditPacket) packet = receive (link, &from, &number, &end);

        if (packet && link->events.recv && strip (link, packet))
            link->events.recv (link->user, &from, g_steal_pointer (&packet));
        else if (end || (number && is_end (link, number)))
            lose_errno (link, number);
        else if (number == ECONNREFUSED)
            worker_link_refused (link);
        else if (!packet && !number)
            break;
    }
    if ((condition & G_IO_ERR) && link->kind != ADIT_LINK_TCP)
        drain_errors (fd);
    unref (link);
    return G_SOURCE_CONTINUE;
}

static void
make_ready (AditLink *link)
{
    enter (link, BARE);
    link->refs++;
    if (link->events.ready)
        link->events.ready (link->user, link->local_port);
    send_early (link);
    unref (link);
}

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditLink *link   = user;
    int       number = 0;
    socklen_t size   = sizeof number;

    if (link->state == CONNECTING) {
        link->writable = 0;
        getsockopt (fd, SOL_SOCKET, SO_ERROR, &number, &size);
        if (number)
            lose_errno (link, number);
        else
            make_ready (link);
        return G_SOURCE_REMOVE;
    }
    flush_stream (link);
    if (link->unsent->len)
        return G_SOURCE_CONTINUE;
    link->writable = 0;
    return G_SOURCE_REMOVE;
}

/* ---- wanting and having ---- */

static guint8
family_of (int fd)
{
    int       domain = 0;
    socklen_t size   = sizeof domain;

    getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return domain == AF_INET6 ? 6 : 4;
}

static void
on_reply (gpointer object, AditMessage *reply)
{
    AditLink *link = object;

    worker_want_end (link->host, link->id);
    link->refs++;
    if (reply->kind == ADIT_MSG_REFUSED) {
        lose (link, worker_want_refusal (reply));
    } else {
        link->fd         = reply->fds[0];
        reply->fds[0]    = -1;
        link->family     = family_of (link->fd);
        link->local_port = (guint16) reply->number;
        link->mtu        = (guint) reply->extra;
        link->peer       = reply->endpoint;
        if (link->kind == ADIT_LINK_TCP)
            enter (link, CONNECTING);
        else
            make_ready (link);
    }
    unref (link);
}

AditLink *
worker_link (AditHost *base, const AditLinkSpec *spec, const AditLinkEvents *events, gpointer user)
{
    WorkerHost *host    = worker_host (base);
    AditLink   *link    = g_new0 (AditLink, 1);
    char       *texts[] = { (char *) spec->server, NULL };
    AditMessage want    = { .kind   = ADIT_MSG_WANT_LINK,
                            .number = spec->kind,
                            .extra  = (guint64) spec->port << 16 | spec->local_port,
                            .texts  = texts };

    link->host      = host;
    link->id        = worker_want_id (host);
    link->kind      = spec->kind;
    link->connected = spec->server != NULL;
    link->events    = *events;
    link->user      = user;
    link->fd        = -1;
    link->refs      = 1;
    g_queue_init (&link->early);
    if (host->state == WORKER_ENDING)
        return link;
    worker_want (host, link->id, ADIT_MSG_LINK, on_reply, link, NULL);
    want.id = link->id;
    adit_parent_send (host->parent, &want);
    return link;
}

void
worker_unlink (AditLink *link)
{
    AditMessage drop = { .kind = ADIT_MSG_DROP_LINK, .id = link->id };

    worker_want_end (link->host, link->id);
    adit_parent_send (link->host->parent, &drop);
    enter (link, UNLINKED);
    unref (link);
}

guint32
worker_link_id (const AditLink *link)
{
    return link->id;
}

gboolean
worker_link_lay (AditLink *link, WorkerLinkFacts *facts)
{
    if (link->state != BARE)
        return FALSE;
    enter (link, LAID);
    link->refs++;
    *facts = (WorkerLinkFacts){ link->fd, link->kind, link->connected, link->family, link->mtu };
    return TRUE;
}

void
worker_link_bare (AditLink *link)
{
    if (link->state == LAID)
        enter (link, BARE);
    unref (link);
}
