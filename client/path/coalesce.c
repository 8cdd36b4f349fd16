/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coalesce.c - what may be joined is what splitting it again gives back exactly: in-order segments
 * with equal headers and valid checksums, all of one size but a shorter last one. */
#include "client/path/coalesce.h"
#include "client/path/checksum.h"

enum { DONT_FRAGMENT = 0x40, SAVED_LEN = 0, SAVED_IP_SUM, SAVED_SUM, SAVED_UDP_LEN };

void
path_coalesce_reset (PathCoalesce *c)
{
    c->n = 0;
    memset (c->bucket, 0xff, sizeof c->bucket);
}

static guint8 *
first (const PathGroup *g)
{
    return g->iov[1].iov_base;
}

static gsize
payload_of (const PathInner *in)
{
    return in->payload ? in->total - in->payload : 0;
}

/* No options, and a right checksum, since closing a group writes a new one. */
static gboolean
plain_ipv4 (const guint8 *p)
{
    return p[0] == 0x45 && path_fold (path_sum_words (p, 5, 0)) == 0xffff;
}

/* Whether a packet may begin or join a superframe at all. */
static gboolean
eligible (const PathCoalesce *c, const guint8 *p, const PathInner *in)
{
    const guint8 *t = p + in->transport;

    if (payload_of (in) == 0 || (in->version == 4 ? !plain_ipv4 (p) : in->transport != 40))
        return FALSE;
    if (in->proto == PATH_TCP)
        return c->tcp && (t[13] & ~(PATH_TCP_PSH | PATH_TCP_ECE)) == PATH_TCP_ACK &&
               path_inner_verify (in, p);
    return c->udp && path_get16 (t + 4) == in->total - in->transport && path_get16 (t + 6) != 0 &&
           path_inner_verify (in, p);
}

/* Version, traffic class, flow label or type of service, TTL, protocol, DF, addresses, and with DF
 * off the next identification: DF makes it meaningless.  RFC 6864 4.1 */
static gboolean
same_ip (const PathGroup *g, const guint8 *p, const PathInner *in)
{
    const guint8 *q = first (g);

    if (g->inner.version != in->version)
        return FALSE;
    if (in->version == 6)
        return memcmp (q, p, 4) == 0 && memcmp (q + 6, p + 6, 34) == 0;
    return q[1] == p[1] && q[6] == p[6] && q[8] == p[8] && q[9] == p[9] &&
           memcmp (q + 12, p + 12, 8) == 0 &&
           (p[6] & DONT_FRAGMENT || path_get16 (p + 4) == g->next_id);
}

static gboolean
same_transport (const PathGroup *g, const guint8 *p, const PathInner *in)
{
    const guint8 *q = first (g) + g->inner.transport, *t = p + in->transport;

    if (memcmp (q, t, 4) != 0) /* ports */
        return FALSE;
    if (in->proto == PATH_UDP)
        return TRUE;
    return path_get32 (t + 4) == g->next_seq && memcmp (q + 8, t + 8, 5) == 0 &&
           ((q[13] ^ t[13]) & ~PATH_TCP_PSH) == 0 && memcmp (q + 14, t + 14, 2) == 0 &&
           memcmp (q + 18, t + 18, in->payload - in->transport - 18u) == 0;
}

static gboolean
may_join (const PathGroup *g, const guint8 *p, const PathInner *in)
{
    gsize body = payload_of (in);

    return g->open && body <= g->segment && g->n < PATH_SEGMENTS && g->len + body <= PATH_SUPER &&
           g->inner.payload == in->payload && g->inner.proto == in->proto && same_ip (g, p, in) &&
           same_transport (g, p, in);
}

static void
join (PathGroup *g, guint8 *p, const PathInner *in)
{
    gsize body = payload_of (in);

    g->iov[++g->n] = (struct iovec){ p + in->payload, body };
    g->len += body;
    g->next_seq += (guint32) body;
    g->next_id++;
    if (body < g->segment)
        g->open = FALSE;
    if (in->proto == PATH_TCP && p[in->transport + 13] & PATH_TCP_PSH) {
        first (g)[in->transport + 13] |= PATH_TCP_PSH;
        g->open = FALSE;
    }
}

static void
begin (PathGroup *g, guint8 *p, const PathInner *in, gboolean open)
{
    memset (&g->vnet, 0, sizeof g->vnet);
    g->iov[0]  = (struct iovec){ &g->vnet, PATH_VNET };
    g->iov[1]  = (struct iovec){ p, in->total };
    g->n       = 1;
    g->len     = in->total;
    g->inner   = *in;
    g->open    = open;
    g->segment = (guint16) payload_of (in);
    if (!open)
        return;
    g->next_id = (guint16) (path_get16 (p + 4) + 1);
    if (in->proto == PATH_TCP) {
        g->saved_flags = p[in->transport + 13];
        g->next_seq    = path_get32 (p + in->transport + 4) + g->segment;
        g->open        = !(g->saved_flags & PATH_TCP_PSH);
    }
}

void
path_coalesce_add (PathCoalesce *c, guint8 *p, const PathInner *in)
{
    guint32    flow   = path_inner_flow (in, p, 0);
    gint16    *bucket = &c->bucket[flow % G_N_ELEMENTS (c->bucket)];
    gboolean   open   = eligible (c, p, in);
    PathGroup *g;

    for (gint i = *bucket; i >= 0; i = c->group[i].previous) {
        g = &c->group[i];
        if (g->flow != flow)
            continue;
        if (open && may_join (g, p, in)) {
            join (g, p, in);
            return;
        }
        break; /* only the newest group of a flow may grow, or it would be reordered */
    }
    g           = &c->group[c->n];
    g->flow     = flow;
    g->previous = *bucket;
    *bucket     = (gint16) c->n++;
    begin (g, p, in, open);
}

static void
save (PathGroup *g, const guint8 *p, const guint8 *t)
{
    gboolean v4 = g->inner.version == 4;

    memcpy (&g->saved[SAVED_LEN], p + (v4 ? 2 : 4), 2);
    memcpy (&g->saved[SAVED_IP_SUM], p + 10, 2);
    memcpy (&g->saved[SAVED_SUM], t + g->vnet.csum_offset, 2);
    memcpy (&g->saved[SAVED_UDP_LEN], t + 4, 2);
}

void
path_group_close (PathGroup *g)
{
    guint8  *p = first (g), *t = p + g->inner.transport;
    gsize    transport_len = g->len - g->inner.transport;
    gboolean tcp           = g->inner.proto == PATH_TCP;
    guint16  partial;

    g->vnet.flags       = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    g->vnet.gso_type    = !tcp                    ? VIRTIO_NET_HDR_GSO_UDP_L4
                          : g->inner.version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
                                                  : VIRTIO_NET_HDR_GSO_TCPV6;
    g->vnet.hdr_len     = g->inner.payload;
    g->vnet.gso_size    = g->segment;
    g->vnet.csum_start  = g->inner.transport;
    g->vnet.csum_offset = tcp ? PATH_TCP_CHECKSUM : PATH_UDP_CHECKSUM;
    save (g, p, t);
    if (g->inner.version == 4) {
        path_put16 (p + 2, (guint) g->len);
        path_inner_seal_ip (p);
    } else {
        path_put16 (p + 4, (guint) g->len - 40);
    }
    if (!tcp)
        path_put16 (t + 4, (guint) transport_len);
    partial = path_fold (path_inner_pseudo (&g->inner, p, transport_len));
    memcpy (t + g->vnet.csum_offset, &partial, 2);
}

void
path_group_open (PathGroup *g)
{
    guint8  *p = first (g), *t = p + g->inner.transport;
    gboolean v4 = g->inner.version == 4;

    memcpy (p + (v4 ? 2 : 4), &g->saved[SAVED_LEN], 2);
    if (v4)
        memcpy (p + 10, &g->saved[SAVED_IP_SUM], 2);
    memcpy (t + g->vnet.csum_offset, &g->saved[SAVED_SUM], 2);
    if (g->inner.proto == PATH_TCP)
        t[13] = g->saved_flags;
    else
        memcpy (t + 4, &g->saved[SAVED_UDP_LEN], 2);
    memset (&g->vnet, 0, sizeof g->vnet);
}

struct iovec
path_group_packet (const PathGroup *g, guint i)
{
    guint8 *payload = g->iov[i + 1].iov_base;

    if (i == 0)
        return (struct iovec){ payload, g->iov[1].iov_len };
    return (struct iovec){ payload - g->inner.payload, g->iov[i + 1].iov_len + g->inner.payload };
}
