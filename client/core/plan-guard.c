/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-guard.c - what may leave this host past a tunnel, and who may speak to its addresses.  The
 * latter is planned whatever the profile says. */
#include "client/core/plan-parts.h"
#include "client/net/guard.h"

/* Beside its own network, what a host says to all on it (RFC 6890, RFC 5771 4, RFC 4291 2.7). */
static const char *const link_wide[] = { "169.254.0.0/16",     "224.0.0.0/24", "239.255.255.250/32",
                                         "255.255.255.255/32", "fe80::/10",    "ff02::/16" };

static gboolean
is_off (const AditProfile *profile)
{
    return g_str_equal (adit_plan_guard_mode (profile), "off");
}

static gboolean
takes_everything (const GArray *routes, guint family)
{
    for (guint i = 0; i < routes->len; i++) {
        const AditPrefix *route = &g_array_index (routes, AditPrefix, i);

        if (route->family == family && route->length <= 1)
            return TRUE;
    }
    return FALSE;
}

static GArray *
new_prefixes (void)
{
    return g_array_new (FALSE, FALSE, sizeof (AditPrefix));
}

static void
append_texts (GArray *prefixes, const char *const *texts)
{
    for (guint i = 0; texts && texts[i]; i++) {
        AditPrefix prefix;

        if (adit_prefix_parse (texts[i], &prefix))
            g_array_append_val (prefixes, prefix);
    }
}

/* ---- the parts of a guard ---- */

static void
append_local (const AditDraft *draft, GArray *past)
{
    const char   *lan     = adit_profile_get (draft->profile, "routing", "lan");
    const GArray *on_link = draft->facts->on_link;

    if (lan == NULL || !g_str_equal (lan, "on"))
        return;
    for (guint i = 0; on_link && i < on_link->len; i++) {
        const AditPrefix *network = &g_array_index (on_link, AditPrefix, i);

        if (adit_draft_is_private (network))
            g_array_append_vals (past, network, 1);
    }
    for (guint i = 0; i < G_N_ELEMENTS (link_wide); i++) {
        AditPrefix prefix;

        if (adit_prefix_parse (link_wide[i], &prefix))
            g_array_append_val (past, prefix);
    }
}

static GArray *
past_of (const AditDraft *draft)
{
    g_auto (GStrv) exclude = adit_profile_list (draft->profile, "routing", "exclude");
    GArray *past           = new_prefixes ();

    for (guint i = 0; i < draft->throws->len; i++) {
        const AditPrefix *prefix = &g_array_index (draft->throws, AditPrefix, i);

        if (!adit_draft_is_special (prefix))
            g_array_append_vals (past, prefix, 1);
    }
    append_texts (past, (const char *const *) exclude);
    append_local (draft, past);
    return past;
}

static GArray *
carried_of (const AditDraft *draft)
{
    GArray *carried = new_prefixes ();

    for (guint i = 0; i < draft->routes->len; i++) {
        const AditPrefix *prefix = &g_array_index (draft->routes, AditPrefix, i);

        if (prefix->length > 1)
            g_array_append_vals (carried, prefix, 1);
    }
    return carried;
}

/* Of a tunnel that all names are asked through. */
static GArray *
resolvers_of (const AditDraft *draft)
{
    GArray *resolvers = new_prefixes ();

    for (guint i = 0; i < draft->plan->steps->len; i++) {
        const AditStep *step = draft->plan->steps->pdata[i];

        if (step->kind == ADIT_STEP_DNS && step->exclusive)
            append_texts (resolvers, (const char *const *) step->servers);
    }
    return resolvers;
}

/* Split or no name servers of its own: the profile has somebody else asked as well. */
static gboolean
asks_others (const AditProfile *profile)
{
    const char *mode = adit_profile_get (profile, "dns", "mode");

    return mode && (g_str_equal (mode, "split") || g_str_equal (mode, "off"));
}

static GArray *
users_of (const GArray *ranges)
{
    GArray *users = g_array_new (FALSE, FALSE, sizeof (AditGuardUsers));

    for (guint i = 0; ranges && i < ranges->len; i++) {
        const AditUidRange  *range = &g_array_index (ranges, AditUidRange, i);
        const AditGuardUsers some  = { range->first, range->last };

        g_array_append_val (users, some);
    }
    return users;
}

static void
put_programs (const AditPlanFacts *facts, AditGuardSpec *spec)
{
    if (!facts->has_seat)
        return;
    spec->past_bit    = adit_plan_mark_past (facts->seat);
    spec->through_bit = adit_plan_mark_through (facts->seat);
}

/* ---- steps ---- */

static AditStep *
step_of (const AditDraft *draft, AditGuardSpec *spec)
{
    g_autoptr (GArray) past          = past_of (draft);
    g_autoptr (GArray) carried       = carried_of (draft);
    g_autoptr (GArray) resolvers     = resolvers_of (draft);
    g_autoptr (GArray) past_users    = users_of (draft->facts->past_users);
    g_autoptr (GArray) through_users = users_of (draft->facts->through_users);
    AditStep *step                   = adit_step_new (ADIT_STEP_GUARD);

    spec->name      = draft->facts->name;
    spec->device    = draft->facts->interface;
    spec->mark      = adit_plan_mark (draft->profile);
    spec->blocks    = !is_off (draft->profile);
    spec->pinned    = (spec->closed4 || spec->closed6) && !asks_others (draft->profile);
    spec->gateways  = draft->facts->gateways;
    spec->addresses = draft->offer->addresses;
    spec->past      = past;
    put_programs (draft->facts, spec);
    spec->past_users    = past_users;
    spec->through_users = through_users;
    spec->learns        = adit_profile_get (draft->profile, "routing", "exclude-domain") != NULL;
    spec->carried       = carried;
    spec->resolvers     = resolvers;
    step->name          = g_strdup (spec->name);
    step->mode          = g_strdup (adit_plan_guard_mode (draft->profile));
    step->value         = adit_guard_text (spec);
    return step;
}

/* A tunnel of IPv4 alone closes IPv6, which would go around it; one of IPv6 alone leaves IPv4,
 * which most of the world needs. */
void
adit_draft_plan_guard (AditDraft *draft)
{
    gboolean      full4 = takes_everything (draft->routes, 4);
    gboolean      full6 = takes_everything (draft->routes, 6);
    AditGuardSpec spec  = { .closed4 = full4, .closed6 = full4 || full6 };

    if (draft->facts->name == NULL ||
        (is_off (draft->profile) && draft->offer->addresses->len == 0))
        return;
    g_ptr_array_insert (draft->plan->steps, 0, step_of (draft, &spec));
}

/* Where the profile leaves it to the server, it may turn out to be everything. */
AditStep *
adit_plan_first_guard (const AditProfile *profile, const AditPlanFacts *facts)
{
    gboolean decided = adit_profile_get (profile, "routing", "default-route") != NULL;
    gboolean all     = decided ? adit_profile_flag (profile, "routing", "default-route", FALSE)
                               : !adit_draft_is_selective (profile);
    g_autoptr (AditPlanOffer) offer = adit_plan_offer_parse (NULL, 0, NULL);
    AditDraft     draft             = { .profile = profile, .offer = offer, .facts = facts };
    AditGuardSpec spec              = { .closed4 = all, .closed6 = all, .seeks = facts->seeks };
    AditStep     *step;

    if (is_off (profile))
        return NULL;
    adit_draft_init (&draft);
    step = step_of (&draft, &spec);
    adit_draft_clear (&draft);
    return step;
}
