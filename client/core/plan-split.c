/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-split.c - who goes through a tunnel and who past it: rules for everybody, and for programs
 * and users that are named; and whom else the same networks belong to.  plan.h draws the rules. */
#include "client/core/plan-parts.h"
#include "client/net/steer.h"
#include <glib/gi18n.h>

/* ---- what the profile asks for ---- */

static gboolean
has_any (const AditProfile *profile, const char *key)
{
    g_auto (GStrv) list = adit_profile_list (profile, "routing", key);

    return list && list[0];
}

gboolean
adit_draft_is_selective (const AditProfile *profile)
{
    return !adit_profile_flag (profile, "routing", "default-route", FALSE) &&
           (has_any (profile, "include-app") || has_any (profile, "include-uid") ||
            has_any (profile, "include-domain"));
}

gboolean
adit_draft_judge_split (AditDraft *draft, GError **error)
{
    draft->learns =
        has_any (draft->profile, "include-domain") || has_any (draft->profile, "exclude-domain");
    if (draft->rules || !(draft->learns || draft->facts->has_seat))
        return TRUE;
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("Programs, users and domains can be told apart only with routing.table "
                         "and routing.mark at auto."));
}

/* ---- the table of those that are named ---- */

static void
plan_route (AditDraft *draft, const AditPrefix *prefix, guint index, gboolean is_refused)
{
    AditStep *step = adit_draft_add (draft, ADIT_STEP_ROUTE);

    step->index      = index;
    step->prefix     = *prefix;
    step->table      = ADIT_PLAN_TABLE_NAMED + draft->facts->index;
    step->is_refused = is_refused;
}

static gboolean
takes_all (const GArray *routes, guint family)
{
    const AditPrefix all = { .family = (guint8) family };

    for (guint i = 0; i < routes->len; i++)
        if (adit_prefix_equal (&g_array_index (routes, AditPrefix, i), &all))
            return TRUE;
    return FALSE;
}

/* They never leave past the tunnel by accident: what it cannot carry is refused. */
static void
plan_named_routes (AditDraft *draft)
{
    const AditPlanFacts *facts = draft->facts;

    for (guint i = 0; i < draft->named_throws->len; i++)
        plan_route (draft, &g_array_index (draft->named_throws, AditPrefix, i), 0, FALSE);
    for (guint i = 0; i < draft->named_routes->len; i++) {
        const AditPrefix *prefix = &g_array_index (draft->named_routes, AditPrefix, i);

        if (adit_draft_has_family (draft->offer->addresses, prefix->family))
            plan_route (draft, prefix, facts->index, FALSE);
    }
    for (guint family = 4; family <= 6; family += 2) {
        const AditPrefix all = { .family = (guint8) family };

        if (adit_draft_usable (draft, family) &&
            !(takes_all (draft->named_routes, family) &&
              adit_draft_has_family (draft->offer->addresses, family)))
            plan_route (draft, &all, 0, TRUE);
    }
}

/* ---- rules ---- */

static guint32
first_preference (const AditDraft *draft)
{
    return adit_plan_preference (draft->profile,
                                 draft->facts->has_seat ? draft->facts->seat : ADIT_PLAN_SEATS);
}

guint32
adit_plan_preference (const AditProfile *profile, guint place)
{
    guint priority = (guint) adit_profile_number (profile, "routing", "priority", 100);

    return ADIT_PLAN_PREFERENCE + ADIT_PLAN_STRIDE * priority + 2 * place;
}

static AditStep *
plan_rule (AditDraft *draft, guint family, guint rung)
{
    AditStep *step = adit_draft_add (draft, ADIT_STEP_RULE);

    step->prefix.family = (guint8) family;
    step->preference    = first_preference (draft) + rung;
    return step;
}

static void
mark_rule (AditStep *step, guint32 bits)
{
    step->mark      = bits;
    step->mask      = bits;
    step->is_marked = TRUE;
}

static void
user_rule (AditStep *step, const AditUidRange *users)
{
    step->has_users = TRUE;
    step->uid_first = users->first;
    step->uid_last  = users->last;
}

static void
plan_past (AditDraft *draft, guint family)
{
    const AditPlanFacts *facts  = draft->facts;
    guint32              target = first_preference (draft) + 2;
    AditStep            *step;

    plan_rule (draft, family, 2);
    step            = plan_rule (draft, family, 0);
    step->mark      = draft->mark;
    step->is_marked = TRUE;
    step->target    = target;
    step            = plan_rule (draft, family, 0);
    step->target    = target;
    mark_rule (step, adit_plan_mark_past (facts->seat));
    for (guint i = 0; facts->past_users && i < facts->past_users->len; i++) {
        step         = plan_rule (draft, family, 0);
        step->target = target;
        user_rule (step, &g_array_index (facts->past_users, AditUidRange, i));
    }
}

static void
plan_through (AditDraft *draft, guint family)
{
    const AditPlanFacts *facts = draft->facts;
    guint32              table = ADIT_PLAN_TABLE_NAMED + facts->index;
    AditStep            *step  = plan_rule (draft, family, 1);

    step->table = table;
    mark_rule (step, adit_plan_mark_through (facts->seat));
    for (guint i = 0; facts->through_users && i < facts->through_users->len; i++) {
        step        = plan_rule (draft, family, 1);
        step->table = table;
        user_rule (step, &g_array_index (facts->through_users, AditUidRange, i));
    }
}

static void
plan_everybody (AditDraft *draft, guint family)
{
    AditStep *step = plan_rule (draft, family, 1);

    step->mark  = draft->mark;
    step->table = draft->table;
}

static void
plan_rules (AditDraft *draft)
{
    for (guint family = 4; family <= 6; family += 2) {
        if (draft->facts->has_seat && adit_draft_usable (draft, family)) {
            plan_past (draft, family);
            plan_through (draft, family);
        }
        if (adit_draft_has_family (draft->routes, family) || draft->learns)
            plan_everybody (draft, family);
    }
}

/* ---- marks ---- */

char *
adit_plan_group (const char *name, gboolean past)
{
    return g_strdup_printf ("adit/%s.%s", name, past ? "exclude" : "include");
}

static void
plan_groups (AditDraft *draft)
{
    for (guint past = 0; draft->facts->takes_in && past < 2; past++)
        adit_draft_add (draft, ADIT_STEP_GROUP)->name =
            adit_plan_group (draft->facts->name, past == 1);
}

/* Which programs there are is added while it is up. */
static void
plan_marks (AditDraft *draft)
{
    const AditPlanFacts *facts = draft->facts;
    const AditSteerSpec  spec  = { .name      = facts->name,
                                   .device    = facts->interface,
                                   .mark      = draft->mark,
                                   .past      = adit_plan_mark_past (facts->seat),
                                   .through   = adit_plan_mark_through (facts->seat),
                                   .addresses = draft->offer->addresses };
    AditStep            *step;

    if (facts->group_root == NULL || facts->name == NULL)
        return;
    step        = adit_draft_add (draft, ADIT_STEP_SPLIT);
    step->name  = g_strdup (facts->name);
    step->value = adit_steer_text (&spec);
}

void
adit_draft_plan_split (AditDraft *draft)
{
    if (draft->facts->has_seat) {
        plan_named_routes (draft);
        plan_groups (draft);
        plan_marks (draft);
    }
    plan_rules (draft);
}

/* ---- who has the same networks ---- */

/* The more specific one wins when it is tried first, or when both are; so only who is tried first
 * and is not more specific takes something away. */
static void
warn_tunnel (AditDraft *draft, const AditPrefix *route, const AditNeighbour *other)
{
    const AditPrefix *first = other->is_first ? &other->prefix : route;
    const AditPrefix *later = other->is_first ? route : &other->prefix;
    g_autofree char  *ours  = adit_prefix_format (route);
    g_autofree char  *their = adit_prefix_format (&other->prefix);

    if (!adit_prefix_covers (first, later))
        return;
    if (other->is_first)
        adit_draft_warn (draft,
                         _ ("%s also goes through %s (%s), which comes first; give one of them "
                            "another routing.priority, or a routing.exclude."),
                         ours, other->owner, their);
    else
        adit_draft_warn (draft,
                         _ ("%s now goes through this tunnel, and not through %s (%s); give one of "
                            "them another routing.priority, or a routing.exclude."),
                         ours, other->owner, their);
}

static void
warn_network (AditDraft *draft, const AditPrefix *route, const AditNeighbour *other)
{
    g_autofree char *ours  = adit_prefix_format (route);
    g_autofree char *their = adit_prefix_format (&other->prefix);

    if (route->length <= 1) /* everything, and so no surprise */
        return;
    adit_draft_warn (draft,
                     _ ("%s goes through this tunnel, and %s is the network of %s, which is out of "
                        "reach there; except it with routing.exclude."),
                     ours, their, other->owner);
}

static gboolean
overlap (const AditPrefix *a, const AditPrefix *b)
{
    return adit_prefix_covers (a, b) || adit_prefix_covers (b, a);
}

static gboolean
is_thrown (const AditDraft *draft, const AditPrefix *prefix)
{
    for (guint i = 0; i < draft->throws->len; i++)
        if (adit_prefix_covers (&g_array_index (draft->throws, AditPrefix, i), prefix))
            return TRUE;
    return FALSE;
}

void
adit_draft_warn_neighbours (AditDraft *draft)
{
    const GArray *neighbours = draft->facts->neighbours;

    for (guint i = 0; neighbours && i < neighbours->len; i++) {
        const AditNeighbour *other = &g_array_index (neighbours, AditNeighbour, i);

        if (is_thrown (draft, &other->prefix))
            continue;
        for (guint j = 0; j < draft->routes->len; j++) {
            const AditPrefix *route = &g_array_index (draft->routes, AditPrefix, j);

            if (!overlap (route, &other->prefix))
                continue;
            if (other->is_tunnel)
                warn_tunnel (draft, route, other);
            else
                warn_network (draft, route, other);
            break;
        }
    }
}

gboolean
adit_plan_is_special (const AditPrefix *prefix)
{
    return adit_draft_is_special (prefix);
}

GPtrArray *
adit_plan_forewarn (const AditProfile *profile, const AditPlanFacts *facts)
{
    g_autoptr (AditPlanOffer) offer = adit_plan_offer_parse (NULL, 0, NULL);
    AditDraft  draft                = { .profile = profile, .offer = offer, .facts = facts };
    GPtrArray *warnings;

    for (guint i = 0; facts->limits && i < facts->limits->len; i++)
        g_array_append_val (offer->routes, g_array_index (facts->limits, AditPrefix, i));
    adit_draft_init (&draft);
    g_ptr_array_set_size (draft.plan->warnings, 0); /* what is refused is said when it is */
    adit_draft_warn_neighbours (&draft);
    warnings = g_ptr_array_ref (draft.plan->warnings);
    adit_draft_clear (&draft);
    return warnings;
}
