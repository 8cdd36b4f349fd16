/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decide.c - the kernel's two loops: over rules (fib_rules_lookup), and within a table from the
 * longest prefix to the shortest. */
#include "client/core/decide.h"
#include <string.h>

typedef enum {
    FOUND, /* a decision */
    AGAIN, /* no route here, or a throw: the next rule */
} Outcome;

typedef struct {
    const GArray   *rules, *routes;
    const AditFlow *flow;
    AditGroupFn     group;
    gpointer        user;
    AditDecision   *out;
} Search;

/* ---- one rule ---- */

/* IPv6 cannot compare a source that is still open; IPv4 takes it for 0.0.0.0. */
static gboolean
source_fits (const AditRuleRow *rule, const AditFlow *flow)
{
    if (rule->from.family == 0)
        return TRUE;
    if (flow->family == 6 && !flow->has_source)
        return rule->finds_source;
    return adit_prefix_contains (&rule->from, flow->family, flow->source);
}

static gboolean
port_fits (const AditPortRange *range, guint16 port)
{
    return range->first == 0 || (port && port >= range->first && port <= range->last);
}

/* "lo" stands for this host itself. */
static gboolean
device_fits (const AditRuleRow *rule)
{
    return !rule->is_detached && rule->out[0] == '\0' &&
           (rule->in[0] == '\0' || strcmp (rule->in, "lo") == 0);
}

static gboolean
conditions_fit (const AditRuleRow *rule, const AditFlow *flow)
{
    if (!device_fits (rule) || ((rule->mark ^ flow->mark) & rule->mask) || rule->is_only_vrf ||
        flow->uid < rule->uid_first || flow->uid > rule->uid_last)
        return FALSE;
    if (!source_fits (rule, flow) ||
        (rule->to.family && !adit_prefix_contains (&rule->to, flow->family, flow->destination)))
        return FALSE;
    return (rule->tos == 0 || rule->tos == flow->tos) &&
           (rule->protocol == 0 || rule->protocol == flow->protocol) &&
           port_fits (&rule->from_port, flow->from_port) &&
           port_fits (&rule->to_port, flow->to_port);
}

static gboolean
rule_fits (const AditRuleRow *rule, const AditFlow *flow)
{
    return conditions_fit (rule, flow) != rule->is_inverted;
}

/* ---- one table ---- */

static gboolean
route_fits (const AditRouteRow *route, guint32 table, const AditFlow *flow)
{
    if (route->table != table || route->is_dead || route->has_source ||
        (route->tos && route->tos != flow->tos))
        return FALSE;
    return adit_prefix_contains (&route->prefix, flow->family, flow->destination);
}

/* Longer first, then the type of service that is named, then the smaller metric. */
static gboolean
is_better (const AditRouteRow *a, const AditRouteRow *b)
{
    if (a->prefix.length != b->prefix.length)
        return a->prefix.length > b->prefix.length;
    if (a->tos != b->tos)
        return a->tos > b->tos;
    return a->metric < b->metric;
}

const AditRouteRow *
adit_decide_table (const GArray *routes, guint32 table, const AditFlow *flow)
{
    const AditRouteRow *best = NULL;

    for (guint i = 0; i < routes->len; i++) {
        const AditRouteRow *route = &g_array_index (routes, AditRouteRow, i);

        if (route_fits (route, table, flow) && (best == NULL || is_better (route, best)))
            best = route;
    }
    return best;
}

/* Is there what the model leaves out? */
static gboolean
is_open (const Search *s, guint32 table, const AditRouteRow *best)
{
    for (guint i = 0; i < s->routes->len; i++) {
        const AditRouteRow *route = &g_array_index (s->routes, AditRouteRow, i);

        if (route->table == table && route->has_source)
            return TRUE;
    }
    return best && best->paths > 1;
}

static gboolean
is_suppressed (Search *s, const AditRuleRow *rule, const AditRouteRow *route)
{
    guint group;

    if (rule->suppress_length >= 0 && route->prefix.length <= rule->suppress_length)
        return TRUE;
    if (rule->suppress_group < 0 || route->index == 0)
        return FALSE;
    group = s->group ? s->group (s->user, route->index) : 0;
    return group == (guint) rule->suppress_group;
}

static Outcome
look_up (Search *s, const AditRuleRow *rule)
{
    const AditRouteRow *route = adit_decide_table (s->routes, rule->table, s->flow);

    s->out->is_open |= is_open (s, rule->table, route);
    if (route == NULL || route->kind == ADIT_ROUTE_THROW)
        return AGAIN;
    s->out->rule  = rule;
    s->out->route = route;
    switch (route->kind) {
    case ADIT_ROUTE_BLACKHOLE:
        s->out->routing = ADIT_ROUTING_BLACKHOLE;
        return FOUND;
    case ADIT_ROUTE_UNREACHABLE:
        s->out->routing = ADIT_ROUTING_UNREACHABLE;
        return FOUND;
    case ADIT_ROUTE_PROHIBIT:
        s->out->routing = ADIT_ROUTING_PROHIBITED;
        return FOUND;
    case ADIT_ROUTE_UNICAST:
    case ADIT_ROUTE_LOCAL:
    case ADIT_ROUTE_BROADCAST:
    case ADIT_ROUTE_ANYCAST:
    case ADIT_ROUTE_MULTICAST:
    case ADIT_ROUTE_THROW:
    case ADIT_ROUTE_UNKNOWN:
        break;
    }
    s->out->routing = ADIT_ROUTING_FOUND;
    return is_suppressed (s, rule, route) ? AGAIN : FOUND;
}

/* ---- all rules ---- */

static Outcome
refuse (Search *s, const AditRuleRow *rule, AditRouting routing)
{
    s->out->routing = routing;
    s->out->rule    = rule;
    s->out->route   = NULL;
    return FOUND;
}

static Outcome
obey (Search *s, const AditRuleRow *rule)
{
    switch (rule->kind) {
    case ADIT_RULE_LOOKUP:
        return look_up (s, rule);
    case ADIT_RULE_BLACKHOLE:
        return refuse (s, rule, ADIT_ROUTING_BLACKHOLE);
    case ADIT_RULE_UNREACHABLE:
        return refuse (s, rule, ADIT_ROUTING_UNREACHABLE);
    case ADIT_RULE_PROHIBIT:
        return refuse (s, rule, ADIT_ROUTING_PROHIBITED);
    case ADIT_RULE_UNKNOWN:
        s->out->is_open = TRUE;
        return AGAIN;
    case ADIT_RULE_GOTO:
    case ADIT_RULE_NOP:
        return AGAIN;
    }
    return AGAIN;
}

/* The first rule with the preference that a goto names; its own place: it leads nowhere. */
static guint
after (Search *s, guint here)
{
    const AditRuleRow *rule = &g_array_index (s->rules, AditRuleRow, here);

    if (rule->kind != ADIT_RULE_GOTO || rule->target == 0)
        return here + 1;
    for (guint i = here + 1; i < s->rules->len; i++)
        if (g_array_index (s->rules, AditRuleRow, i).preference == rule->target)
            return i;
    return here + 1;
}

void
adit_decide (const GArray *rules, const GArray *routes, const AditFlow *flow, AditGroupFn group,
             gpointer user, AditDecision *out)
{
    Search s = { rules, routes, flow, group, user, out };

    *out        = (AditDecision){ .routing = ADIT_ROUTING_NONE };
    out->passed = g_array_new (FALSE, FALSE, sizeof (guint));
    for (guint i = 0; i < rules->len;) {
        const AditRuleRow *rule = &g_array_index (rules, AditRuleRow, i);

        if (rule->has_more || rule->is_only_vrf)
            out->is_open = TRUE;
        if (!rule_fits (rule, flow)) {
            i++;
            continue;
        }
        if (obey (&s, rule) == FOUND)
            return;
        g_array_append_val (out->passed, i);
        i = after (&s, i);
    }
    out->routing = ADIT_ROUTING_NONE;
    out->rule    = NULL;
    out->route   = NULL;
}

void
adit_decision_clear (AditDecision *decision)
{
    g_clear_pointer (&decision->passed, g_array_unref);
}
