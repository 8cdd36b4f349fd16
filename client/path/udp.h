/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* udp.h - the transport of datagrams, over UDP or straight over IP: out in runs of equal length
 * (UDP_SEGMENT), in as the kernel joined them (UDP_GRO), with the ECN field of each.  What the
 * socket has no room for waits here, in order; what it refuses as a run goes again one by one. */
#pragma once
#include "client/base/packet.h"
#include "client/path/offload.h"
#include "client/path/pool.h"
#include "client/path/system.h"
#include "client/path/throttle.h"
#include <netinet/in.h>

enum {
    PATH_ENTRIES   = ADIT_BATCH + 32, /* a batch and what the control half injects */
    PATH_RECEIVE   = 64,              /* most datagrams of one call, without UDP_GRO */
    PATH_GRO       = 8,               /* with it, each of 64 KiB */
    PATH_GRO_SIZE  = 65536,
    PATH_RUN_BYTES = 65507, /* the largest UDP payload over IPv4 */
};

/* One outer address, as the kernel wants it. */
typedef union {
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
    struct sockaddr     any;
} PathName;

/* A datagram waiting to be sent. */
typedef struct {
    guint16 block; /* of the pool, given back when sent; PATH_NO_BLOCK: none */
    guint16 name;
    guint8  tos;
} PathEntry;

/* What one receive call brought: one datagram or several of `segment` bytes, the last may be
 * shorter. */
typedef struct {
    guint8      *data;
    guint        len, segment;
    guint8       tos;
    AditEndpoint from;
} PathDatagram;

typedef union {
    char           bytes[CMSG_SPACE (sizeof (int)) + CMSG_SPACE (sizeof (guint16))];
    struct cmsghdr align;
} PathControl;

typedef struct {
    const AditSystem *system;
    PathOffloads     *offloads;
    AditPathStats    *stats;
    PathPool         *pool;
    int               fd;
    guint8            family; /* 4 or 6, of the socket */
    gboolean          connected, copy_dscp;
    gboolean          raw;    /* straight over IP: no runs, and the IPv4 header comes along */
    int               broken; /* errno that means the socket is gone */
    gboolean          errors; /* the error queue may hold something */
    PathThrottle      throttle;

    guint          n, done; /* entries, and how many of them are gone */
    guint          n_names;
    guint          solo;    /* entries before this one go one by one */
    gboolean       trial;   /* … to find out whether runs are what the socket refuses */
    guint          retried; /* 1 + the entry that met an error which may not be its own */
    PathEntry      entry[PATH_ENTRIES];
    struct iovec   data[PATH_ENTRIES];
    PathName       name[PATH_ENTRIES];
    struct mmsghdr message[PATH_ENTRIES];
    guint16        run[PATH_ENTRIES]; /* entries in each message */
    struct iovec   iov[PATH_ENTRIES];
    PathControl    control[PATH_ENTRIES];

    guint8        *buffer; /* of received datagrams, touched when first used */
    gsize          piece;  /* of it, for each datagram without UDP_GRO; grows when one was cut */
    guint          n_received;
    PathDatagram   received[PATH_RECEIVE];
    struct mmsghdr in[PATH_RECEIVE];
    struct iovec   in_iov[PATH_RECEIVE];
    PathName       in_name[PATH_RECEIVE];
    char           in_control[PATH_RECEIVE][128] __attribute__ ((aligned (8)));
} PathUdp;

typedef struct {
    int      fd;
    guint8   family;
    gboolean connected, copy_dscp, raw;
    gboolean throttle;
} PathUdpConfig;

/* The socket's options are set here; path_udp_clear() undoes what a bare socket must not have. */
gboolean path_udp_init (PathUdp *udp, const AditSystem *system, PathOffloads *offloads,
                        PathPool *pool, const PathUdpConfig *config);
void     path_udp_clear (PathUdp *udp);
void     path_udp_trim (PathUdp *udp); /* gives the receive buffer's memory back */
void     path_udp_set_gro (PathUdp *udp, gboolean on);

/* Bits 1 << AditOffload of what a kernel of this release cannot be trusted with. */
guint32 path_udp_faults (const char *release);

/* FALSE: the socket cannot reach this family. */
gboolean path_udp_name (const PathUdp *udp, const AditEndpoint *endpoint, PathName *name);
void     path_udp_endpoint (const PathName *name, AditEndpoint *endpoint);

static inline gboolean
path_udp_room (const PathUdp *udp, guint n)
{
    return udp->n + n <= PATH_ENTRIES;
}

/* Appends a datagram, which stays where it is; takes the block, also when it has to drop it. */
void path_udp_put (PathUdp *udp, const AditPacket *packet, guint block);

/* Sends all that the socket takes; FALSE: some still waits for room (or `broken` is set). */
gboolean path_udp_flush (PathUdp *udp, gint64 now_us);

/* Fills received[]; TRUE: there may be more.  Valid until the next call. */
gboolean path_udp_receive (PathUdp *udp, gint64 now_us);

typedef struct {
    guint    mtu;     /* what an outer IP packet may have on the way, or 0 */
    gboolean refused; /* nothing listens there */
} PathNotice;

/* Takes one notice off the error queue: FALSE when it is empty. */
gboolean path_udp_error (PathUdp *udp, PathNotice *notice);
