/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-link.c - bare links over real sockets of loopback. */
#include "tests/unit/client/worker/fake.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Fake      fake;
    AditLink *link;
    guint16   port; /* of ready */
    GString  *heard;
    gboolean  done, unlink_on_recv, send_on_ready;
    char     *lost;
    guint     refused;
} Case;

static void
on_ready (gpointer user, guint16 local_port)
{
    Case *c = user;

    c->port = local_port;
    if (c->send_on_ready)
        c->fake.base->verbs->send (c->link, NULL, adit_packet_new ("ready", 5));
}

static void
on_recv (gpointer user, const AditEndpoint *from, AditPacket *packet)
{
    Case *c = user;

    g_string_append_len (c->heard, (const char *) packet->data, packet->len);
    g_string_append_printf (c->heard, "/%u;", from->family);
    adit_packet_free (packet);
    c->done = TRUE;
    if (c->unlink_on_recv)
        c->fake.base->verbs->unlink (g_steal_pointer (&c->link));
}

static void
on_lost (gpointer user, GError *cause)
{
    Case *c = user;

    g_free (c->lost);
    c->lost = g_strdup (cause->message);
    c->done = TRUE;
    g_error_free (cause);
}

static void
on_refused (gpointer user)
{
    Case *c = user;

    c->refused++;
}

static const AditLinkEvents events = { on_ready, on_recv, on_lost, on_refused };

static guint32
begin (Case *c, AditLinkKind kind, const char *server)
{
    AditLinkSpec spec = { kind, server, 7, 9 };
    AditMessage  want;

    *c      = (Case){ .fake = fake_new (), .heard = g_string_new (NULL) };
    c->link = c->fake.base->verbs->link (c->fake.base, &spec, &events, c);
    want    = fake_heard (&c->fake, ADIT_MSG_WANT_LINK);
    g_assert_cmpuint (want.number, ==, kind);
    g_assert_cmphex (want.extra, ==, 0x70009);
    g_assert_cmpstr (want.texts[0], ==, server);
    adit_message_clear (&want);
    return want.id;
}

static void
finish (Case *c)
{
    if (c->link)
        c->fake.base->verbs->unlink (c->link);
    g_string_free (c->heard, TRUE);
    g_free (c->lost);
    fake_free (&c->fake);
}

static int
bound (int type, struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int       fd   = socket (AF_INET, type, 0);

    *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) } };
    g_assert_cmpint (bind (fd, (struct sockaddr *) at, sizeof *at), ==, 0);
    g_assert_cmpint (getsockname (fd, (struct sockaddr *) at, &size), ==, 0);
    return fd;
}

static void
give (Case *c, guint32 id, int fd, const AditEndpoint *peer)
{
    AditMessage link = { .kind = ADIT_MSG_LINK, .id = id, .number = 9, .fds = { fd }, .n_fds = 1 };

    fcntl (fd, F_SETFL, O_NONBLOCK);
    if (peer)
        link.endpoint = *peer;
    fake_say (&c->fake, &link);
}

static void
assert_arrives (int fd, const char *want)
{
    char    room[64];
    ssize_t got = recv (fd, room, sizeof room, 0);

    g_assert_cmpmem (room, got, want, strlen (want));
}

/* The first of too many are the ones that go. */
static void
early_packets_wait_for_the_socket (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_UDP, "hq.example:7");
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = bound (SOCK_DGRAM, &theirs_at), ours = bound (SOCK_DGRAM, &ours_at);

    for (guint i = 0; i < 18; i++) {
        g_autofree char *text = g_strdup_printf ("early %u", i);

        c.fake.base->verbs->send (c.link, NULL, adit_packet_new (text, strlen (text)));
    }
    connect (theirs, (struct sockaddr *) &ours_at, sizeof ours_at);
    c.send_on_ready = TRUE;
    give (&c, id, theirs, &(AditEndpoint){ { 127, 0, 0, 1 }, 0, 7, 4 });
    g_assert_cmpuint (c.port, ==, 9);
    assert_arrives (ours, "ready");
    for (guint i = 2; i < 18; i++) {
        g_autofree char *text = g_strdup_printf ("early %u", i);

        assert_arrives (ours, text);
    }
    g_assert_cmpint (recv (ours, &c.port, 1, MSG_DONTWAIT), <, 0);
    close (ours);
    finish (&c);
}

static void
open_socket_tells_who_sent (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_UDP, NULL);
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = bound (SOCK_DGRAM, &theirs_at), ours = bound (SOCK_DGRAM, &ours_at);
    AditEndpoint       to  = { { 127, 0, 0, 1 }, 0, 0, 4 };
    AditEndpoint       six = { { [15] = 1 }, 0, 9, 6 };

    give (&c, id, theirs, NULL);
    sendto (ours, "hello", 5, 0, (struct sockaddr *) &theirs_at, sizeof theirs_at);
    fake_wait (&c.done);
    g_assert_cmpstr (c.heard->str, ==, "hello/4;");
    to.port = ntohs (ours_at.sin_port);
    c.fake.base->verbs->send (c.link, &to, adit_packet_new ("back", 4));
    assert_arrives (ours, "back");
    c.fake.base->verbs->send (c.link, &six, adit_packet_new ("no way", 6));
    c.fake.base->verbs->send (c.link, NULL, adit_packet_new ("to whom", 7));
    g_assert_cmpint (recv (ours, &to, 1, MSG_DONTWAIT), <, 0);
    close (ours);
    finish (&c);
}

/* ICMP said that nothing listens there: a VPN server may yet be started. */
static void
refusal_by_icmp_is_no_loss_and_no_loop (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_UDP, "hq.example:7");
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = bound (SOCK_DGRAM, &theirs_at), ours = bound (SOCK_DGRAM, &ours_at);
    int                yes = 1;

    setsockopt (theirs, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
    connect (theirs, (struct sockaddr *) &ours_at, sizeof ours_at);
    close (ours);
    give (&c, id, theirs, &(AditEndpoint){ { 127, 0, 0, 1 }, 0, 7, 4 });
    c.fake.base->verbs->send (c.link, NULL, adit_packet_new ("x", 1));
    fake_turn ();
    g_assert_null (c.lost);
    g_assert_cmpuint (c.refused, ==, 1);
    g_assert_false (g_main_context_pending (NULL)); /* the notice was taken */
    finish (&c);
}

static void
link_may_go_from_inside_recv (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_UDP, NULL);
    struct sockaddr_in theirs_at, ours_at;
    int                theirs = bound (SOCK_DGRAM, &theirs_at), ours = bound (SOCK_DGRAM, &ours_at);
    AditMessage        drop;

    c.unlink_on_recv = TRUE;
    sendto (ours, "one", 3, 0, (struct sockaddr *) &theirs_at, sizeof theirs_at);
    sendto (ours, "two", 3, 0, (struct sockaddr *) &theirs_at, sizeof theirs_at);
    give (&c, id, theirs, NULL);
    fake_wait (&c.done);
    fake_turn ();
    g_assert_cmpstr (c.heard->str, ==, "one/4;");
    drop = fake_heard (&c.fake, ADIT_MSG_DROP_LINK);
    g_assert_cmpuint (drop.id, ==, id);
    adit_message_clear (&drop);
    close (ours);
    finish (&c);
}

static void
socket_that_comes_too_late_is_closed (void)
{
    Case    c;
    guint32 id = begin (&c, ADIT_LINK_UDP, NULL);
    int     ends[2];
    char    byte;

    c.fake.base->verbs->unlink (g_steal_pointer (&c.link));
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
    give (&c, id, ends[1], NULL);
    g_assert_cmpint (recv (ends[0], &byte, 1, 0), ==, 0);
    close (ends[0]);
    finish (&c);
}

static void
stream_keeps_order_and_tells_its_end (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_TCP, "hq.example:7");
    struct sockaddr_in at;
    int                listening = bound (SOCK_STREAM, &at), theirs, ours;
    char               room[16];

    listen (listening, 1);
    c.fake.base->verbs->send (c.link, NULL, adit_packet_new ("first ", 6));
    theirs = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect (theirs, (struct sockaddr *) &at, sizeof at);
    give (&c, id, theirs, &(AditEndpoint){ { 127, 0, 0, 1 }, 0, 7, 4 });
    ours = accept (listening, NULL, NULL);
    while (!c.port)
        g_main_context_iteration (NULL, TRUE);
    c.fake.base->verbs->send (c.link, NULL, adit_packet_new ("second", 6));
    g_assert_cmpint (recv (ours, room, 12, MSG_WAITALL), ==, 12);
    g_assert_cmpmem (room, 12, "first second", 12);
    send (ours, "answer", 6, 0);
    fake_wait (&c.done);
    g_assert_cmpstr (c.heard->str, ==, "answer/4;");
    c.done = FALSE;
    close (ours);
    fake_wait (&c.done);
    g_assert_cmpstr (c.lost, ==, "The other side closed the connection.");
    c.fake.base->verbs->send (c.link, NULL, adit_packet_new ("nowhere", 7));
    close (listening);
    finish (&c);
}

static void
refused_stream_is_lost (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_TCP, "hq.example:7");
    struct sockaddr_in at;
    int                nobody = bound (SOCK_STREAM, &at), theirs;

    theirs = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect (theirs, (struct sockaddr *) &at, sizeof at);
    give (&c, id, theirs, &(AditEndpoint){ { 127, 0, 0, 1 }, 0, 7, 4 });
    fake_wait (&c.done);
    g_assert_cmpstr (c.lost, ==, "The connection broke.");
    g_assert_cmpuint (c.port, ==, 0);
    close (nobody);
    finish (&c);
}

static void
peer_that_does_not_read_is_lost (void)
{
    Case               c;
    guint32            id = begin (&c, ADIT_LINK_TCP, "hq.example:7");
    struct sockaddr_in at;
    int                listening = bound (SOCK_STREAM, &at), theirs, ours;
    g_autofree char   *block     = g_malloc0 (65536);

    listen (listening, 1);
    theirs = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect (theirs, (struct sockaddr *) &at, sizeof at);
    give (&c, id, theirs, &(AditEndpoint){ { 127, 0, 0, 1 }, 0, 7, 4 });
    ours = accept (listening, NULL, NULL);
    while (!c.port)
        g_main_context_iteration (NULL, TRUE);
    for (guint i = 0; i < 10000 && !c.lost; i++)
        c.fake.base->verbs->send (c.link, NULL, adit_packet_new (block, 65536));
    g_assert_cmpstr (c.lost, ==, "The connection broke.");
    close (ours);
    close (listening);
    finish (&c);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/link/early-packets-wait-for-the-socket", early_packets_wait_for_the_socket);
    g_test_add_func ("/link/open-socket-tells-who-sent", open_socket_tells_who_sent);
    g_test_add_func ("/link/refusal-by-icmp-is-no-loss-and-no-loop",
                     refusal_by_icmp_is_no_loss_and_no_loop);
    g_test_add_func ("/link/may-go-from-inside-recv", link_may_go_from_inside_recv);
    g_test_add_func ("/link/socket-that-comes-too-late-is-closed",
                     socket_that_comes_too_late_is_closed);
    g_test_add_func ("/link/stream-keeps-order-and-tells-its-end",
                     stream_keeps_order_and_tells_its_end);
    g_test_add_func ("/link/refused-stream-is-lost", refused_stream_is_lost);
    g_test_add_func ("/link/peer-that-does-not-read-is-lost", peer_that_does_not_read_is_lost);
    return g_test_run ();
}
