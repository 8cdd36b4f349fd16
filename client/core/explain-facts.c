/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-facts.c - what there is to explain from: the kernel's lists, our packet filter, and each
 * tunnel's journal and profile. */
#include "client/core/explain-parts.h"
#include "client/core/journal.h"
#include "client/core/json.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/store.h"
#include "client/net/link.h"
#include "client/net/nft.h"
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

static void
tunnel_free (gpointer data)
{
    AditFactsTunnel *tunnel = data;

    g_free (tunnel->name);
    g_free (tunnel->device);
    g_ptr_array_unref (tunnel->steps);
    g_free (tunnel);
}

static AditFactsTunnel *
read_tunnel (const char *name)
{
    GPtrArray       *steps = adit_journal_peek (name);
    AditFactsTunnel *tunnel;

    if (steps == NULL)
        return NULL;
    tunnel        = g_new0 (AditFactsTunnel, 1);
    tunnel->name  = g_strdup (name);
    tunnel->steps = steps;
    for (guint i = 0; i < tunnel->steps->len && tunnel->index == 0; i++) {
        const AditStep *step = tunnel->steps->pdata[i];

        if (step->kind != ADIT_STEP_FILE)
            tunnel->index = step->index;
    }
    tunnel->device = tunnel->index ? adit_link_name (tunnel->index) : NULL;
    return tunnel;
}

static GPtrArray *
read_tunnels (void)
{
    GPtrArray *tunnels   = g_ptr_array_new_with_free_func (tunnel_free);
    g_auto (GStrv) names = adit_runtime_names ("journal");

    for (char **name = names; *name; name++) {
        AditFactsTunnel *tunnel = adit_store_name_ok (*name, NULL) ? read_tunnel (*name) : NULL;

        if (tunnel)
            g_ptr_array_add (tunnels, tunnel);
    }
    return tunnels;
}

AditFacts *
adit_facts_read (GError **error)
{
    g_autoptr (AditFacts) facts = g_new0 (AditFacts, 1);
    g_autofree char *filter     = NULL;

    facts->tunnels = read_tunnels ();
    for (guint i = 0; i < 2; i++) {
        facts->rules[i]  = adit_rule_dump (i ? 6 : 4, error);
        facts->routes[i] = facts->rules[i] ? adit_route_dump (i ? 6 : 4, error) : NULL;
        if (facts->routes[i] == NULL)
            return NULL;
    }
    if (geteuid () == 0)
        filter = adit_nft_list ("table " ADIT_NFT_TABLE, TRUE, NULL);
    if (filter)
        facts->filter = json_from_string (filter, NULL);
    return g_steal_pointer (&facts);
}

void
adit_facts_free (AditFacts *facts)
{
    if (facts == NULL)
        return;
    for (guint i = 0; i < 2; i++) {
        g_clear_pointer (&facts->rules[i], g_array_unref);
        g_clear_pointer (&facts->routes[i], g_array_unref);
    }
    g_clear_pointer (&facts->tunnels, g_ptr_array_unref);
    g_clear_pointer (&facts->filter, json_node_unref);
    g_free (facts);
}

/* ---- whose is it ---- */

const AditFactsTunnel *
adit_facts_by_device (const AditFacts *facts, guint index)
{
    for (guint i = 0; index && i < facts->tunnels->len; i++) {
        const AditFactsTunnel *tunnel = facts->tunnels->pdata[i];

        if (tunnel->index == index)
            return tunnel;
    }
    return NULL;
}

static gboolean
has_rule (const AditFactsTunnel *tunnel, const AditRuleRow *rule)
{
    for (guint i = 0; i < tunnel->steps->len; i++) {
        const AditStep *step = tunnel->steps->pdata[i];

        if (step->kind == ADIT_STEP_RULE && step->prefix.family == rule->family &&
            step->preference == rule->preference && step->table == rule->table)
            return TRUE;
    }
    return FALSE;
}

const AditFactsTunnel *
adit_facts_by_rule (const AditFacts *facts, const AditRuleRow *rule)
{
    for (guint i = 0; i < facts->tunnels->len; i++)
        if (has_rule (facts->tunnels->pdata[i], rule))
            return facts->tunnels->pdata[i];
    return NULL;
}

const AditStep *
adit_facts_step (const AditFactsTunnel *tunnel, AditStepKind kind, const AditRouteRow *route)
{
    for (guint i = 0; i < tunnel->steps->len; i++) {
        const AditStep *step = tunnel->steps->pdata[i];

        if (step->kind != kind)
            continue;
        if (route == NULL ||
            (adit_prefix_equal (&step->prefix, &route->prefix) && step->table == route->table))
            return step;
    }
    return NULL;
}

static gboolean
has_table (const AditFactsTunnel *tunnel, guint32 table)
{
    for (guint i = 0; i < tunnel->steps->len; i++) {
        const AditStep *step = tunnel->steps->pdata[i];

        if ((step->kind == ADIT_STEP_TABLE || step->kind == ADIT_STEP_RULE) && step->table == table)
            return table != 0;
    }
    return FALSE;
}

const AditFactsTunnel *
adit_facts_by_route (const AditFacts *facts, const AditRouteRow *route)
{
    for (guint i = 0; i < facts->tunnels->len; i++) {
        const AditFactsTunnel *tunnel = facts->tunnels->pdata[i];

        if (adit_facts_step (tunnel, ADIT_STEP_ROUTE, route) || has_table (tunnel, route->table))
            return tunnel;
    }
    return NULL;
}

/* ---- why a route is there ---- */

/* "section.key" to value: what the tunnel itself says of its profile, wherever that lies.  NULL: it
 * does not answer, or not us. */
static JsonObject *
keys_of (const AditFactsTunnel *tunnel)
{
    g_autofree char *text     = adit_remote_status (tunnel->name, NULL);
    g_autoptr (JsonNode) root = text ? json_from_string (text, NULL) : NULL;
    JsonNode *keys            = adit_json_member (root, "keys");

    return keys && JSON_NODE_HOLDS_OBJECT (keys) ? json_node_dup_object (keys) : NULL;
}

static const char *
value_of (JsonObject *keys, const char *dotted)
{
    return keys ? json_object_get_string_member_with_default (keys, dotted, NULL) : NULL;
}

static gboolean
lists (const char *value, const AditPrefix *prefix)
{
    g_auto (GStrv) items = g_strsplit (value, ",", -1);

    for (char **item = items; *item; item++) {
        AditPrefix one;

        if (!adit_prefix_parse (g_strstrip (*item), &one))
            continue;
        adit_prefix_mask (&one);
        if (adit_prefix_equal (&one, prefix))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_own_network (const AditFactsTunnel *tunnel, const AditPrefix *prefix)
{
    for (guint i = 0; i < tunnel->steps->len; i++) {
        const AditStep *step = tunnel->steps->pdata[i];
        AditPrefix      network;

        if (step->kind != ADIT_STEP_ADDRESS)
            continue;
        network = step->prefix;
        adit_prefix_mask (&network);
        if (adit_prefix_equal (&network, prefix))
            return TRUE;
    }
    return FALSE;
}

/* Any key of the profile that lists the prefix; the protocol's own keys too, whatever they are. */
static char *
key_that_lists (const AditFactsTunnel *tunnel, JsonObject *keys, const AditRouteRow *route)
{
    g_autoptr (GList) all = json_object_get_members (keys);

    for (GList *l = all; l; l = l->next) {
        const char      *value   = value_of (keys, l->data);
        const char      *dot     = strrchr (l->data, '.');
        g_autofree char *section = NULL;

        if (value == NULL || dot == NULL ||
            g_str_equal (dot, ".exclude") != (route->kind == ADIT_ROUTE_THROW) ||
            !lists (value, &route->prefix))
            continue;
        section = g_strndup (l->data, (gsize) (dot - (const char *) l->data));
        return g_strdup_printf (_ ("`%s` in [%s] of the profile %s"), dot + 1, section,
                                tunnel->name);
    }
    return NULL;
}

static char *
origin_of_throw (const AditFactsTunnel *tunnel, JsonObject *keys)
{
    if (g_strcmp0 (value_of (keys, "routing.lan"), "on") == 0)
        return g_strdup_printf (_ ("`lan = on` in [routing] of the profile %s, or an address range "
                                   "that never goes through a tunnel"),
                                tunnel->name);
    return g_strdup (_ ("loopback, link-local and multicast never go through a tunnel"));
}

static char *
origin (const AditFactsTunnel *tunnel, JsonObject *keys, const AditRouteRow *route)
{
    gboolean is_planned = adit_facts_step (tunnel, ADIT_STEP_ROUTE, route) != NULL;
    char    *key        = keys ? key_that_lists (tunnel, keys, route) : NULL;

    if (key)
        return key;
    if (!is_planned)
        return g_strdup_printf (_ ("a name was answered with it, of a domain that the profile %s "
                                   "sends through its tunnel or past it"),
                                tunnel->name);
    if (route->kind == ADIT_ROUTE_THROW)
        return origin_of_throw (tunnel, keys);
    if (is_own_network (tunnel, &route->prefix))
        return g_strdup (_ ("it is the network of the tunnel's own address"));
    if (route->prefix.length <= 1 &&
        g_strcmp0 (value_of (keys, "routing.default-route"), "yes") == 0)
        return g_strdup_printf (_ ("`default-route = yes` in [routing] of the profile %s"),
                                tunnel->name);
    if (keys)
        return g_strdup_printf (_ ("the server of %s offered it"), tunnel->name);
    return g_strdup_printf (_ ("the profile of %s or its server offered it"), tunnel->name);
}

char *
adit_facts_origin (const AditFactsTunnel *tunnel, const AditRouteRow *route)
{
    JsonObject *keys = keys_of (tunnel);
    char       *why  = origin (tunnel, keys, route);

    g_clear_pointer (&keys, json_object_unref);
    return why;
}
