/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unit.c - units: made over rtnetlink, so that they have their name from the start, and driven by
 * ioctl. */
#include "client/net/unit.h"
#include "client/base/log.h"
#include "client/base/message.h"
#include "client/base/secret.h"
#include "client/net/link.h"
#include "client/net/netlink.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_ppp.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define KIND "ppp"
#define NODE "/dev/ppp"

enum {
    TRIES          = 100, /* the driver is busy for a moment while another unit comes or goes */
    IP             = 0x0021,
    IPV6           = 0x0057,
    MPPE           = 18, /* RFC 3078 2.1 */
    MPPE_LEN       = 6,
    ETHERTYPE_IPV6 = 0x86dd,
    ADVERTISEMENT  = 134, /* RFC 4861 4.2 */
};

gboolean
adit_unit_is (const char *kind)
{
    return g_strcmp0 (kind, KIND) == 0;
}

/* ---- making ---- */

/* 0 or errno. */
static int
create (const char *name, int fd, GError **cause)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    struct nlattr   *info, *data;

    request->nlmsg_type  = RTM_NEWLINK;
    request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    mnl_nlmsg_put_extra_header (request, sizeof (struct ifinfomsg));
    mnl_attr_put_strz (request, IFLA_IFNAME, name);
    info = mnl_attr_nest_start (request, IFLA_LINKINFO);
    mnl_attr_put_strz (request, IFLA_INFO_KIND, KIND);
    data = mnl_attr_nest_start (request, IFLA_INFO_DATA);
    mnl_attr_put_u32 (request, IFLA_PPP_DEV_FD, (guint32) fd);
    mnl_attr_nest_end (request, data);
    mnl_attr_nest_end (request, info);
    return adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, cause);
}

/* The kernel would make addresses and a default route of them, past our plan.  Without IPv6 there
 * is no such setting; it goes with the device. */
static void
ignore_advertisements (const char *name)
{
    g_autofree char *path = g_build_filename ("/proc/sys/net/ipv6/conf", name, "accept_ra", NULL);
    int              fd   = open (path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write (fd, "0", 1) != 1)
        adit_log (ADIT_LOG_WARNING, "unit", "%s could not be changed", path);
    if (fd >= 0)
        close (fd);
}

static int
give_up (int fd, GError *cause, const char *sentence, GError **error)
{
    if (fd >= 0)
        close (fd);
    adit_fail_because (error, cause, ADIT_ERROR_SYSTEM, "%s", sentence);
    return -1;
}

int
adit_unit_open (const char *name, GError **error)
{
    int     fd     = open (NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int     number = EBUSY;
    GError *cause  = NULL;

    if (fd < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("The kernel's PPP driver cannot be reached by %s."), NODE);
        return -1;
    }
    for (guint i = 0; i < TRIES && number == EBUSY; i++) {
        g_clear_error (&cause);
        number = create (name, fd, &cause);
    }
    if (number)
        return give_up (fd, cause, _ ("The kernel's PPP driver did not make a device."), error);
    ignore_advertisements (name);
    if (!adit_unit_allow (fd, 0, NULL, &cause))
        return give_up (fd, cause, _ ("The kernel's PPP driver did not obey."), error);
    return fd;
}

/* ---- what may pass ---- */

static gboolean
set_protocol (int unit, int protocol, gboolean pass)
{
    struct npioctl mode = { .protocol = protocol, .mode = pass ? NPMODE_PASS : NPMODE_DROP };

    return ioctl (unit, PPPIOCSNPMODE, &mode) == 0 || (!pass && errno == EINVAL);
}

/* Which mode and strength it will be the kernel reads in what passes. */
static gboolean
set_key (int unit, const guint8 *key, gboolean out)
{
    guint8                 option[MPPE_LEN + ADIT_FRAMES_KEY] = { MPPE, MPPE_LEN };
    struct ppp_option_data data;
    gboolean               done;

    memcpy (option + MPPE_LEN, key, ADIT_FRAMES_KEY);
    data = (struct ppp_option_data){ .ptr = option, .length = sizeof option, .transmit = out };
    done = ioctl (unit, PPPIOCSCOMPRESS, &data) == 0;
    adit_wipe (option, sizeof option);
    return done;
}

static gboolean
set_flags (int unit, guint allow)
{
    int flags = 0;

    if (allow & (ADIT_FRAMES_CIPHER | ADIT_FRAMES_SEALED))
        flags |= SC_CCP_OPEN;
    if (allow & ADIT_FRAMES_SEALED)
        flags |= SC_CCP_UP | SC_MUST_COMP;
    return ioctl (unit, PPPIOCSFLAGS, &flags) == 0;
}

static gboolean
set_protocols (int unit, guint allow)
{
    return set_protocol (unit, IP, allow & ADIT_FRAMES_IPV4) &&
           set_protocol (unit, IPV6, allow & ADIT_FRAMES_IPV6);
}

static gboolean
set_keys (int unit, guint allow, const guint8 *keys)
{
    if (keys && (allow & ADIT_FRAMES_OUT) && !set_key (unit, keys, TRUE))
        return FALSE;
    return !keys || !(allow & ADIT_FRAMES_IN) || set_key (unit, keys + ADIT_FRAMES_KEY, FALSE);
}

/* Nothing passes meanwhile: a packet might leave just when its encryption is off already. */
gboolean
adit_unit_allow (int unit, guint allow, const guint8 *keys, GError **error)
{
    gboolean obeyed = set_protocols (unit, 0);

    if (!set_keys (unit, allow, keys))
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The kernel cannot encrypt as MPPE (module ppp_mppe)."));
    if (!obeyed || !set_flags (unit, allow) || !set_protocols (unit, allow))
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The kernel's PPP driver did not obey."));
    return TRUE;
}

/* ---- router advertisements ---- */

#define LOAD_BYTE(at) BPF_STMT (BPF_LD | BPF_B | BPF_ABS, (guint32) (at))
#define REJECT_UNLESS(value, left) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (left))

/* Whole IPv6 packets that arrived: ICMPv6, from this very link (RFC 4861 6.1.2), of that type. */
static int
filter (int fd)
{
    struct sock_filter code[] = {
        LOAD_BYTE (SKF_AD_OFF + SKF_AD_PKTTYPE),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 7, 0),
        LOAD_BYTE (6),
        REJECT_UNLESS (IPPROTO_ICMPV6, 5),
        LOAD_BYTE (7),
        REJECT_UNLESS (255, 3),
        LOAD_BYTE (40),
        REJECT_UNLESS (ADVERTISEMENT, 1),
        BPF_STMT (BPF_RET | BPF_K, 0xffff),
        BPF_STMT (BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = { G_N_ELEMENTS (code), code };
    int               locked  = 1;

    if (setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
        setsockopt (fd, SOL_SOCKET, SO_LOCK_FILTER, &locked, sizeof locked) < 0)
        return errno;
    return 0;
}

int
adit_unit_advertisements (guint index, GError **error)
{
    struct sockaddr_ll place  = { .sll_family   = AF_PACKET,
                                  .sll_protocol = GUINT16_TO_BE (ETHERTYPE_IPV6),
                                  .sll_ifindex  = (int) index };
    int                fd     = socket (AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int                number = fd < 0 ? errno : filter (fd);

    if (number == 0 && bind (fd, (struct sockaddr *) &place, sizeof place) < 0)
        number = errno;
    if (number == 0)
        return fd;
    if (fd >= 0)
        close (fd);
    adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                     _ ("This machine did not allow a socket for router advertisements."));
    return -1;
}
