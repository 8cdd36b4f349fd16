/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.c - a packet socket that sees what leaves, with a filter for small outgoing packets, so
 * that a busy host does not drown it. */
#include "client/net/probe.h"
#include "client/base/bytes.h"
#include "client/net/socket.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    MARKER        = 36, /* bytes: a UUID as text */
    SMALL_MAX     = 160,
    RECEIVE_BYTES = 4 << 20,
    ECHO_BYTES    = 8,
    UDP           = 17,
    TTL           = 64,
};

struct AditProbe {
    int   fd;
    char *marker;
};

/* ---- listening ---- */

static gboolean
attach_filter (int fd)
{
    struct sock_filter code[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, SMALL_MAX, 3, 0),
        BPF_STMT (BPF_LD | BPF_B | BPF_ABS, (guint32) (SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SMALL_MAX),
        BPF_STMT (BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = { G_N_ELEMENTS (code), code };

    return setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

AditProbe *
adit_probe_new (GError **error)
{
    const int bytes = RECEIVE_BYTES;
    int       fd =
        socket (AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, GUINT16_TO_BE (ETH_P_ALL));
    AditProbe *probe;

    if (fd < 0 || !attach_filter (fd)) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("This machine did not allow its own packets to be watched."));
        if (fd >= 0)
            close (fd);
        return NULL;
    }
    setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    probe         = g_new0 (AditProbe, 1);
    probe->fd     = fd;
    probe->marker = g_uuid_string_random ();
    return probe;
}

void
adit_probe_free (AditProbe *probe)
{
    if (probe == NULL)
        return;
    close (probe->fd);
    g_free (probe->marker);
    g_free (probe);
}

static gboolean
take_one (AditProbe *probe, AditProbeSeen fn, gpointer user)
{
    guint8             packet[SMALL_MAX];
    struct sockaddr_ll from = { 0 };
    socklen_t          len  = sizeof from;
    ssize_t n = recvfrom (probe->fd, packet, sizeof packet, MSG_DONTWAIT, (void *) &from, &len);

    if (n > 0 && memmem (packet, (gsize) n, probe->marker, MARKER))
        fn (user, (guint) from.sll_ifindex);
    return n > 0;
}

void
adit_probe_collect (AditProbe *probe, guint patience_ms, AditProbeSeen fn, gpointer user)
{
    struct pollfd wanted = { .fd = probe->fd, .events = POLLIN };
    gint64        end_us = g_get_monotonic_time () + patience_ms * G_TIME_SPAN_MILLISECOND;

    for (;;) {
        gint64 left_us = end_us - g_get_monotonic_time ();
        int    n       = left_us > 0 ? poll (&wanted, 1, (int) (left_us / 1000) + 1) : 0;

        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        take_one (probe, fn, user);
    }
    while (take_one (probe, fn, user))
        ;
}

/* ---- sending ---- */

static int
open_for (const AditEndpoint *to, const char *device)
{
    int family   = to->family == 4 ? AF_INET : AF_INET6;
    int protocol = to->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int fd       = to->port ? socket (family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
                            : socket (family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd >= 0 && device &&
        setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t) strlen (device)) < 0) {
        close (fd);
        return -1;
    }
    return fd;
}

/* RFC 1071 */
static guint16
checksum (const guint8 *bytes, gsize len)
{
    guint32 sum = 0;

    for (gsize i = 0; i < len; i++)
        sum += i % 2 ? bytes[i] : (guint32) bytes[i] << 8;
    sum = (sum >> 16) + (sum & 0xffff);
    return (guint16) ~(sum + (sum >> 16));
}

/* RFC 792; the kernel fills the checksum of RFC 4443's in. */
static gsize
put_echo (AditWriter *w, const AditProbe *probe, guint family, guint8 *bytes)
{
    gsize   len;
    guint16 sum;

    adit_put_u8 (w, family == 4 ? 8 : 128);
    adit_put_u8 (w, 0);
    adit_put_u16 (w, 0);
    adit_put_u32 (w, 0xad170001);
    adit_put_bytes (w, probe->marker, MARKER);
    len = adit_length (w);
    sum = checksum (bytes, len);
    if (family == 4) {
        bytes[2] = (guint8) (sum >> 8);
        bytes[3] = (guint8) sum;
    }
    return len;
}

gboolean
adit_probe_send (AditProbe *probe, const AditEndpoint *to, const char *device)
{
    guint8            bytes[ECHO_BYTES + MARKER];
    AditWriter        w   = adit_writer (bytes, sizeof bytes);
    gsize             len = MARKER;
    int               fd  = open_for (to, device);
    AditSocketAddress address;
    socklen_t         size = adit_socket_address (&address, to);
    ssize_t           n;

    if (fd < 0)
        return FALSE;
    if (to->port)
        memcpy (bytes, probe->marker, MARKER);
    else
        len = put_echo (&w, probe, to->family, bytes);
    n = sendto (fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, &address.any, size);
    close (fd);
    return n == (ssize_t) len;
}

/* ---- from outside ---- */

static int
listen_on (const guint8 *address, guint16 *port)
{
    AditEndpoint      here = { .family = 4 };
    AditSocketAddress bound;
    socklen_t         size = adit_socket_address (&bound, &here);
    int               fd   = socket (AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    memcpy (&bound.v4.sin_addr, address, 4);
    if (fd < 0 || bind (fd, &bound.any, size) < 0 || getsockname (fd, &bound.any, &size) < 0) {
        if (fd >= 0)
            close (fd);
        return -1;
    }
    *port = GUINT16_FROM_BE (bound.v4.sin_port);
    return fd;
}

/* RFC 791 3.1, RFC 768 */
static gsize
put_datagram (guint8 *bytes, gsize room, const guint8 *from, const guint8 *to, guint16 port)
{
    AditWriter w = adit_writer (bytes, room);
    guint16    sum;

    adit_put_u8 (&w, 0x45);
    adit_put_u8 (&w, 0);
    adit_put_u16 (&w, 29);
    adit_put_u32 (&w, 0);
    adit_put_u8 (&w, TTL);
    adit_put_u8 (&w, UDP);
    adit_put_u16 (&w, 0);
    adit_put_bytes (&w, from, 4);
    adit_put_bytes (&w, to, 4);
    sum       = checksum (bytes, 20);
    bytes[10] = (guint8) (sum >> 8);
    bytes[11] = (guint8) sum;
    adit_put_u16 (&w, 9);
    adit_put_u16 (&w, port);
    adit_put_u16 (&w, 9);
    adit_put_u16 (&w, 0);
    adit_put_u8 (&w, 'x');
    return adit_length (&w);
}

gboolean
adit_probe_spoof (int tun, const guint8 *from, const guint8 *to, guint patience_ms,
                  gboolean *arrived, GError **error)
{
    guint8        packet[64];
    guint16       port   = 0;
    int           fd     = listen_on (to, &port);
    struct pollfd wanted = { .fd = fd, .events = POLLIN };
    gsize         len    = put_datagram (packet, sizeof packet, from, to, port);

    if (fd < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("No program could listen on the tunnel's address."));
    *arrived =
        write (tun, packet, len) == (ssize_t) len && poll (&wanted, 1, (int) patience_ms) > 0;
    close (fd);
    return TRUE;
}
