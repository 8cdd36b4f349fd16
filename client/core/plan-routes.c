/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-routes.c - which prefixes a tunnel carries, and which of them go past it all the same. */
#include "client/core/plan-parts.h"
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

static void
carry (AditDraft *draft, const AditPrefix *prefix, gboolean asked_for)
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
    insert (draft->routes, prefix);
}

static void
carry_list (AditDraft *draft, char **texts)
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
carry_networks (AditDraft *draft)
{
    for (guint i = 0; i < draft->offer->addresses->len; i++) {
        AditPrefix network = g_array_index (draft->offer->addresses, AditPrefix, i);

        adit_prefix_mask (&network);
        if (network.length > 1 && network.length < (network.family == 4 ? 32 : 128))
            carry (draft, &network, FALSE);
    }
}

static void
carry_offer (AditDraft *draft)
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
except (AditDraft *draft, const AditPrefix *prefix)
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

    carry_networks (draft);
    carry_offer (draft);
    carry_list (draft, include);
    except_special (draft);
    except_local (draft);
    except_list (draft, (const char *const *) exclude);
}
