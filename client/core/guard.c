/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.c - when the guard of a live tunnel is set and changed: before its first packet by what is
 * known then, for each gateway before anything is sent there, and by each offer.  Every change is
 * one transaction, so there is no moment without it. */
#include "client/net/guard.h"
#include "client/core/apply.h"
#include "client/core/split.h"
#include "client/core/standing.h"
#include "client/core/tunnel-parts.h"
#include "client/net/lookup.h"
#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>

static gboolean
blocks (const AditCoreTunnel *tunnel)
{
    return !g_str_equal (adit_plan_guard_mode (tunnel->profile), "off");
}

const AditStep *
adit_tunnel_guard_step (const AditCoreTunnel *tunnel)
{
    const GPtrArray *steps = tunnel->journal ? adit_journal_steps (tunnel->journal) : NULL;

    for (guint i = 0; steps && i < steps->len; i++) {
        const AditStep *step = steps->pdata[i];

        if (step->kind == ADIT_STEP_GUARD)
            return step;
    }
    return NULL;
}

/* ---- setting ---- */

/* A reload of another firewall's rules may take all there are along. */
static void
on_rules_gone (gpointer user)
{
    AditCoreTunnel  *tunnel = user;
    const GPtrArray *steps  = adit_journal_steps (tunnel->journal);

    adit_tunnel_say (tunnel, ADIT_LOG_WARNING,
                     "another program removed the packet filter rules; they are set again");
    for (guint i = 0; i < steps->len; i++) {
        AditStep *step           = steps->pdata[i];
        g_autoptr (GError) error = NULL;

        if ((step->kind == ADIT_STEP_GUARD || step->kind == ADIT_STEP_SPLIT) &&
            !adit_apply_do (step, &error))
            adit_tunnel_warn (tunnel, error->message);
    }
    if (tunnel->split)
        adit_split_tell_again (tunnel->split);
}

static void
watch_rules (AditCoreTunnel *tunnel)
{
    g_autoptr (GError) error = NULL;

    if (tunnel->rules)
        return;
    tunnel->rules = adit_nft_watch_new (on_rules_gone, tunnel, &error);
    if (tunnel->rules == NULL)
        adit_tunnel_warn (tunnel, error->message);
}

/* Kept before it is set: a guard that is to stay must not be in the kernel alone. */
static gboolean
keep (AditCoreTunnel *tunnel, const AditStep *step, GError **error)
{
    if (g_str_equal (step->mode, "always"))
        return adit_standing_keep (step, tunnel->hosts, error);
    return adit_standing_forget (tunnel->name, error);
}

gboolean
adit_tunnel_set_guard (AditCoreTunnel *tunnel, const AditStep *step, GError **error)
{
    const AditStep *old     = adit_tunnel_guard_step (tunnel);
    GError         *problem = NULL;
    gboolean        fine;

    if (old && adit_step_equal (old, step))
        return TRUE;
    fine = keep (tunnel, step, &problem) &&
           (old ? adit_journal_replace (tunnel->journal, old, step, &problem)
                : adit_journal_do (tunnel->journal, step, &problem));
    if (fine) {
        watch_rules (tunnel);
        return TRUE;
    }
    if (blocks (tunnel)) {
        g_propagate_error (error, problem);
        return FALSE;
    }
    /* Nobody asked for it, so it is no reason not to connect. */
    adit_tunnel_warn (tunnel, problem->message);
    g_error_free (problem);
    return TRUE;
}

/* The step of a whole plan, as if the same offer had come again. */
static AditStep *
plan_again (AditCoreTunnel *tunnel, const AditPlanFacts *facts, GError **error)
{
    g_autoptr (AditPlan) plan = adit_plan_new (tunnel->profile, tunnel->offer, facts, error);

    for (guint i = 0; plan && i < plan->steps->len; i++)
        if (((const AditStep *) plan->steps->pdata[i])->kind == ADIT_STEP_GUARD)
            return g_ptr_array_steal_index (plan->steps, i);
    return NULL;
}

static gboolean
refresh (AditCoreTunnel *tunnel, GError **error)
{
    AditPlanFacts facts;
    GError       *problem      = NULL;
    g_autoptr (AditStep) guard = NULL;

    adit_tunnel_gather (tunnel, &facts);
    if (tunnel->offer)
        guard = plan_again (tunnel, &facts, &problem);
    else
        guard = adit_plan_first_guard (tunnel->profile, &facts);
    adit_tunnel_facts_clear (&facts);
    if (problem) {
        g_propagate_error (error, problem);
        return FALSE;
    }
    return guard == NULL || adit_tunnel_set_guard (tunnel, guard, error);
}

/* ---- what happens to a tunnel ---- */

gboolean
adit_tunnel_raise_guard (AditCoreTunnel *tunnel, GError **error)
{
    g_autoptr (AditStep) kept = adit_standing_load (tunnel->name, tunnel->hosts, NULL);

    tunnel->remembers = g_hash_table_size (tunnel->hosts) > 0;
    tunnel->took_over = adit_tunnel_guard_step (tunnel) != NULL;
    if (blocks (tunnel))
        return refresh (tunnel, error);
    /* The profile asks for none any more. */
    return (kept == NULL && adit_tunnel_guard_step (tunnel) == NULL) ||
           adit_tunnel_drop_guard (tunnel, error);
}

gboolean
adit_tunnel_drop_guard (AditCoreTunnel *tunnel, GError **error)
{
    const AditStep *old        = adit_tunnel_guard_step (tunnel);
    g_autoptr (AditStep) apply = adit_step_new (ADIT_STEP_GUARD);

    if (old)
        return adit_standing_forget (tunnel->name, error) &&
               adit_journal_undo (tunnel->journal, old, error);
    apply->name = g_strdup (tunnel->name);
    apply->mode = g_strdup ("off");
    return adit_standing_forget (tunnel->name, error) && adit_apply_undo (apply, error);
}

static gboolean
knows (const AditCoreTunnel *tunnel, const AditGuardGateway *gateway)
{
    for (guint i = 0; i < tunnel->gateways->len; i++) {
        const AditGuardGateway *known = &g_array_index (tunnel->gateways, AditGuardGateway, i);

        if (known->protocol == gateway->protocol &&
            adit_endpoint_equal (&known->endpoint, &gateway->endpoint))
            return TRUE;
    }
    return FALSE;
}

gboolean
adit_tunnel_admit (AditCoreTunnel *tunnel, const char *host, const AditEndpoint *endpoint,
                   guint8 protocol, GError **error)
{
    AditGuardGateway gateway = { .endpoint = *endpoint, .protocol = protocol };
    gboolean         sought  = tunnel->seeks;

    if (host && !adit_lookup_number (host, 0, &(AditEndpoint){ 0 }))
        g_hash_table_replace (tunnel->hosts, g_strdup (host),
                              g_memdup2 (endpoint, sizeof *endpoint));
    tunnel->seeks = FALSE;
    if (knows (tunnel, &gateway) && !sought)
        return TRUE;
    if (!knows (tunnel, &gateway)) {
        if (tunnel->gateways->len >= ADIT_TUNNEL_GATEWAYS)
            g_array_remove_index (tunnel->gateways, 0);
        g_array_append_val (tunnel->gateways, gateway);
    }
    return !blocks (tunnel) || refresh (tunnel, error);
}

/* Does a question leave only through the tunnel, which may be down? */
static gboolean
keeps_questions (const AditCoreTunnel *tunnel)
{
    for (guint i = 0; tunnel->plan && i < tunnel->plan->steps->len; i++) {
        const AditStep *step = tunnel->plan->steps->pdata[i];

        if (step->kind == ADIT_STEP_ROUTE && step->index && step->prefix.length <= 1)
            return TRUE;
    }
    return FALSE;
}

const AditEndpoint *
adit_tunnel_seek (AditCoreTunnel *tunnel, const char *host)
{
    const AditEndpoint *known  = g_hash_table_lookup (tunnel->hosts, host);
    g_autoptr (GError) problem = NULL;

    if (!blocks (tunnel) || adit_lookup_number (host, 0, &(AditEndpoint){ 0 }))
        return NULL;
    if (tunnel->remembers || tunnel->offer)
        return tunnel->remembers || keeps_questions (tunnel) ? known : NULL;
    if (!tunnel->seeks) {
        tunnel->seeks = TRUE;
        if (!refresh (tunnel, &problem))
            adit_tunnel_warn (tunnel, problem->message);
    }
    return NULL;
}

static void
say_how_to_lift (AditCoreTunnel *tunnel, const AditStep *guard)
{
    g_autofree char *sentence = NULL;

    if (g_str_equal (guard->mode, "always"))
        sentence = g_strdup_printf (_ ("The guard still holds traffic back; “adit guard lift %s” "
                                       "lets it go."),
                                    guard->name);
    else
        sentence = g_strdup_printf (_ ("The guard still holds traffic back; “adit down %s” lets it "
                                       "go, and “adit up %s” has it go through the tunnel again."),
                                    guard->name, guard->name);
    adit_tunnel_warn (tunnel, sentence);
}

/* Ended for a reason of its own after it was up: who relied on it has not said that they may be
 * seen again. */
gboolean
adit_tunnel_leaves_guard (AditCoreTunnel *tunnel)
{
    const AditStep *step = adit_tunnel_guard_step (tunnel);

    g_clear_pointer (&tunnel->rules, adit_nft_watch_free);
    if (step == NULL || g_str_equal (step->mode, "off"))
        return FALSE;
    if (g_str_equal (step->mode, "tunnel") &&
        (tunnel->error == NULL || (tunnel->since == 0 && !tunnel->took_over)))
        return FALSE;
    say_how_to_lift (tunnel, step);
    return TRUE;
}
