/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.c - profile + offer + facts → steps.  Routes live in a table of their own, found by a rule
 * in front of `main` that all but our own marked packets match: so no route on the local network
 * can draw traffic out of the tunnel, and no route to the gateway is needed. */
#include "client/core/plan-parts.h"
#include <glib/gi18n.h>
#include <string.h>

void
adit_draft_warn (AditDraft *draft, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    g_ptr_array_add (draft->plan->warnings, g_strdup_vprintf (fmt, args));
    va_end (args);
}

AditStep *
adit_draft_add (AditDraft *draft, AditStepKind kind)
{
    AditStep *step = adit_step_new (kind);

    g_ptr_array_add (draft->plan->steps, step);
    return step;
}

void
adit_draft_init (AditDraft *draft)
{
    draft->plan           = g_new0 (AditPlan, 1);
    draft->plan->steps    = g_ptr_array_new_with_free_func ((GDestroyNotify) adit_step_free);
    draft->plan->warnings = g_ptr_array_new_with_free_func (g_free);
    draft->mark           = adit_plan_mark (draft->profile);
    draft->routes         = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    draft->throws         = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    draft->named_routes   = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    draft->named_throws   = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    adit_draft_choose_routes (draft);
}

void
adit_draft_clear (AditDraft *draft)
{
    g_array_unref (draft->routes);
    g_array_unref (draft->throws);
    g_array_unref (draft->named_routes);
    g_array_unref (draft->named_throws);
    adit_plan_free (draft->plan);
}

gboolean
adit_draft_usable (const AditDraft *draft, guint family)
{
    return family == 4 || draft->facts->ipv6;
}

gboolean
adit_draft_has_family (const GArray *prefixes, guint family)
{
    for (guint i = 0; i < prefixes->len; i++)
        if (g_array_index (prefixes, AditPrefix, i).family == family)
            return TRUE;
    return FALSE;
}

gboolean
adit_draft_has_default (const GArray *routes)
{
    for (guint i = 0; i < routes->len; i++)
        if (g_array_index (routes, AditPrefix, i).length <= 1)
            return TRUE;
    return FALSE;
}

/* ---- steps ---- */

static void
plan_link (AditDraft *draft)
{
    guint64   asked    = adit_profile_number (draft->profile, "routing", "mtu", 0);
    guint     mtu      = asked ? (guint) asked : draft->offer->mtu;
    gboolean  inner_v6 = draft->facts->ipv6 && adit_draft_has_family (draft->offer->addresses, 6);
    guint     least    = inner_v6 ? ADIT_PLAN_MTU_MIN_V6 : ADIT_PLAN_MTU_MIN;
    AditStep *step     = adit_draft_add (draft, ADIT_STEP_LINK);

    if (mtu == 0)
        mtu = ADIT_PLAN_MTU;
    if (mtu < least)
        adit_draft_warn (
            draft, _ ("The tunnel carries only %u bytes at a time; %u are used all the same."), mtu,
            least);
    step->index = draft->facts->index;
    step->mtu = draft->plan->mtu = CLAMP (mtu, least, 65535);
}

static void
plan_addresses (AditDraft *draft)
{
    GArray *addresses = draft->offer->addresses;

    for (guint i = 0; i < addresses->len; i++) {
        const AditPrefix *address = &g_array_index (addresses, AditPrefix, i);
        AditStep         *step;

        if (!adit_draft_usable (draft, address->family))
            continue;
        step         = adit_draft_add (draft, ADIT_STEP_ADDRESS);
        step->index  = draft->facts->index;
        step->prefix = *address;
    }
    if (!draft->facts->ipv6 &&
        (adit_draft_has_family (addresses, 6) || adit_draft_has_family (draft->offer->routes, 6)))
        adit_draft_warn (draft,
                         _ ("IPv6 is switched off on this machine, so the tunnel carries none."));
}

static void
plan_routes (AditDraft *draft, const GArray *prefixes, guint index)
{
    for (guint i = 0; i < prefixes->len; i++) {
        AditStep *step = adit_draft_add (draft, ADIT_STEP_ROUTE);

        step->index  = index;
        step->prefix = g_array_index (prefixes, AditPrefix, i);
        step->table  = draft->table;
    }
}

/* Addresses of domains come and go in them. */
static void
plan_tables (AditDraft *draft)
{
    adit_draft_add (draft, ADIT_STEP_TABLE)->table = draft->table;
    if (draft->facts->has_seat)
        adit_draft_add (draft, ADIT_STEP_TABLE)->table =
            ADIT_PLAN_TABLE_NAMED + draft->facts->index;
}

/* A strict reverse path check would drop what comes back from the gateway, whose unmarked route
 * leads into the tunnel; the loose one still drops what no route knows. */
static void
plan_loose (AditDraft *draft, const char *setting, const char *strict)
{
    AditStep *step;

    if (setting == NULL)
        return;
    step         = adit_draft_add (draft, ADIT_STEP_SETTING);
    step->name   = g_strdup (setting);
    step->before = g_strdup (strict);
    step->value  = g_strdup ("2");
}

/* Answers to programs and users that are named come in by a device that no route of `main` leads
 * to. */
static void
plan_settings (AditDraft *draft)
{
    const AditPlanFacts *facts = draft->facts;

    if (!draft->rules)
        return;
    if (facts->has_seat || adit_draft_has_family (draft->routes, 4))
        plan_loose (draft, facts->setting, facts->strict);
    if (facts->has_seat)
        plan_loose (draft, facts->own_setting, facts->own_strict);
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
choose_table (AditDraft *draft, GError **error)
{
    const char *text = adit_profile_get (draft->profile, "routing", "table");

    draft->table = (guint32) adit_profile_number (draft->profile, "routing", "table", 0);
    if (draft->table || (text && g_str_equal (text, "off")))
        return TRUE;
    if (draft->mark) {
        draft->table = ADIT_PLAN_TABLE + draft->facts->index;
        draft->rules = TRUE;
        return TRUE;
    }
    draft->table = TABLE_MAIN;
    if (adit_draft_has_default (draft->routes))
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("routing.mark cannot be off when everything goes through the tunnel."));
    if (draft->throws->len) {
        adit_draft_warn (draft, _ ("routing.exclude has no effect while routing.mark is off."));
        g_array_set_size (draft->throws, 0);
    }
    return TRUE;
}

static void
plan_all (AditDraft *draft)
{
    plan_link (draft);
    plan_addresses (draft);
    if (draft->learns)
        plan_tables (draft);
    if (draft->table) {
        plan_routes (draft, draft->throws, 0);
        plan_routes (draft, draft->routes, draft->facts->index);
    }
    plan_settings (draft);
    if (draft->rules)
        adit_draft_plan_split (draft);
    adit_draft_warn_neighbours (draft);
    adit_draft_plan_dns (draft);
    adit_draft_plan_guard (draft);
}

AditPlan *
adit_plan_new (const AditProfile *profile, const AditPlanOffer *offer, const AditPlanFacts *facts,
               GError **error)
{
    AditDraft draft = { .profile = profile, .offer = offer, .facts = facts };
    AditPlan *plan  = NULL;

    adit_draft_init (&draft);
    if (choose_table (&draft, error) && adit_draft_judge_split (&draft, error)) {
        plan_all (&draft);
        plan = g_steal_pointer (&draft.plan);
    }
    adit_draft_clear (&draft);
    return plan;
}

const char *
adit_plan_guard_mode (const AditProfile *profile)
{
    const char *mode = adit_profile_get (profile, "guard", "mode");

    return mode ? mode : "off";
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
