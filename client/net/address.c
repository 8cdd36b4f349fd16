/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.c - addresses over rtnetlink. */
#include "client/net/address.h"
#include "client/net/netlink.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* Not every kind of device gets a route of the kernel's own to its link. */
static guint32
flags_of (const AditPrefix *address)
{
    gboolean is_6   = address->family == 6;
    gboolean linked = is_6 && address->address[0] == 0xfe && (address->address[1] & 0xc0) == 0x80;

    return (linked ? 0 : IFA_F_NOPREFIXROUTE) | (is_6 ? IFA_F_NODAD : 0);
}

static int
talk (guint16 type, guint16 flags, guint index, const AditPrefix *address, GError **cause)
{
    guint8            bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr  *request = mnl_nlmsg_put_header (bytes);
    struct ifaddrmsg *body;
    gsize             len = address->family == 4 ? 4 : 16;

    request->nlmsg_type  = type;
    request->nlmsg_flags = flags;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->ifa_family     = adit_netlink_family (address->family);
    body->ifa_prefixlen  = address->length;
    body->ifa_index      = index;
    mnl_attr_put (request, IFA_LOCAL, len, address->address);
    mnl_attr_put (request, IFA_ADDRESS, len, address->address);
    if (type == RTM_NEWADDR)
        mnl_attr_put_u32 (request, IFA_FLAGS, flags_of (address));
    return adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, cause);
}

gboolean
adit_address_add (guint index, const AditPrefix *address, GError **error)
{
    g_autofree char *text  = NULL;
    GError          *cause = NULL;

    if (talk (RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, &cause) == 0)
        return TRUE;
    text = adit_prefix_format (address);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("This machine did not take the address %s for the tunnel."), text);
}

gboolean
adit_address_remove (guint index, const AditPrefix *address, GError **error)
{
    g_autofree char *text   = NULL;
    GError          *cause  = NULL;
    int              number = talk (RTM_DELADDR, 0, index, address, &cause);

    if (number == 0)
        return TRUE;
    if (number == EADDRNOTAVAIL || number == ENODEV) {
        g_clear_error (&cause);
        return TRUE;
    }
    text = adit_prefix_format (address);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("The tunnel's address %s could not be removed."), text);
}
