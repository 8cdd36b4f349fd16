/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unit-channel.c - the sockets that carry a unit's frames: L2TP in the UDP socket of its control
 * connection, PPTP in GRE of the kernel's own. */
#include "client/net/unit.h"
#include <netinet/in.h> /* before linux/in.h */

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/if_ppp.h>
#include <linux/if_pppox.h>
#include <linux/udp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODE "/dev/ppp"

typedef union {
    struct sockaddr     any;
    struct sockaddr_in  v4;
    struct sockaddr_in6 v6;
} Address;

typedef struct {
    int                    link;
    guint32                mark;
    const AditUnitNumbers *numbers;
} Draft;

typedef struct {
    const char *name, *title, *module;
    int         type, protocol;
    gboolean    marks; /* also the packets, not only the choice of their route */
    guint8      other; /* adit_unit_protocol */
    int (*lay) (const Draft *draft, int fd); /* 0 or errno */
} Family;

static int
open_socket (const Family *family)
{
    return socket (AF_PPPOX, family->type | SOCK_CLOEXEC, family->protocol);
}

/* ---- L2TP ---- */

/* Session 0 is the tunnel itself. */
static int
connect_l2tp (const Draft *draft, int fd, guint16 session, guint16 peer_session)
{
    const AditUnitNumbers      *n    = draft->numbers;
    struct sockaddr_pppol2tp    four = { .sa_family   = AF_PPPOX,
                                         .sa_protocol = PX_PROTO_OL2TP,
                                         .pppol2tp    = { .fd        = draft->link,
                                                          .s_tunnel  = n->tunnel,
                                                          .s_session = session,
                                                          .d_tunnel  = n->peer_tunnel,
                                                          .d_session = peer_session } };
    struct sockaddr_pppol2tpin6 six  = { .sa_family   = AF_PPPOX,
                                         .sa_protocol = PX_PROTO_OL2TP,
                                         .pppol2tp    = { .fd        = draft->link,
                                                          .s_tunnel  = n->tunnel,
                                                          .s_session = session,
                                                          .d_tunnel  = n->peer_tunnel,
                                                          .d_session = peer_session } };
    Address                     peer = { 0 };
    socklen_t                   size = sizeof peer;
    int                         result;

    if (getpeername (draft->link, &peer.any, &size) < 0)
        return errno;
    four.pppol2tp.addr = peer.v4;
    six.pppol2tp.addr  = peer.v6;
    if (peer.any.sa_family == AF_INET)
        result = connect (fd, (struct sockaddr *) &four, sizeof four);
    else
        result = connect (fd, (struct sockaddr *) &six, sizeof six);
    return result < 0 ? errno : 0;
}

/* Connecting to a number that another program's tunnel has succeeds, too: ours is what our own
 * socket became. */
static gboolean
is_tunnel (int link)
{
    int       encapsulation = 0;
    socklen_t size          = sizeof encapsulation;

    return getsockopt (link, IPPROTO_UDP, UDP_ENCAP, &encapsulation, &size) == 0 &&
           encapsulation == UDP_ENCAP_L2TPINUDP;
}

static int
lay_l2tp (const Draft *draft, int fd)
{
    int tunnel =
        is_tunnel (draft->link) ? -1 : socket (AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP);
    int number = 0;

    if (tunnel >= 0) {
        number = connect_l2tp (draft, tunnel, 0, 0);
        close (tunnel);
    }
    if (number == 0 && !is_tunnel (draft->link))
        number = EADDRINUSE;
    return number ? number
                  : connect_l2tp (draft, fd, draft->numbers->session, draft->numbers->peer_session);
}

/* ---- PPTP ---- */

static struct sockaddr_pppox
pptp_address (guint16 call, const Address *address)
{
    struct sockaddr_pppox place = { .sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_PPTP };

    place.sa_addr.pptp.call_id  = call;
    place.sa_addr.pptp.sin_addr = address->v4.sin_addr;
    return place;
}

static int
lay_pptp (const Draft *draft, int fd)
{
    Address               here = { 0 }, there = { 0 };
    socklen_t             size = sizeof here;
    struct sockaddr_pppox from, to;

    if (getsockname (draft->link, &here.any, &size) < 0)
        return errno;
    size = sizeof there;
    if (getpeername (draft->link, &there.any, &size) < 0)
        return errno;
    if (here.any.sa_family != AF_INET || there.any.sa_family != AF_INET)
        return EAFNOSUPPORT;
    if (draft->mark && setsockopt (fd, SOL_SOCKET, SO_MARK, &draft->mark, sizeof draft->mark) < 0)
        return errno;
    from = pptp_address (draft->numbers->session, &here);
    to   = pptp_address (draft->numbers->peer_session, &there);
    if (bind (fd, (struct sockaddr *) &from, sizeof from) < 0 ||
        connect (fd, (struct sockaddr *) &to, sizeof to) < 0)
        return errno;
    return 0;
}

/* ---- any ---- */

static const Family families[] = {
    { "l2tp", "L2TP", "l2tp_ppp", SOCK_DGRAM, PX_PROTO_OL2TP, TRUE, 0, lay_l2tp },
    { "pptp", "PPTP", "pptp", SOCK_STREAM, PX_PROTO_PPTP, FALSE, IPPROTO_GRE, lay_pptp },
};

static const Family *
family_of (const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS (families); i++)
        if (g_strcmp0 (families[i].name, name) == 0)
            return &families[i];
    return NULL;
}

gboolean
adit_unit_marks (const char *name)
{
    const Family *family = family_of (name);

    return family && family->marks;
}

guint8
adit_unit_protocol (const char *name)
{
    const Family *family = family_of (name);

    return family ? family->other : 0;
}

static gboolean
refuse (const Family *family, const char *name, int number, GError **error)
{
    if (!family)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The kernel's PPP driver knows no \"%s\"."),
                          name);
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                            _ ("The kernel has no sockets for %s (module %s)."), family->title,
                            family->module);
}

gboolean
adit_unit_has (const char *name, GError **error)
{
    const Family *family = family_of (name);
    int           fd     = family ? open_socket (family) : -1;

    if (fd < 0)
        return refuse (family, name, errno, error);
    close (fd);
    return TRUE;
}

/* 0 or errno. */
static int
attach (int unit, AditUnitChannel *channel)
{
    int number, index;

    channel->frames = open (NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (channel->frames < 0 || ioctl (channel->session, PPPIOCGCHAN, &index) < 0 ||
        ioctl (channel->frames, PPPIOCATTCHAN, &index) < 0 ||
        ioctl (unit, PPPIOCGUNIT, &number) < 0 ||
        ioctl (channel->frames, PPPIOCCONNECT, &number) < 0)
        return errno;
    return 0;
}

/* Of the session before. */
static void
drain (int unit)
{
    guint8 byte;

    errno = 0;
    while (read (unit, &byte, sizeof byte) > 0 || errno == EOVERFLOW)
        errno = 0;
}

static gboolean
fail_to_connect (const Family *family, int number, GError **error)
{
    if (number == EAFNOSUPPORT)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The kernel carries %s over IPv4 only."),
                          family->title);
    if (number == EADDRINUSE || number == EBUSY || number == EALREADY)
        return adit_fail_errno (error, number, ADIT_ERROR_LOST,
                                _ ("Another program has a tunnel of the number that was drawn."));
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                            _ ("The kernel did not take over the frames of %s."), family->title);
}

gboolean
adit_unit_connect (int unit, const char *name, int link, guint32 mark,
                   const AditUnitNumbers *numbers, AditUnitChannel *out, GError **error)
{
    const Family *family = family_of (name);
    const Draft   draft  = { link, mark, numbers };
    int           number;

    *out         = ADIT_UNIT_NO_CHANNEL;
    out->session = family ? open_socket (family) : -1;
    if (out->session < 0)
        return refuse (family, name, errno, error);
    drain (unit);
    number = family->lay (&draft, out->session);
    if (number == 0)
        number = attach (unit, out);
    if (number == 0)
        return TRUE;
    adit_unit_disconnect (out);
    return fail_to_connect (family, number, error);
}

void
adit_unit_disconnect (AditUnitChannel *channel)
{
    if (channel->frames >= 0)
        close (channel->frames);
    if (channel->session >= 0)
        close (channel->session);
    *channel = ADIT_UNIT_NO_CHANNEL;
}
