/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-path.c - a whole path between a pair of sockets in place of the device and UDP on loopback:
 * what carriers and the control half may ask of it, marks, answers, and silence when idle. */
#include "client/path/loop.h"
#include "null-carrier.h"
#include "packets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <linux/errqueue.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    AditDataPath *path;
    AditSystem    system;
    int           device; /* our end of it */
    int           peer;   /* where the path sends to */
    guint16       port;   /* of the path */
    int           path_device, path_link;
    NullCarrier  *carrier[2];
} Bed;

static int full;    /* the path's socket has no room */
static int refused; /* how many more sends fail, as if a router had answered */
static int claim;   /* outer MTU on the error queue, once; 0: it is empty */

static int
no_room (void)
{
    if (__atomic_load_n (&full, __ATOMIC_ACQUIRE))
        return EAGAIN;
    if (__atomic_load_n (&refused, __ATOMIC_ACQUIRE) == 0)
        return 0;
    __atomic_sub_fetch (&refused, 1, __ATOMIC_ACQ_REL);
    return ECONNREFUSED;
}

static ssize_t
some_sendmsg (int fd, const struct msghdr *m, int flags)
{
    errno = no_room ();
    return errno ? -1 : sendmsg (fd, m, flags);
}

static int
some_sendmmsg (int fd, struct mmsghdr *m, unsigned n, int flags)
{
    errno = no_room ();
    return errno ? -1 : sendmmsg (fd, m, n, flags);
}

static ssize_t
some_recvmsg (int fd, struct msghdr *m, int flags)
{
    struct sock_extended_err e = { .ee_errno = EMSGSIZE, .ee_origin = SO_EE_ORIGIN_ICMP };
    struct cmsghdr          *c = CMSG_FIRSTHDR (m);

    if (flags & MSG_ERRQUEUE)
        e.ee_info = (guint32) __atomic_exchange_n (&claim, 0, __ATOMIC_ACQ_REL);
    if (!e.ee_info)
        return recvmsg (fd, m, flags);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type  = IP_RECVERR;
    c->cmsg_len   = CMSG_LEN (sizeof e);
    memcpy (CMSG_DATA (c), &e, sizeof e);
    m->msg_controllen = CMSG_SPACE (sizeof e);
    return 0;
}

static int
always (int fd, unsigned flags)
{
    (void) fd;
    (void) flags;
    return 0;
}

static int
bound_socket (guint16 *port)
{
    struct sockaddr_in a   = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
    socklen_t          len = sizeof a;
    int                fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
    struct timeval     t = { .tv_sec = 5 };

    g_assert_cmpint (bind (fd, (struct sockaddr *) &a, sizeof a), ==, 0);
    g_assert_cmpint (getsockname (fd, (struct sockaddr *) &a, &len), ==, 0);
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt (fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    *port = ntohs (a.sin_port);
    return fd;
}

/* Two null carriers, so that layers can be told apart. */
static void
bed_setup (Bed *b, gconstpointer data)
{
    AditEndpoint   peer  = { .address = { 127, 0, 0, 1 }, .family = 4 };
    GError        *error = NULL;
    struct timeval t     = { .tv_sec = 5 };
    AditPathConfig c = { .vnet = TRUE, .family = 4, .mtu = 1400, .n = 2, .queue = data != NULL };
    int            pair[2];

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    b->device = pair[0];
    setsockopt (b->device, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    b->peer        = bound_socket (&peer.port);
    c.device       = pair[1];
    c.link         = bound_socket (&b->port);
    b->path_device = c.device;
    b->path_link   = c.link;
    g_unix_set_fd_nonblocking (c.device, TRUE, NULL);
    g_unix_set_fd_nonblocking (c.link, TRUE, NULL);
    for (guint i = 0; i < 2; i++) {
        c.carriers[i] = null_carrier_new (&peer);
        b->carrier[i] = (NullCarrier *) c.carriers[i];
    }
    b->system             = adit_system;
    b->system.set_offload = always;
    b->system.sendmsg     = some_sendmsg;
    b->system.sendmmsg    = some_sendmmsg;
    b->system.recvmsg     = some_recvmsg;
    full = refused = claim = 0;
    b->path                = path_new_on (&b->system, &c, &error);
    g_assert_no_error (error);
    g_assert_true (adit_data_path_start (b->path, &error));
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    adit_data_path_free (b->path);
    close (b->device);
    close (b->peer);
    close (b->path_device);
    close (b->path_link);
}

static void
next_event (Bed *b, AditPathEvent *event)
{
    struct pollfd fd = { adit_data_path_event_fd (b->path), POLLIN, 0 };

    while (!adit_data_path_next (b->path, event))
        g_assert_cmpint (poll (&fd, 1, 5000), ==, 1);
}

static void
to_device (Bed *b, const guint8 *p, gsize len)
{
    PathVnet     none   = { 0 };
    struct iovec iov[2] = { { &none, sizeof none }, { (void *) p, len } };

    g_assert_cmpint (writev (b->device, iov, 2), ==, (gssize) (sizeof none + len));
}

static gsize
from_device (Bed *b, guint8 *p, gsize room)
{
    PathVnet     v;
    struct iovec iov[2] = { { &v, sizeof v }, { p, room } };
    ssize_t      n      = readv (b->device, iov, 2);

    g_assert_cmpint (n, >, (gssize) sizeof v);
    return (gsize) n - sizeof v;
}

/* One datagram at the peer, with its TOS octet. */
static gsize
at_peer (Bed *b, guint8 *p, gsize room, int *tos)
{
    char          control[64] __attribute__ ((aligned (8)));
    struct iovec  iov = { p, room };
    struct msghdr m   = {
          .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t n = recvmsg (b->peer, &m, 0);

    g_assert_cmpint (n, >=, 0);
    *tos = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR (&m); c; c = CMSG_NXTHDR (&m, c))
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
            *tos = *CMSG_DATA (c);
    return (gsize) n;
}

static void
from_peer (Bed *b, const guint8 *p, gsize len, int tos)
{
    struct sockaddr_in to = { .sin_family      = AF_INET,
                              .sin_port        = htons (b->port),
                              .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

    setsockopt (b->peer, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    g_assert_cmpint (sendto (b->peer, p, len, 0, (struct sockaddr *) &to, sizeof to), ==,
                     (gssize) len);
}

/* A packet with both carriers' headers before it. */
static gsize
wrapped (guint8 *to, const PacketSpec *s)
{
    memset (to, 0, 2 * NULL_HEAD);
    return 2 * NULL_HEAD + packet_make (s, to + 2 * NULL_HEAD);
}

static AditPathStats
stats (Bed *b)
{
    AditPathStats s;

    adit_data_path_stats (b->path, &s);
    return s;
}

static void
test_through (Bed *b, gconstpointer data)
{
    PacketSpec s = { .version = 4, .proto = PATH_UDP, .tos = 0xb8 | PATH_ECT0, .body = 500 };
    guint8     p[1500], got[1500];
    gsize      len = packet_make (&s, p);
    int        tos;

    (void) data;
    to_device (b, p, len);
    g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, len + 2 * NULL_HEAD);
    g_assert_cmpmem (got + 2 * NULL_HEAD, len, p, len);
    g_assert_cmpint (tos, ==, PATH_ECT0); /* RFC 6040 4.1; DSCP says too much */
    from_peer (b, got, len + 2 * NULL_HEAD, 0);
    g_assert_cmpuint (from_device (b, got, sizeof got), ==, len);
    g_assert_cmpmem (got, len, p, len);
}

static void
test_ecn (Bed *b, gconstpointer data)
{
    PacketSpec s = { .version = 4, .proto = PATH_UDP, .tos = PATH_ECT0, .body = 50 };
    guint8     w[1500], got[1500];
    gsize      len = wrapped (w, &s);

    (void) data;
    from_peer (b, w, len, PATH_CE);
    len = from_device (b, got, sizeof got);
    g_assert_cmpint (got[1], ==, PATH_CE);
    assert_right_checksums (got, len);
    s.tos = PATH_NOT_ECT;
    len   = wrapped (w, &s);
    from_peer (b, w, len, PATH_CE); /* must be dropped */
    from_peer (b, w, len, 0);
    g_assert_cmpuint (from_device (b, got, sizeof got), ==, len - 2 * NULL_HEAD);
    while (stats (b).drops[ADIT_DROP_ECN] != 1) /* published when the thread goes to sleep */
        g_thread_yield ();
}

static void
test_tell (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 500; i++) {
        AditPathEvent event;
        char          text[32];

        g_snprintf (text, sizeof text, "key %u", i);
        g_assert_true (adit_data_path_tell (b->path, i % 2, text, strlen (text)));
        if (i < 3)
            continue; /* some at once */
        next_event (b, &event);
        g_snprintf (text, sizeof text, "key %u", i - 3);
        g_assert_cmpint (event.kind, ==, ADIT_PATH_SAID);
        g_assert_cmpuint (event.layer, ==, (i - 3) % 2);
        g_assert_cmpmem (event.message, event.size, text, strlen (text));
    }
}

static void
test_punt (Bed *b, gconstpointer data)
{
    guint8        w[300] = { 0 };
    AditPathEvent event;

    (void) data;
    memset (w, 0xff, 4);
    memset (w + 4, 7, 100);
    from_peer (b, w, 104, 0);
    next_event (b, &event);
    g_assert_cmpint (event.kind, ==, ADIT_PATH_PUNTED);
    g_assert_cmpuint (event.layer, ==, 1);
    g_assert_cmpuint (event.from.family, ==, 4);
    g_assert_cmpmem (event.packet->data, event.packet->len, w, 104);
    adit_packet_free (event.packet);
    memset (w, 0, NULL_HEAD);
    memset (w + NULL_HEAD, 0xff, 4);
    from_peer (b, w, 40, 0);
    next_event (b, &event);
    g_assert_cmpuint (event.layer, ==, 0);
    g_assert_cmpuint (event.packet->len, ==, 40 - NULL_HEAD);
    adit_packet_free (event.packet);
}

/* A forger may send as much as he likes: what a carrier has to say is still heard. */
static void
test_punt_flood (Bed *b, gconstpointer data)
{
    guint8        w[104], important[300] = { 7 };
    AditPathEvent event;
    guint         punted = 0;

    (void) data;
    memset (w, 0xff, sizeof w);
    while (stats (b).drops[ADIT_DROP_OVERFLOW] == 0)
        from_peer (b, w, sizeof w, 0);
    g_assert_true (adit_data_path_tell (b->path, 0, important, sizeof important));
    for (next_event (b, &event); event.kind == ADIT_PATH_PUNTED; next_event (b, &event)) {
        adit_packet_free (event.packet);
        punted++;
    }
    g_assert_cmpint (event.kind, ==, ADIT_PATH_SAID);
    g_assert_cmpmem (event.message, event.size, important, sizeof important);
    g_assert_cmpuint (punted, >, 200);
}

static void
test_inject (Bed *b, gconstpointer data)
{
    g_autoptr (AditPacket) packet = adit_packet_new ("hello", 5);
    guint8 got[100];
    int    tos;

    (void) data;
    for (guint layer = 0; layer < 2; layer++) {
        gsize below = (1 - layer) * NULL_HEAD; /* the carriers outside of it */

        AditEndpoint to = b->carrier[0]->peer;

        g_assert_true (adit_data_path_inject (b->path, layer, &to, packet));
        g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, below + 5);
        g_assert_cmpmem (got + below, 5, "hello", 5);
    }
}

/* What was injected before the end goes out: a protocol says goodbye and is freed at once. */
static void
test_goodbye (Bed *b, gconstpointer data)
{
    g_autoptr (AditPacket) packet = adit_packet_new ("bye", 3);
    AditEndpoint to               = b->carrier[0]->peer;
    guint8       got[100];
    int          tos;

    (void) data;
    g_assert_true (adit_data_path_inject (b->path, 1, &to, packet));
    adit_data_path_free (g_steal_pointer (&b->path));
    g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, 3);
    g_assert_cmpmem (got, 3, "bye", 3);
}

/* More than the path takes while its socket is full: the rest follows as soon as there is room. */
static void
test_inject_many (Bed *b, gconstpointer data)
{
    g_autoptr (AditPacket) packet = adit_packet_new ("hello", 5);
    const guint   n = PATH_ENTRIES + 5, taken = PATH_ENTRIES * (sizeof (PathRecord) + 8);
    struct pollfd fd = { b->path->commands.fd, POLLIN, 0 };
    guint8        got[100];
    gint64        since_us;
    int           tos;

    (void) data;
    __atomic_store_n (&full, 1, __ATOMIC_RELEASE);
    for (guint i = 0; i < n; i++)
        g_assert_true (adit_data_path_inject (b->path, 1, &b->carrier[0]->peer, packet));
    while (__atomic_load_n (&b->path->commands.tail, __ATOMIC_ACQUIRE) != taken ||
           poll (&fd, 1, 0) != 0)
        g_thread_yield ();
    since_us = g_get_monotonic_time ();
    __atomic_store_n (&full, 0, __ATOMIC_RELEASE);
    for (guint i = 0; i < n; i++)
        g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, 5);
    g_assert_cmpint (g_get_monotonic_time () - since_us, <, 1500000);
}

/* No router says that more fits than was ever sent. */
static void
test_claims (Bed *b, gconstpointer data)
{
    static const int claims[] = { 9000, 500, 1300 };
    PacketSpec       s        = { .version = 4, .proto = PATH_UDP, .body = 50 };
    guint8           p[1500], got[1500];
    gsize            len = packet_make (&s, p);
    AditPathEvent    event;
    int              tos;

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS (claims); i++) {
        __atomic_store_n (&claim, claims[i], __ATOMIC_RELEASE);
        __atomic_store_n (&refused, 1, __ATOMIC_RELEASE);
        to_device (b, p, len);
        at_peer (b, got, sizeof got, &tos);
        while (__atomic_load_n (&claim, __ATOMIC_ACQUIRE))
            g_thread_yield ();
    }
    next_event (b, &event);
    g_assert_cmpint (event.kind, ==, ADIT_PATH_MTU);
    g_assert_cmpuint (event.size, ==, 1300);
}

/* The kernel of the peer's host answers for it. */
static void
test_nothing_listens (void)
{
    AditPathConfig     c = { .vnet = TRUE, .family = 4, .mtu = 1400, .n = 1, .connected = TRUE };
    Bed                b = { .path = NULL };
    GError            *error = NULL;
    guint16            port;
    int                pair[2], on = 1, peer = bound_socket (&port);
    struct sockaddr_in at    = { .sin_family      = AF_INET,
                                 .sin_port        = htons (port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
    AditPathEvent      event = { .packet = NULL };
    g_autoptr (AditPacket) p = adit_packet_new ("anybody?", 8);

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    c.device      = pair[1];
    c.link        = bound_socket (&port);
    c.carriers[0] = null_carrier_new (&(AditEndpoint){ .family = 0 });
    g_unix_set_fd_nonblocking (c.device, TRUE, NULL);
    g_unix_set_fd_nonblocking (c.link, TRUE, NULL);
    setsockopt (c.link, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    g_assert_cmpint (connect (c.link, (struct sockaddr *) &at, sizeof at), ==, 0);
    close (peer);
    b.path = adit_data_path_new (&c, &error);
    g_assert_no_error (error);
    g_assert_true (adit_data_path_start (b.path, &error));
    for (guint i = 0; i < 3; i++) {
        g_assert_true (adit_data_path_inject (b.path, 0, NULL, p));
        next_event (&b, &event);
        g_assert_cmpint (event.kind, ==, ADIT_PATH_REFUSED);
    }
    adit_data_path_free (b.path);
    close (pair[0]);
    close (pair[1]);
    close (c.link);
}

static void
test_emit (Bed *b, gconstpointer data)
{
    guint8 got[100];
    int    tos;

    (void) data;
    g_assert_true (adit_data_path_tell (b->path, 0, "emit", 4));
    g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, 2 * NULL_HEAD);
    g_assert_true (adit_data_path_tell (b->path, 1, "emit", 4));
    g_assert_cmpuint (at_peer (b, got, sizeof got, &tos), ==, NULL_HEAD);
}

static void
test_too_big (Bed *b, gconstpointer data)
{
    PacketSpec    s = { .version = 4, .proto = PATH_UDP, .body = 1380 };
    guint8        p[1500], got[1500];
    gsize         len = packet_make (&s, p);
    AditPathEvent event;

    (void) data;
    to_device (b, p, len);
    g_assert_cmpuint (from_device (b, got, sizeof got), ==, 576);
    g_assert_cmpuint (path_get16 (got + 26), ==, 1400);
    g_assert_true (adit_data_path_set_mtu (b->path, 1300));
    g_assert_true (adit_data_path_tell (b->path, 0, "?", 1));
    next_event (b, &event); /* the answer comes after the MTU was taken */
    for (guint i = 0; i < 200; i++)
        to_device (b, p, len);
    from_device (b, got, sizeof got);
    g_assert_cmpuint (path_get16 (got + 26), ==, 1300);
    while (stats (b).drops[ADIT_DROP_TOO_BIG] < 201)
        g_thread_yield ();
    g_assert_cmpuint (stats (b).device_writes, <, 60); /* not one answer each */
}

static void
test_clamp (Bed *b, gconstpointer data)
{
    PacketSpec s = { .version = 4, .proto = PATH_TCP, .flags = PATH_TCP_SYN, .options = 4 };
    guint8     p[200], got[200];
    gsize      len = packet_make (&s, p);
    int        tos;

    (void) data;
    memcpy (p + 40, "\2\4\5\264", 4);
    packet_checksums (p, len);
    to_device (b, p, len);
    at_peer (b, got, sizeof got, &tos);
    g_assert_cmpuint (path_get16 (got + 2 * NULL_HEAD + 42), ==, 1360);
    assert_right_checksums (got + 2 * NULL_HEAD, len);
    memcpy (got + 2 * NULL_HEAD, p, len);
    from_peer (b, got, 2 * NULL_HEAD + len, 0);
    from_device (b, got, sizeof got);
    g_assert_cmpuint (path_get16 (got + 42), ==, 1360);
    while (stats (b).clamped != 2)
        g_thread_yield ();
}

/* Reads what still is on its way; again, since a full pair of sockets may drop the marker too. */
static void
wait_for_marker (Bed *b)
{
    PacketSpec    s  = { .version = 4, .proto = PATH_UDP, .body = 501 };
    struct pollfd fd = { b->device, POLLIN, 0 };
    guint8        w[600], got[1500];
    gsize         want = wrapped (w, &s) - 2 * NULL_HEAD, n = 0;

    for (guint i = 0; i < 100 && n != want; i++) {
        from_peer (b, w, want + 2 * NULL_HEAD, 0);
        while (n != want && poll (&fd, 1, 100) == 1)
            n = from_device (b, got, sizeof got);
    }
    g_assert_cmpuint (n, ==, want);
    while (poll (&fd, 1, 200) == 1)
        from_device (b, got, sizeof got);
}

static void
test_garbage (Bed *b, gconstpointer data)
{
    guint64 state = 77;
    guint8  w[600], got[1500];
    gsize   len;

    (void) data;
    for (guint i = 0; i < 3000; i++) {
        PacketSpec s = { .version = i & 1 ? 4 : 6,
                         .proto   = i & 2 ? PATH_TCP : PATH_UDP,
                         .flags   = PATH_TCP_ACK,
                         .body    = 300 };

        len = wrapped (w, &s);
        for (guint k = 0; k < 5; k++)
            w[2 * NULL_HEAD + next_random (&state) % 60] = (guint8) next_random (&state);
        from_peer (b, w, next_random (&state) % len, (int) (i & 3));
        while (recv (b->device, got, sizeof got, MSG_DONTWAIT) > 0)
            ;
    }
    wait_for_marker (b);
    test_through (b, NULL); /* still there */
}

/* Counted in pages of the pool that are in memory. */
static guint
resident (const Bed *b)
{
    gsize              pages = b->path->pool.size / 4096, n = 0;
    g_autofree guint8 *in = g_malloc0 (pages + 1);

    g_assert_cmpint (mincore (b->path->pool.base, pages * 4096, in), ==, 0);
    for (gsize i = 0; i < pages; i++)
        n += in[i] & 1;
    return (guint) n;
}

static void
test_idle (Bed *b, gconstpointer data)
{
    struct pollfd fd = { adit_data_path_event_fd (b->path), POLLIN, 0 };
    guint64       wakeups;

    test_through (b, data);
    g_assert_cmpuint (resident (b), >, 0);
    g_assert_cmpint (poll (&fd, 1, 3500), ==, 0); /* time passes and nothing happens */
    g_assert_cmpuint (resident (b), ==, 0);
    wakeups = stats (b).wakeups;
    g_assert_cmpint (poll (&fd, 1, 2000), ==, 0);
    g_assert_cmpuint (stats (b).wakeups, ==, wakeups);
    test_through (b, data);
}

/* A carrier that holds a packet back is called again in time, though nothing else comes; and then
 * nothing wakes any more. */
static void
test_again (Bed *b, gconstpointer data)
{
    PacketSpec    s  = { .version = 4, .proto = PATH_UDP, .body = 500 };
    struct pollfd fd = { adit_data_path_event_fd (b->path), POLLIN, 0 };
    guint8        p[1500], got[1500];
    gsize         len = wrapped (p, &s);
    gint64        began;
    guint64       wakeups;

    (void) data;
    b->carrier[0]->hold_us = 50000; /* the inner one; the path is idle */
    began                  = g_get_monotonic_time ();
    from_peer (b, p, len, 0);
    g_assert_cmpuint (from_device (b, got, sizeof got), ==, len - 2 * NULL_HEAD);
    g_assert_cmpmem (got, len - 2 * NULL_HEAD, p + 2 * NULL_HEAD, len - 2 * NULL_HEAD);
    g_assert_cmpint (g_get_monotonic_time () - began, >=, 50000);
    g_assert_cmpint (poll (&fd, 1, 3500), ==, 0); /* memory is given back */
    wakeups = stats (b).wakeups;
    g_assert_cmpint (poll (&fd, 1, 500), ==, 0);
    g_assert_cmpuint (stats (b).wakeups, ==, wakeups);
}

static void
test_other_transports (void)
{
    AditPathConfig c     = { .transport = ADIT_TRANSPORT_STREAM, .family = 4, .mtu = 1400 };
    GError        *error = NULL;

    g_assert_null (adit_data_path_new (&c, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_BUG);
    g_clear_error (&error);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn, data) g_test_add ("/path/whole/" name, Bed, data, bed_setup, fn, bed_teardown)
    ADD ("a-packet-goes-out-and-comes-back", test_through, NULL);
    ADD ("a-packet-goes-out-and-comes-back-with-the-queue", test_through, "queue");
    ADD ("congestion-on-the-way-is-seen-inside", test_ecn, NULL);
    ADD ("messages-reach-their-carrier-and-answers-come-back", test_tell, NULL);
    ADD ("what-is-no-data-goes-up-with-its-layer", test_punt, NULL);
    ADD ("a-flood-of-what-is-no-data-silences-no-carrier", test_punt_flood, NULL);
    ADD ("an-injected-packet-passes-only-the-layers-below", test_inject, NULL);
    ADD ("injected-packets-follow-once-there-is-room", test_inject_many, NULL);
    ADD ("a-claim-that-more-fits-than-is-sent-is-ignored", test_claims, NULL);
    ADD ("a-goodbye-goes-out-before-the-end", test_goodbye, NULL);
    ADD ("an-emitted-packet-begins-at-its-carrier", test_emit, NULL);
    ADD ("a-packet-held-back-comes-in-time", test_again, NULL);
    ADD ("too-big-is-answered-but-not-each-time", test_too_big, NULL);
    ADD ("syns-are-clamped-both-ways", test_clamp, NULL);
    ADD ("garbage-from-the-peer-does-no-harm", test_garbage, NULL);
    ADD ("idle-means-no-wake-up-and-no-memory", test_idle, NULL);
    g_test_add_func ("/path/whole/a-port-where-nothing-listens-is-told", test_nothing_listens);
    g_test_add_func ("/path/whole/a-transport-that-is-not-there-is-refused-in-words",
                     test_other_transports);
    return g_test_run ();
}
