/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-coalesce.c - what is joined, and what must not be. */
#include "client/path/coalesce.h"
#include "packets.h"

typedef struct {
    PathCoalesce c;
    guint        n;
    guint8       p[PATH_GROUPS][1500];
} Bed;

static void
bed_setup (Bed *b, gconstpointer data)
{
    (void) data;
    b->n     = 0;
    b->c.tcp = b->c.udp = TRUE;
    path_coalesce_reset (&b->c);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) b;
    (void) data;
}

static guint8 *
make (Bed *b, PacketSpec s)
{
    packet_make (&s, b->p[b->n]);
    return b->p[b->n++];
}

static void
add (Bed *b, guint8 *p)
{
    PathInner in;

    g_assert_true (path_inner_parse (&in, p, 1500));
    path_coalesce_add (&b->c, p, &in);
}

static PacketSpec
tcp (guint32 seq, gsize body)
{
    return (PacketSpec){
        .version = 4, .proto = PATH_TCP, .port = 5, .seq = seq, .flags = PATH_TCP_ACK, .body = body
    };
}

static void
test_run (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 10; i++)
        add (b, make (b, tcp (i * 1000, 1000)));
    g_assert_cmpuint (b->c.n, ==, 1);
    g_assert_cmpuint (b->c.group[0].n, ==, 10);
    g_assert_cmpuint (b->c.group[0].len, ==, 10040);
}

static void
test_short_closes (Bed *b, gconstpointer data)
{
    (void) data;
    add (b, make (b, tcp (0, 1000)));
    add (b, make (b, tcp (1000, 10)));
    add (b, make (b, tcp (1010, 1000)));
    g_assert_cmpuint (b->c.n, ==, 2);
    g_assert_cmpuint (b->c.group[0].n, ==, 2);
}

static void
test_psh_closes (Bed *b, gconstpointer data)
{
    PacketSpec s = tcp (1000, 1000);

    (void) data;
    add (b, make (b, tcp (0, 1000)));
    s.flags |= PATH_TCP_PSH;
    add (b, make (b, s));
    add (b, make (b, tcp (2000, 1000)));
    g_assert_cmpuint (b->c.n, ==, 2);
    path_group_close (&b->c.group[0]);
    g_assert_cmphex (b->p[0][33] & PATH_TCP_PSH, ==, PATH_TCP_PSH);
    path_group_open (&b->c.group[0]);
    g_assert_cmphex (b->p[0][33] & PATH_TCP_PSH, ==, 0);
}

static void
test_longer_never_joins (Bed *b, gconstpointer data)
{
    (void) data;
    add (b, make (b, tcp (0, 100)));
    add (b, make (b, tcp (100, 101)));
    g_assert_cmpuint (b->c.n, ==, 2);
}

static void
test_order (Bed *b, gconstpointer data)
{
    PacketSpec fin = tcp (1000, 0);

    (void) data;
    add (b, make (b, tcp (0, 1000)));
    fin.flags |= PATH_TCP_FIN;
    add (b, make (b, fin));
    add (b, make (b, tcp (1000, 1000))); /* must not overtake what came between */
    g_assert_cmpuint (b->c.n, ==, 3);
}

static void
test_interleaved (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 5; i++) {
        PacketSpec other = tcp (i * 500, 500);

        add (b, make (b, tcp (i * 1000, 1000)));
        other.port = 6;
        add (b, make (b, other));
    }
    g_assert_cmpuint (b->c.n, ==, 2);
    g_assert_cmpuint (b->c.group[1].n, ==, 5);
}

/* Each byte of the second packet's headers changed in turn, checksums made right again. */
static void
test_any_difference (Bed *b, gconstpointer data)
{
    guint version = GPOINTER_TO_UINT (data);
    gsize ip      = version == 4 ? 20 : 40;

    for (gsize at = 0; at < ip + 32; at++) {
        PacketSpec s = tcp (0, 300);
        guint8    *p, *q;
        PathInner  in;
        gboolean   ignored =
            version == 4 ? (at >= 2 && at <= 5) || at == 10 || at == 11 : at == 4 || at == 5;

        bed_setup (b, NULL);
        s.version = version;
        s.options = 12;
        p         = make (b, s);
        s.seq     = 300;
        q         = make (b, s);
        if (ignored || at == ip + 16 || at == ip + 17)
            continue; /* lengths and checksums, and the identification under DF */
        q[at] ^= at == ip + 12 ? 0x10 : 0x01;
        if (!path_inner_parse (&in, q, 1500) || in.total != ip + 332)
            continue;
        if (in.payload)
            packet_checksums (q, in.total);
        add (b, p);
        add (b, q);
        g_assert_cmpuint (b->c.n, ==, 2);
    }
}

static void
test_wrong_checksum (Bed *b, gconstpointer data)
{
    guint8 *p;

    (void) data;
    add (b, make (b, tcp (0, 1000)));
    p = make (b, tcp (1000, 1000));
    p[700] ^= 1;
    add (b, p);
    g_assert_cmpuint (b->c.n, ==, 2);
    p = make (b, tcp (1000, 1000));
    p[8] ^= 1; /* TTL, without a new header checksum */
    add (b, p);
    g_assert_cmpuint (b->c.n, ==, 3);
}

static void
test_limits (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 70; i++)
        add (b, make (b, tcp (i * 10, 10)));
    g_assert_cmpuint (b->c.n, ==, 2);
    g_assert_cmpuint (b->c.group[0].n, ==, PATH_SEGMENTS);
    bed_setup (b, NULL);
    for (guint i = 0; i < 60; i++)
        add (b, make (b, tcp (i * 1400, 1400)));
    g_assert_cmpuint (b->c.group[0].len, <=, PATH_SUPER);
    g_assert_cmpuint (b->c.group[0].n, ==, (PATH_SUPER - 40) / 1400);
}

static void
test_off (Bed *b, gconstpointer data)
{
    (void) data;
    b->c.tcp = FALSE;
    for (guint i = 0; i < 10; i++)
        add (b, make (b, tcp (i * 1000, 1000)));
    g_assert_cmpuint (b->c.n, ==, 10);
}

static void
test_udp_without_checksum (Bed *b, gconstpointer data)
{
    PacketSpec s = { .version = 4, .proto = PATH_UDP, .body = 100 };

    (void) data;
    for (guint i = 0; i < 3; i++) {
        guint8 *p = make (b, s);

        memset (p + 26, 0, 2);
        add (b, p);
    }
    g_assert_cmpuint (b->c.n, ==, 3);
}

static void
test_hostile (Bed *b, gconstpointer data)
{
    guint64 state = 5;

    (void) data;
    for (guint round = 0; round < 20000; round++) {
        bed_setup (b, NULL);
        for (guint i = 0; i < 4; i++) {
            PacketSpec s   = tcp (i * 200, 200);
            guint8    *p   = make (b, s);
            gsize      len = 240;
            PathInner  in;

            for (guint k = next_random (&state) % 3; k > 0; k--)
                p[next_random (&state) % 60] = (guint8) next_random (&state);
            len -= next_random (&state) % 4 ? 0 : next_random (&state) % 240;
            if (!path_inner_parse (&in, p, len))
                continue;
            if (in.payload && next_random (&state) % 2)
                packet_checksums (p, len);
            path_coalesce_add (&b->c, p, &in);
        }
        for (guint i = 0; i < b->c.n; i++) {
            g_assert_cmpuint (b->c.group[i].len, <=, PATH_SUPER);
            if (b->c.group[i].n > 1)
                path_group_close (&b->c.group[i]);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn, data) \
    g_test_add ("/path/coalesce/" name, Bed, data, bed_setup, fn, bed_teardown)
    ADD ("segments-in-order-become-one-superframe", test_run, NULL);
    ADD ("a-shorter-segment-closes-it", test_short_closes, NULL);
    ADD ("push-closes-it-and-is-kept", test_psh_closes, NULL);
    ADD ("a-longer-segment-never-joins", test_longer_never_joins, NULL);
    ADD ("a-flow-is-never-reordered", test_order, NULL);
    ADD ("interleaved-flows-each-have-their-own", test_interleaved, NULL);
    ADD ("any-other-ipv4-header-byte-keeps-them-apart", test_any_difference, GUINT_TO_POINTER (4));
    ADD ("any-other-ipv6-header-byte-keeps-them-apart", test_any_difference, GUINT_TO_POINTER (6));
    ADD ("a-wrong-checksum-is-not-laundered", test_wrong_checksum, NULL);
    ADD ("segments-and-bytes-are-bounded", test_limits, NULL);
    ADD ("switched-off-it-joins-nothing", test_off, NULL);
    ADD ("udp-without-checksum-stays-alone", test_udp_without_checksum, NULL);
    ADD ("hostile-packets-lead-nowhere", test_hostile, NULL);
    return g_test_run ();
}
