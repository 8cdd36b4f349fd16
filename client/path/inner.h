/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inner.h - what the path must know of a packet inside the tunnel: where its headers are, which
 * flow it belongs to, its MSS option and its ECN bits.  Judges nothing else; never reads past
 * `len`. */
#pragma once
#include <glib.h>

enum {
    PATH_TCP    = 6,
    PATH_UDP    = 17,
    PATH_ICMP   = 1,
    PATH_ICMPV6 = 58,

    PATH_TCP_FIN = 0x01,
    PATH_TCP_SYN = 0x02,
    PATH_TCP_PSH = 0x08,
    PATH_TCP_ACK = 0x10,
    PATH_TCP_ECE = 0x40,
    PATH_TCP_CWR = 0x80,

    PATH_ECN_MASK = 3, /* RFC 3168 5 */
    PATH_NOT_ECT  = 0,
    PATH_ECT1     = 1,
    PATH_ECT0     = 2,
    PATH_CE       = 3,
};

typedef struct {
    guint8   version; /* 4 or 6 */
    guint8   proto; /* of the transport header; 0 behind extension headers that are not followed */
    guint8   tos;
    gboolean fragment;  /* any fragment; a transport header is then not looked for */
    guint16  transport; /* offset of the transport header */
    guint16  payload;   /* offset of what follows a whole TCP or UDP header, else 0 */
    guint32  total;     /* bytes by the IP header; at most the `len` that was parsed */
} PathInner;

static inline guint16
path_get16 (const guint8 *p)
{
    return (guint16) (p[0] << 8 | p[1]);
}

static inline guint32
path_get32 (const guint8 *p)
{
    return (guint32) p[0] << 24 | (guint32) p[1] << 16 | (guint32) p[2] << 8 | p[3];
}

static inline void
path_put16 (guint8 *p, guint v)
{
    p[0] = (guint8) (v >> 8);
    p[1] = (guint8) v;
}

static inline void
path_put32 (guint8 *p, guint32 v)
{
    path_put16 (p, v >> 16);
    path_put16 (p + 2, v & 0xffff);
}

/* FALSE: not an IP packet of at most `len` bytes. */
gboolean path_inner_parse (PathInner *inner, const guint8 *p, gsize len);

/* Hash of addresses, protocol and, where known, ports. */
guint32 path_inner_flow (const PathInner *inner, const guint8 *p, guint32 seed);

/* Sum of the pseudo header for a transport segment of `len` bytes. */
guint64 path_inner_pseudo (const PathInner *inner, const guint8 *p, gsize len);

/* Whether the transport checksum is right (or, in UDP over IPv4, absent). */
gboolean path_inner_verify (const PathInner *inner, const guint8 *p);

/* Recomputes the IPv4 header's checksum. */
void path_inner_seal_ip (guint8 *p);

/* Lowers the MSS of a SYN to what fits in `mtu`; TRUE when it did. */
gboolean path_inner_clamp (const PathInner *inner, guint8 *p, guint mtu);

/* Replaces the ECN field. */
void path_inner_set_ecn (guint8 *p, guint8 ecn);

/* What RFC 6040 4.2 makes of both fields; FALSE: the packet is to be dropped. */
gboolean path_inner_merge_ecn (guint8 *p, guint8 inner_tos, guint8 outer_tos);
