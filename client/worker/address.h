/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.h - endpoints as sockets want them, and back. */
#pragma once
#include "client/base/packet.h"
#include <netinet/in.h>

typedef union {
    struct sockaddr     any;
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
} WorkerAddress;

/* For a socket of family 4 or 6; on the latter IPv4 is mapped.  0: it cannot reach that. */
socklen_t worker_address_fill (const AditEndpoint *endpoint, guint8 family, WorkerAddress *out);
/* Mapped IPv4 becomes IPv4. */
void worker_address_read (const WorkerAddress *address, AditEndpoint *out);
