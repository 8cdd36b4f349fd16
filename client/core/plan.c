/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.c - profile + offer + facts → steps.  Routes live in a table of their own, found by a rule
 * in front of `main` that all but our own marked packets match: so no route on the local network
 * can draw traffic out of the tunnel, and no route to the gateway is needed. */
#include "client/core/plan.h"
#include <glib/gi18n.h>
#include <string.h>

/* Never carried by a tunnel: a route inside one is refused, one around it goes past it. */
static const char *const special[] = { "127.0.0.0/8", "169.254.0.0/16",
                                       "224.0.0.0/4", "255.255.255.255/32",
                                       "::1/128",     "fe80::/10",
                                       "ff00::/8" };

/* RFC 1918, RFC 3927, RFC 4193, RFC 4291 2.5.6: what a local network may be excepted by. */
static const char *const private[] = { "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
                                       "169.254.0.0/16", "fc00::/7",      "fe80::/10" };

typedef struct {
    const AditProfile   *profile;
    const AditPlanOffer *offer;
    const AditPlanFacts *facts;
    AditPlan            *plan;
    guint32              mark, table;
    gboolean             rules; /* the table is ours alone */
    GArray              *routes, *throws;
} Draft;

static void warn (Draft *draft, const char *fmt, ...) G_GNUC_PRINTF (2, 3);

static void
warn (Draft *draft, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_ptr_array_add (draft->plan->warnings, g_strdup_vprintf (fmt, args));
    va_end (args);
}

static AditStep *
add (Draft *draft, AditStepKind kind)
{
    AditStep *step = adit_step_new (kind);

    g_ptr_array_add (draft->plan->steps, step);
    return step;
}

static gboolean
holds (const GArray *prefixes, const AditPrefix *prefix)
{
    for (guint i = 0; i < prefixes->len; i++)
        if (adit_prefix_equal (&g_array_index (prefixes, AditPrefix, i), prefix))
            return TRUE;
    return FALSE;
}

static void
insert (GArray *prefixes, const AditPrefix *prefix)
{
    if (!holds (prefixes, prefix))
        g_array_append_vals (prefixes, prefix, 1);
}

static gboolean
usable (const Draft *draft, guint family)
{
    return family == 4 || draft->facts->ipv6;
}

/* ---- what goes where ---- */

static gboolean
is_special (const AditPrefix *prefix)
{
    for (guint i = 0; i < G_N_ELEMENTS (special); i++) {
        AditPrefix range;

        if (adit_prefix_parse (special[i], &range) && adit_prefix_covers (&range, prefix))
            return TRUE;
    }
    return FALSE;
}

static void
carry (Draft *draft, const AditPrefix *prefix, gboolean asked_for)
{
    g_autofree char *text = adit_prefix_format (prefix);

    if (!usable (draft, prefix->family))
        return;
    if (is_special (prefix)) {
        if (asked_for)
            warn (draft,
                  _ ("The route to %s was refused: loopback, link-local and multicast never go "
                     "through a tunnel."),
                  text);
        return;
    }
    insert (draft->routes, prefix);
}

static void
carry_list (Draft *draft, char **texts)
{
    for (guint i = 0; texts && texts[i]; i++) {
        AditPrefix prefix;

        if (!adit_prefix_parse (texts[i], &prefix))
            continue;
        adit_prefix_mask (&prefix);
        carry (draft, &prefix, TRUE);
    }
}

/* The network an address lies in, unless it is link-local: there the kernel's own route serves.
 * Half of all addresses are no network, but a default route that nobody was asked about. */
static void
carry_networks (Draft *draft)
{
    for (guint i = 0; i < draft->offer->addresses->len; i++) {
        AditPrefix network = g_array_index (draft->offer->addresses, AditPrefix, i);

        adit_prefix_mask (&network);
        if (network.length > 1 && network.length < (network.family == 4 ? 32 : 128))
            carry (draft, &network, FALSE);
    }
}

static void
carry_offer (Draft *draft)
{
    gboolean   decided    = adit_profile_get (draft->profile, "routing", "default-route") != NULL;
    gboolean   everything = adit_profile_flag (draft->profile, "routing", "default-route", FALSE);
    AditPrefix all[]      = { { .family = 4 }, { .family = 6 } };
    const GArray *offered = draft->offer->routes;

    for (guint i = 0; i < offered->len; i++) {
        const AditPrefix *prefix = &g_array_index (offered, AditPrefix, i);

        if (!decided || everything || prefix->length > 1)
            carry (draft, prefix, TRUE);
    }
    for (guint i = 0; everything && i < G_N_ELEMENTS (all); i++)
        carry (draft, &all[i], TRUE);
}

/* An excluded network goes on to the next rule; one that is itself a route is only left out. */
static void
except (Draft *draft, const AditPrefix *prefix)
{
    gboolean covered = FALSE;

    for (guint i = draft->routes->len; i-- > 0;) {
        const AditPrefix *route = &g_array_index (draft->routes, AditPrefix, i);

        if (adit_prefix_covers (prefix, route))
            g_array_remove_index (draft->routes, i);
        else if (adit_prefix_covers (route, prefix))
            covered = TRUE;
    }
    if (covered)
        insert (draft->throws, prefix);
}

static void
except_list (Draft *draft, const char *const *texts)
{
    for (guint i = 0; texts && texts[i]; i++) {
        AditPrefix prefix;

        if (!adit_prefix_parse (texts[i], &prefix) || !usable (draft, prefix.family))
            continue;
        adit_prefix_mask (&prefix);
        except (draft, &prefix);
    }
}

static void
except_special (Draft *draft)
{
    for (guint i = 0; i < G_N_ELEMENTS (special); i++) {
        AditPrefix range;

        if (adit_prefix_parse (special[i], &range) && usable (draft, range.family))
            except (draft, &range);
    }
}

static gboolean
is_private (const AditPrefix *prefix)
{
    for (guint i = 0; i < G_N_ELEMENTS (private); i++) {
        AditPrefix range;

        if (adit_prefix_parse (private[i], &range) && adit_prefix_covers (&range, prefix))
            return TRUE;
    }
    return FALSE;
}

/* The local network only in the ranges that are meant for it, and only what we are directly on. */
static void
except_local (Draft *draft)
{
    const char *lan = adit_profile_get (draft->profile, "routing", "lan");

    if (lan == NULL || !g_str_equal (lan, "on") || draft->facts->on_link == NULL)
        return;
    for (guint i = 0; i < draft->facts->on_link->len; i++) {
        const AditPrefix *network = &g_array_index (draft->facts->on_link, AditPrefix, i);

        if (is_private (network) && usable (draft, network->family))
            except (draft, network);
    }
}

/* ---- steps ---- */

static gboolean
has_family (const GArray *prefixes, guint family)
{
    for (guint i = 0; i < prefixes->len; i++)
        if (g_array_index (prefixes, AditPrefix, i).family == family)
            return TRUE;
    return FALSE;
}

static gboolean
has_default (const GArray *routes)
{
    for (guint i = 0; i < routes->len; i++)
        if (g_array_index (routes, AditPrefix, i).length <= 1)
            return TRUE;
    return FALSE;
}

static void
plan_link (Draft *draft)
{
    guint64   asked    = adit_profile_number (draft->profile, "routing", "mtu", 0);
    guint     mtu      = asked ? (guint) asked : draft->offer->mtu;
    gboolean  inner_v6 = draft->facts->ipv6 && has_family (draft->offer->addresses, 6);
    guint     least    = inner_v6 ? ADIT_PLAN_MTU_MIN_V6 : ADIT_PLAN_MTU_MIN;
    AditStep *step     = add (draft, ADIT_STEP_LINK);

    if (mtu == 0)
        mtu = ADIT_PLAN_MTU;
    if (mtu < least)
        warn (draft, _ ("The tunnel carries only %u bytes at a time; %u are used all the same."),
              mtu, least);
    step->index = draft->facts->index;
    step->mtu = draft->plan->mtu = CLAMP (mtu, least, 65535);
}

static void
plan_addresses (Draft *draft)
{
    GArray *addresses = draft->offer->addresses;

    for (guint i = 0; i < addresses->len; i++) {
        const AditPrefix *address = &g_array_index (addresses, AditPrefix, i);
        AditStep         *step;

        if (!usable (draft, address->family))
            continue;
        step         = add (draft, ADIT_STEP_ADDRESS);
        step->index  = draft->facts->index;
        step->prefix = *address;
    }
    if (!draft->facts->ipv6 && (has_family (addresses, 6) || has_family (draft->offer->routes, 6)))
        warn (draft, _ ("IPv6 is switched off on this machine, so the tunnel carries none."));
}

static void
plan_routes (Draft *draft, const GArray *prefixes, guint index)
{
    for (guint i = 0; i < prefixes->len; i++) {
        AditStep *step = add (draft, ADIT_STEP_ROUTE);

        step->index  = index;
        step->prefix = g_array_index (prefixes, AditPrefix, i);
        step->table  = draft->table;
    }
}

static void
plan_rules (Draft *draft)
{
    guint priority = (guint) adit_profile_number (draft->profile, "routing", "priority", 100);

    for (guint family = 4; family <= 6; family += 2) {
        AditStep *step;

        if (!has_family (draft->routes, family))
            continue;
        step                = add (draft, ADIT_STEP_RULE);
        step->prefix.family = (guint8) family;
        step->mark          = draft->mark;
        step->table         = draft->table;
        step->preference    = ADIT_PLAN_PREFERENCE + priority;
    }
}

/* A strict reverse path check would drop what comes back from the gateway, whose unmarked route
 * leads into the tunnel; the loose one still drops what no route knows. */
static void
plan_setting (Draft *draft)
{
    AditStep *step;

    if (draft->facts->setting == NULL || !draft->rules || !has_family (draft->routes, 4))
        return;
    step         = add (draft, ADIT_STEP_SETTING);
    step->name   = g_strdup (draft->facts->setting);
    step->before = g_strdup (draft->facts->strict);
    step->value  = g_strdup ("2");
}

static char **
merge (char **profile, char **offered)
{
    GPtrArray *all = g_ptr_array_new ();

    for (guint i = 0; profile && profile[i]; i++)
        g_ptr_array_add (all, g_strdup (profile[i]));
    for (guint i = 0; offered && offered[i]; i++)
        if (profile == NULL || !g_strv_contains ((const char *const *) profile, offered[i]))
            g_ptr_array_add (all, g_strdup (offered[i]));
    g_ptr_array_add (all, NULL);
    return (char **) g_ptr_array_free (all, FALSE);
}

/* auto: all names when everything goes through the tunnel or no domain narrows it; else only the
 * tunnel's domains, so that it cannot shadow other names. */
static void
plan_dns (Draft *draft)
{
    const char *mode           = adit_profile_get (draft->profile, "dns", "mode");
    g_auto (GStrv) own_servers = adit_profile_list (draft->profile, "dns", "servers");
    g_auto (GStrv) own_domains = adit_profile_list (draft->profile, "dns", "domains");
    gboolean  has_own          = own_servers && own_servers[0];
    AditStep *step;

    if (mode && g_str_equal (mode, "off"))
        return;
    if (!has_own && !draft->offer->dns[0])
        return;
    step          = add (draft, ADIT_STEP_DNS);
    step->index   = draft->facts->index;
    step->value   = g_strdup (draft->facts->interface);
    step->name    = g_strdup (draft->facts->dns_backend);
    step->servers = has_own ? g_strdupv (own_servers) : g_strdupv (draft->offer->dns);
    step->domains = merge (own_domains, draft->offer->domains);
    if (mode && g_str_equal (mode, "full"))
        step->exclusive = TRUE;
    else if (mode && g_str_equal (mode, "split"))
        step->exclusive = FALSE;
    else
        step->exclusive = has_default (draft->routes) || step->domains[0] == NULL;
    if (!step->exclusive && step->domains[0] == NULL)
        warn (draft, _ ("No domain is given, so the tunnel's name servers are not asked."));
}

/* ---- tables and marks ---- */

guint32
adit_plan_mark (const AditProfile *profile)
{
    const char *text = adit_profile_get (profile, "routing", "mark");

    if (text && g_str_equal (text, "off"))
        return 0;
    return (guint32) adit_profile_number (profile, "routing", "mark", ADIT_PLAN_MARK);
}

guint
adit_plan_first_mtu (const AditProfile *profile)
{
    return (guint) adit_profile_number (profile, "routing", "mtu", ADIT_PLAN_MTU);
}

enum { TABLE_MAIN = 254 };

/* A number from the profile is a table of the administrator's, with rules of theirs. */
static gboolean
choose_table (Draft *draft, GError **error)
{
    const char *text = adit_profile_get (draft->profile, "routing", "table");

    draft->mark  = adit_plan_mark (draft->profile);
    draft->table = (guint32) adit_profile_number (draft->profile, "routing", "table", 0);
    if (draft->table || (text && g_str_equal (text, "off")))
        return TRUE;
    if (draft->mark) {
        draft->table = ADIT_PLAN_TABLE + draft->facts->index;
        draft->rules = TRUE;
        return TRUE;
    }
    draft->table = TABLE_MAIN;
    if (has_default (draft->routes))
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("routing.mark cannot be off when everything goes through the tunnel."));
    if (draft->throws->len) {
        warn (draft, _ ("routing.exclude has no effect while routing.mark is off."));
        g_array_set_size (draft->throws, 0);
    }
    return TRUE;
}

static void
choose_routes (Draft *draft)
{
    g_auto (GStrv) include = adit_profile_list (draft->profile, "routing", "include");
    g_auto (GStrv) exclude = adit_profile_list (draft->profile, "routing", "exclude");

    carry_networks (draft);
    carry_offer (draft);
    carry_list (draft, include);
    except_special (draft);
    except_local (draft);
    except_list (draft, (const char *const *) exclude);
}

static void
plan_all (Draft *draft)
{
    plan_link (draft);
    plan_addresses (draft);
    if (draft->table) {
        plan_routes (draft, draft->throws, 0);
        plan_routes (draft, draft->routes, draft->facts->index);
    }
    plan_setting (draft);
    if (draft->rules)
        plan_rules (draft);
    plan_dns (draft);
}

AditPlan *
adit_plan_new (const AditProfile *profile, const AditPlanOffer *offer, const AditPlanFacts *facts,
               GError **error)
{
    g_autoptr (AditPlan) plan = g_new0 (AditPlan, 1);
    Draft    draft = { .profile = profile, .offer = offer, .facts = facts, .plan = plan };
    gboolean fine;

    plan->steps    = g_ptr_array_new_with_free_func ((GDestroyNotify) adit_step_free);
    plan->warnings = g_ptr_array_new_with_free_func (g_free);
    draft.routes   = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    draft.throws   = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    choose_routes (&draft);
    fine = choose_table (&draft, error);
    if (fine)
        plan_all (&draft);
    g_array_unref (draft.routes);
    g_array_unref (draft.throws);
    return fine ? g_steal_pointer (&plan) : NULL;
}

void
adit_plan_free (AditPlan *plan)
{
    if (plan == NULL)
        return;
    g_ptr_array_unref (plan->steps);
    g_ptr_array_unref (plan->warnings);
    g_free (plan);
}
