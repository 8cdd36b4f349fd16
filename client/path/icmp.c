/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* icmp.c - RFC 1812 4.3.2.7 and RFC 4443 2.4 (e) say who must not be answered: errors, fragments
 * but the first, and everyone who is not one host. */
#include "client/path/icmp.h"
#include "client/path/checksum.h"
#include "client/path/inner.h"

enum {
    IPV4_QUOTE    = 548, /* RFC 1812 4.3.2.3: the answer has at most 576 bytes */
    IPV6_QUOTE    = 1232,
    HOP_LIMIT     = 64,
    UNREACHABLE   = 3,
    FRAG_NEEDED   = 4,
    TOO_BIG       = 2,
    FIRST_INFO_V6 = 128, /* ICMPv6 types below are errors */
};

static gboolean
is_one_ipv4_host (const guint8 *a)
{
    return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static gboolean
is_icmp_error (const PathInner *in, const guint8 *p)
{
    guint8 type;

    if (in->version == 4 ? in->proto != PATH_ICMP : in->proto != PATH_ICMPV6)
        return FALSE;
    if (in->transport >= in->total)
        return TRUE;
    type = p[in->transport];
    if (in->version == 6)
        return type < FIRST_INFO_V6;
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static gboolean
may_answer (const PathInner *in, const guint8 *p)
{
    static const guint8 unspecified[16];

    if (is_icmp_error (in, p))
        return FALSE;
    if (in->version == 4)
        return (path_get16 (p + 6) & 0x1fff) == 0 && is_one_ipv4_host (p + 12) &&
               is_one_ipv4_host (p + 16);
    return !in->fragment && p[8] != 0xff && p[24] != 0xff && memcmp (p + 8, unspecified, 16) != 0;
}

static gsize
answer_ipv4 (guint8 *out, const guint8 *p, gsize len, guint mtu)
{
    gsize   quote = MIN (len, IPV4_QUOTE);
    guint8 *icmp  = out + 20;

    memset (out, 0, 28);
    out[0] = 0x45;
    path_put16 (out + 2, (guint) (28 + quote));
    out[8] = HOP_LIMIT;
    out[9] = PATH_ICMP;
    memcpy (out + 12, p + 16, 4); /* as if the destination said so: an address routed this way */
    memcpy (out + 16, p + 12, 4);
    path_inner_seal_ip (out);
    icmp[0] = UNREACHABLE;
    icmp[1] = FRAG_NEEDED;
    path_put16 (icmp + 6, mtu);
    memcpy (icmp + 8, p, quote);
    path_seal (icmp + 2, path_sum (icmp, 8 + quote, 0));
    return 28 + quote;
}

static gsize
answer_ipv6 (guint8 *out, const guint8 *p, gsize len, guint mtu)
{
    gsize     quote = MIN (len, IPV6_QUOTE);
    guint8   *icmp  = out + 40;
    PathInner in    = { .version = 6, .proto = PATH_ICMPV6 };

    memset (out, 0, 48);
    out[0] = 0x60;
    path_put16 (out + 4, (guint) (8 + quote));
    out[6] = PATH_ICMPV6;
    out[7] = HOP_LIMIT;
    memcpy (out + 8, p + 24, 16);
    memcpy (out + 24, p + 8, 16);
    icmp[0] = TOO_BIG;
    path_put32 (icmp + 4, mtu);
    memcpy (icmp + 8, p, quote);
    path_seal (icmp + 2, path_sum (icmp, 8 + quote, path_inner_pseudo (&in, out, 8 + quote)));
    return 48 + quote;
}

gsize
path_icmp_too_big (guint8 out[PATH_ICMP_ROOM], const guint8 *p, gsize len, guint mtu)
{
    PathInner in;

    if (!path_inner_parse (&in, p, len) || !may_answer (&in, p))
        return 0;
    return in.version == 4 ? answer_ipv4 (out, p, len, mtu) : answer_ipv6 (out, p, len, mtu);
}
