/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* packets.h - well-formed packets to begin a test with, and a generator that is the same every
 * time. */
#pragma once
#include "client/path/checksum.h"
#include "client/path/inner.h"
#include "client/path/vnet.h"

typedef struct {
    guint    version; /* 4 or 6 */
    guint8   proto;   /* PATH_TCP or PATH_UDP */
    guint8   tos;
    guint16  port; /* tells flows apart */
    guint16  id;
    gboolean may_fragment;
    guint32  seq;
    guint8   flags;   /* of TCP */
    guint    options; /* bytes of TCP options, all NOP */
    gsize    body;
} PacketSpec;

/* xorshift64*: the tests must not differ from run to run. */
static inline guint32
next_random (guint64 *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (guint32) ((*state * 0x2545f4914f6cdd1du) >> 32);
}

static inline gsize
packet_headers (const PacketSpec *s)
{
    return (s->version == 4 ? 20 : 40) + (s->proto == PATH_TCP ? 20 + s->options : 8);
}

static inline void
packet_transport (const PacketSpec *s, guint8 *t, gsize len)
{
    path_put16 (t, s->port);
    path_put16 (t + 2, 443);
    if (s->proto == PATH_UDP) {
        path_put16 (t + 4, (guint) len);
        return;
    }
    path_put32 (t + 4, s->seq);
    path_put32 (t + 8, 77);
    t[12] = (guint8) ((5 + s->options / 4) << 4);
    t[13] = s->flags;
    path_put16 (t + 14, 500);
    memset (t + 20, 1, s->options);
}

/* Body byte i is a function of the sequence number, so that order can be checked. */
static inline void
packet_body (const PacketSpec *s, guint8 *body)
{
    for (gsize i = 0; i < s->body; i++)
        body[i] = (guint8) ((s->seq + i) * 31 + s->port);
}

static inline void
packet_checksums (guint8 *p, gsize len)
{
    PathInner in;
    guint8   *sum;

    g_assert_true (path_inner_parse (&in, p, len));
    if (in.version == 4)
        path_inner_seal_ip (p);
    sum = p + in.transport + (in.proto == PATH_TCP ? 16 : 6);
    memset (sum, 0, 2);
    path_seal (sum, path_sum (p + in.transport, in.total - in.transport,
                              path_inner_pseudo (&in, p, in.total - in.transport)));
    if (in.proto == PATH_UDP && path_get16 (sum) == 0)
        path_put16 (sum, 0xffff);
}

static inline gsize
packet_make (const PacketSpec *s, guint8 *p)
{
    gsize ip = s->version == 4 ? 20 : 40, len = packet_headers (s) + s->body;

    memset (p, 0, packet_headers (s));
    if (s->version == 4) {
        p[0] = 0x45;
        p[1] = s->tos;
        path_put16 (p + 2, (guint) len);
        path_put16 (p + 4, s->id);
        p[6] = s->may_fragment ? 0 : 0x40;
        p[8] = 64;
        p[9] = s->proto;
        memcpy (p + 12, "\012\000\000\001\012\000\000\002", 8);
    } else {
        path_put16 (p, 0x6000u | (guint) s->tos << 4);
        path_put16 (p + 4, (guint) (len - 40));
        p[6] = s->proto;
        p[7] = 64;
        p[8] = p[24] = 0xfd;
        p[23]        = 1;
        p[39]        = 2;
    }
    packet_transport (s, p + ip, len - ip);
    packet_body (s, p + packet_headers (s));
    packet_checksums (p, len);
    return len;
}

/* The virtio header of a superframe as the kernel would write it; makes the checksum partial. */
static inline PathVnet
packet_super (const PacketSpec *s, guint8 *p, guint16 segment)
{
    gsize     ip = s->version == 4 ? 20 : 40, len = packet_headers (s) + s->body;
    gboolean  tcp = s->proto == PATH_TCP;
    PathInner in;
    guint16   partial;
    PathVnet  v = { .flags       = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                    .gso_type    = !tcp              ? VIRTIO_NET_HDR_GSO_UDP_L4
                                   : s->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
                                                     : VIRTIO_NET_HDR_GSO_TCPV6,
                    .hdr_len     = (guint16) packet_headers (s),
                    .gso_size    = segment,
                    .csum_start  = (guint16) ip,
                    .csum_offset = tcp ? 16 : 6 };

    g_assert_true (path_inner_parse (&in, p, len));
    partial = path_fold (path_inner_pseudo (&in, p, len - ip));
    memcpy (p + ip + v.csum_offset, &partial, 2);
    return v;
}

static inline void
assert_right_checksums (const guint8 *p, gsize len)
{
    PathInner in;

    g_assert_true (path_inner_parse (&in, p, len));
    g_assert_cmpuint (in.total, ==, len);
    if (in.version == 4)
        g_assert_cmphex (path_fold (path_sum (p, (p[0] & 15) * 4, 0)), ==, 0xffff);
    if (in.payload)
        g_assert_true (path_inner_verify (&in, p));
}
