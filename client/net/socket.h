/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* socket.h - sockets towards peers, made with privilege for a worker that has none.  All are
 * non-blocking and close-on-exec, carry the mark, do not fragment, and report ICMP and TOS. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"
#include <netinet/in.h>
#include <sys/socket.h>

typedef union {
    struct sockaddr     any;
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
} AditSocketAddress;

/* An endpoint as system calls want it; its length. */
socklen_t adit_socket_address (AditSocketAddress *out, const AditEndpoint *endpoint);

typedef struct {
    int     type;     /* SOCK_DGRAM, SOCK_STREAM (connecting when returned), SOCK_RAW */
    int     protocol; /* of SOCK_RAW: the IP protocol */
    guint16 local_port;
    guint32 mark;
} AditSocketSpec;

/* Whom it is connected to; FALSE: nobody. */
gboolean adit_socket_peer (int fd, AditEndpoint *out);

/* peer NULL: a datagram socket open to all, IPv4 and IPv6 where the machine has it.  -1 on failure;
 * *local_port (may be NULL) is the port it got. */
int adit_socket_open (const AditSocketSpec *spec, const AditEndpoint *peer, guint16 *local_port,
                      GError **error);
