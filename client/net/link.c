/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* link.c - devices over rtnetlink. */
#include "client/net/link.h"
#include "client/net/netlink.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>

guint
adit_link_index (const char *name)
{
    return if_nametoindex (name);
}

char *
adit_link_name (guint index)
{
    char name[IF_NAMESIZE];

    return if_indextoname (index, name) ? g_strdup (name) : NULL;
}

gboolean
adit_link_name_ok (const char *name)
{
    gsize len = strlen (name);

    if (len == 0 || len >= IF_NAMESIZE || name[0] == '-' || g_str_equal (name, ".") ||
        g_str_equal (name, ".."))
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum (name[i]) && strchr ("-_.=+", name[i]) == NULL)
            return FALSE;
    return TRUE;
}

static struct nlmsghdr *
begin (guint8 *bytes, guint16 type, guint16 flags, guint index)
{
    struct nlmsghdr  *request = mnl_nlmsg_put_header (bytes);
    struct ifinfomsg *link;

    request->nlmsg_type  = type;
    request->nlmsg_flags = flags;
    link                 = mnl_nlmsg_put_extra_header (request, sizeof *link);
    link->ifi_index      = (int) index;
    return request;
}

static int
on_mtu_attribute (const struct nlattr *attribute, void *user)
{
    if (mnl_attr_get_type (attribute) == IFLA_MTU &&
        mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
        *(guint *) user = mnl_attr_get_u32 (attribute);
    return MNL_CB_OK;
}

static int
on_link (const struct nlmsghdr *reply, void *user)
{
    mnl_attr_parse (reply, sizeof (struct ifinfomsg), on_mtu_attribute, user);
    return MNL_CB_OK;
}

guint
adit_link_mtu (guint index)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    guint            mtu     = 0;
    struct nlmsghdr *request = begin (bytes, RTM_GETLINK, 0, index);

    return adit_netlink_talk (NETLINK_ROUTE, request, on_link, &mtu, NULL) ? 0 : mtu;
}

static int
on_counts_attribute (const struct nlattr *attribute, void *user)
{
    AditLinkCounts          *counts = user;
    struct rtnl_link_stats64 stats;

    /* The kernel's structure grows at its end; older ones are not aligned. */
    if (mnl_attr_get_type (attribute) != IFLA_STATS64 ||
        mnl_attr_get_payload_len (attribute) < offsetof (struct rtnl_link_stats64, rx_errors))
        return MNL_CB_OK;
    memset (&stats, 0, sizeof stats);
    memcpy (&stats, mnl_attr_get_payload (attribute),
            MIN (sizeof stats, mnl_attr_get_payload_len (attribute)));
    counts->rx_packets = stats.rx_packets;
    counts->rx_bytes   = stats.rx_bytes;
    counts->tx_packets = stats.tx_packets;
    counts->tx_bytes   = stats.tx_bytes;
    return MNL_CB_OK;
}

static int
on_counted_link (const struct nlmsghdr *reply, void *user)
{
    mnl_attr_parse (reply, sizeof (struct ifinfomsg), on_counts_attribute, user);
    return MNL_CB_OK;
}

AditLinkCounts
adit_link_counts (guint index)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    AditLinkCounts   counts  = { 0 };
    struct nlmsghdr *request = begin (bytes, RTM_GETLINK, 0, index);

    if (index)
        adit_netlink_talk (NETLINK_ROUTE, request, on_counted_link, &counts, NULL);
    return counts;
}

gboolean
adit_link_up (guint index, guint mtu, GError **error)
{
    guint8            bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr  *request = begin (bytes, RTM_NEWLINK, 0, index);
    struct ifinfomsg *link    = mnl_nlmsg_get_payload (request);
    GError           *cause   = NULL;

    link->ifi_flags = link->ifi_change = IFF_UP;
    if (mtu)
        mnl_attr_put_u32 (request, IFLA_MTU, mtu);
    if (adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, &cause))
        return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                                  _ ("This machine did not bring the tunnel's device up."));
    return TRUE;
}

gboolean
adit_link_create (const char *name, const char *kind, GError **error)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = begin (bytes, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
    struct nlattr   *info;
    GError          *cause = NULL;

    mnl_attr_put_strz (request, IFLA_IFNAME, name);
    info = mnl_attr_nest_start (request, IFLA_LINKINFO);
    mnl_attr_put_strz (request, IFLA_INFO_KIND, kind);
    mnl_attr_nest_end (request, info);
    if (adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, &cause))
        return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                                  _ ("The kernel did not make a device of kind \"%s\"."), kind);
    return TRUE;
}

gboolean
adit_link_delete (const char *name, guint index, GError **error)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request;
    GError          *cause = NULL;
    int              number;

    if (index == 0 || adit_link_index (name) != index)
        return TRUE;
    request = begin (bytes, RTM_DELLINK, 0, index);
    number  = adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, &cause);
    if (number == 0)
        return TRUE;
    if (number == ENODEV) {
        g_clear_error (&cause);
        return TRUE;
    }
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("The device %s could not be deleted."), name);
}
