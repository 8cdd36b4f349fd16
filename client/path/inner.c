/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inner.c - headers of the packets inside. */
#include "client/path/inner.h"
#include "client/path/checksum.h"

enum {
    IPV4_HEADER      = 20,
    IPV6_HEADER      = 40,
    TCP_HEADER       = 20,
    UDP_HEADER       = 8,
    MAX_EXTENSIONS   = 8, /* more of them is nobody's honest packet */
    HOP_BY_HOP       = 0,
    ROUTING          = 43,
    FRAGMENT         = 44,
    DESTINATION      = 60,
    TCP_OPTION_END   = 0,
    TCP_OPTION_NOP   = 1,
    TCP_OPTION_MSS   = 2,
    MORE_OR_OFFSET   = 0x3fff, /* of the IPv4 fragment field */
    SMALLEST_MSS_MTU = 296,
};

/* IPv6 extension headers: hop by hop, destination options, and a routing header that has arrived
 * (with segments left the checksum covers another destination).  RFC 8200 4 */
static void
skip_extensions (PathInner *in, const guint8 *p)
{
    guint8 next = in->proto;
    gsize  at   = in->transport;

    for (guint i = 0; next == HOP_BY_HOP || next == ROUTING || next == DESTINATION; i++) {
        gsize size;

        if (i == MAX_EXTENSIONS || at + 8 > in->total || (next == ROUTING && p[at + 3] != 0)) {
            next = 0;
            break;
        }
        size = (p[at + 1] + 1u) * 8u;
        next = p[at];
        at += size;
    }
    if (at > in->total || at > G_MAXUINT16)
        next = 0;
    in->fragment  = next == FRAGMENT;
    in->proto     = next == FRAGMENT ? 0 : next;
    in->transport = in->proto ? (guint16) at : 0;
}

static void
find_payload (PathInner *in, const guint8 *p)
{
    gsize left = in->total - in->transport;
    gsize size = UDP_HEADER;

    if (in->proto == PATH_TCP && left >= TCP_HEADER)
        size = (p[in->transport + 12] >> 4) * 4u;
    else if (in->proto != PATH_UDP)
        return;
    if (left >= size && (in->proto == PATH_UDP || size >= TCP_HEADER))
        in->payload = (guint16) (in->transport + size);
}

static gboolean
parse_ipv4 (PathInner *in, const guint8 *p, gsize len)
{
    in->transport = (guint16) ((p[0] & 15) * 4);
    in->total     = path_get16 (p + 2);
    in->tos       = p[1];
    in->proto     = p[9];
    in->fragment  = (path_get16 (p + 6) & MORE_OR_OFFSET) != 0;
    return in->transport >= IPV4_HEADER && in->total >= in->transport && in->total <= len;
}

static gboolean
parse_ipv6 (PathInner *in, const guint8 *p, gsize len)
{
    if (len < IPV6_HEADER)
        return FALSE;
    in->transport = IPV6_HEADER;
    in->total     = IPV6_HEADER + path_get16 (p + 4);
    in->tos       = (guint8) (path_get16 (p) >> 4);
    in->proto     = p[6];
    if (in->total > len)
        return FALSE;
    skip_extensions (in, p);
    return TRUE;
}

gboolean
path_inner_parse (PathInner *in, const guint8 *p, gsize len)
{
    memset (in, 0, sizeof *in);
    if (len < IPV4_HEADER)
        return FALSE;
    in->version = p[0] >> 4;
    if (in->version == 4 ? !parse_ipv4 (in, p, len) : in->version != 6 || !parse_ipv6 (in, p, len))
        return FALSE;
    if (!in->fragment && in->transport)
        find_payload (in, p);
    return TRUE;
}

guint32
path_inner_flow (const PathInner *in, const guint8 *p, guint32 seed)
{
    guint32 h = in->version == 4 ? path_hash (p + 12, 8, seed) : path_hash (p + 8, 32, seed);

    h ^= in->proto;
    return in->payload ? path_hash (p + in->transport, 4, h) : h * 0x9e3779b1u;
}

guint64
path_inner_pseudo (const PathInner *in, const guint8 *p, gsize len)
{
    guint64 sum = in->version == 4 ? path_sum_words (p + 12, 2, 0) : path_sum_words (p + 8, 8, 0);

    return sum + g_htonl ((guint32) len) + g_htons (in->proto);
}

gboolean
path_inner_verify (const PathInner *in, const guint8 *p)
{
    gsize         len = in->total - in->transport;
    const guint8 *t   = p + in->transport;

    if (in->proto == PATH_UDP && path_get16 (t + 6) == 0)
        return in->version == 4;
    return path_fold (path_sum (t, len, path_inner_pseudo (in, p, len))) == 0xffff;
}

void
path_inner_seal_ip (guint8 *p)
{
    memset (p + 10, 0, 2);
    path_seal (p + 10, path_sum_words (p, p[0] & 15, 0));
}

/* The place of the MSS option's value, or 0. */
static gsize
find_mss (const guint8 *p, gsize at, gsize end)
{
    while (at + 1 < end && p[at] != TCP_OPTION_END) {
        gsize size = p[at] == TCP_OPTION_NOP ? 1 : p[at + 1];

        if (size == 0 || at + size > end)
            return 0;
        if (p[at] == TCP_OPTION_MSS)
            return size == 4 ? at + 2 : 0;
        at += size;
    }
    return 0;
}

/* A word at an odd offset enters the sum with its bytes exchanged. */
static void
rewrite_word (guint8 *t, gsize at, guint value)
{
    guint16 before, after;

    memcpy (&before, t + at, 2);
    path_put16 (t + at, value);
    memcpy (&after, t + at, 2);
    if (at & 1) {
        before = GUINT16_SWAP_LE_BE (before);
        after  = GUINT16_SWAP_LE_BE (after);
    }
    path_reseal (t + 16, before, after);
}

gboolean
path_inner_clamp (const PathInner *in, guint8 *p, guint mtu)
{
    guint8 *t        = p + in->transport;
    guint   overhead = (in->version == 4 ? IPV4_HEADER : IPV6_HEADER) + TCP_HEADER;
    gsize   at;

    if (in->proto != PATH_TCP || !in->payload || !(t[13] & PATH_TCP_SYN) || mtu < SMALLEST_MSS_MTU)
        return FALSE;
    at = find_mss (t, TCP_HEADER, in->payload - in->transport);
    if (!at || path_get16 (t + at) <= mtu - overhead)
        return FALSE;
    rewrite_word (t, at, mtu - overhead);
    return TRUE;
}

void
path_inner_set_ecn (guint8 *p, guint8 ecn)
{
    guint16 before, after;

    if (p[0] >> 4 == 6) {
        p[1] = (guint8) ((p[1] & ~0x30) | ecn << 4);
        return;
    }
    memcpy (&before, p, 2);
    p[1] = (guint8) ((p[1] & ~PATH_ECN_MASK) | ecn);
    memcpy (&after, p, 2);
    path_reseal (p + 10, before, after);
}

gboolean
path_inner_merge_ecn (guint8 *p, guint8 inner_tos, guint8 outer_tos)
{
    guint8 inner = inner_tos & PATH_ECN_MASK, outer = outer_tos & PATH_ECN_MASK;

    if (outer == PATH_CE && inner == PATH_NOT_ECT)
        return FALSE;
    if ((outer == PATH_CE && inner != PATH_CE) || (outer == PATH_ECT1 && inner == PATH_ECT0))
        path_inner_set_ecn (p, outer);
    return TRUE;
}
