/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* configure.c - from an offer to host state: facts, plan, and the difference to what is already so.
 * Name servers come last and are not waited for. */
#include "client/core/apply.h"
#include "client/core/split.h"
#include "client/core/tunnel-parts.h"
#include "client/net/dns.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include <string.h>

/* ---- facts ---- */

static gboolean
reads (const char *path, const char *expected)
{
    g_autofree char *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) &&
           g_str_equal (g_strchomp (text), expected);
}

static gboolean
has_ipv6 (const char *interface)
{
    g_autofree char *path = g_strdup_printf ("/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);

    return reads (path, "0");
}

/* The stricter of `all` and the device's own counts, and only the device's own is touched. */
static void
find_strict_filter (guint index, char **setting_out, char **strict)
{
    g_autofree char *device = index ? adit_link_name (index) : NULL;
    g_autofree char *setting =
        device ? g_strdup_printf ("net/ipv4/conf/%s/rp_filter", device) : NULL;
    g_autofree char *path = setting ? g_build_filename ("/proc/sys", setting, NULL) : NULL;
    g_autofree char *now  = NULL;

    if (path == NULL || !g_file_get_contents (path, &now, NULL, NULL))
        return;
    g_strchomp (now);
    if (g_str_equal (now, "2") || reads ("/proc/sys/net/ipv4/conf/all/rp_filter", "2") ||
        (g_str_equal (now, "0") && !reads ("/proc/sys/net/ipv4/conf/all/rp_filter", "1")))
        return;
    *setting_out = g_steal_pointer (&setting);
    *strict      = g_steal_pointer (&now);
}

void
adit_tunnel_gather (const AditCoreTunnel *tunnel, AditPlanFacts *facts)
{
    AditDnsBackend split;
    const char    *lan = adit_profile_get (tunnel->profile, "routing", "lan");

    memset (facts, 0, sizeof *facts);
    facts->interface   = tunnel->interface;
    facts->index       = tunnel->index;
    facts->ipv6        = has_ipv6 (tunnel->interface);
    facts->dns_backend = adit_dns_name (adit_dns_pick ());
    facts->dns_split   = adit_dns_pick_split (&split) ? adit_dns_name (split) : NULL;
    if (lan && g_str_equal (lan, "on"))
        facts->on_link = adit_route_on_link ();
    facts->name     = tunnel->name;
    facts->gateways = tunnel->gateways;
    facts->seeks    = tunnel->seeks;
    find_strict_filter (tunnel->outer, &facts->setting, &facts->strict);
    if (tunnel->split)
        adit_split_gather (tunnel->split, facts);
    if (facts->has_seat)
        find_strict_filter (tunnel->index, &facts->own_setting, &facts->own_strict);
}

void
adit_tunnel_facts_clear (AditPlanFacts *facts)
{
    g_free (facts->setting);
    g_free (facts->strict);
    g_free (facts->own_setting);
    g_free (facts->own_strict);
    g_clear_pointer (&facts->on_link, g_array_unref);
    g_clear_pointer (&facts->neighbours, g_array_unref);
}

/* ---- the difference ---- */

/* The lines of steps, to be found again quickly: there may be thousands of routes. */
static GHashTable *
lines_of (const GPtrArray *steps)
{
    GHashTable *lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < steps->len; i++)
        g_hash_table_add (lines, adit_step_format (steps->pdata[i]));
    return lines;
}

static gboolean
contains (GHashTable *lines, const AditStep *step)
{
    g_autofree char *line = adit_step_format (step);

    return g_hash_table_contains (lines, line);
}

static const AditStep *
find (const GPtrArray *steps, AditStepKind kind)
{
    for (guint i = steps->len; i-- > 0;) {
        const AditStep *step = steps->pdata[i];

        if (step->kind == kind)
            return step;
    }
    return NULL;
}

/* A guard is replaced in one go, and a changed setting kept until the end: its value before is only
 * known from the first time. */
static gboolean
is_kept (const AditStep *step, const AditPlan *next)
{
    const AditStep *first = next->steps->len ? next->steps->pdata[0] : NULL;

    return step->kind == ADIT_STEP_SETTING ||
           (step->kind == ADIT_STEP_GUARD && first && first->kind == ADIT_STEP_GUARD) ||
           (step->kind == ADIT_STEP_SPLIT && find (next->steps, ADIT_STEP_SPLIT));
}

/* Steps of the plan before, newest first, that the next one does without. */
static gboolean
undo_rest (AditCoreTunnel *tunnel, const AditPlan *next, GError **error)
{
    g_autoptr (GHashTable) wanted = lines_of (next->steps);
    g_autoptr (GHashTable) done   = lines_of (adit_journal_steps (tunnel->journal));

    if (tunnel->plan == NULL)
        return TRUE;
    for (guint i = tunnel->plan->steps->len; i-- > 0;) {
        const AditStep *step = tunnel->plan->steps->pdata[i];

        if (!is_kept (step, next) && !contains (wanted, step) && contains (done, step) &&
            !adit_journal_undo (tunnel->journal, step, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- name servers ---- */

static void
on_heard (gpointer user, const char *name, const AditPrefix *address)
{
    AditCoreTunnel *tunnel = user;

    adit_split_heard (tunnel->split, name, address);
}

static AditDnsHeard
listener_of (const AditCoreTunnel *tunnel)
{
    return tunnel->split && adit_split_listens (tunnel->split) ? on_heard : NULL;
}

static void set_dns (AditCoreTunnel *tunnel, const AditStep *step);

/* What another back end can do for it instead, or NULL. */
static AditStep *
next_best (const AditStep *step)
{
    AditStep        *next = NULL;
    g_autofree char *line = NULL;
    AditDnsBackend   backend;

    if (!adit_dns_from_name (step->name, &backend) || backend == ADIT_DNS_FILE)
        return NULL;
    line = adit_step_format (step);
    next = adit_step_parse (line);
    g_free (next->name);
    next->name = g_strdup (adit_dns_name (ADIT_DNS_FILE));
    return next;
}

static const AditStep *
dns_step (const AditCoreTunnel *tunnel)
{
    return find (adit_journal_steps (tunnel->journal), ADIT_STEP_DNS);
}

static void on_dns_set (gpointer user, GError *error);

static void
on_dns_forgot (gpointer user)
{
    AditCoreTunnel *tunnel = user;
    const AditStep *step   = tunnel->journal ? dns_step (tunnel) : NULL;

    if (step == NULL || adit_tunnel_is_ending (tunnel))
        return;
    adit_tunnel_say (tunnel, ADIT_LOG_NOTICE, "%s was started anew; it is told again", step->name);
    adit_apply_dns (step, listener_of (tunnel), tunnel->cancel, on_dns_set, tunnel);
}

static void
dns_was_set (AditCoreTunnel *tunnel, const AditStep *step)
{
    AditDnsBackend backend;

    if (step == NULL || !adit_dns_from_name (step->name, &backend))
        return;
    tunnel->dns_backend = adit_dns_name (backend);
    adit_dns_watch_free (tunnel->dns_watch);
    tunnel->dns_watch = adit_dns_watch_new (backend, on_dns_forgot, tunnel);
}

static void
on_dns_set (gpointer user, GError *error)
{
    AditCoreTunnel *tunnel = user;
    const AditStep *step   = dns_step (tunnel);
    AditStep       *next;

    if (error == NULL) {
        dns_was_set (tunnel, step);
        if (tunnel->split)
            adit_split_names_ready (tunnel->split);
        return;
    }
    next = step ? next_best (step) : NULL;
    if (next) {
        adit_tunnel_say (tunnel, ADIT_LOG_NOTICE, "%s; trying %s", error->message, next->name);
        adit_journal_undo (tunnel->journal, step, NULL);
        set_dns (tunnel, next);
        adit_step_free (next);
    } else {
        g_autofree char *text = adit_error_explain (error);

        adit_tunnel_warn (tunnel, text);
    }
    g_error_free (error);
}

static void
set_dns (AditCoreTunnel *tunnel, const AditStep *step)
{
    GError *error = NULL;

    if (adit_journal_do (tunnel->journal, step, &error))
        adit_apply_dns (step, listener_of (tunnel), tunnel->cancel, on_dns_set, tunnel);
    else
        on_dns_set (tunnel, error);
}

/* ---- the door ---- */

static gboolean
do_one (AditCoreTunnel *tunnel, const AditStep *step, GError **error)
{
    const AditStep *old = find (adit_journal_steps (tunnel->journal), step->kind);

    if (step->kind == ADIT_STEP_GUARD)
        return adit_tunnel_set_guard (tunnel, step, error);
    if (step->kind == ADIT_STEP_SPLIT && old)
        return adit_journal_replace (tunnel->journal, old, step, error);
    if (step->kind != ADIT_STEP_DNS)
        return adit_journal_do (tunnel->journal, step, error);
    set_dns (tunnel, step);
    return TRUE;
}

static gboolean
do_new (AditCoreTunnel *tunnel, const AditPlan *next, GError **error)
{
    g_autoptr (GHashTable) done = lines_of (adit_journal_steps (tunnel->journal));

    for (guint i = 0; i < next->steps->len; i++) {
        const AditStep *step = next->steps->pdata[i];

        if (!contains (done, step) && !do_one (tunnel, step, error))
            return FALSE;
    }
    return TRUE;
}

/* Before the old ones go: with a device's last address the kernel drops its routes, too. */
static gboolean
do_new_addresses (AditCoreTunnel *tunnel, const AditPlan *next, GError **error)
{
    g_autoptr (GHashTable) done = lines_of (adit_journal_steps (tunnel->journal));

    for (guint i = 0; tunnel->plan && i < next->steps->len; i++) {
        const AditStep *step = next->steps->pdata[i];

        if (step->kind == ADIT_STEP_ADDRESS && !contains (done, step) &&
            !do_one (tunnel, step, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
said_before (const AditPlan *plan, const char *warning)
{
    for (guint i = 0; plan && i < plan->warnings->len; i++)
        if (g_str_equal (plan->warnings->pdata[i], warning))
            return TRUE;
    return FALSE;
}

gboolean
adit_tunnel_configure (AditCoreTunnel *tunnel, AditPlanOffer *offer, GError **error)
{
    g_clear_pointer (&tunnel->offer, adit_plan_offer_free);
    tunnel->offer = offer;
    return adit_tunnel_configure_again (tunnel, error);
}

gboolean
adit_tunnel_configure_again (AditCoreTunnel *tunnel, GError **error)
{
    AditPlanFacts facts;
    AditPlan     *plan;

    adit_tunnel_gather (tunnel, &facts);
    plan = adit_plan_new (tunnel->profile, tunnel->offer, &facts, error);
    adit_tunnel_facts_clear (&facts);
    if (plan == NULL)
        return FALSE;
    if (!do_new_addresses (tunnel, plan, error) || !undo_rest (tunnel, plan, error) ||
        !do_new (tunnel, plan, error)) {
        adit_plan_free (plan);
        return FALSE;
    }
    for (guint i = 0; i < plan->warnings->len; i++)
        if (!said_before (tunnel->plan, plan->warnings->pdata[i]) &&
            !adit_split_said (tunnel->split, plan->warnings->pdata[i]))
            adit_tunnel_warn (tunnel, plan->warnings->pdata[i]);
    g_clear_pointer (&tunnel->plan, adit_plan_free);
    tunnel->plan = plan;
    tunnel->mtu  = plan->mtu;
    return tunnel->split == NULL || adit_split_follow (tunnel->split, error);
}

/* As if the same offer had come with another MTU. */
gboolean
adit_tunnel_set_mtu (AditCoreTunnel *tunnel, guint mtu, GError **error)
{
    guint64 asked = adit_profile_number (tunnel->profile, "routing", "mtu", 0);
    guint   least = has_ipv6 (tunnel->interface) ? ADIT_PLAN_MTU_MIN_V6 : ADIT_PLAN_MTU_MIN;
    guint   most  = asked ? (guint) asked : 65535;
    g_autoptr (AditStep) step = adit_step_new (ADIT_STEP_LINK);

    tunnel->mtu = CLAMP (mtu, MIN (least, most), most);
    step->index = tunnel->index;
    step->mtu   = tunnel->mtu;
    return adit_apply_do (step, error);
}
