/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* udp.c - the socket's options, its addresses, and its error queue. */
#include "client/path/udp.h"
#include "client/path/vnet.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/utsname.h>

enum {
    BUFFER_SIZE       = PATH_GRO * PATH_GRO_SIZE,
    RELEASE_GRO       = 51200, /* 5.12: UDP_GRO joins only what it may */
    RELEASE_GSO_BAD   = 70000, /* 7.0 to 7.1.4 corrupt the headers of UDP_SEGMENT runs … */
    RELEASE_GSO_GOOD  = 70105, /* … with some network cards, which cannot be seen from here */
    SMALLEST_MTU_IPV4 = 576,   /* smaller claims are an attack: RFC 1191 3, RFC 8201 4 */
    SMALLEST_MTU_IPV6 = 1280,
};

static gboolean
set_flag (const PathUdp *u, int level, int name, int value)
{
    return u->system->setsockopt (u->fd, level, name, &value, sizeof value) == 0;
}

/* "6.18.4-1-amd64" -> 61804; 0 when unknown. */
static guint
release_number (const char *release)
{
    guint part[3] = { 0 };

    if (sscanf (release, "%u.%u.%u", &part[0], &part[1], &part[2]) < 2)
        return 0;
    return part[0] * 10000 + MIN (part[1], 99) * 100 + MIN (part[2], 99);
}

guint32
path_udp_faults (const char *release)
{
    guint   number = release_number (release);
    guint32 faults = 0;

    if (number >= RELEASE_GSO_BAD && number < RELEASE_GSO_GOOD)
        faults |= 1u << ADIT_OFFLOAD_UDP_SEGMENT;
    if (number && number < RELEASE_GRO)
        faults |= 1u << ADIT_OFFLOAD_UDP_GRO;
    return faults;
}

static void
set_options (const PathUdp *u)
{
    set_flag (u, IPPROTO_IP, IP_RECVTOS, 1);
    set_flag (u, IPPROTO_IP, IP_RECVERR, 1);
    set_flag (u, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (u->family != 6)
        return;
    set_flag (u, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    set_flag (u, IPPROTO_IPV6, IPV6_RECVERR, 1);
    set_flag (u, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

static void
probe (PathUdp *u)
{
    struct utsname name   = { .release = "" };
    guint32        faults = uname (&name) == 0 ? path_udp_faults (name.release) : 0;

    if (u->raw || faults & 1u << ADIT_OFFLOAD_UDP_SEGMENT ||
        !set_flag (u, IPPROTO_UDP, UDP_SEGMENT, 0))
        path_offload_forgo (u->offloads, ADIT_OFFLOAD_UDP_SEGMENT);
    if (u->raw || faults & 1u << ADIT_OFFLOAD_UDP_GRO || !set_flag (u, IPPROTO_UDP, UDP_GRO, 1))
        path_offload_forgo (u->offloads, ADIT_OFFLOAD_UDP_GRO);
    path_udp_set_gro (u, path_offload_has (u->offloads, ADIT_OFFLOAD_UDP_GRO));
}

gboolean
path_udp_init (PathUdp *u, const AditSystem *system, PathOffloads *offloads, PathPool *pool,
               const PathUdpConfig *config)
{
    *u =
        (PathUdp){ .system = system, .offloads = offloads, .stats = offloads->stats, .pool = pool };
    u->fd        = config->fd;
    u->family    = config->family;
    u->connected = config->connected;
    u->copy_dscp = config->copy_dscp;
    u->raw       = config->raw;
    u->buffer =
        mmap (NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (u->buffer == MAP_FAILED) {
        u->buffer = NULL;
        return FALSE;
    }
    u->piece = PATH_GRO * PATH_GRO_SIZE / PATH_RECEIVE;
    while (u->piece < pool->head + pool->room && u->piece < PATH_GRO_SIZE)
        u->piece *= 2; /* the peer's packets are as long as ours */
    set_options (u);
    probe (u);
    path_throttle_init (&u->throttle, system, u->fd, config->throttle);
    return TRUE;
}

void
path_udp_clear (PathUdp *u)
{
    if (u->buffer) {
        path_udp_set_gro (u, FALSE);
        path_throttle_clear (&u->throttle);
        munmap (u->buffer, BUFFER_SIZE);
    }
    u->buffer = NULL;
}

void
path_udp_trim (PathUdp *u)
{
    madvise (u->buffer, BUFFER_SIZE, MADV_DONTNEED);
}

void
path_udp_set_gro (PathUdp *u, gboolean on)
{
    if (!u->raw)
        set_flag (u, IPPROTO_UDP, UDP_GRO, on);
}

gboolean
path_udp_name (const PathUdp *u, const AditEndpoint *e, PathName *name)
{
    memset (name, 0, sizeof *name);
    if (u->family == 4) {
        name->v4.sin_family = AF_INET;
        name->v4.sin_port   = g_htons (e->port);
        memcpy (&name->v4.sin_addr, e->address, 4);
        return e->family == 4;
    }
    name->v6.sin6_family = AF_INET6;
    name->v6.sin6_port   = g_htons (e->port);
    if (e->family == 6) {
        name->v6.sin6_scope_id = e->scope;
        memcpy (&name->v6.sin6_addr, e->address, 16);
        return TRUE;
    }
    name->v6.sin6_addr.s6_addr[10] = 0xff; /* ::ffff:a.b.c.d, RFC 4291 2.5.5.2 */
    name->v6.sin6_addr.s6_addr[11] = 0xff;
    memcpy (name->v6.sin6_addr.s6_addr + 12, e->address, 4);
    return e->family == 4;
}

void
path_udp_endpoint (const PathName *name, AditEndpoint *e)
{
    memset (e, 0, sizeof *e);
    if (name->any.sa_family == AF_INET) {
        e->family = 4;
        e->port   = g_ntohs (name->v4.sin_port);
        memcpy (e->address, &name->v4.sin_addr, 4);
    } else if (name->any.sa_family == AF_INET6) {
        gboolean mapped = IN6_IS_ADDR_V4MAPPED (&name->v6.sin6_addr);

        e->family = mapped ? 4 : 6;
        e->port   = g_ntohs (name->v6.sin6_port);
        e->scope  = mapped ? 0 : name->v6.sin6_scope_id;
        memcpy (e->address, name->v6.sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
    }
}

static guint
mtu_of (const struct sock_extended_err *e)
{
    /* by who said it: a socket of both families labels all the same */
    guint smallest = e->ee_origin == SO_EE_ORIGIN_ICMP6 ? SMALLEST_MTU_IPV6 : SMALLEST_MTU_IPV4;

    if (e->ee_errno != EMSGSIZE || e->ee_info > G_MAXUINT16 || e->ee_info < smallest)
        return 0;
    return e->ee_info;
}

static gboolean
is_refusal (const struct sock_extended_err *e)
{
    return e->ee_errno == ECONNREFUSED &&
           (e->ee_origin == SO_EE_ORIGIN_ICMP || e->ee_origin == SO_EE_ORIGIN_ICMP6);
}

static void
read_notice (const struct cmsghdr *c, PathNotice *notice)
{
    struct sock_extended_err e;

    if ((c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR) &&
        (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR))
        return;
    if (c->cmsg_len < CMSG_LEN (sizeof e))
        return;
    memcpy (&e, CMSG_DATA (c), sizeof e);
    notice->mtu = MAX (notice->mtu, mtu_of (&e));
    notice->refused |= is_refusal (&e);
}

gboolean
path_udp_error (PathUdp *u, PathNotice *notice)
{
    char          body[64];
    char          control[512] __attribute__ ((aligned (8)));
    struct iovec  iov = { body, sizeof body };
    struct msghdr m   = {
          .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };

    *notice = (PathNotice){ .mtu = 0 };
    if (u->system->recvmsg (u->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return FALSE;
    for (struct cmsghdr *c = CMSG_FIRSTHDR (&m); c; c = CMSG_NXTHDR (&m, c))
        read_notice (c, notice);
    return TRUE;
}
