/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route-dump.c - RTM_GETRULE and RTM_GETROUTE as lists of plain rows. */
#include "client/net/route-dump.h"
#include "client/net/netlink.h"
#include <glib/gi18n.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* The family is the first byte of either kind's header. */
static gboolean
dump (guint16 type, guint family, gsize header, mnl_cb_t part, GArray *rows, GError **cause)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    guint8          *body;

    request->nlmsg_type  = type;
    request->nlmsg_flags = NLM_F_DUMP;
    body                 = mnl_nlmsg_put_extra_header (request, header);
    body[0]              = adit_netlink_family (family);
    return adit_netlink_talk (NETLINK_ROUTE, request, part, rows, cause) == 0;
}

/* ---- routes ---- */

static AditRouteKind
route_kind (guint8 type)
{
    static const AditRouteKind kinds[] = {
        [RTN_UNSPEC] = ADIT_ROUTE_UNKNOWN,      [RTN_UNICAST] = ADIT_ROUTE_UNICAST,
        [RTN_LOCAL] = ADIT_ROUTE_LOCAL,         [RTN_BROADCAST] = ADIT_ROUTE_BROADCAST,
        [RTN_ANYCAST] = ADIT_ROUTE_ANYCAST,     [RTN_MULTICAST] = ADIT_ROUTE_MULTICAST,
        [RTN_BLACKHOLE] = ADIT_ROUTE_BLACKHOLE, [RTN_UNREACHABLE] = ADIT_ROUTE_UNREACHABLE,
        [RTN_PROHIBIT] = ADIT_ROUTE_PROHIBIT,   [RTN_THROW] = ADIT_ROUTE_THROW,
    };

    return type < G_N_ELEMENTS (kinds) ? kinds[type] : ADIT_ROUTE_UNKNOWN;
}

const char *
adit_route_kind_name (AditRouteKind kind)
{
    static const char *const names[] = { "unicast",   "local",  "broadcast", "anycast",
                                         "multicast", "throw",  "blackhole", "unreachable",
                                         "prohibit",  "unknown" };

    return names[MIN (kind, ADIT_ROUTE_UNKNOWN)];
}

static void
count_paths (const struct nlattr *attribute, AditRouteRow *row)
{
    const struct rtnexthop *hop  = mnl_attr_get_payload (attribute);
    int                     left = mnl_attr_get_payload_len (attribute);

    for (; RTNH_OK (hop, left); left -= RTNH_ALIGN (hop->rtnh_len), hop = RTNH_NEXT (hop))
        row->paths++;
}

static int
on_route_attribute (const struct nlattr *attribute, void *user)
{
    AditRouteRow *row = user;

    switch (mnl_attr_get_type (attribute)) {
    case RTA_DST:
        adit_netlink_address (attribute, row->prefix.address);
        break;
    case RTA_TABLE:
        row->table = adit_netlink_number (attribute);
        break;
    case RTA_PRIORITY:
        row->metric = adit_netlink_number (attribute);
        break;
    case RTA_OIF:
        row->index = adit_netlink_number (attribute);
        break;
    case RTA_PREFSRC:
        adit_netlink_address (attribute, row->source);
        break;
    case RTA_GATEWAY:
        adit_netlink_address (attribute, row->gateway);
        row->has_gateway = TRUE;
        break;
    case RTA_VIA:
        row->has_gateway = TRUE;
        break;
    case RTA_MULTIPATH:
        count_paths (attribute, row);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int
on_route (const struct nlmsghdr *reply, void *user)
{
    const struct rtmsg *body = mnl_nlmsg_get_payload (reply);
    AditRouteRow        row  = { 0 };

    if (reply->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len (reply) < sizeof *body ||
        (body->rtm_family != AF_INET && body->rtm_family != AF_INET6) ||
        body->rtm_flags & RTM_F_CLONED)
        return MNL_CB_OK;
    row.prefix.family = body->rtm_family == AF_INET ? 4 : 6;
    row.prefix.length = body->rtm_dst_len;
    row.kind          = route_kind (body->rtm_type);
    row.table         = body->rtm_table;
    row.tos           = body->rtm_tos;
    row.is_dead       = (body->rtm_flags & RTNH_F_DEAD) != 0;
    row.has_source    = body->rtm_src_len > 0;
    mnl_attr_parse (reply, sizeof *body, on_route_attribute, &row);
    if (row.paths > 1)
        row.index = 0;
    g_array_append_val ((GArray *) user, row);
    return MNL_CB_OK;
}

GArray *
adit_route_dump (guint family, GError **error)
{
    g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (AditRouteRow));
    GError *cause           = NULL;

    if (dump (RTM_GETROUTE, family, sizeof (struct rtmsg), on_route, rows, &cause))
        return g_steal_pointer (&rows);
    adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                       _ ("The routes of this machine could not be read."));
    return NULL;
}

/* ---- rules ---- */

static AditRuleKind
rule_kind (guint8 action)
{
    switch (action) {
    case FR_ACT_TO_TBL:
        return ADIT_RULE_LOOKUP;
    case FR_ACT_GOTO:
        return ADIT_RULE_GOTO;
    case FR_ACT_NOP:
        return ADIT_RULE_NOP;
    case FR_ACT_BLACKHOLE:
        return ADIT_RULE_BLACKHOLE;
    case FR_ACT_UNREACHABLE:
        return ADIT_RULE_UNREACHABLE;
    case FR_ACT_PROHIBIT:
        return ADIT_RULE_PROHIBIT;
    default:
        return ADIT_RULE_UNKNOWN;
    }
}

static void
take_name (const struct nlattr *attribute, char out[16])
{
    if (mnl_attr_validate (attribute, MNL_TYPE_NUL_STRING) >= 0)
        g_strlcpy (out, mnl_attr_get_str (attribute), 16);
}

static void
take_uids (const struct nlattr *attribute, AditRuleRow *row)
{
    const struct fib_rule_uid_range *range = mnl_attr_get_payload (attribute);

    if (mnl_attr_get_payload_len (attribute) < sizeof *range)
        return;
    row->uid_first = range->start;
    row->uid_last  = range->end;
}

static void
take_ports (const struct nlattr *attribute, AditPortRange *out)
{
    const struct fib_rule_port_range *range = mnl_attr_get_payload (attribute);

    if (mnl_attr_get_payload_len (attribute) < sizeof *range)
        return;
    *out = (AditPortRange){ range->start, range->end };
}

/* Attributes that say who a packet must be. */
static gboolean
take_condition (const struct nlattr *attribute, AditRuleRow *row)
{
    switch (mnl_attr_get_type (attribute)) {
    case FRA_SRC:
        adit_netlink_address (attribute, row->from.address);
        return TRUE;
    case FRA_DST:
        adit_netlink_address (attribute, row->to.address);
        return TRUE;
    case FRA_FWMARK:
        row->mark = adit_netlink_number (attribute);
        return TRUE;
    case FRA_FWMASK:
        row->mask = adit_netlink_number (attribute);
        return TRUE;
    case FRA_IIFNAME:
        take_name (attribute, row->in);
        return TRUE;
    case FRA_OIFNAME:
        take_name (attribute, row->out);
        return TRUE;
    case FRA_UID_RANGE:
        take_uids (attribute, row);
        return TRUE;
    case FRA_IP_PROTO:
        row->protocol = mnl_attr_get_u8 (attribute);
        return TRUE;
    case FRA_SPORT_RANGE:
        take_ports (attribute, &row->from_port);
        return TRUE;
    case FRA_DPORT_RANGE:
        take_ports (attribute, &row->to_port);
        return TRUE;
    case FRA_L3MDEV:
        row->is_only_vrf = mnl_attr_get_u8 (attribute) != 0;
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
is_zero (const struct nlattr *attribute)
{
    const guint8 *bytes = mnl_attr_get_payload (attribute);

    for (guint i = 0; i < mnl_attr_get_payload_len (attribute); i++)
        if (bytes[i])
            return FALSE;
    return TRUE;
}

static int
on_rule_attribute (const struct nlattr *attribute, void *user)
{
    AditRuleRow *row = user;

    if (take_condition (attribute, row))
        return MNL_CB_OK;
    switch (mnl_attr_get_type (attribute)) {
    case FRA_PRIORITY:
        row->preference = adit_netlink_number (attribute);
        break;
    case FRA_TABLE:
        row->table = adit_netlink_number (attribute);
        break;
    case FRA_GOTO:
        row->target = adit_netlink_number (attribute);
        break;
    case FRA_SUPPRESS_PREFIXLEN:
        row->suppress_length = (gint32) adit_netlink_number (attribute);
        break;
    case FRA_SUPPRESS_IFGROUP:
        row->suppress_group = (gint32) adit_netlink_number (attribute);
        break;
    case FRA_PROTOCOL: /* who made it */
    case FRA_PAD:
    case FRA_FLOW:
        break;
    default:
        row->has_more |= !is_zero (attribute);
    }
    return MNL_CB_OK;
}

static void
complete (AditRuleRow *row, const struct fib_rule_hdr *body)
{
    if (body->flags & FIB_RULE_UNRESOLVED)
        row->target = 0;
    row->from.family = body->src_len ? row->family : 0;
    row->to.family   = body->dst_len ? row->family : 0;
    row->from.length = body->src_len;
    row->to.length   = body->dst_len;
}

static int
on_rule (const struct nlmsghdr *reply, void *user)
{
    const struct fib_rule_hdr *body = mnl_nlmsg_get_payload (reply);
    AditRuleRow row = { .uid_last = G_MAXUINT32, .suppress_length = -1, .suppress_group = -1 };

    if (reply->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len (reply) < sizeof *body ||
        (body->family != AF_INET && body->family != AF_INET6))
        return MNL_CB_OK;
    row.family       = body->family == AF_INET ? 4 : 6;
    row.kind         = rule_kind (body->action);
    row.table        = body->table;
    row.tos          = body->tos;
    row.is_inverted  = (body->flags & FIB_RULE_INVERT) != 0;
    row.finds_source = (body->flags & FIB_RULE_FIND_SADDR) != 0;
    row.is_detached  = (body->flags & (FIB_RULE_IIF_DETACHED | FIB_RULE_OIF_DETACHED)) != 0;
    mnl_attr_parse (reply, sizeof *body, on_rule_attribute, &row);
    complete (&row, body);
    g_array_append_val ((GArray *) user, row);
    return MNL_CB_OK;
}

GArray *
adit_rule_dump (guint family, GError **error)
{
    g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (AditRuleRow));
    GError *cause           = NULL;

    if (dump (RTM_GETRULE, family, sizeof (struct fib_rule_hdr), on_rule, rows, &cause))
        return g_steal_pointer (&rows);
    adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                       _ ("The routing rules of this machine could not be read."));
    return NULL;
}

/* ---- in words ---- */

static void
append_prefix (GString *text, const char *word, const AditPrefix *prefix)
{
    g_autofree char *name = prefix->family ? adit_prefix_format (prefix) : NULL;

    if (name)
        g_string_append_printf (text, " %s %s", word, name);
}

static void
append_ports (GString *text, const char *word, const AditPortRange *ports)
{
    if (ports->first && ports->first == ports->last)
        g_string_append_printf (text, " %s %u", word, ports->first);
    else if (ports->first)
        g_string_append_printf (text, " %s %u-%u", word, ports->first, ports->last);
}

static void
append_conditions (GString *text, const AditRuleRow *rule)
{
    append_prefix (text, "to", &rule->to);
    if (rule->tos)
        g_string_append_printf (text, " tos 0x%x", rule->tos);
    if ((rule->mark || rule->mask) && rule->mask == G_MAXUINT32)
        g_string_append_printf (text, " fwmark 0x%x", rule->mark);
    else if (rule->mark || rule->mask)
        g_string_append_printf (text, " fwmark 0x%x/0x%x", rule->mark, rule->mask);
    if (rule->in[0])
        g_string_append_printf (text, " iif %s", rule->in);
    if (rule->out[0])
        g_string_append_printf (text, " oif %s", rule->out);
    if (rule->uid_first || rule->uid_last != G_MAXUINT32)
        g_string_append_printf (text, " uidrange %u-%u", rule->uid_first, rule->uid_last);
    if (rule->protocol)
        g_string_append_printf (text, " ipproto %u", rule->protocol);
    append_ports (text, "sport", &rule->from_port);
    append_ports (text, "dport", &rule->to_port);
}

static void
append_table (GString *text, guint32 table)
{
    switch (table) {
    case RT_TABLE_LOCAL:
        g_string_append (text, " lookup local");
        break;
    case RT_TABLE_MAIN:
        g_string_append (text, " lookup main");
        break;
    case RT_TABLE_DEFAULT:
        g_string_append (text, " lookup default");
        break;
    default:
        g_string_append_printf (text, " lookup %u", table);
    }
}

static void
append_action (GString *text, const AditRuleRow *rule)
{
    switch (rule->kind) {
    case ADIT_RULE_LOOKUP:
        append_table (text, rule->table);
        break;
    case ADIT_RULE_GOTO:
        g_string_append_printf (text, " goto %u", rule->target);
        break;
    case ADIT_RULE_NOP:
        g_string_append (text, " nop");
        break;
    case ADIT_RULE_BLACKHOLE:
        g_string_append (text, " blackhole");
        break;
    case ADIT_RULE_UNREACHABLE:
        g_string_append (text, " unreachable");
        break;
    case ADIT_RULE_PROHIBIT:
        g_string_append (text, " prohibit");
        break;
    case ADIT_RULE_UNKNOWN:
        g_string_append (text, " unknown");
        break;
    }
    if (rule->suppress_length >= 0)
        g_string_append_printf (text, " suppress_prefixlength %d", rule->suppress_length);
    if (rule->suppress_group >= 0)
        g_string_append_printf (text, " suppress_ifgroup %d", rule->suppress_group);
}

char *
adit_rule_format (const AditRuleRow *rule)
{
    GString *text = g_string_new (rule->is_inverted ? "not from" : "from");

    if (rule->from.family == 0)
        g_string_append (text, " all");
    else {
        g_autofree char *from = adit_prefix_format (&rule->from);

        g_string_append_printf (text, " %s", from);
    }
    append_conditions (text, rule);
    append_action (text, rule);
    return g_string_free (text, FALSE);
}
