/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* learn.c - what is heard or asked for, judged, and made a route. */
#include "client/core/learn.h"
#include "client/core/domain.h"
#include "client/core/resolve-monitor.h"
#include "client/core/runtime.h"
#include "client/core/split.h"
#include "client/core/tunnel-parts.h"
#include "client/net/dns.h"
#include "client/net/guard.h"
#include "client/net/lookup.h"
#include "client/net/nft.h"
#include "client/net/route.h"
#include <glib/gi18n.h>
#include <string.h>

typedef struct {
    AditPrefix   prefix; /* one host */
    AditLearnWay way;
} Known;

struct AditLearn {
    AditCoreTunnel     *tunnel;
    AditResolveMonitor *monitor;
    GHashTable         *known; /* Known by its prefix as text */
    GQueue              order; /* the texts, borrowed, oldest first */
    gboolean            is_following;
};

/* ---- names ---- */

static gsize
longest (const AditProfile *profile, const char *key, const char *name)
{
    g_auto (GStrv) domains = adit_profile_list (profile, "routing", key);
    gsize most             = 0;

    for (guint i = 0; domains && domains[i]; i++)
        if (adit_domain_holds (domains[i], name))
            most = MAX (most, strlen (domains[i]));
    return most;
}

AditLearnWay
adit_learn_way (const AditProfile *profile, const char *name)
{
    gsize past    = longest (profile, "exclude-domain", name);
    gsize through = longest (profile, "include-domain", name);

    if (past == 0 && through == 0)
        return ADIT_LEARN_NOT;
    return past >= through ? ADIT_LEARN_PAST : ADIT_LEARN_THROUGH;
}

/* ---- routes ---- */

static gboolean
is_steered (const AditLearn *learn)
{
    const AditPlan *plan = learn->tunnel->plan;

    for (guint i = 0; plan && i < plan->steps->len; i++)
        if (((const AditStep *) plan->steps->pdata[i])->kind == ADIT_STEP_TABLE)
            return TRUE;
    return FALSE;
}

/* The i-th route of it; FALSE: there are no more.  What is to go through a tunnel that cannot carry
 * it is refused. */
static gboolean
route_of (const AditLearn *learn, const Known *known, guint i, AditRoute *out)
{
    const AditSplit *split    = learn->tunnel->split;
    guint            index    = learn->tunnel->index;
    gboolean         has_seat = adit_split_has_seat (split);

    *out       = (AditRoute){ .prefix = known->prefix };
    out->table = (i ? ADIT_PLAN_TABLE_NAMED : ADIT_PLAN_TABLE) + index;
    if (known->way == ADIT_LEARN_THROUGH && adit_split_has_family (split, known->prefix.family))
        out->index = index;
    out->is_refused = known->way == ADIT_LEARN_THROUGH && out->index == 0;
    return i == 0 || (i == 1 && has_seat && known->way == ADIT_LEARN_PAST);
}

static void
tell_guard (const AditLearn *learn, const Known *known, const char *verb)
{
    g_autofree char *lock = NULL, *text = NULL, *address = NULL;

    if (known->way != ADIT_LEARN_PAST ||
        g_str_equal (adit_plan_guard_mode (learn->tunnel->profile), "off"))
        return;
    lock    = adit_runtime_path ("nft", "lock");
    address = adit_address_format (known->prefix.family, known->prefix.address);
    text    = g_strdup_printf ("%s element " ADIT_NFT_TABLE " past%u-%s { %s }\n", verb,
                               known->prefix.family, learn->tunnel->name, address);
    adit_nft_add (lock, text, NULL);
}

static void
unlearn (AditLearn *learn, const Known *known)
{
    AditRoute route;

    for (guint i = 0; route_of (learn, known, i, &route); i++)
        adit_route_remove (&route, NULL);
    tell_guard (learn, known, "delete");
}

/* FALSE: the plan has a route of its own there, or the kernel did not take it. */
static gboolean
make_routes (AditLearn *learn, const Known *known)
{
    AditRoute route;

    for (guint i = 0; route_of (learn, known, i, &route); i++)
        if (!adit_route_add (&route, NULL) && i == 0)
            return FALSE;
    tell_guard (learn, known, "add");
    return TRUE;
}

static void
forget_oldest (AditLearn *learn)
{
    char *text = g_queue_pop_head (&learn->order);

    unlearn (learn, g_hash_table_lookup (learn->known, text));
    g_hash_table_remove (learn->known, text);
}

static void
learn_one (AditLearn *learn, const AditPrefix *host, AditLearnWay way)
{
    g_autofree char *text  = adit_prefix_format (host);
    Known           *known = g_hash_table_lookup (learn->known, text);

    if (known && known->way == way)
        return;
    if (known) { /* a server of two domains: what is past one is not through another */
        if (way == ADIT_LEARN_THROUGH)
            return;
        unlearn (learn, known);
        known->way = way;
        make_routes (learn, known);
        return;
    }
    known  = g_new0 (Known, 1);
    *known = (Known){ *host, way };
    if (!adit_split_may_learn (learn->tunnel->split, host, way == ADIT_LEARN_PAST) ||
        !make_routes (learn, known)) {
        g_free (known);
        return;
    }
    if (learn->order.length >= ADIT_LEARN_MAX)
        forget_oldest (learn);
    g_queue_push_tail (&learn->order, text);
    g_hash_table_insert (learn->known, g_steal_pointer (&text), known);
}

/* ---- hearing ---- */

static void
on_heard (gpointer user, const char *const *names, const GArray *addresses)
{
    AditLearn   *learn = user;
    AditLearnWay way   = ADIT_LEARN_NOT;

    for (guint i = 0; names[i]; i++)
        way = MAX (way, adit_learn_way (learn->tunnel->profile, names[i]));
    if (way == ADIT_LEARN_NOT || !is_steered (learn))
        return;
    for (guint i = 0; i < addresses->len; i++)
        learn_one (learn, &g_array_index (addresses, AditPrefix, i), way);
}

void
adit_learn_hear (AditLearn *learn, const char *name, const AditPrefix *address)
{
    AditLearnWay way = adit_learn_way (learn->tunnel->profile, name);

    if (way != ADIT_LEARN_NOT && is_steered (learn))
        learn_one (learn, address, way);
}

typedef struct {
    AditLearn *learn;
    char      *name;
} Asked;

static void
asked_free (gpointer user)
{
    Asked *asked = user;

    g_free (asked->name);
    g_free (asked);
}

static void
on_answer (gpointer user, const AditEndpoint *endpoints, guint n, const GError *error)
{
    Asked      *asked            = user;
    const char *names[]          = { asked->name, NULL };
    g_autoptr (GArray) addresses = g_array_new (FALSE, FALSE, sizeof (AditPrefix));

    if (error)
        adit_tunnel_say (asked->learn->tunnel, ADIT_LOG_INFO, "%s", error->message);
    for (guint i = 0; i < n; i++) {
        AditPrefix host = { .family = endpoints[i].family,
                            .length = endpoints[i].family == 4 ? 32 : 128 };

        memcpy (host.address, endpoints[i].address, sizeof host.address);
        g_array_append_val (addresses, host);
    }
    on_heard (asked->learn, names, addresses);
}

static void
ask_all (AditLearn *learn, const char *key)
{
    g_auto (GStrv) domains = adit_profile_list (learn->tunnel->profile, "routing", key);

    for (guint i = 0; domains && domains[i]; i++) {
        Asked *asked = g_new0 (Asked, 1);

        asked->learn = learn;
        asked->name  = g_strdup (domains[i]);
        adit_lookup (asked->name, 1, 0, learn->tunnel->cancel, on_answer, asked, asked_free);
    }
}

void
adit_learn_ask (AditLearn *learn)
{
    if (learn == NULL)
        return;
    ask_all (learn, "include-domain");
    ask_all (learn, "exclude-domain");
}

/* ---- the door ---- */

AditLearn *
adit_learn_new (AditCoreTunnel *tunnel)
{
    AditLearn *learn;

    if (!adit_profile_get (tunnel->profile, "routing", "include-domain") &&
        !adit_profile_get (tunnel->profile, "routing", "exclude-domain"))
        return NULL;
    learn         = g_new0 (AditLearn, 1);
    learn->tunnel = tunnel;
    learn->known  = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init (&learn->order);
    return learn;
}

/* A dnsmasq of the tunnel's own tells what it answers. */
static gboolean
is_told (const AditLearn *learn)
{
    const AditPlan *plan = learn->tunnel->plan;
    AditDnsBackend  backend;

    for (guint i = 0; plan && i < plan->steps->len; i++) {
        const AditStep *step = plan->steps->pdata[i];

        if (step->kind == ADIT_STEP_DNS && adit_dns_from_name (step->name, &backend) &&
            backend == ADIT_DNS_DNSMASQ)
            return TRUE;
    }
    return FALSE;
}

void
adit_learn_follow (AditLearn *learn)
{
    if (learn == NULL || learn->is_following)
        return;
    learn->is_following = TRUE;
    if (is_told (learn))
        return;
    if (g_file_test (ADIT_RESOLVE_MONITOR, G_FILE_TEST_EXISTS))
        learn->monitor = adit_resolve_monitor_new (ADIT_RESOLVE_MONITOR, on_heard, learn);
    if (learn->monitor == NULL || !adit_resolve_monitor_is_on (learn->monitor))
        adit_tunnel_warn (learn->tunnel,
                          _ ("Without systemd-resolved 251, or dnsmasq for split DNS, only the "
                             "addresses that the domains themselves have now are known, not those "
                             "of names below them."));
}

void
adit_learn_tell_again (const AditLearn *learn)
{
    GHashTableIter iter;
    gpointer       known;

    if (learn == NULL)
        return;
    g_hash_table_iter_init (&iter, learn->known);
    while (g_hash_table_iter_next (&iter, NULL, &known))
        tell_guard (learn, known, "add");
}

guint
adit_learn_count (const AditLearn *learn)
{
    return learn ? g_hash_table_size (learn->known) : 0;
}

void
adit_learn_free (AditLearn *learn)
{
    if (learn == NULL)
        return;
    adit_resolve_monitor_free (learn->monitor);
    g_queue_clear (&learn->order);
    g_hash_table_unref (learn->known);
    g_free (learn);
}
