/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route.c - routes and rules over rtnetlink. */
#include "client/net/route.h"
#include "client/net/link.h"
#include "client/net/netlink.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static gsize
address_len (guint family)
{
    return family == 4 ? 4 : 16;
}

static guint8
af_of (guint family)
{
    return family == 4 ? AF_INET : AF_INET6;
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
    body->rtm_family     = af_of (route->prefix.family);
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
    body->family         = af_of (rule->family);
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

static int
on_metric (const struct nlattr *attribute, void *user)
{
    AditRouteFound *found = user;

    if (mnl_attr_get_type (attribute) == RTAX_MTU &&
        mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
        found->mtu = mnl_attr_get_u32 (attribute);
    return MNL_CB_OK;
}

static void
take_address (const struct nlattr *attribute, guint8 out[16])
{
    memcpy (out, mnl_attr_get_payload (attribute), MIN (mnl_attr_get_payload_len (attribute), 16));
}

static int
on_route_attribute (const struct nlattr *attribute, void *user)
{
    AditRouteFound *found = user;

    switch (mnl_attr_get_type (attribute)) {
    case RTA_OIF:
        if (mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
            found->index = mnl_attr_get_u32 (attribute);
        break;
    case RTA_PREFSRC:
        take_address (attribute, found->source);
        break;
    case RTA_GATEWAY:
        take_address (attribute, found->gateway);
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
on_route (const struct nlmsghdr *reply, void *user)
{
    mnl_attr_parse (reply, sizeof (struct rtmsg), on_route_attribute, user);
    return MNL_CB_OK;
}

gboolean
adit_route_find (guint family, const guint8 *address, guint32 mark, AditRouteFound *out,
                 GError **error)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    struct rtmsg    *body;
    GError          *cause = NULL;
    guint            device_mtu;

    memset (out, 0, sizeof *out);
    request->nlmsg_type = RTM_GETROUTE;
    body                = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->rtm_family    = af_of (family);
    body->rtm_dst_len   = (guint8) (address_len (family) * 8);
    mnl_attr_put (request, RTA_DST, address_len (family), address);
    if (mark)
        mnl_attr_put_u32 (request, RTA_MARK, mark);
    if (adit_netlink_talk (NETLINK_ROUTE, request, on_route, out, &cause)) {
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

typedef struct {
    guint32 table;
    GArray *found; /* AditRoute */
} Flush;

static int
on_flushed_attribute (const struct nlattr *attribute, void *user)
{
    AditRoute *route = user;
    gsize      len   = address_len (route->prefix.family);

    switch (mnl_attr_get_type (attribute)) {
    case RTA_DST:
        if (mnl_attr_get_payload_len (attribute) == len)
            memcpy (route->prefix.address, mnl_attr_get_payload (attribute), len);
        break;
    case RTA_TABLE:
        if (mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
            route->table = mnl_attr_get_u32 (attribute);
        break;
    case RTA_OIF:
        if (mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
            route->index = mnl_attr_get_u32 (attribute);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int
on_flushed (const struct nlmsghdr *reply, void *user)
{
    const struct rtmsg *body  = mnl_nlmsg_get_payload (reply);
    Flush              *flush = user;
    AditRoute           route = { 0 };

    if (mnl_nlmsg_get_payload_len (reply) < sizeof *body)
        return MNL_CB_OK;
    route.prefix.family = body->rtm_family == AF_INET ? 4 : 6;
    route.prefix.length = body->rtm_dst_len;
    route.is_refused    = body->rtm_type == RTN_UNREACHABLE;
    mnl_attr_parse (reply, sizeof *body, on_flushed_attribute, &route);
    if (body->rtm_type != RTN_UNICAST)
        route.index = 0; /* IPv6 shows such routes on the loopback device */
    if (route.table == flush->table)
        g_array_append_val (flush->found, route);
    return MNL_CB_OK;
}

gboolean
adit_route_flush (guint32 table, GError **error)
{
    static const guint8 families[] = { AF_INET, AF_INET6 };
    g_autoptr (GArray) found       = g_array_new (FALSE, FALSE, sizeof (AditRoute));
    Flush flush                    = { table, found };

    for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
        guint8           bytes[ADIT_NETLINK_BYTES];
        struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
        struct rtmsg    *body;

        request->nlmsg_type  = RTM_GETROUTE;
        request->nlmsg_flags = NLM_F_DUMP;
        body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
        body->rtm_family     = families[i];
        adit_netlink_talk (NETLINK_ROUTE, request, on_flushed, &flush, NULL);
    }
    for (guint i = 0; i < found->len; i++)
        if (!adit_route_remove (&g_array_index (found, AditRoute, i), error))
            return FALSE;
    return TRUE;
}

/* ---- networks this host is on ---- */

typedef struct {
    AditPrefix prefix;
    guint32    table;
    guint      index;
    gboolean   has_gateway, has_destination;
} Candidate;

static int
on_candidate_attribute (const struct nlattr *attribute, void *user)
{
    Candidate *candidate = user;
    gsize      len       = address_len (candidate->prefix.family);

    switch (mnl_attr_get_type (attribute)) {
    case RTA_DST:
        if (mnl_attr_get_payload_len (attribute) == len) {
            memcpy (candidate->prefix.address, mnl_attr_get_payload (attribute), len);
            candidate->has_destination = TRUE;
        }
        break;
    case RTA_TABLE:
        if (mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
            candidate->table = mnl_attr_get_u32 (attribute);
        break;
    case RTA_OIF:
        if (mnl_attr_validate (attribute, MNL_TYPE_U32) >= 0)
            candidate->index = mnl_attr_get_u32 (attribute);
        break;
    case RTA_GATEWAY:
    case RTA_VIA:
    case RTA_MULTIPATH:
        candidate->has_gateway = TRUE;
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int
on_candidate (const struct nlmsghdr *reply, void *user)
{
    const struct rtmsg *body      = mnl_nlmsg_get_payload (reply);
    Candidate           candidate = { 0 };

    if (mnl_nlmsg_get_payload_len (reply) < sizeof *body)
        return MNL_CB_OK;
    candidate.prefix.family = body->rtm_family == AF_INET ? 4 : 6;
    candidate.prefix.length = body->rtm_dst_len;
    candidate.table         = body->rtm_table;
    mnl_attr_parse (reply, sizeof *body, on_candidate_attribute, &candidate);
    if (body->rtm_type == RTN_UNICAST && candidate.table == RT_TABLE_MAIN &&
        candidate.has_destination && !candidate.has_gateway &&
        candidate.prefix.length < address_len (candidate.prefix.family) * 8) {
        AditRoute route = { .prefix = candidate.prefix,
                            .table  = candidate.table,
                            .index  = candidate.index };

        g_array_append_val ((GArray *) user, route);
    }
    return MNL_CB_OK;
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

GArray *
adit_route_direct (void)
{
    static const guint8 families[] = { AF_INET, AF_INET6 };
    GArray             *found      = g_array_new (FALSE, FALSE, sizeof (AditRoute));

    for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
        guint8           bytes[ADIT_NETLINK_BYTES];
        struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
        struct rtmsg    *body;

        request->nlmsg_type  = RTM_GETROUTE;
        request->nlmsg_flags = NLM_F_DUMP;
        body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
        body->rtm_family     = families[i];
        adit_netlink_talk (NETLINK_ROUTE, request, on_candidate, found, NULL);
    }
    return found;
}
