/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-inner.c - headers of inner packets: found, clamped, marked, answered; and hostile ones. */
#include "client/path/icmp.h"
#include "packets.h"

static const PacketSpec tcp4 = {
    .version = 4, .proto = PATH_TCP, .port = 9, .flags = PATH_TCP_ACK, .options = 12, .body = 100
};
static const PacketSpec udp6 = { .version = 6, .proto = PATH_UDP, .port = 9, .body = 100 };

static void
test_parse (void)
{
    guint8    p[300];
    PathInner in;

    packet_make (&tcp4, p);
    g_assert_true (path_inner_parse (&in, p, sizeof p));
    g_assert_cmpuint (in.total, ==, 152);
    g_assert_cmpuint (in.transport, ==, 20);
    g_assert_cmpuint (in.payload, ==, 52);
    packet_make (&udp6, p);
    g_assert_true (path_inner_parse (&in, p, sizeof p));
    g_assert_cmpuint (in.total, ==, 148);
    g_assert_cmpuint (in.payload, ==, 48);
}

static void
test_extensions (void)
{
    guint8    p[200] = { 0x60, [5] = 24, [6] = 0, [40] = 60, [41] = 0, [48] = 17, [49] = 0 };
    PathInner in;

    g_assert_true (path_inner_parse (&in, p, 64));
    g_assert_cmpuint (in.proto, ==, PATH_UDP);
    g_assert_cmpuint (in.transport, ==, 56);
    g_assert_cmpuint (in.payload, ==, 64);
    p[40] = 43;
    p[51] = 1; /* segments left: the checksum is for someone else */
    p[48] = 17;
    g_assert_true (path_inner_parse (&in, p, 64));
    g_assert_cmpuint (in.proto, ==, 0);
    g_assert_cmpuint (in.payload, ==, 0);
    p[40] = 44;
    g_assert_true (path_inner_parse (&in, p, 64));
    g_assert_true (in.fragment);
}

static void
test_endless_extensions (void)
{
    guint8    p[40 + 8 * 20] = { 0x60, [5] = 160 };
    PathInner in;

    for (guint i = 0; i < 20; i++)
        p[40 + 8 * i] = 60;
    g_assert_true (path_inner_parse (&in, p, sizeof p));
    g_assert_cmpuint (in.transport, ==, 0);
}

/* Everything that looks at a packet, on exactly as many bytes as there are. */
static void
exercise (const guint8 *from, gsize len)
{
    g_autofree guint8 *p = g_memdup2 (from, len);
    guint8             answer[PATH_ICMP_ROOM];
    PathInner          in;

    g_assert_cmpuint (path_icmp_too_big (answer, p, len, 1280), <=, PATH_ICMP_ROOM);
    if (!path_inner_parse (&in, p, len))
        return;
    g_assert_cmpuint (in.total, <=, len);
    g_assert_cmpuint (in.payload, <=, in.total);
    path_inner_flow (&in, p, 1);
    if (in.payload)
        path_inner_verify (&in, p);
    path_inner_clamp (&in, p, 1280);
    path_inner_merge_ecn (p, in.tos, PATH_CE);
}

static void
test_hostile (void)
{
    const PacketSpec specs[] = {
        tcp4,
        udp6,
        { .version = 6, .proto = PATH_TCP, .flags = PATH_TCP_SYN, .options = 20, .body = 3 },
        { .version = 4, .proto = PATH_UDP, .body = 3 }
    };
    guint64 state = 3;

    for (guint s = 0; s < G_N_ELEMENTS (specs); s++) {
        guint8 p[300];
        gsize  len = packet_make (&specs[s], p);

        for (gsize n = 0; n <= len; n++)
            exercise (p, n);
        for (gsize bit = 0; bit < len * 8; bit++) {
            p[bit / 8] ^= 1 << bit % 8;
            exercise (p, len);
            p[bit / 8] ^= 1 << bit % 8;
        }
        for (guint round = 0; round < 20000; round++) {
            guint8 q[300];

            memcpy (q, p, len);
            for (guint k = 0; k < 6; k++)
                q[next_random (&state) % MIN (len, 80)] = (guint8) next_random (&state);
            exercise (q, next_random (&state) % (len + 1));
        }
    }
}

static void
clamp_once (guint version, guint offset, guint mss, guint mtu, guint want)
{
    PacketSpec s = { .version = version, .proto = PATH_TCP, .flags = PATH_TCP_SYN, .options = 12 };
    guint8     p[100];
    gsize      len = packet_make (&s, p);
    guint8    *o   = p + (version == 4 ? 40 : 60) + offset;
    PathInner  in;

    o[0] = 2;
    o[1] = 4;
    path_put16 (o + 2, mss);
    packet_checksums (p, len);
    g_assert_true (path_inner_parse (&in, p, len));
    g_assert_cmpint (path_inner_clamp (&in, p, mtu), ==, want != mss);
    g_assert_cmpuint (path_get16 (o + 2), ==, want);
    assert_right_checksums (p, len);
}

static void
test_clamp (void)
{
    for (guint offset = 0; offset < 8; offset++) { /* odd ones too: the checksum's bytes swap */
        clamp_once (4, offset, 1460, 1420, 1380);
        clamp_once (6, offset, 1460, 1420, 1360);
        clamp_once (4, offset, 536, 1420, 536);
    }
}

static void
test_clamp_leaves (void)
{
    PacketSpec s = { .version = 4, .proto = PATH_TCP, .flags = PATH_TCP_ACK, .options = 4 };
    guint8     p[100], before[100];
    gsize      len = packet_make (&s, p);
    PathInner  in;

    memcpy (p + 40, "\2\4\5\264", 4);
    g_assert_true (path_inner_parse (&in, p, len));
    g_assert_false (path_inner_clamp (&in, p, 1280)); /* not a SYN */
    p[33] = PATH_TCP_SYN;
    memcpy (p + 40, "\2\5\5\264", 4); /* option longer than the header */
    memcpy (before, p, sizeof before);
    g_assert_false (path_inner_clamp (&in, p, 1280));
    memcpy (p + 40, "\2\0\5\264", 4); /* length zero must not spin */
    g_assert_false (path_inner_clamp (&in, p, 1280));
}

/* RFC 6040 4.2, figure 4: rows inner, columns outer; -1: drop. */
static void
test_ecn_table (void)
{
    static const int table[4][4] = { [PATH_NOT_ECT] = { 0, 0, 0, -1 },
                                     [PATH_ECT0]    = { 2, 1, 2, 3 },
                                     [PATH_ECT1]    = { 1, 1, 1, 3 },
                                     [PATH_CE]      = { 3, 3, 3, 3 } };

    for (guint version = 4; version <= 6; version += 2)
        for (guint8 inner = 0; inner < 4; inner++)
            for (guint8 outer = 0; outer < 4; outer++) {
                PacketSpec s = {
                    .version = version, .proto = PATH_UDP, .tos = (guint8) (0xb8 | inner), .body = 9
                };
                guint8    p[100];
                gsize     len = packet_make (&s, p);
                PathInner in;

                g_assert_cmpint (path_inner_merge_ecn (p, s.tos, outer), ==,
                                 table[inner][outer] >= 0);
                if (table[inner][outer] < 0)
                    continue;
                g_assert_true (path_inner_parse (&in, p, len));
                g_assert_cmpint (in.tos, ==, 0xb8 | table[inner][outer]);
                assert_right_checksums (p, len);
            }
}

static void
test_too_big (void)
{
    PacketSpec s = {
        .version = 4, .proto = PATH_TCP, .port = 8, .flags = PATH_TCP_ACK, .body = 1400
    };
    guint8    p[1500], a[PATH_ICMP_ROOM];
    gsize     len = packet_make (&s, p), n = path_icmp_too_big (a, p, len, 1300);
    PathInner in;

    g_assert_cmpuint (n, ==, 576);
    assert_right_checksums (a, n);
    g_assert_cmpmem (a + 20, 2, "\3\4", 2);
    g_assert_cmpuint (path_get16 (a + 26), ==, 1300);
    g_assert_cmphex (path_fold (path_sum (a + 20, n - 20, 0)), ==, 0xffff);
    g_assert_cmpmem (a + 28, 548, p, 548);
    g_assert_cmpmem (a + 16, 4, p + 12, 4);

    s.version = 6;
    len       = packet_make (&s, p);
    n         = path_icmp_too_big (a, p, len, 1300);
    g_assert_cmpuint (n, ==, 1280);
    g_assert_true (path_inner_parse (&in, a, n));
    g_assert_cmpuint (path_get32 (a + 44), ==, 1300);
    g_assert_cmphex (path_fold (path_sum (a + 40, n - 40, path_inner_pseudo (&in, a, n - 40))), ==,
                     0xffff);
}

static void
test_too_big_silence (void)
{
    PacketSpec s = { .version = 4, .proto = PATH_UDP, .body = 64 };
    guint8     p[200], q[200], a[PATH_ICMP_ROOM];
    gsize      len = packet_make (&s, p);

    memcpy (q, p, len);
    q[16] = 239; /* multicast */
    g_assert_cmpuint (path_icmp_too_big (a, q, len, 600), ==, 0);
    memcpy (q, p, len);
    q[7] = 10; /* a later fragment */
    g_assert_cmpuint (path_icmp_too_big (a, q, len, 600), ==, 0);
    memcpy (q, p, len);
    q[9]  = PATH_ICMP;
    q[20] = 3; /* an error itself */
    g_assert_cmpuint (path_icmp_too_big (a, q, len, 600), ==, 0);
    q[20] = 8; /* an echo request */
    g_assert_cmpuint (path_icmp_too_big (a, q, len, 600), >, 0);
    s.version = 6;
    len       = packet_make (&s, p);
    p[24]     = 0xff;
    g_assert_cmpuint (path_icmp_too_big (a, p, len, 1280), ==, 0);
    p[24] = 0xfd;
    p[6]  = PATH_ICMPV6;
    p[40] = 1;
    g_assert_cmpuint (path_icmp_too_big (a, p, len, 1280), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/path/inner/headers-are-found", test_parse);
    g_test_add_func ("/path/inner/extension-headers-are-followed-or-given-up", test_extensions);
    g_test_add_func ("/path/inner/a-long-chain-of-extensions-ends-the-search",
                     test_endless_extensions);
    g_test_add_func ("/path/inner/no-truncation-or-bit-flip-leads-outside", test_hostile);
    g_test_add_func ("/path/inner/a-syn-is-clamped-and-its-checksum-stays-right", test_clamp);
    g_test_add_func ("/path/inner/what-is-no-whole-mss-option-is-left-alone", test_clamp_leaves);
    g_test_add_func ("/path/inner/ecn-fields-merge-as-in-rfc-6040-figure-4", test_ecn_table);
    g_test_add_func ("/path/inner/too-big-is-answered-with-the-mtu-and-a-quote", test_too_big);
    g_test_add_func ("/path/inner/errors-fragments-and-groups-are-not-answered",
                     test_too_big_silence);
    return g_test_run ();
}
