/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.c - AditEndpoint and struct sockaddr. */
#include "client/worker/address.h"
#include <string.h>
#include <sys/socket.h>

static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff }; /* RFC 4291 2.5.5.2 */

socklen_t
worker_address_fill (const AditEndpoint *endpoint, guint8 family, WorkerAddress *out)
{
    memset (out, 0, sizeof *out);
    if (family == 4 && endpoint->family == 4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port   = GUINT16_TO_BE (endpoint->port);
        memcpy (&out->v4.sin_addr, endpoint->address, 4);
        return sizeof out->v4;
    }
    if (family != 6 || (endpoint->family != 4 && endpoint->family != 6))
        return 0;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port   = GUINT16_TO_BE (endpoint->port);
    if (endpoint->family == 4) {
        memcpy (&out->v6.sin6_addr, mapped, sizeof mapped);
        memcpy ((guint8 *) &out->v6.sin6_addr + sizeof mapped, endpoint->address, 4);
    } else {
        out->v6.sin6_scope_id = endpoint->scope;
        memcpy (&out->v6.sin6_addr, endpoint->address, 16);
    }
    return sizeof out->v6;
}

void
worker_address_read (const WorkerAddress *address, AditEndpoint *out)
{
    const guint8 *bytes = (const guint8 *) &address->v6.sin6_addr;

    memset (out, 0, sizeof *out);
    if (address->any.sa_family == AF_INET) {
        out->family = 4;
        out->port   = GUINT16_FROM_BE (address->v4.sin_port);
        memcpy (out->address, &address->v4.sin_addr, 4);
    } else if (address->any.sa_family == AF_INET6) {
        out->port = GUINT16_FROM_BE (address->v6.sin6_port);
        if (memcmp (bytes, mapped, sizeof mapped) == 0) {
            out->family = 4;
            memcpy (out->address, bytes + sizeof mapped, 4);
            return;
        }
        out->family = 6;
        out->scope  = address->v6.sin6_scope_id;
        memcpy (out->address, bytes, 16);
    }
}
