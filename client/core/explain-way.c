/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-way.c - where one packet goes: the model's decision with its rule and route, the kernel's
 * own to compare, and the guard's. */
#include "client/core/explain-parts.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include <glib/gi18n.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
    const AditFacts       *facts;
    const AditSender      *sender;
    AditFilterPacket       packet;
    char                  *address; /* as text */
    AditDecision           decision;
    AditRouteFound         asked;
    const AditFactsTunnel *owner;  /* of the route, or NULL */
    char                  *origin; /* why the route is there; NULL: it is nobody's of ours */
    char                  *device; /* by which it leaves, or NULL */
    const AditFactsTunnel *tunnel; /* that takes it, or NULL */
    AditFilterVerdict      verdict;
    const char            *chain;
    GPtrArray             *sentences;
} Way;

static gboolean
is_zero (const guint8 *address)
{
    static const guint8 zero[16];

    return memcmp (address, zero, sizeof zero) == 0;
}

/* ---- deciding ---- */

/* The kernel has taken another way than the model: its is the truth. */
static gboolean
do_agree (const Way *w)
{
    if (w->decision.routing != ADIT_ROUTING_FOUND)
        return w->asked.number != 0;
    if (w->asked.number)
        return FALSE;
    return w->decision.route->index == w->asked.index ||
           w->decision.route->kind == ADIT_ROUTE_LOCAL || w->decision.route->paths > 1;
}

/* Chains of type route see the packet with the way that it would take without them. */
static void
remark (Way *w)
{
    AditFlow      *flow  = &w->packet.flow;
    AditRouteFound first = adit_route_ask (flow->family, flow->destination, flow->mark, flow->uid);
    g_autofree char *device = first.index ? adit_link_name (first.index) : NULL;

    w->packet.device = device;
    if (first.number == 0)
        flow->mark = adit_filter_mark (w->facts->filter, &w->packet);
    w->packet.device = NULL;
}

static void
decide (Way *w)
{
    guint     i    = w->packet.flow.family == 6;
    AditFlow *flow = &w->packet.flow;

    flow->mark = w->sender->mark;
    remark (w);
    adit_decide (w->facts->rules[i], w->facts->routes[i], flow, NULL, NULL, &w->decision);
    w->owner         = w->decision.route ? adit_facts_by_route (w->facts, w->decision.route) : NULL;
    w->origin        = w->owner ? adit_facts_origin (w->owner, w->decision.route) : NULL;
    w->asked         = adit_route_ask (flow->family, flow->destination, flow->mark, flow->uid);
    w->device        = w->asked.index ? adit_link_name (w->asked.index) : NULL;
    w->tunnel        = adit_facts_by_device (w->facts, w->asked.index);
    w->packet.device = w->device;
    if (!is_zero (w->asked.source)) {
        memcpy (flow->source, w->asked.source, 16);
        flow->has_source = TRUE;
    }
    w->verdict = adit_filter_judge (w->facts->filter, "output", &w->packet, &w->chain);
}

/* ---- in words ---- */

static gboolean
is_local (const Way *w)
{
    return w->decision.route && w->decision.route->kind == ADIT_ROUTE_LOCAL;
}

static void
say_refused (Way *w)
{
    switch (w->decision.routing) {
    case ADIT_ROUTING_BLACKHOLE:
        adit_explain_say (w->sentences, _ ("Packets to %s are dropped without a word."),
                          w->address);
        break;
    case ADIT_ROUTING_PROHIBITED:
        adit_explain_say (w->sentences, _ ("Packets to %s are refused: not allowed."), w->address);
        break;
    case ADIT_ROUTING_UNREACHABLE:
        adit_explain_say (w->sentences, _ ("Packets to %s are refused: no way there."), w->address);
        break;
    case ADIT_ROUTING_NONE:
    case ADIT_ROUTING_FOUND:
        adit_explain_say (w->sentences, _ ("This machine has no route to %s."), w->address);
        break;
    }
}

static void
say_where (Way *w)
{
    g_autofree char *gateway = is_zero (w->asked.gateway)
                                   ? NULL
                                   : adit_address_format (w->packet.flow.family, w->asked.gateway);

    if (w->asked.number) {
        say_refused (w);
        return;
    }
    if (w->tunnel)
        adit_explain_say (w->sentences, _ ("%s goes through the tunnel %s, by its device %s."),
                          w->address, w->tunnel->name, w->device);
    else if (is_local (w))
        adit_explain_say (w->sentences, _ ("%s is this machine itself."), w->address);
    else if (gateway)
        adit_explain_say (w->sentences,
                          _ ("No tunnel takes %s: it leaves by %s, to the router %s."), w->address,
                          w->device, gateway);
    else
        adit_explain_say (w->sentences, _ ("No tunnel takes %s: it leaves by %s, directly."),
                          w->address, w->device);
}

static char *
rule_name (const Way *w, const AditRuleRow *rule)
{
    const AditFactsTunnel *owner = adit_facts_by_rule (w->facts, rule);
    g_autofree char       *text  = adit_rule_format (rule);

    if (owner)
        return g_strdup_printf (_ ("rule %u of the tunnel %s (%s)"), rule->preference, owner->name,
                                text);
    return g_strdup_printf (_ ("rule %u of this machine (%s)"), rule->preference, text);
}

/* A rule that was asked and sent it on, when a route of a tunnel's did so. */
static void
say_passed (Way *w)
{
    guint family = w->packet.flow.family;

    for (guint i = 0; i < w->decision.passed->len; i++) {
        guint               at   = g_array_index (w->decision.passed, guint, i);
        const AditRuleRow  *rule = &g_array_index (w->facts->rules[family == 6], AditRuleRow, at);
        const AditRouteRow *route =
            rule->kind == ADIT_RULE_LOOKUP
                ? adit_decide_table (w->facts->routes[family == 6], rule->table, &w->packet.flow)
                : NULL;
        const AditFactsTunnel *owner  = route ? adit_facts_by_route (w->facts, route) : NULL;
        g_autofree char       *prefix = route ? adit_prefix_format (&route->prefix) : NULL;
        g_autofree char       *origin = owner ? adit_facts_origin (owner, route) : NULL;

        if (owner && route->kind == ADIT_ROUTE_THROW)
            adit_explain_say (w->sentences,
                              _ ("The tunnel %s would take it but for the exception %s: %s."),
                              owner->name, prefix, origin);
    }
}

static void
say_why (Way *w)
{
    const AditRouteRow *route  = w->decision.route;
    g_autofree char    *rule   = w->decision.rule ? rule_name (w, w->decision.rule) : NULL;
    g_autofree char    *prefix = route ? adit_prefix_format (&route->prefix) : NULL;

    if (rule && prefix)
        adit_explain_say (w->sentences, _ ("That is by %s, where the route %s is the nearest."),
                          rule, prefix);
    else if (rule)
        adit_explain_say (w->sentences, _ ("That is by %s."), rule);
    if (w->origin)
        adit_explain_say (w->sentences, _ ("The route is there because: %s."), w->origin);
    if (w->packet.flow.mark != w->sender->mark)
        adit_explain_say (w->sentences,
                          _ ("adit marks what this program sends with 0x%x, which rules go by."),
                          w->packet.flow.mark);
}

/* Chains of a guard are called out-NAME (net/guard.h); one that outlives its tunnel has no journal.
 */
static const char *
guard_name (const Way *w)
{
    const char *dash = w->chain ? strchr (w->chain, '-') : NULL;

    return dash ? dash + 1 : w->chain;
}

static const AditFactsTunnel *
guard_of (const Way *w)
{
    const char *name = guard_name (w);

    for (guint i = 0; name && i < w->facts->tunnels->len; i++) {
        const AditFactsTunnel *tunnel = w->facts->tunnels->pdata[i];

        if (strcmp (tunnel->name, name) == 0)
            return tunnel;
    }
    return NULL;
}

static gboolean
is_guarded (const Way *w)
{
    for (guint i = 0; i < w->facts->tunnels->len; i++) {
        const AditStep *step = adit_facts_step (w->facts->tunnels->pdata[i], ADIT_STEP_GUARD, NULL);

        if (step && step->mode && !g_str_equal (step->mode, "off"))
            return TRUE;
    }
    return FALSE;
}

static void
say_guard (Way *w)
{
    const AditFactsTunnel *owner = guard_of (w);
    const char            *name  = guard_name (w);
    const AditStep        *step  = owner ? adit_facts_step (owner, ADIT_STEP_GUARD, NULL) : NULL;

    if (w->asked.number)
        return;
    if (w->verdict == ADIT_FILTER_STOPS)
        adit_explain_say (w->sentences,
                          _ ("But the guard of %s stops it (`mode = %s` in [guard])."), name,
                          step && step->mode ? step->mode : "always");
    else if (w->verdict == ADIT_FILTER_OPEN)
        adit_explain_say (w->sentences,
                          _ ("The guard of %s stops some such packets and lets others out."), name);
    else if (is_guarded (w))
        adit_explain_say (w->sentences, _ ("No guard stops it."));
}

static void
say_doubt (Way *w)
{
    if (!do_agree (w))
        adit_explain_say (w->sentences,
                          _ ("The kernel decides otherwise than its own rules and routes suggest; "
                             "what is said here about rules may be wrong."));
    else if (w->decision.is_open)
        adit_explain_say (w->sentences,
                          _ ("Part of what the kernel goes by is not understood here (several "
                             "equal ways, or unknown conditions of rules)."));
}

/* ---- as members ---- */

static void
put_address (JsonBuilder *json, const char *key, guint family, const guint8 *address)
{
    g_autofree char *text = is_zero (address) ? NULL : adit_address_format (family, address);

    adit_explain_text (json, key, text);
}

static void
put_number (JsonBuilder *json, const char *key, guint64 number)
{
    json_builder_set_member_name (json, key);
    json_builder_add_int_value (json, (gint64) number);
}

static void
put_rule (JsonBuilder *json, const Way *w, const char *key, const AditRuleRow *rule)
{
    const AditFactsTunnel *owner = rule ? adit_facts_by_rule (w->facts, rule) : NULL;
    g_autofree char       *text  = rule ? adit_rule_format (rule) : NULL;

    if (key)
        json_builder_set_member_name (json, key);
    if (rule == NULL) {
        json_builder_add_null_value (json);
        return;
    }
    json_builder_begin_object (json);
    put_number (json, "preference", rule->preference);
    adit_explain_text (json, "text", text);
    adit_explain_text (json, "tunnel", owner ? owner->name : NULL);
    json_builder_end_object (json);
}

static void
put_route (JsonBuilder *json, const Way *w)
{
    const AditRouteRow *route  = w->decision.route;
    g_autofree char    *prefix = route ? adit_prefix_format (&route->prefix) : NULL;

    json_builder_set_member_name (json, "route");
    if (route == NULL) {
        json_builder_add_null_value (json);
        return;
    }
    json_builder_begin_object (json);
    adit_explain_text (json, "prefix", prefix);
    adit_explain_text (json, "kind", adit_route_kind_name (route->kind));
    put_number (json, "table", route->table);
    put_number (json, "metric", route->metric);
    adit_explain_text (json, "tunnel", w->owner ? w->owner->name : NULL);
    adit_explain_text (json, "origin", w->origin);
    json_builder_end_object (json);
}

static void
put_passed (JsonBuilder *json, const Way *w)
{
    const GArray *rules = w->facts->rules[w->packet.flow.family == 6];

    json_builder_set_member_name (json, "passed");
    json_builder_begin_array (json);
    for (guint i = 0; i < w->decision.passed->len; i++)
        put_rule (
            json, w, NULL,
            &g_array_index (rules, AditRuleRow, g_array_index (w->decision.passed, guint, i)));
    json_builder_end_array (json);
}

static const char *
outcome (const Way *w)
{
    static const char *const names[] = {
        [ADIT_ROUTING_FOUND]       = "device",
        [ADIT_ROUTING_BLACKHOLE]   = "blackhole",
        [ADIT_ROUTING_UNREACHABLE] = "unreachable",
        [ADIT_ROUTING_PROHIBITED]  = "prohibited",
        [ADIT_ROUTING_NONE]        = "none",
    };

    if (w->asked.number == 0)
        return w->tunnel ? "tunnel" : is_local (w) ? "local" : "device";
    return w->decision.routing == ADIT_ROUTING_FOUND ? "none" : names[w->decision.routing];
}

static void
put_guard (JsonBuilder *json, const Way *w)
{
    static const char *const names[] = { "passes", "stops", "open" };

    json_builder_set_member_name (json, "guard");
    json_builder_begin_object (json);
    adit_explain_text (json, "verdict", names[w->verdict]);
    adit_explain_text (json, "tunnel", guard_name (w));
    json_builder_end_object (json);
}

static void
put (JsonBuilder *json, Way *w)
{
    guint family = w->packet.flow.family;

    adit_explain_text (json, "address", w->address);
    adit_explain_text (json, "goes", outcome (w));
    adit_explain_text (json, "tunnel", w->tunnel ? w->tunnel->name : NULL);
    adit_explain_text (json, "device", w->device);
    put_address (json, "source", family, w->asked.source);
    put_address (json, "gateway", family, w->asked.gateway);
    put_number (json, "mark", w->packet.flow.mark);
    put_number (json, "uid", w->packet.flow.uid);
    put_rule (json, w, "rule", w->decision.rule);
    put_route (json, w);
    put_passed (json, w);
    put_guard (json, w);
    json_builder_set_member_name (json, "kernel-agrees");
    json_builder_add_boolean_value (json, do_agree (w));
}

void
adit_explain_way (JsonBuilder *json, const AditFacts *facts, guint family, const guint8 *address,
                  const AditSender *sender)
{
    Way       w    = { .facts = facts, .sender = sender };
    AditFlow *flow = &w.packet.flow;

    w.address       = adit_address_format (family, address);
    w.packet.cgroup = sender->cgroup;
    *flow           = (AditFlow){ .family   = (guint8) family,
                                  .uid      = sender->uid,
                                  .protocol = sender->protocol,
                                  .to_port  = sender->port };
    memcpy (flow->destination, address, family == 4 ? 4 : 16);
    w.sentences = g_ptr_array_new_with_free_func (g_free);
    decide (&w);
    say_where (&w);
    say_why (&w);
    say_passed (&w);
    say_guard (&w);
    say_doubt (&w);
    put (json, &w);
    adit_explain_sentences (json, w.sentences);
    adit_decision_clear (&w.decision);
    g_free (w.origin);
    g_free (w.device);
    g_free (w.address);
}
