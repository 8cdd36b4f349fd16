/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split.c - segmentation as the kernel would do it, on a template of the headers whose sums are
 * kept, so that each segment costs one pass over its payload, which copies and adds at once. */
#include "client/path/split.h"
#include "client/path/checksum.h"

/* Does in software what the sender left to the device. */
static gboolean
complete_checksum (const PathVnet *v, guint8 *p, gsize len, const PathInner *in)
{
    gsize at = (gsize) v->csum_start + v->csum_offset;

    if (v->csum_start >= len || at + 2 > len || (v->csum_offset & 1))
        return FALSE;
    path_seal (p + at, path_sum (p + v->csum_start, len - v->csum_start, 0));
    if (in->proto == PATH_UDP && path_get16 (p + at) == 0) /* RFC 768: 0 means none */
        path_put16 (p + at, 0xffff);
    return TRUE;
}

static PathSplitResult
begin_single (PathSplit *s, const PathVnet *v, guint8 *p, guint mtu)
{
    if (v && v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !complete_checksum (v, p, s->len, &s->inner))
        return PATH_SPLIT_MALFORMED;
    if (s->len > mtu)
        return PATH_SPLIT_TOO_BIG;
    s->clamped = path_inner_clamp (&s->inner, p, mtu);
    s->segment = 0;
    s->at      = 0;
    return PATH_SPLIT_OK;
}

/* What each type of superframe must be; version 0: either. */
static const struct {
    guint8 type, version, proto, offset;
} supers[] = {
    { VIRTIO_NET_HDR_GSO_TCPV4, 4, PATH_TCP, PATH_TCP_CHECKSUM },
    { VIRTIO_NET_HDR_GSO_TCPV6, 6, PATH_TCP, PATH_TCP_CHECKSUM },
    { VIRTIO_NET_HDR_GSO_UDP_L4, 0, PATH_UDP, PATH_UDP_CHECKSUM },
};

/* Whether the virtio header tells the same story as the packet's own headers. */
static gboolean
judge_super (const PathSplit *s, const PathVnet *v, guint type)
{
    const PathInner *in = &s->inner;

    if (!in->payload || in->payload > sizeof s->header || in->payload >= s->len ||
        !(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || v->csum_start != in->transport || !v->gso_size)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (supers); i++)
        if (supers[i].type == type)
            return in->proto == supers[i].proto && v->csum_offset == supers[i].offset &&
                   (!supers[i].version || in->version == supers[i].version);
    return FALSE;
}

/* The template: everything that differs between segments is zero and added later. */
static void
make_template (PathSplit *s, const guint8 *p)
{
    guint8 *t = s->header + s->inner.transport;

    memcpy (s->header, p, s->inner.payload);
    if (s->inner.version == 4) {
        memset (s->header + 2, 0, 4); /* length, identification */
        memset (s->header + 10, 0, 2);
        s->ip_sum = path_sum (s->header, s->inner.transport, 0);
    }
    if (s->inner.proto == PATH_TCP) {
        memset (t + 4, 0, 4); /* sequence number */
        memset (t + 16, 0, 2);
        t[13] = 0;
    } else {
        memset (t + 4, 0, 4); /* length, checksum */
    }
    s->base_sum =
        path_sum (t, s->inner.payload - s->inner.transport, path_inner_pseudo (&s->inner, p, 0));
}

static PathSplitResult
begin_super (PathSplit *s, const PathVnet *v, const guint8 *p, guint mtu)
{
    guint type = v->gso_type & ~(guint) VIRTIO_NET_HDR_GSO_ECN;

    if (!judge_super (s, v, type))
        return PATH_SPLIT_MALFORMED;
    s->segment = v->gso_size;
    if (s->inner.payload + s->segment > mtu) {
        if (type == VIRTIO_NET_HDR_GSO_UDP_L4 || s->inner.payload >= mtu)
            return PATH_SPLIT_TOO_BIG;
        s->segment = mtu - s->inner.payload; /* a shorter TCP segment is as good */
    }
    s->at = s->inner.payload;
    make_template (s, p);
    return PATH_SPLIT_OK;
}

PathSplitResult
path_split_begin (PathSplit *s, const PathVnet *v, guint8 *p, gsize len, guint mtu, guint32 seed)
{
    PathSplitResult result;

    s->at = s->len = 0;
    if (!path_inner_parse (&s->inner, p, len))
        return PATH_SPLIT_MALFORMED;
    s->frame   = p;
    s->len     = s->inner.total;
    s->n       = 0;
    s->clamped = FALSE;
    s->flow    = path_inner_flow (&s->inner, p, seed);
    result     = v && v->gso_type != VIRTIO_NET_HDR_GSO_NONE ? begin_super (s, v, p, mtu)
                                                             : begin_single (s, v, p, mtu);
    if (result != PATH_SPLIT_OK)
        s->at = s->len;
    return result;
}

/* FIN and PSH belong to the last segment, CWR to the first.  RFC 3168 6.1.2 */
static guint8
flags_of (const PathSplit *s, gboolean last)
{
    guint8 flags = s->frame[s->inner.transport + 13];

    if (!last)
        flags &= (guint8) ~(PATH_TCP_FIN | PATH_TCP_PSH);
    return s->n ? flags & (guint8) ~PATH_TCP_CWR : flags;
}

static void
finish_tcp (const PathSplit *s, guint8 *to, gsize body, guint64 sum)
{
    guint8 *t     = to + s->inner.transport;
    guint32 seq   = path_get32 (s->frame + s->inner.transport + 4);
    guint8  flags = flags_of (s, s->at + body == s->len);

    seq += (guint32) (s->at - s->inner.payload);
    path_put32 (t + 4, seq);
    t[13] = flags;
    path_seal (t + 16, sum + g_htonl (seq) + g_htons (flags));
}

static void
finish_udp (const PathSplit *s, guint8 *to, gsize transport_len, guint64 sum)
{
    guint8 *t = to + s->inner.transport;

    path_put16 (t + 4, (guint) transport_len);
    path_seal (t + 6, sum + g_htons ((guint16) transport_len));
    if (path_get16 (t + 6) == 0)
        path_put16 (t + 6, 0xffff);
}

static void
finish_ip (const PathSplit *s, guint8 *to, gsize len)
{
    guint16 id;

    if (s->inner.version == 6) {
        path_put16 (to + 4, (guint) (len - 40));
        return;
    }
    id = (guint16) (path_get16 (s->frame + 4) + s->n);
    path_put16 (to + 2, (guint) len);
    path_put16 (to + 4, id);
    path_seal (to + 10, s->ip_sum + g_htons ((guint16) len) + g_htons (id));
}

gsize
path_split_next (PathSplit *s, guint8 *to)
{
    gsize   body, transport_len;
    guint64 sum;

    if (!s->segment) {
        memcpy (to, s->frame, s->len);
        s->at = s->len;
        return s->len;
    }
    body          = MIN (s->segment, s->len - s->at);
    transport_len = s->inner.payload - s->inner.transport + body;
    memcpy (to, s->header, s->inner.payload);
    sum = path_sum_copy (to + s->inner.payload, s->frame + s->at, body,
                         s->base_sum + g_htonl ((guint32) transport_len));
    if (s->inner.proto == PATH_TCP)
        finish_tcp (s, to, body, sum);
    else
        finish_udp (s, to, transport_len, sum);
    finish_ip (s, to, s->inner.payload + body);
    s->at += body;
    s->n++;
    return s->inner.payload + body;
}
