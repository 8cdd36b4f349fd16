/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* socket.c - making, marking, binding and connecting. */
#include "client/net/socket.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 8 << 20, SEND_BYTES = 1 << 20 };

socklen_t
adit_socket_address (AditSocketAddress *out, const AditEndpoint *endpoint)
{
    memset (out, 0, sizeof *out);
    if (endpoint->family == 4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port   = GUINT16_TO_BE (endpoint->port);
        memcpy (&out->v4.sin_addr, endpoint->address, 4);
        return sizeof out->v4;
    }
    out->v6.sin6_family   = AF_INET6;
    out->v6.sin6_port     = GUINT16_TO_BE (endpoint->port);
    out->v6.sin6_scope_id = endpoint->scope;
    memcpy (&out->v6.sin6_addr, endpoint->address, 16);
    return sizeof out->v6;
}

static int
set (int fd, int level, int option, int value)
{
    return setsockopt (fd, level, option, &value, sizeof value);
}

/* The Force variants need CAP_NET_ADMIN; without it the limit of the machine applies. */
static void
widen (int fd)
{
    if (set (fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES) < 0)
        set (fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES);
    if (set (fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BYTES) < 0)
        set (fd, SOL_SOCKET, SO_SNDBUF, SEND_BYTES);
}

/* A dual stack socket needs both levels; each refusal only costs what it would have told us. */
static void
listen_to_the_path (int fd, int family)
{
    if (family == AF_INET6) {
        set (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
        set (fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
        set (fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    }
    set (fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    set (fd, IPPROTO_IP, IP_RECVERR, 1);
    set (fd, IPPROTO_IP, IP_RECVTOS, 1);
}

static int
bind_to (int fd, int family, guint16 port)
{
    AditEndpoint      any = { .family = family == AF_INET ? 4 : 6, .port = port };
    AditSocketAddress address;
    socklen_t         len = adit_socket_address (&address, &any);

    return bind (fd, &address.any, len);
}

static guint16
port_of (int fd)
{
    AditSocketAddress address = { 0 };
    socklen_t         len     = sizeof address;

    if (getsockname (fd, &address.any, &len) < 0)
        return 0;
    return GUINT16_FROM_BE (address.any.sa_family == AF_INET ? address.v4.sin_port
                                                             : address.v6.sin6_port);
}

static int
make (const AditSocketSpec *spec, int family)
{
    int protocol = spec->type == SOCK_RAW ? spec->protocol : 0;
    int fd       = socket (family, spec->type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd >= 0 && family == AF_INET6)
        set (fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    return fd;
}

/* 0 or errno. */
static int
prepare (int fd, int family, const AditSocketSpec *spec, const AditEndpoint *peer)
{
    if (spec->mark && set (fd, SOL_SOCKET, SO_MARK, (int) spec->mark) < 0)
        return errno;
    if (spec->type != SOCK_STREAM) {
        widen (fd);
        listen_to_the_path (fd, family);
    }
    if (spec->type != SOCK_RAW && (spec->local_port || peer == NULL) &&
        bind_to (fd, family, spec->local_port) < 0)
        return errno;
    if (peer) {
        AditSocketAddress address;
        socklen_t         len = adit_socket_address (&address, peer);

        if (spec->type == SOCK_RAW && family == AF_INET6)
            address.v6.sin6_port = 0;
        if (connect (fd, &address.any, len) < 0 && errno != EINPROGRESS)
            return errno;
    }
    return 0;
}

static int
try_family (const AditSocketSpec *spec, int family, const AditEndpoint *peer, int *number)
{
    int fd = make (spec, family);

    *number = fd < 0 ? errno : prepare (fd, family, spec, peer);
    if (*number && fd >= 0) {
        close (fd);
        fd = -1;
    }
    return fd;
}

static int
refuse (const AditSocketSpec *spec, int number, GError **error)
{
    if (number == EADDRINUSE)
        adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                         _ ("The local port %u is already in use by another program."),
                         spec->local_port);
    else if (number == ENETUNREACH || number == EHOSTUNREACH)
        adit_fail_errno (error, number, ADIT_ERROR_UNREACHABLE,
                         _ ("This machine has no route to the server."));
    else
        adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                         _ ("This machine did not allow a socket for the tunnel."));
    return -1;
}

int
adit_socket_open (const AditSocketSpec *spec, const AditEndpoint *peer, guint16 *local_port,
                  GError **error)
{
    int number = 0;
    int fd;

    if (peer && peer->family == 4)
        fd = try_family (spec, AF_INET, peer, &number);
    else
        fd = try_family (spec, AF_INET6, peer, &number);
    if (fd < 0 && peer == NULL && (number == EAFNOSUPPORT || number == EADDRNOTAVAIL))
        fd = try_family (spec, AF_INET, NULL, &number);
    if (fd < 0)
        return refuse (spec, number, error);
    if (local_port)
        *local_port = port_of (fd);
    return fd;
}

gboolean
adit_socket_peer (int fd, AditEndpoint *out)
{
    AditSocketAddress address = { 0 };
    socklen_t         len     = sizeof address;

    *out = (AditEndpoint){ .family = 0 };
    if (getpeername (fd, &address.any, &len) < 0)
        return FALSE;
    if (address.any.sa_family == AF_INET) {
        out->family = 4;
        out->port   = GUINT16_FROM_BE (address.v4.sin_port);
        memcpy (out->address, &address.v4.sin_addr, 4);
    } else {
        out->family = 6;
        out->port   = GUINT16_FROM_BE (address.v6.sin6_port);
        out->scope  = address.v6.sin6_scope_id;
        memcpy (out->address, &address.v6.sin6_addr, 16);
    }
    return TRUE;
}
