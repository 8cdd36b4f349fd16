/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-routes.c - which prefixes a tunnel carries, and which of them go past it all the same. */
#include "client/core/plan-parts.h"
#include "client/net/guard.h"
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

gboolean
adit_draft_is_special (const AditPrefix *prefix)
{
    for (guint i = 0; i < G_N_ELEMENTS (special); i++) {
        AditPrefix range;

        if (adit_prefix_parse (special[i], &range) && adit_prefix_covers (&range, prefix))
            return TRUE;
    }
    return FALSE;
}

/* ---- what is carried ---- */

/* `through`: whose routes they become. */
static void
carry (AditDraft *draft, GArray *through, const AditPrefix *prefix, gboolean asked_for)
{
    g_autofree char *text = adit_prefix_format (prefix);

    if (!adit_draft_usable (draft, prefix->family))
        return;
    if (adit_draft_is_special (prefix)) {
        if (asked_for)
            adit_draft_warn (
                draft,
                _ ("The route to %s was refused: loopback, link-local and multicast never go "
                   "through a tunnel."),
                text);
        return;
    }
    insert (through, prefix);
}

static void
carry_list (AditDraft *draft, GArray *through, char **texts)
{
    for (guint i = 0; texts && texts[i]; i++) {
        AditPrefix prefix;

        if (!adit_prefix_parse (texts[i], &prefix))
            continue;
        adit_prefix_mask (&prefix);
        carry (draft, through, &prefix, TRUE);
    }
}

/* ---- what a server may have carried ---- */

/* Networks that are not a person's own address space: half of all addresses, or a continent. */
enum { WIDEST_V4 = 8, WIDEST_V6 = 7 };

static gboolean
is_wide (const AditPrefix *prefix)
{
    return prefix->length < (prefix->family == 4 ? WIDEST_V4 : WIDEST_V6);
}

static gboolean
is_allowed (const AditDraft *draft, const AditPrefix *prefix)
{
    const GArray *limits = draft->facts->limits;

    for (guint i = 0; limits && i < limits->len; i++)
        if (adit_prefix_covers (&g_array_index (limits, AditPrefix, i), prefix))
            return TRUE;
    return limits == NULL;
}

/* Its own packets bear a mark and do not follow its routes; but nobody has a use for a route to the
 * gateway alone, and without a mark every route that covers it is a loop. */
static gboolean
is_gateway (const AditDraft *draft, const AditPrefix *prefix)
{
    const GArray *gateways = draft->facts->gateways;
    gboolean      is_host  = prefix->length == (prefix->family == 4 ? 32 : 128);

    if (draft->mark && !is_host)
        return FALSE;
    for (guint i = 0; gateways && i < gateways->len; i++) {
        const AditEndpoint *at = &g_array_index (gateways, AditGuardGateway, i).endpoint;

        if (adit_prefix_contains (prefix, at->family, at->address))
            return TRUE;
    }
    return FALSE;
}

/* The part of it that the profile allows: limits inside it. */
static void
carry_allowed_part (AditDraft *draft, GArray *through, const AditPrefix *prefix)
{
    const GArray *limits = draft->facts->limits;

    for (guint i = 0; limits && i < limits->len; i++) {
        const AditPrefix *limit = &g_array_index (limits, AditPrefix, i);

        if (adit_prefix_covers (prefix, limit))
            carry (draft, through, limit, FALSE);
    }
}

static void
carry_offered (AditDraft *draft, GArray *through, const AditPrefix *prefix)
{
    gboolean decided      = adit_profile_get (draft->profile, "routing", "default-route") != NULL;
    gboolean all          = adit_profile_flag (draft->profile, "routing", "default-route", FALSE);
    g_autofree char *text = adit_prefix_format (prefix);

    if (decided && !all && prefix->length <= 1)
        return; /* the profile's own words */
    if (is_gateway (draft, prefix)) {
        adit_draft_warn (
            draft, _ ("The route to %s was refused: it leads to the tunnel's own server."), text);
    } else if (decided && !all && is_wide (prefix)) {
        adit_draft_warn (draft,
                         _ ("The route to %s was refused: it is nearly everything, and "
                            "routing.default-route is no."),
                         text);
    } else if (!is_allowed (draft, prefix)) {
        adit_draft_warn (draft, _ ("The route to %s was refused: the profile does not allow it."),
                         text);
        carry_allowed_part (draft, through, prefix);
    } else {
        carry (draft, through, prefix, TRUE);
    }
}

static void
carry_offer (AditDraft *draft, GArray *through)
{
    const GArray *offered = draft->offer->routes;

    for (guint i = 0; i < offered->len; i++)
        carry_offered (draft, through, &g_array_index (offered, AditPrefix, i));
}

static void
carry_everything (AditDraft *draft, GArray *through)
{
    AditPrefix all[] = { { .family = 4 }, { .family = 6 } };

    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        carry (draft, through, &all[i], TRUE);
}

/* The network an address lies in, unless it is link-local: there the kernel's own route serves.
 * What is too wide to be one is a default route that nobody was asked about. */
static void
carry_networks (AditDraft *draft, GArray *through)
{
    for (guint i = 0; i < draft->offer->addresses->len; i++) {
        AditPrefix network = g_array_index (draft->offer->addresses, AditPrefix, i);

        adit_prefix_mask (&network);
        if (!is_wide (&network) && network.length < (network.family == 4 ? 32 : 128) &&
            is_allowed (draft, &network))
            carry (draft, through, &network, FALSE);
    }
}

/* Whoever is asked for the names of a tunnel that little goes through is asked through it. */
static void
carry_resolvers (AditDraft *draft, GArray *through)
{
    g_auto (GStrv) own = adit_profile_list (draft->profile, "dns", "servers");
    char **servers     = own && own[0] ? own : draft->offer->dns;

    for (guint i = 0; servers && servers[i]; i++) {
        AditPrefix server;

        if (adit_prefix_parse (servers[i], &server) && is_allowed (draft, &server))
            carry (draft, through, &server, FALSE);
    }
}

/* Those that are named send everything, as far as the profile lets it be carried. */
static void
carry_named (AditDraft *draft, char **include)
{
    const GArray *limits = draft->facts->limits;

    carry_networks (draft, draft->named_routes);
    for (guint i = 0; limits && i < limits->len; i++)
        carry (draft, draft->named_routes, &g_array_index (limits, AditPrefix, i), FALSE);
    if (limits == NULL)
        carry_everything (draft, draft->named_routes);
    carry_list (draft, draft->named_routes, include);
}

/* ---- what goes past ---- */

/* An excluded network goes on to the next rule; one that is itself a route is only left out. */
static void
except_from (GArray *routes, GArray *throws, const AditPrefix *prefix)
{
    gboolean covered = FALSE;

    for (guint i = routes->len; i-- > 0;) {
        const AditPrefix *route = &g_array_index (routes, AditPrefix, i);

        if (adit_prefix_covers (prefix, route))
            g_array_remove_index (routes, i);
        else if (adit_prefix_covers (route, prefix))
            covered = TRUE;
    }
    if (covered)
        insert (throws, prefix);
}

/* Whoever is named meets a refusal where no route is, so each exception must be said. */
static void
except (AditDraft *draft, const AditPrefix *prefix)
{
    except_from (draft->routes, draft->throws, prefix);
    if (!draft->facts->has_seat)
        return;
    except_from (draft->named_routes, draft->named_throws, prefix);
    insert (draft->named_throws, prefix);
}

static void
except_list (AditDraft *draft, const char *const *texts)
{
    for (guint i = 0; texts && texts[i]; i++) {
        AditPrefix prefix;

        if (!adit_prefix_parse (texts[i], &prefix) || !adit_draft_usable (draft, prefix.family))
            continue;
        adit_prefix_mask (&prefix);
        except (draft, &prefix);
    }
}

static void
except_special (AditDraft *draft)
{
    for (guint i = 0; i < G_N_ELEMENTS (special); i++) {
        AditPrefix range;

        if (adit_prefix_parse (special[i], &range) && adit_draft_usable (draft, range.family))
            except (draft, &range);
    }
}

gboolean
adit_draft_is_private (const AditPrefix *prefix)
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
except_local (AditDraft *draft)
{
    const char *lan = adit_profile_get (draft->profile, "routing", "lan");

    if (lan == NULL || !g_str_equal (lan, "on") || draft->facts->on_link == NULL)
        return;
    for (guint i = 0; i < draft->facts->on_link->len; i++) {
        const AditPrefix *network = &g_array_index (draft->facts->on_link, AditPrefix, i);

        if (adit_draft_is_private (network) && adit_draft_usable (draft, network->family))
            except (draft, network);
    }
}

void
adit_draft_choose_routes (AditDraft *draft)
{
    g_auto (GStrv) include = adit_profile_list (draft->profile, "routing", "include");
    g_auto (GStrv) exclude = adit_profile_list (draft->profile, "routing", "exclude");

    carry_networks (draft, draft->routes);
    if (adit_draft_is_selective (draft->profile))
        carry_resolvers (draft, draft->routes);
    else
        carry_offer (draft, draft->routes);
    if (adit_profile_flag (draft->profile, "routing", "default-route", FALSE))
        carry_everything (draft, draft->routes);
    carry_list (draft, draft->routes, include);
    if (draft->facts->has_seat)
        carry_named (draft, include);
    except_special (draft);
    except_local (draft);
    except_list (draft, (const char *const *) exclude);
}
