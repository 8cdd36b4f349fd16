/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ends.h - two ends of a tunnel in two network namespaces of their own, joined by a veth pair: this
 * process is one end, a child the other.  Everything goes away with the processes. */
#pragma once
#include "client/path/loop.h"
#include "null-carrier.h"
#include "refusing.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    const char *name;
    guint32     switched_off;
    Refusal     refusal;
    gboolean    inner6, outer6, queue;
} EndsCase;

typedef struct {
    const EndsCase *how;
    gboolean        child;
    int             peer[2]; /* socket pair between the processes */
    pid_t           pid;
    int             tun, link;
    AditDataPath   *path;
} Ends;

static void
ends_ip (const char *line)
{
    g_autofree char *command = g_strconcat ("ip ", line, NULL);
    g_auto (GStrv) argv      = g_strsplit (command, " ", 0);
    g_autoptr (GError) error = NULL;
    int status               = 0;

    g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
    g_assert_no_error (error);
    if (status != 0)
        g_error ("ip %s: %d", line, status);
}

/* NULL: all is there; else why not. */
static const char *
ends_missing (void)
{
    g_autofree char *ip = g_find_program_in_path ("ip");

    if (geteuid () != 0)
        return "needs root: CAP_SYS_ADMIN for network namespaces, CAP_NET_ADMIN for devices";
    if (access ("/dev/net/tun", R_OK | W_OK) != 0)
        return "needs /dev/net/tun";
    return ip ? NULL : "needs the program ip";
}

static void
ends_say (Ends *e, char what)
{
    g_assert_cmpint (write (e->peer[e->child], &what, 1), ==, 1);
}

static void
ends_hear (Ends *e, char what)
{
    char got = 0;

    g_assert_cmpint (read (e->peer[e->child], &got, 1), ==, 1);
    g_assert_cmpint (got, ==, what);
}

static void
ends_open_tun (Ends *e)
{
    struct ifreq f = { .ifr_flags = IFF_TUN | IFF_NO_PI };

    if (!(e->how->switched_off & 1u << ADIT_OFFLOAD_VNET))
        f.ifr_flags |= IFF_VNET_HDR;
    e->tun = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    g_strlcpy (f.ifr_name, "tun0", sizeof f.ifr_name);
    g_assert_cmpint (ioctl (e->tun, TUNSETIFF, &f), ==, 0);
    ends_ip ("link set tun0 mtu 1400 up");
    ends_ip (e->child ? "addr add 10.98.0.2/24 dev tun0" : "addr add 10.98.0.1/24 dev tun0");
    ends_ip (e->child ? "addr add fd98::2/64 dev tun0 nodad"
                      : "addr add fd98::1/64 dev tun0 nodad");
}

static AditEndpoint
ends_address (const Ends *e, gboolean far)
{
    AditEndpoint a = { .port = 51999, .family = e->how->outer6 ? 6 : 4 };

    inet_pton (e->how->outer6 ? AF_INET6 : AF_INET,
               e->how->outer6 ? (far != e->child ? "fd99::2" : "fd99::1")
                              : (far != e->child ? "10.99.0.2" : "10.99.0.1"),
               a.address);
    return a;
}

static void
ends_open_link (Ends *e)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons (51999) };
    int                 big = 8 << 20;

    e->link = socket (AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt (e->link, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    setsockopt (e->link, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
    g_assert_cmpint (bind (e->link, (struct sockaddr *) &any, sizeof any), ==, 0);
}

static void
ends_open_path (Ends *e)
{
    AditEndpoint   peer  = ends_address (e, TRUE);
    AditPathConfig c     = { .device       = e->tun,
                             .vnet         = !(e->how->switched_off & 1u << ADIT_OFFLOAD_VNET),
                             .link         = e->link,
                             .family       = 6,
                             .mtu          = 1400,
                             .switched_off = e->how->switched_off,
                             .queue        = e->how->queue,
                             .n            = 1,
                             .carriers     = { null_carrier_new (&peer) } };
    GError        *error = NULL;

    e->path = path_new_on (refusing_system (), &c, &error);
    g_assert_no_error (error);
    refusal_after = e->how->refusal == REFUSE_GRO || e->how->refusal == REFUSE_USO ? 0 : 50;
    refusal       = (int) e->how->refusal;
    g_assert_true (adit_data_path_start (e->path, &error));
}

static void
ends_setup_veth (Ends *e)
{
    if (!e->child) {
        g_autofree char *line =
            g_strdup_printf ("link add v0 type veth peer name v1 netns %d", e->pid);

        ends_hear (e, 'n'); /* the child has its namespace */
        ends_ip (line);
        ends_say (e, 'v');
    } else {
        ends_say (e, 'n');
        ends_hear (e, 'v');
    }
    ends_ip ("link set lo up");
    ends_ip (e->child ? "addr add 10.99.0.2/24 dev v1" : "addr add 10.99.0.1/24 dev v0");
    ends_ip (e->child ? "addr add fd99::2/64 dev v1 nodad" : "addr add fd99::1/64 dev v0 nodad");
    ends_ip (e->child ? "link set v1 up" : "link set v0 up");
}

/* Both return from here, each with its own `child`. */
static void
ends_open (Ends *e, const EndsCase *how)
{
    memset (e, 0, sizeof *e);
    e->how = how;
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, e->peer), ==, 0);
    e->pid   = fork ();
    e->child = e->pid == 0;
    if (e->child)
        prctl (PR_SET_PDEATHSIG, SIGKILL);
    g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
    refused = refusal_after = 0;
    refusal =
        how->refusal == REFUSE_GRO || how->refusal == REFUSE_USO || how->refusal == REFUSE_OFFLOADS
            ? (int) how->refusal
            : REFUSE_NOTHING; /* those are only asked for at the start */
    ends_setup_veth (e);
    ends_open_tun (e);
    ends_open_link (e);
    ends_open_path (e);
    ends_say (e, 'r');
    ends_hear (e, 'r');
}

static void
ends_close (Ends *e)
{
    int status = 0;

    adit_data_path_free (e->path);
    close (e->tun);
    close (e->link);
    if (e->child)
        _exit (0);
    close (e->peer[0]);
    g_assert_cmpint (waitpid (e->pid, &status, 0), ==, e->pid);
    g_assert_cmpint (status, ==, 0);
    close (e->peer[1]);
}
