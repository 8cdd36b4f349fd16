/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-tunnel.c - a sandboxed worker at its work: links, questions, timers, offers, callers. */
#include "tests/sandbox/parent.h"
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
assert_note (const Worker *w, const char *key, const char *want)
{
    g_autoptr (GHashTable) notes = worker_status (w);

    g_assert_cmpstr (g_hash_table_lookup (notes, key), ==, want);
}

static void
end (Worker *w)
{
    kill (w->pid, SIGKILL);
    worker_reap (w);
}

static int
udp_socket (struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int       fd   = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memset (address, 0, sizeof *address);
    address->sin_family      = AF_INET;
    address->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    g_assert_cmpint (bind (fd, (struct sockaddr *) address, sizeof *address), ==, 0);
    g_assert_cmpint (getsockname (fd, (struct sockaddr *) address, &size), ==, 0);
    return fd;
}

/* The want with which the honest probe begins; returns its id. */
static guint32
expect_id (const Worker *w, AditMessageKind kind)
{
    AditMessage got;
    guint32     id;

    worker_expect (w, kind, &got);
    id = got.id;
    g_assert_cmpuint (id, !=, 0);
    adit_message_clear (&got);
    return id;
}

/* The probe sends back what it hears. */
static void
bare_link_carries_datagrams (void)
{
    Worker             w    = worker_open ("honest", 0, NULL, 0, NULL);
    AditMessage        link = { .kind = ADIT_MSG_LINK };
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = udp_socket (&theirs_at), ours = udp_socket (&ours_at);
    struct pollfd      wanted = { .fd = ours, .events = POLLIN };
    char               back[8];

    link.id     = expect_id (&w, ADIT_MSG_WANT_LINK);
    link.number = ntohs (theirs_at.sin_port);
    worker_send (&w, &link, &theirs, 1);
    close (theirs);
    g_assert_cmpint (sendto (ours, "hello", 5, 0, (struct sockaddr *) &theirs_at, sizeof theirs_at),
                     ==, 5);
    g_assert_cmpint (poll (&wanted, 1, 5000), ==, 1);
    g_assert_cmpint (recv (ours, back, sizeof back, 0), ==, 5);
    g_assert_cmpmem (back, 5, "hello", 5);
    assert_note (&w, "heard", "1");
    close (ours);
    end (&w);
}

static void
questions_find_their_answers (void)
{
    Worker      w       = worker_open ("honest", 0, NULL, 0, NULL);
    char       *texts[] = { (char *) "No address is known for hq.example.", NULL };
    AditMessage answer  = { .kind = ADIT_MSG_ANSWER, .number = 1 };
    AditMessage refused = { .kind = ADIT_MSG_REFUSED, .number = ADIT_ERROR_LOOKUP, .texts = texts };

    expect_id (&w, ADIT_MSG_WANT_LINK);
    answer.id   = expect_id (&w, ADIT_MSG_ASK);
    refused.id  = expect_id (&w, ADIT_MSG_WANT_LOOKUP);
    answer.data = (guint8 *) "s3cret";
    answer.size = 6;
    worker_send (&w, &answer, NULL, 0);
    worker_send (&w, &refused, NULL, 0);
    assert_note (&w, "answer", "s3cret");
    assert_note (&w, "found", "No address is known for hq.example.");
    worker_send (&w, &answer, NULL, 0); /* a second time: nobody asked */
    assert_note (&w, "answer", "s3cret");
    end (&w);
}

static void
refused_link_is_lost (void)
{
    Worker      w       = worker_open ("honest", 0, NULL, 0, NULL);
    char       *texts[] = { (char *) "The local port 7 is in use.", NULL };
    AditMessage refused = { .kind = ADIT_MSG_REFUSED, .number = ADIT_ERROR_SYSTEM, .texts = texts };

    refused.id = expect_id (&w, ADIT_MSG_WANT_LINK);
    worker_send (&w, &refused, NULL, 0);
    assert_note (&w, "lost", "The local port 7 is in use.");
    end (&w);
}

static void
timers_tick_and_idle_sleeps (void)
{
    Worker           w      = worker_open ("honest", 0, NULL, 0, NULL);
    g_autofree char *before = NULL, *after = NULL;

    poll (NULL, 0, 100); /* the timer under test is due after 10 ms */
    assert_note (&w, "ticks", "1");
    poll (NULL, 0, 50);
    before = worker_switches (&w);
    poll (NULL, 0, 500);
    after = worker_switches (&w);
    g_assert_cmpstr (before, ==, after); /* not one wake-up */
    end (&w);
}

static void
offers_are_told_once_and_then_by_mtu (void)
{
    Worker      w = worker_open ("idle", 0, NULL, 0, NULL);
    AditMessage got;

    worker_expect (&w, ADIT_MSG_PHASE, &got);
    g_assert_cmpstr (got.texts[0], ==, "hq .example"); /* no line break reaches the parent */
    adit_message_clear (&got);
    worker_expect (&w, ADIT_MSG_UP, &got);
    g_assert_cmpuint (got.number, ==, 1400);
    g_assert_cmpstr (got.texts[0], ==, "a10.0.0.7/24");
    g_assert_null (got.texts[1]);
    adit_message_clear (&got);
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_MOVED }, NULL, 0);
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_MOVED }, NULL, 0);
    worker_expect (&w, ADIT_MSG_MTU, &got);
    g_assert_cmpuint (got.number, ==, 1300);
    adit_message_clear (&got);
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_STATUS, .id = 1 }, NULL, 0);
    worker_expect (&w, ADIT_MSG_NOTES, &got); /* the second time nothing was new */
    adit_message_clear (&got);
    end (&w);
}

/* Who negotiates anew is not up until it says so, with the same offer too. */
static void
offers_after_a_phase_are_told_again (void)
{
    Worker      w = worker_open ("again", 0, NULL, 0, NULL);
    AditMessage got;

    worker_expect (&w, ADIT_MSG_PHASE, &got);
    adit_message_clear (&got);
    worker_expect (&w, ADIT_MSG_UP, &got);
    adit_message_clear (&got);
    for (guint i = 0; i < 2; i++) {
        worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_MOVED }, NULL, 0);
        worker_expect (&w, ADIT_MSG_PHASE, &got);
        adit_message_clear (&got);
        worker_expect (&w, ADIT_MSG_UP, &got);
        g_assert_cmpstr (got.texts[0], ==, "a10.0.0.7/24");
        adit_message_clear (&got);
    }
    end (&w);
}

/* ---- the data thread ---- */

/* A pair of datagram sockets stands in for the TUN device: it has no offloads, so packets are seen
 * as they are. */
static Worker
open_path (const char *mode, int *device, int *peer)
{
    int                ends[2];
    Worker             w;
    AditMessage        got, link = { .kind = ADIT_MSG_LINK, .extra = 1500 };
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = udp_socket (&theirs_at);

    *peer = udp_socket (&ours_at);
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), ==, 0);
    *device = ends[0];
    connect (theirs, (struct sockaddr *) &ours_at, sizeof ours_at);
    connect (*peer, (struct sockaddr *) &theirs_at, sizeof theirs_at);
    w = worker_open (mode, ADIT_OPEN_DEVICE, &ends[1], 1, NULL);
    close (ends[1]);
    worker_expect (&w, ADIT_MSG_WANT_LINK, &got);
    link.id       = got.id;
    link.number   = ntohs (theirs_at.sin_port);
    link.endpoint = (AditEndpoint){ { 127, 0, 0, 1 }, 0, ntohs (ours_at.sin_port), 4 };
    adit_message_clear (&got);
    worker_send (&w, &link, &theirs, 1);
    close (theirs);
    return w;
}

static void
assert_got (int fd, gconstpointer want, gsize len)
{
    struct pollfd wanted = { .fd = fd, .events = POLLIN };
    guint8        got[2048];

    g_assert_cmpint (poll (&wanted, 1, 5000), ==, 1);
    g_assert_cmpint (recv (fd, got, sizeof got, 0), ==, (gssize) len);
    g_assert_cmpmem (got, len, want, len);
}

/* An IPv4 packet of 28 bytes to port 53, behind the carrier's mark. */
static const guint8 marked[] = { 0xad, 0x45, 0,  0, 28, 0, 0, 0x40, 0, 64, 17, 0x26, 0xc1, 10, 0,
                                 0,    7,    10, 0, 0,  1, 4, 0,    0, 53, 0,  8,    0,    0 };

static void
path_carries_packets_in_the_sandbox (void)
{
    int    device, peer;
    Worker w = open_path ("path", &device, &peer);

    g_assert_cmpint (send (device, marked + 1, sizeof marked - 1, 0), ==, sizeof marked - 1);
    assert_got (peer, marked, sizeof marked);
    send (peer, marked, sizeof marked, 0);
    assert_got (device, marked + 1, sizeof marked - 1);
    send (peer, "control", 7, 0);
    assert_got (peer, "control", 7); /* punted, and injected again below the carrier */
    assert_note (&w, "punted", "yes");
    assert_note (&w, "path-mtu", "1500"); /* as the parent found the route */
    close (device);
    close (peer);
    worker_send (&w, &(AditMessage){ .kind = ADIT_MSG_STOP }, NULL, 0);
    g_assert_cmpint (worker_reap (&w), ==, 0);
}

/* A protocol without carriers gets each packet on the control thread; `skip` is the device's own
 * header. */
static void
carry (guint64 flags, gsize skip)
{
    guint8 out[38] = { 0 }, in[38] = { 0 };
    int    ends[2];
    Worker w;

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), ==, 0);
    w = worker_open ("carry", ADIT_OPEN_DEVICE | flags, &ends[1], 1, NULL);
    close (ends[1]);
    memcpy (out + skip, marked + 1, sizeof marked - 1);
    memcpy (in + skip, marked + 1, sizeof marked - 1);
    in[skip] = marked[0];
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpint (send (ends[0], out, skip + sizeof marked - 1, 0), >, 0);
        assert_got (ends[0], in, skip + sizeof marked - 1);
    }
    g_assert_cmpint (send (ends[0], out, skip, 0), ==, (gssize) skip); /* no packet in it */
    g_hash_table_unref (worker_status (&w));
    close (ends[0]);
    end (&w);
}

static void
packets_go_through_the_control_thread (void)
{
    carry (0, 0);
    carry (ADIT_OPEN_VNET, 10);
}

static void
messages_overtake_no_other (void)
{
    int    device, peer;
    Worker w        = open_path ("flood", &device, &peer);
    gint64 until_us = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

    for (;;) {
        g_autoptr (GHashTable) notes = worker_status (&w);
        const char *heard            = g_hash_table_lookup (notes, "heard");

        if (g_str_equal (heard, "10000"))
            break;
        g_assert_cmpint (g_get_monotonic_time (), <, until_us);
        poll (NULL, 0, 5);
    }
    close (device);
    close (peer);
    end (&w);
}

static void
idle_path_sleeps (void)
{
    int              device, peer;
    Worker           w      = open_path ("path", &device, &peer);
    g_autofree char *before = NULL, *after = NULL;

    send (device, marked + 1, sizeof marked - 1, 0);
    assert_got (peer, marked, sizeof marked);
    poll (NULL, 0, 3500); /* the data thread gives its memory back after a while */
    before = worker_switches (&w);
    poll (NULL, 0, 1000);
    after = worker_switches (&w);
    g_assert_cmpstr (before, ==, after);
    close (device);
    close (peer);
    end (&w);
}

/* ---- callers ---- */

static int
listening_socket (struct sockaddr_un *address)
{
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    memset (address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    /* Abstract, so that nothing is left behind. */
    g_snprintf (address->sun_path + 1, sizeof address->sun_path - 1, "adit-test-%d", getpid ());
    g_assert_cmpint (bind (fd, (struct sockaddr *) address, sizeof *address), ==, 0);
    g_assert_cmpint (listen (fd, 8), ==, 0);
    return fd;
}

static int
call (const struct sockaddr_un *address)
{
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);

    g_assert_cmpint (connect (fd, (const struct sockaddr *) address, sizeof *address), ==, 0);
    return fd;
}

static void
assert_answer (int fd, const char *want)
{
    g_autoptr (GString) got = g_string_new (NULL);

    while (got->len < strlen (want)) {
        struct pollfd wanted = { .fd = fd, .events = POLLIN };
        char          room[64];
        ssize_t       n;

        g_assert_cmpint (poll (&wanted, 1, 5000), ==, 1);
        n = recv (fd, room, sizeof room, 0);
        g_assert_cmpint (n, >, 0);
        g_string_append_len (got, room, n);
    }
    g_assert_cmpstr (got->str, ==, want);
}

static void
assert_closed (int fd)
{
    struct pollfd wanted = { .fd = fd, .events = POLLIN };
    char          byte;

    g_assert_cmpint (poll (&wanted, 1, 5000), ==, 1);
    g_assert_cmpint (recv (fd, &byte, 1, 0), <=, 0);
    close (fd);
}

static void
callers_are_served_in_bounds (void)
{
    struct sockaddr_un at;
    int                listening = listening_socket (&at);
    Worker             w         = worker_open ("idle", ADIT_OPEN_SERVE, &listening, 1, NULL);
    g_autofree char   *huge      = g_strnfill (64 * 1024, 'x');
    int                callers[8], ninth, huge_caller;
    struct pollfd      wait = { .events = POLLIN };

    close (listening);
    for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
        callers[i] = call (&at);
    send (callers[0], "get", 3, 0);
    send (callers[0], "=1\n\nget=2\n", 10, 0); /* one request and a half */
    assert_answer (callers[0], "7 bytes\n\n");
    send (callers[0], "\n", 1, 0);
    assert_answer (callers[0], "7 bytes\n\n");

    ninth = call (&at); /* waits for a place */
    send (ninth, "a\n\n", 3, 0);
    wait.fd = ninth;
    g_assert_cmpint (poll (&wait, 1, 100), ==, 0);
    send (callers[1], "close\n\n", 7, 0);
    assert_closed (callers[1]);
    assert_answer (ninth, "3 bytes\n\n");
    close (ninth);

    send (callers[2], "a\0b\n\n", 5, 0);
    assert_closed (callers[2]);
    huge_caller = callers[3];
    send (huge_caller, huge, 64 * 1024, MSG_NOSIGNAL);
    assert_closed (huge_caller);
    close (callers[0]);
    for (guint i = 4; i < G_N_ELEMENTS (callers); i++)
        close (callers[i]);
    assert_note (&w, "heard", "0"); /* it still lives */
    end (&w);
}

static void
plugin_may_give_up_while_it_serves (void)
{
    struct sockaddr_un at;
    int                listening = listening_socket (&at);
    Worker             w         = worker_open ("idle", ADIT_OPEN_SERVE, &listening, 1, NULL);
    int                caller    = call (&at);
    AditMessage        got;

    close (listening);
    send (caller, "give up\n\n", 9, 0);
    do {
        g_assert_true (worker_receive (&w, &got));
        adit_message_clear (&got);
    } while (got.kind != ADIT_MSG_FAILED);
    g_assert_cmpint (worker_reap (&w), ==, 0);
    close (caller);
}

int
main (int argc, char **argv)
{
    sandbox_begin (&argc, &argv);
    g_test_add_func ("/tunnel/bare-link-carries-datagrams", bare_link_carries_datagrams);
    g_test_add_func ("/tunnel/questions-find-their-answers", questions_find_their_answers);
    g_test_add_func ("/tunnel/refused-link-is-lost", refused_link_is_lost);
    g_test_add_func ("/tunnel/timers-tick-and-idle-sleeps", timers_tick_and_idle_sleeps);
    g_test_add_func ("/tunnel/offers-are-told-once-and-then-by-mtu",
                     offers_are_told_once_and_then_by_mtu);
    g_test_add_func ("/tunnel/offers-after-a-phase-are-told-again",
                     offers_after_a_phase_are_told_again);
    g_test_add_func ("/tunnel/path-carries-packets-in-the-sandbox",
                     path_carries_packets_in_the_sandbox);
    g_test_add_func ("/tunnel/packets-go-through-the-control-thread",
                     packets_go_through_the_control_thread);
    g_test_add_func ("/tunnel/messages-overtake-no-other", messages_overtake_no_other);
    g_test_add_func ("/tunnel/idle-path-sleeps", idle_path_sleeps);
    g_test_add_func ("/tunnel/callers-are-served-in-bounds", callers_are_served_in_bounds);
    g_test_add_func ("/tunnel/plugin-may-give-up-while-it-serves",
                     plugin_may_give_up_while_it_serves);
    return sandbox_end ();
}
