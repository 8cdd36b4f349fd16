/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-socket.c - sockets as a worker gets them, over loopback. */
#include "client/net/socket.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
option (int fd, int level, int name)
{
    int       value = -1;
    socklen_t len   = sizeof value;

    g_assert_cmpint (getsockopt (fd, level, name, &value, &len), ==, 0);
    return value;
}

static int
open_any (guint16 *port)
{
    AditSocketSpec spec      = { .type = SOCK_DGRAM };
    g_autoptr (GError) error = NULL;
    int fd                   = adit_socket_open (&spec, NULL, port, &error);

    g_assert_no_error (error);
    return fd;
}

static AditEndpoint
loopback (guint8 family, guint16 port)
{
    AditEndpoint endpoint = { .family = family, .port = port };

    if (family == 4)
        memcpy (endpoint.address, (guint8[]){ 127, 0, 0, 1 }, 4);
    else
        endpoint.address[15] = 1;
    return endpoint;
}

/* TRUE: there is no such family here. */
static gboolean
sends_to (guint8 family, guint16 port)
{
    AditSocketSpec spec = { .type = SOCK_DGRAM };
    AditEndpoint   peer = loopback (family, port);
    int            fd   = adit_socket_open (&spec, &peer, NULL, NULL);
    gboolean       fine = fd >= 0 && send (fd, "x", 1, 0) == 1;

    if (fd >= 0)
        close (fd);
    return fine;
}

static void
test_hears_both_families (void)
{
    guint16       port = 0;
    int           fd   = open_any (&port);
    struct pollfd in   = { .fd = fd, .events = POLLIN };
    char          byte;

    g_assert_cmpuint (port, !=, 0);
    g_assert_true (sends_to (4, port));
    g_assert_cmpint (poll (&in, 1, 2000), ==, 1);
    g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 1);
    if (sends_to (6, port)) {
        g_assert_cmpint (poll (&in, 1, 2000), ==, 1);
        g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 1);
    } else {
        g_test_message ("no IPv6 on this machine");
    }
    close (fd);
}

static void
test_options (void)
{
    int fd = open_any (NULL);

    g_assert_true (fcntl (fd, F_GETFL) & O_NONBLOCK);
    g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
    g_assert_cmpint (option (fd, IPPROTO_IP, IP_MTU_DISCOVER), ==, IP_PMTUDISC_PROBE);
    g_assert_cmpint (option (fd, IPPROTO_IP, IP_RECVERR), ==, 1);
    g_assert_cmpint (option (fd, IPPROTO_IP, IP_RECVTOS), ==, 1);
    if (option (fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6) {
        g_assert_cmpint (option (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER), ==, IPV6_PMTUDISC_PROBE);
        g_assert_cmpint (option (fd, IPPROTO_IPV6, IPV6_RECVERR), ==, 1);
        g_assert_cmpint (option (fd, IPPROTO_IPV6, IPV6_RECVTCLASS), ==, 1);
        g_assert_cmpint (option (fd, IPPROTO_IPV6, IPV6_V6ONLY), ==, 0);
    }
    close (fd);
}

static void
test_mark (void)
{
    AditSocketSpec spec      = { .type = SOCK_DGRAM, .mark = 77 };
    g_autoptr (GError) error = NULL;
    int fd                   = adit_socket_open (&spec, NULL, NULL, &error);

    if (fd < 0) {
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
        g_test_skip ("needs CAP_NET_ADMIN for SO_MARK");
        return;
    }
    g_assert_cmpint (option (fd, SOL_SOCKET, SO_MARK), ==, 77);
    g_assert_cmpint (option (fd, SOL_SOCKET, SO_RCVBUF), >=, 8 << 20);
    close (fd);
}

static void
test_port_in_use (void)
{
    guint16        port      = 0;
    int            fd        = open_any (&port);
    AditSocketSpec spec      = { .type = SOCK_DGRAM, .local_port = port };
    g_autoptr (GError) error = NULL;
    g_autofree char *number  = g_strdup_printf ("%u", port);

    g_assert_cmpint (adit_socket_open (&spec, NULL, NULL, &error), ==, -1);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_nonnull (strstr (error->message, number));
    close (fd);
}

static void
test_stream (void)
{
    struct sockaddr_in any  = { .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) } };
    socklen_t          len  = sizeof any;
    int                door = socket (AF_INET, SOCK_STREAM, 0);
    AditSocketSpec     spec = { .type = SOCK_STREAM };
    AditEndpoint       peer;
    struct pollfd      out;
    int                fd;

    g_assert_cmpint (bind (door, (struct sockaddr *) &any, len), ==, 0);
    g_assert_cmpint (listen (door, 1), ==, 0);
    g_assert_cmpint (getsockname (door, (struct sockaddr *) &any, &len), ==, 0);
    peer = loopback (4, ntohs (any.sin_port));
    fd   = adit_socket_open (&spec, &peer, NULL, NULL);
    g_assert_cmpint (fd, >=, 0);
    out = (struct pollfd){ .fd = fd, .events = POLLOUT };
    g_assert_cmpint (poll (&out, 1, 2000), ==, 1);
    g_assert_cmpint (option (fd, SOL_SOCKET, SO_ERROR), ==, 0);
    close (fd);
    close (door);
}

static void
test_raw (void)
{
    AditSocketSpec spec = { .type = SOCK_RAW, .protocol = 253 }; /* RFC 3692: for experiments */
    AditEndpoint   peer = loopback (4, 253);
    g_autoptr (GError) error = NULL;
    int  fd                  = adit_socket_open (&spec, &peer, NULL, &error);
    char bytes[64];

    if (fd < 0) {
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
        g_test_skip ("needs CAP_NET_RAW for a raw socket");
        return;
    }
    g_assert_cmpint (send (fd, "hello", 5, 0), ==, 5);
    g_assert_cmpint (recv (fd, bytes, sizeof bytes, 0), ==, 20 + 5);
    close (fd);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/socket/hears-both-families", test_hears_both_families);
    g_test_add_func ("/socket/asks-for-all-the-path-tells", test_options);
    g_test_add_func ("/socket/carries-the-mark", test_mark);
    g_test_add_func ("/socket/names-a-port-in-use", test_port_in_use);
    g_test_add_func ("/socket/stream", test_stream);
    g_test_add_func ("/socket/raw", test_raw);
    return g_test_run ();
}
