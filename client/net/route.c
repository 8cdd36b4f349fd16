/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route.c - routes and rules over rtnetlink. */
#include "client/net/route.h"
#include "client/net/link.h"
#include "client/net/netlink.h"
#include "client/net/route-dump.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

static gsize
address_len (guint family)
{
    return family == 4 ? 4 : 16;
}

static guint8
type_of (const AditRoute *route)
{
    if (route->index)
        return RTN_UNICAST;
    return route->is_refused ? RTN_UNREACHABLE : RTN_THROW;
}

static int
talk_route (guint16 type, guint16 flags, const AditRoute *route, GError **cause)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    struct rtmsg    *body;

    request->nlmsg_type  = type;
    request->nlmsg_flags = flags;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->rtm_family     = adit_netlink_family (route->prefix.family);
    body->rtm_dst_len    = route->prefix.length;
    body->rtm_table      = RT_TABLE_UNSPEC;
    body->rtm_protocol   = RTPROT_STATIC;
    body->rtm_type       = type_of (route);
    body->rtm_scope = route->index && route->prefix.family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    mnl_attr_put_u32 (request, RTA_TABLE, route->table);
    mnl_attr_put (request, RTA_DST, address_len (route->prefix.family), route->prefix.address);
    if (route->index)
        mnl_attr_put_u32 (request, RTA_OIF, route->index);
    return adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, cause);
}

gboolean
adit_route_add (const AditRoute *route, GError **error)
{
    g_autofree char *text  = NULL;
    GError          *cause = NULL;

    if (talk_route (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, &cause) == 0)
        return TRUE;
    text = adit_prefix_format (&route->prefix);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("This machine did not take the route to %s."), text);
}

gboolean
adit_route_remove (const AditRoute *route, GError **error)
{
    g_autofree char *text   = NULL;
    GError          *cause  = NULL;
    int              number = talk_route (RTM_DELROUTE, 0, route, &cause);

    if (number == 0)
        return TRUE;
    if (number == ESRCH || number == ENODEV || number == ENOENT) {
        g_clear_error (&cause);
        return TRUE;
    }
    text = adit_prefix_format (&route->prefix);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("The route to %s could not be removed."), text);
}

static guint8
action_of (const AditRule *rule)
{
    if (rule->table)
        return FR_ACT_TO_TBL;
    return rule->target ? FR_ACT_GOTO : FR_ACT_NOP;
}

static int
talk_rule (guint16 type, guint16 flags, const AditRule *rule, GError **cause)
{
    guint8               bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr     *request = mnl_nlmsg_put_header (bytes);
    struct fib_rule_hdr *body;

    request->nlmsg_type  = type;
    request->nlmsg_flags = flags;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->family         = adit_netlink_family (rule->family);
    body->action         = action_of (rule);
    body->table          = RT_TABLE_UNSPEC;
    body->flags          = rule->mark && !rule->is_marked ? FIB_RULE_INVERT : 0;
    mnl_attr_put_u32 (request, FRA_PRIORITY, rule->preference);
    if (rule->table)
        mnl_attr_put_u32 (request, FRA_TABLE, rule->table);
    else if (rule->target)
        mnl_attr_put_u32 (request, FRA_GOTO, rule->target);
    if (rule->mark) {
        mnl_attr_put_u32 (request, FRA_FWMARK, rule->mark);
        mnl_attr_put_u32 (request, FRA_FWMASK, rule->mask ? rule->mask : G_MAXUINT32);
    }
    if (rule->has_users) {
        const struct fib_rule_uid_range users = { rule->uid_first, rule->uid_last };

        mnl_attr_put (request, FRA_UID_RANGE, sizeof users, &users);
    }
    return adit_netlink_talk (NETLINK_ROUTE, request, NULL, NULL, cause);
}

gboolean
adit_rule_add (const AditRule *rule, GError **error)
{
    GError *cause = NULL;

    if (talk_rule (RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, &cause) == 0)
        return TRUE;
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("This machine did not take the routing rule for IPv%u."),
                              rule->family);
}

gboolean
adit_rule_remove (const AditRule *rule, GError **error)
{
    GError *cause  = NULL;
    int     number = talk_rule (RTM_DELRULE, 0, rule, &cause);

    if (number == 0)
        return TRUE;
    if (number == ENOENT || number == ESRCH || number == EAFNOSUPPORT) {
        g_clear_error (&cause);
        return TRUE;
    }
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("The routing rule for IPv%u could not be removed."), rule->family);
}

/* ---- where a packet would go ---- */

static int
on_metric (const struct nlattr *attribute, void *user)
{
    AditRouteFound *found = user;

    if (mnl_attr_get_type (attribute) == RTAX_MTU)
        found->mtu = adit_netlink_number (attribute);
    return MNL_CB_OK;
}

static int
on_attribute (const struct nlattr *attribute, void *user)
{
    AditRouteFound *found = user;

    switch (mnl_attr_get_type (attribute)) {
    case RTA_OIF:
        found->index = adit_netlink_number (attribute);
        break;
    case RTA_PREFSRC:
        adit_netlink_address (attribute, found->source);
        break;
    case RTA_GATEWAY:
        adit_netlink_address (attribute, found->gateway);
        break;
    case RTA_METRICS:
        mnl_attr_parse_nested (attribute, on_metric, found);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int
on_answer (const struct nlmsghdr *reply, void *user)
{
    mnl_attr_parse (reply, sizeof (struct rtmsg), on_attribute, user);
    return MNL_CB_OK;
}

/* uid NULL: our own, and no protocol is said. */
static AditRouteFound
ask (guint family, const guint8 *address, guint32 mark, const guint32 *uid, GError **cause)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    AditRouteFound   found   = { .number = 0 };
    struct rtmsg    *body;

    request->nlmsg_type = RTM_GETROUTE;
    body                = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->rtm_family    = adit_netlink_family (family);
    body->rtm_dst_len   = (guint8) (address_len (family) * 8);
    mnl_attr_put (request, RTA_DST, address_len (family), address);
    if (mark)
        mnl_attr_put_u32 (request, RTA_MARK, mark);
    if (uid) {
        mnl_attr_put_u32 (request, RTA_UID, *uid);
        mnl_attr_put_u8 (request, RTA_IP_PROTO, IPPROTO_TCP);
    }
    found.number = adit_netlink_talk (NETLINK_ROUTE, request, on_answer, &found, cause);
    return found;
}

AditRouteFound
adit_route_ask (guint family, const guint8 *address, guint32 mark, guint32 uid)
{
    return ask (family, address, mark, &uid, NULL);
}

gboolean
adit_route_find (guint family, const guint8 *address, guint32 mark, AditRouteFound *out,
                 GError **error)
{
    GError *cause = NULL;
    guint   device_mtu;

    *out = ask (family, address, mark, NULL, &cause);
    if (out->number) {
        g_autofree char *text = adit_address_format (family, address);

        return adit_fail_because (error, cause, ADIT_ERROR_UNREACHABLE,
                                  _ ("This machine has no route to %s."), text);
    }
    device_mtu = adit_link_mtu (out->index);
    if (out->mtu == 0 || (device_mtu && device_mtu < out->mtu))
        out->mtu = device_mtu;
    return TRUE;
}

/* ---- all routes of a table ---- */

static gboolean
flush (guint family, guint32 table, GError **error)
{
    g_autoptr (GArray) rows = adit_route_dump (family, error);
    gboolean fine           = rows != NULL;

    for (guint i = 0; fine && i < rows->len; i++) {
        const AditRouteRow *row   = &g_array_index (rows, AditRouteRow, i);
        AditRoute           route = { .prefix     = row->prefix,
                                      .table      = table,
                                      .is_refused = row->kind == ADIT_ROUTE_UNREACHABLE };

        if (row->kind == ADIT_ROUTE_UNICAST)
            route.index = row->index; /* IPv6 shows the others on the loopback device */
        if (row->table == table)
            fine = adit_route_remove (&route, error);
    }
    return fine;
}

gboolean
adit_route_flush (guint32 table, GError **error)
{
    return flush (4, table, error) && flush (6, table, error);
}

/* ---- networks this host is on ---- */

static gboolean
is_direct (const AditRouteRow *row)
{
    return row->kind == ADIT_ROUTE_UNICAST && row->table == RT_TABLE_MAIN && !row->has_gateway &&
           row->paths == 0 && row->prefix.length > 0 &&
           row->prefix.length < address_len (row->prefix.family) * 8;
}

static void
add_direct (GArray *found, guint family)
{
    g_autoptr (GArray) rows = adit_route_dump (family, NULL);

    for (guint i = 0; rows && i < rows->len; i++) {
        const AditRouteRow *row = &g_array_index (rows, AditRouteRow, i);
        AditRoute route = { .prefix = row->prefix, .table = row->table, .index = row->index };

        if (is_direct (row))
            g_array_append_val (found, route);
    }
}

GArray *
adit_route_direct (void)
{
    GArray *found = g_array_new (FALSE, FALSE, sizeof (AditRoute));

    add_direct (found, 4);
    add_direct (found, 6);
    return found;
}

GArray *
adit_route_on_link (void)
{
    g_autoptr (GArray) direct = adit_route_direct ();
    GArray *found             = g_array_new (FALSE, FALSE, sizeof (AditPrefix));

    for (guint i = 0; i < direct->len; i++)
        g_array_append_val (found, g_array_index (direct, AditRoute, i).prefix);
    return found;
}
