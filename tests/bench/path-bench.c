/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path-bench.c - one end of a tunnel, for path-bench.sh: creates a TUN device and a socket, runs
 * the path until SIGTERM, then prints its counters and CPU time.  Over UDP with the null carrier,
 * or over GRE with those of PPTP, whose keys and numbers are made up: nobody negotiates. */
#include "client/path/path.h"
#include "client/path/vnet.h"
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/wire.h"
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/wire.h"
#include "tests/unit/client/path/null-carrier.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int
open_tun (const char *name, gboolean vnet)
{
    struct ifreq f  = { .ifr_flags = (short) (IFF_TUN | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0)) };
    int          fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    g_strlcpy (f.ifr_name, name, sizeof f.ifr_name);
    if (fd < 0 || ioctl (fd, TUNSETIFF, &f) < 0)
        g_error ("%s: %s", name, g_strerror (errno));
    return fd;
}

static int
open_link (const char *local, int kind, int protocol, guint16 port)
{
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons (port) };
    int big = 8 << 20, fd = socket (AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    inet_pton (AF_INET, local, &me.sin_addr);
    setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    setsockopt (fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
    if (fd < 0 || bind (fd, (struct sockaddr *) &me, sizeof me) < 0)
        g_error ("%s: %s", local, g_strerror (errno));
    return fd;
}

static void
use_null (AditPathConfig *c, const char *local, const AditEndpoint *peer)
{
    c->link        = open_link (local, SOCK_DGRAM, 0, peer->port);
    c->carriers[0] = null_carrier_new (peer);
    c->n           = 1;
}

static void
use_pptp (AditPathConfig *c, const char *local, const AditEndpoint *peer)
{
    struct sockaddr_in there = { .sin_family = AF_INET };

    c->link      = open_link (local, SOCK_RAW, PPTP_IP_PROTOCOL, 0);
    c->transport = ADIT_TRANSPORT_IP;
    c->connected = TRUE;
    memcpy (&there.sin_addr, peer->address, 4);
    if (connect (c->link, (struct sockaddr *) &there, sizeof there) < 0)
        g_error ("%s: %s", local, g_strerror (errno));
    c->carriers[0] = adit_ppp_carrier_new ();
    c->carriers[1] = adit_mppe_carrier_new (TRUE);
    c->carriers[2] = pptp_carrier_new ();
    c->n           = 3;
}

/* As if a call stood, PPP were open and MPPE agreed, 128 bits, stateless. */
static void
tell_pptp (AditDataPath *path, const AditPathConfig *c, gboolean is_first)
{
    PptpCallIds call = { 1, 1 };
    PppOpen     open;
    MppeTell    keys = { .what          = MPPE_KEYS,
                         .stateless_out = TRUE,
                         .stateless_in  = TRUE,
                         .strength      = ADIT_PPP_MPPE_128,
                         .bits          = 128 };

    memset (&open, 0, sizeof open);
    open.ipv4 = TRUE;
    open.mtu  = (guint16) c->mtu;
    memset (is_first ? keys.out : keys.in, 1, sizeof keys.out);
    memset (is_first ? keys.in : keys.out, 2, sizeof keys.in);
    adit_data_path_tell (path, 2, &call, sizeof call);
    adit_data_path_tell (path, 1, &keys, sizeof keys);
    adit_data_path_tell (path, 0, &open, sizeof open);
}

static guint32
parse_offloads (const char *words)
{
    g_auto (GStrv) word = g_strsplit (words, ",", 0);
    guint32 bits        = 0;

    for (guint i = 0; word[i]; i++)
        for (guint o = 0; o < ADIT_N_OFFLOADS; o++)
            if (strcmp (word[i], adit_offload_name ((AditOffload) o)) == 0)
                bits |= 1u << o;
    return bits;
}

static void
report (const AditDataPath *path)
{
    AditPathStats s;
    struct rusage u;

    adit_data_path_stats (path, &s);
    getrusage (RUSAGE_SELF, &u);
    fprintf (stderr,
             "cpu %ld.%03ld+%ld.%03ld s, %ld KiB; tx %lu in %lu calls, rx %lu in %lu calls; device "
             "%lu reads %lu writes; wakeups %lu, clamped %lu, ce %lu\n",
             u.ru_utime.tv_sec, u.ru_utime.tv_usec / 1000, u.ru_stime.tv_sec,
             u.ru_stime.tv_usec / 1000, u.ru_maxrss, s.tx_packets, s.tx_calls, s.rx_packets,
             s.rx_calls, s.device_reads, s.device_writes, s.wakeups, s.clamped, s.ce_marked);
    for (guint i = 0; i < ADIT_N_DROPS; i++)
        if (s.drops[i])
            fprintf (stderr, " drop %s %lu", adit_drop_name ((AditDrop) i), s.drops[i]);
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++)
        fprintf (stderr, " %s%s %lu/%lu", s.offloads >> i & 1 ? "+" : "-",
                 adit_offload_name ((AditOffload) i), s.offload_used[i], s.offload_lost[i]);
    fprintf (stderr, "\n");
}

/* path-bench null|pptp TUN LOCAL REMOTE MTU QUEUE [OFFLOADS-OFF] */
int
main (int argc, char **argv)
{
    AditEndpoint   peer = { .family = 4, .port = 51999 };
    AditPathConfig c    = { .family = 4 };
    AditDataPath  *path;
    GError        *error = NULL;
    sigset_t       set;
    int            got;

    if (argc < 7)
        return 2;
    sigemptyset (&set);
    sigaddset (&set, SIGTERM);
    sigprocmask (SIG_BLOCK, &set, NULL);
    inet_pton (AF_INET, argv[4], peer.address);
    c.switched_off = argc > 7 ? parse_offloads (argv[7]) : 0;
    c.vnet         = !(c.switched_off & 1u << ADIT_OFFLOAD_VNET);
    c.device       = open_tun (argv[2], c.vnet);
    c.mtu          = (guint) g_ascii_strtoull (argv[5], NULL, 10);
    c.queue        = strcmp (argv[6], "queue") == 0;
    (strcmp (argv[1], "pptp") == 0 ? use_pptp : use_null) (&c, argv[3], &peer);
    path = adit_data_path_new (&c, &error);
    if (!path || !adit_data_path_start (path, &error))
        g_error ("%s", error->message);
    if (c.n > 1)
        tell_pptp (path, &c, strcmp (argv[3], argv[4]) < 0);
    sigwait (&set, &got);
    report (path);
    adit_data_path_free (path);
    return 0;
}
