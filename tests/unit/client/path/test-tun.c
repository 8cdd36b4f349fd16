/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-tun.c - two paths over a real TUN, a real socket and veth: what goes in comes out, with each
 * offload switched off or refused while it runs. */
#include "ends.h"
#include "packets.h"

enum { STREAM = 40 << 20, DATAGRAM = 1000, DATAGRAMS = 40, RUNS = 200 };

typedef struct {
    int        fd;
    guint64    seed;
    GChecksum *sum;
} Flow;

static gpointer
send_stream (gpointer data)
{
    Flow  *f    = data;
    gsize  left = STREAM;
    guint8 block[65536];

    while (left) {
        gsize n = MIN (left, sizeof block), at = 0;

        for (gsize i = 0; i < n; i += 4) {
            guint32 v = next_random (&f->seed);

            memcpy (block + i, &v, 4);
        }
        g_checksum_update (f->sum, block, (gssize) n);
        while (at < n) {
            ssize_t done = send (f->fd, block + at, n - at, 0);

            g_assert_cmpint (done, >, 0);
            at += (gsize) done;
        }
        left -= n;
    }
    return NULL;
}

/* The longest time in which nothing came, in microseconds. */
static gint64
receive_stream (Flow *f)
{
    gsize  left = STREAM;
    gint64 last = g_get_monotonic_time (), worst = 0;
    guint8 block[65536];

    while (left) {
        ssize_t n   = recv (f->fd, block, MIN (left, sizeof block), 0);
        gint64  now = g_get_monotonic_time ();

        g_assert_cmpint (n, >, 0);
        g_checksum_update (f->sum, block, n);
        left -= (gsize) n;
        worst = MAX (worst, now - last);
        last  = now;
    }
    return worst;
}

static struct sockaddr_in6
inner_address (const Ends *e, gboolean child)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons (5000) };

    inet_pton (AF_INET6,
               e->how->inner6 ? (child ? "fd98::2" : "fd98::1")
                              : (child ? "::ffff:10.98.0.2" : "::ffff:10.98.0.1"),
               &a.sin6_addr);
    return a;
}

static int
open_stream (Ends *e)
{
    struct sockaddr_in6 a  = inner_address (e, TRUE);
    struct timeval      t  = { .tv_sec = 20 };
    int                 fd = socket (AF_INET6, SOCK_STREAM, 0);

    if (e->child) {
        int listener = fd;

        g_assert_cmpint (bind (listener, (struct sockaddr *) &a, sizeof a), ==, 0);
        g_assert_cmpint (listen (listener, 1), ==, 0);
        ends_say (e, 'l');
        fd = accept (listener, NULL, NULL);
        close (listener);
    } else {
        ends_hear (e, 'l');
        g_assert_cmpint (connect (fd, (struct sockaddr *) &a, sizeof a), ==, 0);
    }
    g_assert_cmpint (fd, >=, 0);
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    return fd;
}

static void
exchange_sums (Ends *e, const char *mine, const char *heard)
{
    char theirs[64];

    g_assert_cmpint (write (e->peer[e->child], mine, 64), ==, 64);
    g_assert_cmpint (recv (e->peer[e->child], theirs, 64, MSG_WAITALL), ==, 64);
    g_assert_cmpmem (heard, 64, theirs, 64);
}

/* TCP, both ways at once. */
static void
exchange_streams (Ends *e)
{
    int      fd  = open_stream (e);
    Flow     out = { fd, e->child ? 1 : 2, g_checksum_new (G_CHECKSUM_SHA256) };
    Flow     in  = { fd, 0, g_checksum_new (G_CHECKSUM_SHA256) };
    GThread *t   = g_thread_new ("send", send_stream, &out);
    gint64   gap = receive_stream (&in);

    g_thread_join (t);
    exchange_sums (e, g_checksum_get_string (out.sum), g_checksum_get_string (in.sum));
    if (!e->child)
        g_test_message ("longest pause %" G_GINT64_FORMAT " ms", gap / 1000);
    g_checksum_free (out.sum);
    g_checksum_free (in.sum);
    close (fd);
}

static int
open_datagrams (Ends *e)
{
    struct sockaddr_in6 me = inner_address (e, e->child), peer = inner_address (e, !e->child);
    struct timeval      t    = { .tv_sec = 5 };
    int                 size = DATAGRAM, big = 4 << 20, fd = socket (AF_INET6, SOCK_DGRAM, 0);

    setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    if (!e->child)
        setsockopt (fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    g_assert_cmpint (bind (fd, (struct sockaddr *) &me, sizeof me), ==, 0);
    g_assert_cmpint (connect (fd, (struct sockaddr *) &peer, sizeof peer), ==, 0);
    ends_say (e, 'u');
    ends_hear (e, 'u');
    return fd;
}

/* UDP: runs of datagrams, each answered when all of it has come. */
static void
exchange_datagrams (Ends *e)
{
    int    fd = open_datagrams (e);
    guint8 run[DATAGRAM * DATAGRAMS], got[2000];

    for (guint i = 0; i < RUNS; i++) {
        for (guint k = 0; k < DATAGRAMS; k++)
            memset (run + k * DATAGRAM, (int) (i + k), DATAGRAM);
        if (!e->child) {
            g_assert_cmpint (send (fd, run, sizeof run, 0), ==, sizeof run);
            g_assert_cmpint (recv (fd, got, sizeof got, 0), ==, 1);
            continue;
        }
        for (guint k = 0; k < DATAGRAMS; k++) {
            g_assert_cmpint (recv (fd, got, sizeof got, 0), ==, DATAGRAM);
            g_assert_cmpmem (got, DATAGRAM, run + k * DATAGRAM, DATAGRAM);
        }
        g_assert_cmpint (send (fd, "!", 1, 0), ==, 1);
    }
    close (fd);
}

static void
check_counters (const Ends *e)
{
    AditPathStats s;

    adit_data_path_stats (e->path, &s);
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++)
        if (e->how->switched_off & 1u << i)
            g_assert_cmpuint (s.offload_used[i], ==, 0);
    if (e->how->refusal != REFUSE_NOTHING && (e->child || e->how->refusal != REFUSE_SUPER_UDP))
        g_assert_cmpint (__atomic_load_n (&refused, __ATOMIC_RELAXED), >, 0);
    if (e->how->refusal == REFUSE_NOTHING && !e->how->switched_off)
        for (guint i = ADIT_OFFLOAD_TSO; i <= ADIT_OFFLOAD_UDP_GRO; i++)
            if (i != ADIT_OFFLOAD_USO && i != ADIT_OFFLOAD_UDP_COALESCE)
                g_assert_cmpuint (s.offload_used[i], >, 0);
    for (guint i = 0; i < ADIT_N_DROPS; i++)
        if (s.drops[i] && !e->child)
            g_test_message ("dropped %s: %" G_GUINT64_FORMAT, adit_drop_name ((AditDrop) i),
                            s.drops[i]);
}

static void
test_case (gconstpointer data)
{
    const char *missing = ends_missing ();
    Ends        e;

    if (missing) {
        g_test_skip (missing);
        return;
    }
    ends_open (&e, data);
    exchange_streams (&e);
    exchange_datagrams (&e);
    check_counters (&e);
    ends_say (&e, 'e');
    ends_hear (&e, 'e');
    ends_close (&e);
}

static gboolean
wait_for_event (Ends *e, AditPathEventKind kind, gsize *size)
{
    struct pollfd fd = { adit_data_path_event_fd (e->path), POLLIN, 0 };
    AditPathEvent event;

    do {
        while (adit_data_path_next (e->path, &event))
            if (event.kind == kind) {
                *size = event.size;
                return TRUE;
            }
    } while (poll (&fd, 1, 5000) == 1);
    return FALSE;
}

/* The link's own MTU shrinks: the path says so, and goes on with smaller packets. */
static void
test_mtu (gconstpointer data)
{
    const char *missing = ends_missing ();
    gsize       mtu     = 0;
    Ends        e;

    if (missing) {
        g_test_skip (missing);
        return;
    }
    ends_open (&e, data);
    if (!e.child) {
        int                 fd         = socket (AF_INET6, SOCK_DGRAM, 0);
        struct sockaddr_in6 to         = inner_address (&e, TRUE);
        guint8              body[1300] = { 0 };

        ends_ip ("link set v0 mtu 1300");
        g_assert_cmpint (sendto (fd, body, sizeof body, 0, (struct sockaddr *) &to, sizeof to), ==,
                         sizeof body);
        g_assert_true (wait_for_event (&e, ADIT_PATH_MTU, &mtu));
        g_assert_cmpuint (mtu, ==, 1300);
        g_assert_true (adit_data_path_set_mtu (e.path, 1300 - 28 - NULL_HEAD));
        close (fd);
    }
    exchange_streams (&e);
    ends_say (&e, 'e');
    ends_hear (&e, 'e');
    ends_close (&e);
}

static void
test_gone (gconstpointer data)
{
    const char *missing = ends_missing ();
    gsize       number  = 0;
    Ends        e;

    if (missing) {
        g_test_skip (missing);
        return;
    }
    ends_open (&e, data);
    if (!e.child) {
        ends_ip ("link del tun0");
        g_assert_true (wait_for_event (&e, ADIT_PATH_BROKEN, &number));
        g_assert_cmpint (number, ==, EBADFD);
    }
    ends_say (&e, 'e');
    ends_hear (&e, 'e');
    ends_close (&e);
}

static const EndsCase plain[] = {
    { .name = "whole-over-ipv4" },
    { .name = "whole-over-ipv6", .inner6 = TRUE, .outer6 = TRUE },
    { .name = "whole-through-the-queue", .queue = TRUE },
    { .name    = "through-the-queue-when-the-socket-is-often-full",
      .queue   = TRUE,
      .refusal = REFUSE_SOMETIMES },
};

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (plain); i++) {
        g_autofree char *name = g_strconcat ("/path/tun/both-ways-arrive-", plain[i].name, NULL);

        g_test_add_data_func (name, &plain[i], test_case);
    }
    g_test_add_data_func ("/path/tun/a-smaller-way-is-told-and-respected", &plain[0], test_mtu);
    g_test_add_data_func ("/path/tun/a-device-that-goes-away-ends-the-path", &plain[0], test_gone);
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++) {
        EndsCase        *c    = g_new0 (EndsCase, 1);
        g_autofree char *name = g_strconcat ("/path/tun/both-ways-arrive-without-",
                                             adit_offload_name ((AditOffload) i), NULL);

        c->switched_off = 1u << i;
        g_test_add_data_func_full (name, c, test_case, g_free);
    }
    for (guint i = REFUSE_NOTHING + 1; i < N_REFUSALS; i++) {
        EndsCase        *c    = g_new0 (EndsCase, 1);
        g_autofree char *name = g_strconcat ("/path/tun/both-ways-arrive-when-the-kernel-refuses-",
                                             refusal_names[i], NULL);

        c->refusal = (Refusal) i;
        g_test_add_data_func_full (name, c, test_case, g_free);
    }
    return g_test_run ();
}
