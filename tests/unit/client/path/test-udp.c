/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-udp.c - which datagrams share a run, and what becomes of those that the socket refuses; the
 * socket is a list here. */
#include "client/path/udp.h"
#include "client/path/vnet.h"
#include "packets.h"
#include <errno.h>
#include <linux/errqueue.h>

typedef struct {
    guint   datagrams, segment;
    gsize   bytes;
    int     tos;
    guint16 port;
} Sent;

typedef struct {
    PathUdp       udp;
    PathPool      pool;
    PathOffloads  offloads;
    AditPathStats stats;
    gint64        now;
} Bed;

static Sent  sent[4096];
static guint n_sent, sends;
static int (*judge) (const Sent *what); /* errno, or 0 */
static GByteArray *stream;

static void
read_message (const struct msghdr *h, Sent *s)
{
    *s = (Sent){ .port = g_ntohs (((struct sockaddr_in *) h->msg_name)->sin_port) };
    for (struct cmsghdr *c = h->msg_control ? CMSG_FIRSTHDR (h) : NULL; c;
         c                 = CMSG_NXTHDR ((struct msghdr *) h, c)) {
        guint16 segment = 0;

        if (c->cmsg_type == IP_TOS && c->cmsg_level == IPPROTO_IP)
            memcpy (&s->tos, CMSG_DATA (c), sizeof s->tos);
        if (c->cmsg_type == UDP_SEGMENT && c->cmsg_level == IPPROTO_UDP)
            memcpy (&segment, CMSG_DATA (c), sizeof segment);
        s->segment = MAX (s->segment, segment);
    }
    for (gsize i = 0; i < h->msg_iovlen; i++)
        s->bytes += h->msg_iov[i].iov_len;
    s->datagrams = s->segment ? (guint) ((s->bytes + s->segment - 1) / s->segment) : 1;
}

static ssize_t
list_sendmsg (int fd, const struct msghdr *h, int flags)
{
    Sent s;

    (void) fd;
    (void) flags;
    read_message (h, &s);
    sends++;
    errno = judge ? judge (&s) : 0;
    if (errno)
        return -1;
    for (gsize i = 0; i < h->msg_iovlen; i++)
        g_byte_array_append (stream, h->msg_iov[i].iov_base, (guint) h->msg_iov[i].iov_len);
    sent[n_sent++ % G_N_ELEMENTS (sent)] = s;
    return (ssize_t) s.bytes;
}

static int
list_sendmmsg (int fd, struct mmsghdr *m, unsigned n, int flags)
{
    for (unsigned i = 0; i < n; i++)
        if (list_sendmsg (fd, &m[i].msg_hdr, flags) < 0)
            return i ? (int) i : -1;
    return (int) n;
}

static gsize    arriving;  /* bytes of each datagram that comes in */
static guint8   first = 1; /* byte of each */
static gboolean forbidden; /* by a sandbox: to receive */

/* One datagram after the other, cut where the kernel would cut it. */
static int
list_recvmmsg (int fd, struct mmsghdr *m, unsigned n, int flags)
{
    (void) fd;
    (void) flags;
    errno = EPERM;
    if (forbidden)
        return -1;
    for (unsigned i = 0; i < n; i++) {
        struct msghdr *h = &m[i].msg_hdr;

        h->msg_flags      = arriving > h->msg_iov[0].iov_len ? MSG_TRUNC : 0;
        h->msg_controllen = 0;
        m[i].msg_len      = (unsigned) MIN (arriving, h->msg_iov[0].iov_len);
        memset (h->msg_iov[0].iov_base, 1, m[i].msg_len);
        *(guint8 *) h->msg_iov[0].iov_base = first;
    }
    return (int) n;
}

static struct sock_extended_err notice; /* on the error queue; ee_errno 0: it is empty */
static int                      notice_level;

static ssize_t
list_recvmsg (int fd, struct msghdr *m, int flags)
{
    struct cmsghdr *c = CMSG_FIRSTHDR (m);

    (void) fd;
    errno = flags & MSG_ERRQUEUE ? EAGAIN : EPERM;
    if (!(flags & MSG_ERRQUEUE) || !notice.ee_errno)
        return -1;
    c->cmsg_level = notice_level;
    c->cmsg_type  = notice_level == IPPROTO_IP ? IP_RECVERR : IPV6_RECVERR;
    c->cmsg_len   = CMSG_LEN (sizeof notice);
    memcpy (CMSG_DATA (c), &notice, sizeof notice);
    m->msg_controllen = CMSG_SPACE (sizeof notice);
    return 0;
}

static int
any_option (int fd, int level, int name, const void *value, socklen_t size)
{
    (void) fd;
    (void) level;
    (void) name;
    (void) value;
    (void) size;
    return 0;
}

static const AditSystem list_system = { .sendmsg    = list_sendmsg,
                                        .sendmmsg   = list_sendmmsg,
                                        .recvmsg    = list_recvmsg,
                                        .recvmmsg   = list_recvmmsg,
                                        .setsockopt = any_option };

static void
bed_setup (Bed *b, gconstpointer data)
{
    PathUdpConfig c = { .fd = -1, .family = 4, .copy_dscp = data != NULL };

    n_sent = sends = 0;
    judge          = NULL;
    stream         = g_byte_array_new ();
    b->now         = 5000000;
    path_offload_init (&b->offloads, (1u << ADIT_N_OFFLOADS) - 1, &b->stats);
    g_assert_true (path_pool_init (&b->pool, 1 << 20, 16, 1500, 32));
    g_assert_true (path_udp_init (&b->udp, &list_system, &b->offloads, &b->pool, &c));
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    g_assert_cmpuint (b->pool.n_free, ==, b->pool.n); /* no block is ever lost */
    path_udp_clear (&b->udp);
    path_pool_clear (&b->pool);
    g_byte_array_free (stream, TRUE);
}

static guint8 fill_byte;

static void
put (Bed *b, gsize len, guint16 port, guint8 tos)
{
    AditEndpoint peer  = { .address = { 10, 0, 0, 1 }, .port = port, .family = 4 };
    guint        block = path_pool_take (&b->pool);
    AditPacket   p     = { .len = (guint32) len, .peer = &peer, .tos = tos };

    p.data = path_pool_body (&b->pool, block);
    memset (p.data, fill_byte++, len);
    path_udp_put (&b->udp, &p, block);
}

static void
test_runs (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 5; i++)
        put (b, 1000, 9, 0);
    put (b, 400, 9, 0); /* a short tail belongs to the run and ends it */
    put (b, 1000, 9, 0);
    put (b, 1000, 8, 0);         /* another peer */
    put (b, 1000, 8, PATH_ECT0); /* another mark */
    put (b, 1001, 8, PATH_ECT0); /* longer */
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (n_sent, ==, 5);
    g_assert_cmpuint (sent[0].datagrams, ==, 6);
    g_assert_cmpuint (sent[0].segment, ==, 1000);
    g_assert_cmpuint (sent[0].bytes, ==, 5400);
    g_assert_cmpuint (sent[1].datagrams, ==, 1);
    g_assert_cmpuint (sent[2].port, ==, 8);
    g_assert_cmpint (sent[3].tos, ==, PATH_ECT0);
    g_assert_cmpuint (sent[4].bytes, ==, 1001);
}

static void
test_limits (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 128; i++)
        put (b, 1400, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    for (guint i = 0; i < n_sent; i++)
        g_assert_cmpuint (sent[i].bytes, <=, 65507);
    g_assert_cmpuint (n_sent, ==, 3);
    n_sent = 0;
    for (guint i = 0; i < 128; i++)
        put (b, 100, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (n_sent, ==, 2);
    g_assert_cmpuint (sent[0].datagrams, ==, 64);
}

static void
test_dscp (Bed *b, gconstpointer data)
{
    put (b, 100, 9, 0xb8 | PATH_CE);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpint (sent[0].tos, ==, data ? 0xb8 | PATH_CE : PATH_CE);
}

static int
refuse_runs (const Sent *s)
{
    return s->datagrams > 1 ? EIO : 0;
}

static void
test_refused_run (Bed *b, gconstpointer data)
{
    (void) data;
    fill_byte = 0;
    judge     = refuse_runs;
    for (guint i = 0; i < 100; i++)
        put (b, 1000, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (n_sent, ==, 100);
    g_assert_cmpuint (stream->len, ==, 100000);
    for (guint i = 0; i < stream->len; i++)
        g_assert_cmpuint (stream->data[i], ==,
                          i / 1000); /* nothing twice, nothing lost, in order */
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_SEGMENT));
    g_assert_cmpuint (b->stats.offload_lost[ADIT_OFFLOAD_UDP_SEGMENT], ==, 1);
    judge = NULL;
    path_offload_revive (&b->offloads, b->now + 61 * G_USEC_PER_SEC);
    n_sent = 0;
    for (guint i = 0; i < 10; i++)
        put (b, 1000, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (n_sent, ==, 1);
}

static int
refuse_long (const Sent *s)
{
    return MAX (s->segment, s->datagrams > 1 ? 0 : s->bytes) > 1200 ? EMSGSIZE : 0;
}

/* When single datagrams do not fit either, it is the MTU and no offload is to blame. */
static void
test_too_long (Bed *b, gconstpointer data)
{
    (void) data;
    judge = refuse_long;
    for (guint i = 0; i < 10; i++)
        put (b, 1400, 9, 0);
    for (guint i = 0; i < 10; i++)
        put (b, 1100, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_SEGMENT));
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_TOO_BIG], ==, 10);
    g_assert_cmpuint (stream->len, ==, 11000);
    g_assert_true (b->udp.errors);
}

static int
refuse_now_and_then (const Sent *s)
{
    static guint count;

    (void) s;
    return ++count % 2 ? ECONNREFUSED : 0;
}

static void
test_answers (Bed *b, gconstpointer data)
{
    (void) data;
    judge = refuse_now_and_then;
    for (guint i = 0; i < 100; i++)
        put (b, 100u + i, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_TRANSPORT], ==, 0);
    g_assert_cmpuint (n_sent, ==, 100);
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_SEGMENT));
}

static int
refuse_all (const Sent *s)
{
    (void) s;
    return ENETUNREACH;
}

static void
test_unreachable (Bed *b, gconstpointer data)
{
    (void) data;
    judge = refuse_all;
    for (guint i = 0; i < 100; i++)
        put (b, 1000, 9, 0);
    g_assert_true (path_udp_flush (&b->udp, b->now));
    g_assert_cmpuint (b->stats.drops[ADIT_DROP_TRANSPORT], ==, 100);
    g_assert_true (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_SEGMENT));
    g_assert_false (b->udp.broken);
}

static guint room;

static int
refuse_when_full (const Sent *s)
{
    if (room < s->bytes)
        return EAGAIN;
    room -= (guint) s->bytes;
    return 0;
}

static void
test_waits (Bed *b, gconstpointer data)
{
    guint rounds = 0;

    (void) data;
    fill_byte = 0;
    judge     = refuse_when_full;
    room      = 0;
    for (guint i = 0; i < 20; i++)
        put (b, 1000, (guint16) (i / 7), 0);
    while (!path_udp_flush (&b->udp, b->now)) {
        room += 3500;
        g_assert_cmpuint (++rounds, <, 100);
        if (rounds == 2)
            put (b, 1000, 77, 0); /* appended while others wait */
    }
    g_assert_cmpuint (stream->len, ==, 21000);
    for (guint i = 0; i < stream->len; i++)
        g_assert_cmpuint (stream->data[i], ==, i / 1000);
}

static int
refuse_closed (const Sent *s)
{
    (void) s;
    return EBADF;
}

static void
test_broken (Bed *b, gconstpointer data)
{
    (void) data;
    judge = refuse_closed;
    put (b, 1000, 9, 0);
    g_assert_false (path_udp_flush (&b->udp, b->now));
    g_assert_cmpint (b->udp.broken, ==, EBADF);
    judge = NULL;
    g_assert_true (path_udp_flush (&b->udp, b->now));
}

/* Without UDP_GRO the buffer is cut into more pieces, but never for good into too short ones. */
static void
test_long_datagrams (Bed *b, gconstpointer data)
{
    static const gsize sizes[] = { 60, 1500, 8192, 8952, 20000, 65507 };

    (void) data;
    path_offload_forgo (&b->offloads, ADIT_OFFLOAD_UDP_GRO);
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
        guint tries = 0;

        arriving = sizes[i];
        do
            g_assert_true (path_udp_receive (&b->udp, b->now));
        while (!b->udp.n_received && ++tries < 4);
        g_assert_cmpuint (b->udp.n_received, >, 0);
        g_assert_cmpuint (b->udp.received[0].len, ==, sizes[i]);
    }
}

/* Data waits for ever then: to go on would be to run in circles. */
static void
test_forbidden (Bed *b, gconstpointer data)
{
    (void) data;
    forbidden = TRUE;
    g_assert_true (path_udp_receive (&b->udp, b->now)); /* perhaps one by one */
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_MMSG));
    g_assert_false (b->udp.broken);
    g_assert_false (path_udp_receive (&b->udp, b->now));
    g_assert_cmpint (b->udp.broken, ==, EPERM);
    forbidden = FALSE;
}

/* A socket of both families wears IPv6's label on what routers of IPv4 say. */
static void
test_notices (Bed *b, gconstpointer data)
{
    static const struct {
        int     level;
        guint8  origin;
        guint32 said;
        guint   heard;
    } cases[] = {
        { IPPROTO_IP, SO_EE_ORIGIN_ICMP, 1200, 1200 },
        { IPPROTO_IP, SO_EE_ORIGIN_ICMP, 575, 0 },
        { IPPROTO_IP, SO_EE_ORIGIN_LOCAL, 1492, 1492 },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP6, 1280, 1280 },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP6, 1279, 0 },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP, 1200, 1200 },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP, 575, 0 },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP6, 70000, 0 },
    };

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        PathNotice said;

        notice_level = cases[i].level;
        notice       = (struct sock_extended_err){ .ee_errno  = EMSGSIZE,
                                                   .ee_origin = cases[i].origin,
                                                   .ee_info   = cases[i].said };
        g_assert_true (path_udp_error (&b->udp, &said));
        g_assert_cmpuint (said.mtu, ==, cases[i].heard);
        g_assert_false (said.refused);
    }
}

/* Only what a router or the peer's host said, not what this host thinks. */
static void
test_refusal (Bed *b, gconstpointer data)
{
    static const struct {
        int      level;
        guint8   origin;
        int      number;
        gboolean refused;
    } cases[] = {
        { IPPROTO_IP, SO_EE_ORIGIN_ICMP, ECONNREFUSED, TRUE },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP6, ECONNREFUSED, TRUE },
        { IPPROTO_IPV6, SO_EE_ORIGIN_ICMP, ECONNREFUSED, TRUE },
        { IPPROTO_IP, SO_EE_ORIGIN_ICMP, EHOSTUNREACH, FALSE },
        { IPPROTO_IP, SO_EE_ORIGIN_LOCAL, ECONNREFUSED, FALSE },
    };

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        PathNotice said;

        notice_level = cases[i].level;
        notice       = (struct sock_extended_err){ .ee_errno  = (guint32) cases[i].number,
                                                   .ee_origin = cases[i].origin };
        g_assert_true (path_udp_error (&b->udp, &said));
        g_assert_cmpint (said.refused, ==, cases[i].refused);
        g_assert_cmpuint (said.mtu, ==, 0);
    }
}

static void
test_addresses (void)
{
    PathUdp            six = { .family = 6 }, four = { .family = 4 };
    const AditEndpoint v4 = { { 192, 0, 2, 7 }, 0, 51820, 4 };
    const AditEndpoint v6 = { { 0xfe, 0x80, [15] = 9 }, 3, 51820, 6 };
    AditEndpoint       back;
    PathName           name;

    g_assert_true (path_udp_name (&six, &v4, &name));
    g_assert_true (IN6_IS_ADDR_V4MAPPED (&name.v6.sin6_addr));
    path_udp_endpoint (&name, &back);
    g_assert_cmpmem (&back, sizeof back, &v4, sizeof v4);
    g_assert_true (path_udp_name (&six, &v6, &name));
    path_udp_endpoint (&name, &back);
    g_assert_cmpmem (&back, sizeof back, &v6, sizeof v6);
    g_assert_true (path_udp_name (&four, &v4, &name));
    path_udp_endpoint (&name, &back);
    g_assert_cmpmem (&back, sizeof back, &v4, sizeof v4);
    g_assert_false (path_udp_name (&four, &v6, &name));
}

static void
test_faults (void)
{
    guint32 segment = 1u << ADIT_OFFLOAD_UDP_SEGMENT, gro = 1u << ADIT_OFFLOAD_UDP_GRO;

    g_assert_cmphex (path_udp_faults ("6.1.0-37-amd64"), ==, 0);
    g_assert_cmphex (path_udp_faults ("7.0.0-rc1"), ==, segment);
    g_assert_cmphex (path_udp_faults ("7.0.14-pve"), ==, segment);
    g_assert_cmphex (path_udp_faults ("7.1.4"), ==, segment);
    g_assert_cmphex (path_udp_faults ("7.1.5"), ==, 0);
    g_assert_cmphex (path_udp_faults ("7.2-rc1"), ==, 0);
    g_assert_cmphex (path_udp_faults ("5.11.22"), ==, gro);
    g_assert_cmphex (path_udp_faults ("5.12.0"), ==, 0);
    g_assert_cmphex (path_udp_faults ("unknown"), ==, 0);
}

/* After half a second of so many bytes a second, the socket full at each millisecond or never. */
static gsize
limit_after (guint64 bytes_per_s, gboolean full)
{
    PathThrottle t;
    gint64       now = 1000000;

    path_throttle_init (&t, &list_system, -1, TRUE);
    for (guint i = 0; i < 500; i++) {
        now += 1000;
        path_throttle_sent (&t, bytes_per_s / 1000, now);
        if (full)
            path_throttle_full (&t, now);
    }
    path_throttle_full (&t, now + 10 * G_USEC_PER_SEC); /* a pause says nothing */
    path_throttle_sent (&t, 1, now + 20 * G_USEC_PER_SEC);
    return t.limit;
}

static void
test_throttle (void)
{
    g_assert_cmpuint (limit_after (100000, TRUE), ==, PATH_THROTTLE_LEAST);
    g_assert_cmpuint (limit_after (6250000, TRUE), >=, 12500); /* 50 Mbit/s */
    g_assert_cmpuint (limit_after (6250000, TRUE), <=, 2 * 12500);
    g_assert_cmpuint (limit_after (60000000, TRUE), >=, 120000); /* 2 ms of it */
    g_assert_cmpuint (limit_after (2000000000, TRUE), ==, PATH_THROTTLE_MOST);
}

static void
test_throttle_never_full (void)
{
    g_assert_cmpuint (limit_after (6250000, FALSE), ==, PATH_THROTTLE_FIRST); /* proves nothing */
    g_assert_cmpuint (limit_after (125000000, FALSE), >=, 200000);
    g_assert_cmpuint (limit_after (2000000000, FALSE), ==, PATH_THROTTLE_MOST);
}

/* A raw IPv4 socket's packets come with their header, of any length; a broken one is dropped. */
static void
test_raw (Bed *b, gconstpointer data)
{
    static const struct {
        guint8 first;
        gsize  arriving, len;
    } cases[]       = { { 0x45, 100, 80 }, { 0x4f, 100, 40 }, { 0x45, 21, 1 },
                        { 0x45, 20, 0 },   { 0x44, 100, 0 },  { 0x4f, 60, 0 } };
    PathUdpConfig c = { .fd = -1, .family = 4, .raw = TRUE };

    (void) data;
    path_udp_clear (&b->udp);
    g_assert_true (path_udp_init (&b->udp, &list_system, &b->offloads, &b->pool, &c));
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_SEGMENT));
    g_assert_false (path_offload_has (&b->offloads, ADIT_OFFLOAD_UDP_GRO));
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        first    = cases[i].first;
        arriving = cases[i].arriving;
        path_udp_receive (&b->udp, b->now);
        g_assert_cmpuint (b->udp.n_received, ==, cases[i].len ? PATH_RECEIVE : 0);
        if (cases[i].len)
            g_assert_cmpuint (b->udp.received[0].len, ==, cases[i].len);
    }
    first = 1;
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn, data) g_test_add ("/path/udp/" name, Bed, data, bed_setup, fn, bed_teardown)
    ADD ("equal-datagrams-to-one-peer-share-a-run", test_runs, NULL);
    ADD ("a-run-has-at-most-64-segments-and-65507-bytes", test_limits, NULL);
    ADD ("only-the-ecn-field-leaves-the-tunnel", test_dscp, NULL);
    ADD ("the-whole-octet-leaves-when-asked-for", test_dscp, "copy");
    ADD ("a-refused-run-goes-again-one-by-one", test_refused_run, NULL);
    ADD ("a-datagram-too-long-is-not-the-fault-of-runs", test_too_long, NULL);
    ADD ("an-answer-to-something-else-costs-nothing", test_answers, NULL);
    ADD ("what-cannot-be-reached-is-dropped-and-counted", test_unreachable, NULL);
    ADD ("what-finds-no-room-waits-in-order", test_waits, NULL);
    ADD ("a-closed-socket-is-broken", test_broken, NULL);
    ADD ("a-sandbox-that-forbids-to-receive-ends-the-path", test_forbidden, NULL);
    ADD ("what-a-router-says-is-believed-within-bounds", test_notices, NULL);
    ADD ("only-icmp-says-that-nothing-listens", test_refusal, NULL);
    ADD ("long-datagrams-come-in-without-gro-too", test_long_datagrams, NULL);
    ADD ("packets-straight-over-ip-lose-their-outer-header", test_raw, NULL);
    g_test_add_func ("/path/udp/addresses-survive-the-way-to-the-kernel", test_addresses);
    g_test_add_func ("/path/udp/kernels-known-to-corrupt-are-not-trusted", test_faults);
    g_test_add_func ("/path/throttle/the-limit-is-two-milliseconds-of-what-goes-out",
                     test_throttle);
    g_test_add_func ("/path/throttle/a-link-that-is-never-full-is-not-held-back",
                     test_throttle_never_full);
    return g_test_run ();
}
