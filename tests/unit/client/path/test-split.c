/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-split.c - superframes taken apart, and joined again: the same packets. */
#include "client/path/coalesce.h"
#include "client/path/split.h"
#include "packets.h"

enum { MTU = 1420, MOST = 128 };

typedef struct {
    guint  n;
    gsize  len[MOST];
    guint8 p[MOST][MTU];
} Packets;

static void
split_all (PathSplit *s, guint mtu, Packets *out)
{
    for (out->n = 0; path_split_left (s) && out->n < MOST; out->n++) {
        out->len[out->n] = path_split_next (s, out->p[out->n]);
        g_assert_cmpuint (out->len[out->n], <=, mtu);
    }
}

static void
split_spec (const PacketSpec *spec, guint16 segment, guint8 vnet_bits, Packets *out)
{
    g_autofree guint8 *p   = g_malloc (70000);
    gsize              len = packet_make (spec, p);
    PathVnet           v   = packet_super (spec, p, segment);
    PathSplit          s;

    v.gso_type |= vnet_bits;
    g_assert_cmpint (path_split_begin (&s, &v, p, len, MTU, 5), ==, PATH_SPLIT_OK);
    split_all (&s, MTU, out);
    g_assert_false (path_split_left (&s));
}

static void
check_tcp (const PacketSpec *spec, guint16 segment, const Packets *out)
{
    gsize h = packet_headers (spec), t = spec->version == 4 ? 20 : 40, sent = 0;

    for (guint i = 0; i < out->n; i++) {
        const guint8 *p    = out->p[i];
        gsize         body = out->len[i] - h;
        gboolean      last = i + 1 == out->n;

        assert_right_checksums (p, out->len[i]);
        g_assert_cmpuint (path_get32 (p + t + 4), ==, spec->seq + (guint32) sent);
        g_assert_cmpuint (body, ==, MIN (segment, spec->body - sent));
        g_assert_cmphex (p[t + 13] & PATH_TCP_PSH, ==, last ? spec->flags & PATH_TCP_PSH : 0);
        g_assert_cmphex (p[t + 13] & PATH_TCP_FIN, ==, last ? spec->flags & PATH_TCP_FIN : 0);
        g_assert_cmphex (p[t + 13] & PATH_TCP_CWR, ==, i == 0 ? spec->flags & PATH_TCP_CWR : 0);
        if (spec->version == 4)
            g_assert_cmpuint (path_get16 (p + 4), ==, (guint16) (spec->id + i));
        for (gsize k = 0; k < body; k++)
            g_assert_cmpuint (p[h + k], ==, (guint8) ((spec->seq + sent + k) * 31 + spec->port));
        sent += body;
    }
    g_assert_cmpuint (sent, ==, spec->body);
}

static void
test_tcp (void)
{
    g_autofree Packets *out = g_new (Packets, 1);

    for (guint version = 4; version <= 6; version += 2)
        for (guint options = 0; options <= 40; options += 20) {
            PacketSpec s = { .version = version,
                             .proto   = PATH_TCP,
                             .port    = 7,
                             .id      = 65530,
                             .seq     = 0xfffff000,
                             .flags   = PATH_TCP_ACK | PATH_TCP_PSH | PATH_TCP_FIN | PATH_TCP_CWR,
                             .options = options,
                             .body    = 60001 };

            split_spec (&s, 1300, VIRTIO_NET_HDR_GSO_ECN, out);
            check_tcp (&s, 1300, out);
        }
}

static void
test_udp (void)
{
    g_autofree Packets *out = g_new (Packets, 1);

    for (guint version = 4; version <= 6; version += 2) {
        PacketSpec s = { .version = version, .proto = PATH_UDP, .port = 7, .body = 5 * 1200 + 7 };

        split_spec (&s, 1200, 0, out);
        g_assert_cmpuint (out->n, ==, 6);
        for (guint i = 0; i < out->n; i++) {
            assert_right_checksums (out->p[i], out->len[i]);
            g_assert_cmpuint (out->len[i] - packet_headers (&s), ==, i < 5 ? 1200 : 7);
        }
    }
}

static void
test_smaller_mtu (void)
{
    g_autofree Packets *out = g_new (Packets, 1);
    PacketSpec s = { .version = 4, .proto = PATH_TCP, .flags = PATH_TCP_ACK, .body = 20000 };

    split_spec (&s, 1460, 0, out); /* 1500 byte packets do not fit 1420 */
    check_tcp (&s, MTU - 40, out);
}

static void
test_partial_checksum (void)
{
    for (guint8 proto = PATH_TCP; proto <= PATH_UDP; proto += PATH_UDP - PATH_TCP) {
        PacketSpec s = { .version = 6, .proto = proto, .body = 333 };
        guint8     p[600], out[600];
        gsize      len = packet_make (&s, p);
        PathVnet   v   = packet_super (&s, p, 0);
        PathSplit  split;

        v.gso_type = VIRTIO_NET_HDR_GSO_NONE;
        g_assert_cmpint (path_split_begin (&split, &v, p, len, MTU, 0), ==, PATH_SPLIT_OK);
        g_assert_cmpuint (path_split_next (&split, out), ==, len);
        assert_right_checksums (out, len);
    }
}

static void
test_too_big (void)
{
    PacketSpec s = { .version = 4, .proto = PATH_UDP, .body = 1500 };
    guint8     p[4000];
    gsize      len = packet_make (&s, p);
    PathSplit  split;
    PathVnet   v;

    g_assert_cmpint (path_split_begin (&split, NULL, p, len, MTU, 0), ==, PATH_SPLIT_TOO_BIG);
    g_assert_false (path_split_left (&split));
    s.body = 3000;
    len    = packet_make (&s, p);
    v      = packet_super (&s, p, 1500); /* a datagram may not be cut */
    g_assert_cmpint (path_split_begin (&split, &v, p, len, MTU, 0), ==, PATH_SPLIT_TOO_BIG);
}

/* Splits whatever it is, from exactly as many bytes as there are. */
static void
exercise (const PathVnet *v, const guint8 *from, gsize len, Packets *out)
{
    g_autofree guint8 *p = g_memdup2 (from, len);
    PathSplit          s;

    if (path_split_begin (&s, v, p, len, MTU, 0) != PATH_SPLIT_OK) {
        g_assert_false (path_split_left (&s));
        return;
    }
    split_all (&s, MTU, out);
}

static void
test_hostile (void)
{
    g_autofree Packets *out   = g_new (Packets, 1);
    guint64             state = 11;

    for (guint k = 0; k < 4; k++) {
        PacketSpec s = { .version = k & 1 ? 4 : 6,
                         .proto   = k & 2 ? PATH_TCP : PATH_UDP,
                         .options = 12,
                         .flags   = PATH_TCP_ACK,
                         .body    = 500 };
        guint8     p[700];
        gsize      len  = packet_make (&s, p);
        PathVnet   good = packet_super (&s, p, 100);

        for (gsize n = 0; n <= len; n++)
            exercise (&good, p, n, out);
        for (gsize bit = 0; bit < sizeof good * 8; bit++)
            for (gsize n = 0; n <= len; n += 13) {
                PathVnet v = good;

                ((guint8 *) &v)[bit / 8] ^= 1 << bit % 8;
                exercise (&v, p, n, out);
            }
        for (gsize bit = 0; bit < 100 * 8; bit++) {
            p[bit / 8] ^= 1 << bit % 8;
            exercise (&good, p, len, out);
            p[bit / 8] ^= 1 << bit % 8;
        }
        for (guint round = 0; round < 20000; round++) {
            guint8   q[700];
            PathVnet v = good;

            memcpy (q, p, len);
            for (guint i = 0; i < 3; i++)
                ((guint8 *) &v)[next_random (&state) % sizeof v] = (guint8) next_random (&state);
            for (guint i = 0; i < 3; i++)
                q[next_random (&state) % 100] = (guint8) next_random (&state);
            exercise (&v, q, next_random (&state) % (len + 1), out);
        }
    }
}

static void
test_lies (void)
{
    PacketSpec s = { .version = 4, .proto = PATH_TCP, .flags = PATH_TCP_ACK, .body = 3000 };
    guint8     p[4000];
    gsize      len  = packet_make (&s, p);
    PathVnet   good = packet_super (&s, p, 1000), v;
    PathSplit  split;

#define REFUSED(change) \
    v = good;           \
    change;             \
    g_assert_cmpint (path_split_begin (&split, &v, p, len, MTU, 0), ==, PATH_SPLIT_MALFORMED)
    REFUSED (v.gso_size = 0);
    REFUSED (v.gso_type = VIRTIO_NET_HDR_GSO_TCPV6);
    REFUSED (v.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4);
    REFUSED (v.gso_type = VIRTIO_NET_HDR_GSO_UDP);
    REFUSED (v.csum_start = 24);
    REFUSED (v.csum_offset = 6);
    REFUSED (v.flags = 0);
    REFUSED ((v.gso_type = 0, v.csum_start = 5000));
    REFUSED ((v.gso_type = 0, v.csum_offset = 5000));
#undef REFUSED
}

/* Random flows, split and joined again, must come out as the packets they were. */
static void
rejoin (PathCoalesce *c, const Packets *sent, gboolean exact_id)
{
    guint k = 0;

    for (guint i = 0; i < c->n; i++) {
        PathGroup          *g     = &c->group[i];
        g_autofree guint8  *super = g_malloc (70000);
        g_autofree Packets *got   = g_new (Packets, 1);
        gsize               at    = 0;
        PathSplit           s;

        if (g->n > 1)
            path_group_close (g);
        for (guint j = 1; j <= g->n; j++) {
            memcpy (super + at, g->iov[j].iov_base, g->iov[j].iov_len);
            at += g->iov[j].iov_len;
        }
        g_assert_cmpuint (at, ==, g->len);
        g_assert_cmpint (path_split_begin (&s, &g->vnet, super, at, MTU, 0), ==, PATH_SPLIT_OK);
        split_all (&s, MTU, got);
        g_assert_cmpuint (got->n, ==, g->n);
        for (guint j = 0; j < got->n; j++, k++) {
            if (!exact_id && got->p[j][0] == 0x45) {
                memcpy (got->p[j] + 4, sent->p[k] + 4, 2);
                memcpy (got->p[j] + 10, sent->p[k] + 10, 2);
            }
            g_assert_cmpmem (got->p[j], got->len[j], sent->p[k], sent->len[k]);
        }
        if (g->n > 1) { /* and taken apart by hand */
            path_group_open (g);
            for (guint j = 0; j < g->n; j++) {
                struct iovec one = path_group_packet (g, j);

                g_assert_cmpmem (one.iov_base, one.iov_len, sent->p[k - g->n + j],
                                 sent->len[k - g->n + j]);
            }
        }
    }
    g_assert_cmpuint (k, ==, sent->n);
}

static void
random_flow (guint64 *state, Packets *sent)
{
    PacketSpec s    = { .version      = next_random (state) & 1 ? 4 : 6,
                        .proto        = next_random (state) & 1 ? PATH_TCP : PATH_UDP,
                        .tos          = (guint8) next_random (state),
                        .port         = (guint16) next_random (state),
                        .id           = (guint16) next_random (state),
                        .may_fragment = next_random (state) & 1,
                        .seq          = next_random (state),
                        .flags        = PATH_TCP_ACK,
                        .options      = next_random (state) % 4 * 4 };
    gsize      size = next_random (state) % 1300 + 1;

    for (sent->n = 0; sent->n < 40; sent->n++) {
        s.body  = next_random (state) % 8 ? size : next_random (state) % 1300;
        s.flags = PATH_TCP_ACK | (next_random (state) % 10 ? 0 : PATH_TCP_PSH) |
                  (next_random (state) % 50 ? 0 : PATH_TCP_ECE);
        sent->len[sent->n] = packet_make (&s, sent->p[sent->n]);
        s.seq += (guint32) s.body + (next_random (state) % 20 == 0);
        s.id = (guint16) (s.id + 1 + (next_random (state) % 20 == 0));
        if (next_random (state) % 30 == 0)
            s.tos ^= 1;
    }
}

static void
test_identity (void)
{
    g_autofree Packets      *sent = g_new (Packets, 1), *copy = g_new (Packets, 1);
    g_autofree PathCoalesce *c      = g_new0 (PathCoalesce, 1);
    guint64                  state  = 12;
    guint                    joined = 0;

    c->tcp = c->udp = TRUE;
    for (guint round = 0; round < 3000; round++) {
        random_flow (&state, sent);
        memcpy (copy, sent, sizeof *sent);
        path_coalesce_reset (c);
        for (guint i = 0; i < copy->n; i++) {
            PathInner in;

            g_assert_true (path_inner_parse (&in, copy->p[i], copy->len[i]));
            path_coalesce_add (c, copy->p[i], &in);
        }
        joined += copy->n - c->n;
        rejoin (c, sent, sent->p[0][0] == 0x45 && !(sent->p[0][6] & 0x40));
    }
    g_assert_cmpuint (joined, >, 3000 * 5); /* or the test proves nothing */
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path/split/tcp-segments-have-right-headers-flags-and-sums", test_tcp);
    g_test_add_func ("/path/split/udp-datagrams-keep-their-size", test_udp);
    g_test_add_func ("/path/split/tcp-is-cut-smaller-when-the-mtu-shrank", test_smaller_mtu);
    g_test_add_func ("/path/split/a-checksum-left-to-the-device-is-done", test_partial_checksum);
    g_test_add_func ("/path/split/what-may-not-be-cut-is-too-big", test_too_big);
    g_test_add_func ("/path/split/a-header-that-lies-is-refused", test_lies);
    g_test_add_func ("/path/split/no-truncation-or-bit-flip-leads-outside", test_hostile);
    g_test_add_func ("/path/split/joining-and-splitting-gives-back-every-packet", test_identity);
    return g_test_run ();
}
