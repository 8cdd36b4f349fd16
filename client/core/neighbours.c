/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* neighbours.c - whose else the networks of a tunnel are: of this host's own devices, and of other
 * tunnels, which their journals tell. */
#include "client/core/journal.h"
#include "client/core/runtime.h"
#include "client/core/tunnel-parts.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include <glib/gi18n.h>

static void
add_networks (GArray *neighbours, guint own)
{
    g_autoptr (GArray) direct = adit_route_direct ();

    for (guint i = 0; i < direct->len; i++) {
        const AditRoute *route = &g_array_index (direct, AditRoute, i);
        g_autofree char *name  = adit_link_name (route->index);
        AditNeighbour    one   = { .prefix = route->prefix };

        if (name == NULL || route->index == own)
            continue;
        g_strlcpy (one.owner, name, sizeof one.owner);
        g_array_append_val (neighbours, one);
    }
}

static guint32
preference_in (const GPtrArray *steps)
{
    for (guint i = 0; i < steps->len; i++) {
        const AditStep *step = steps->pdata[i];

        if (step->kind == ADIT_STEP_RULE && step->table)
            return step->preference;
    }
    return G_MAXUINT32;
}

static void
add_tunnel (GArray *neighbours, const char *name, guint32 ours)
{
    g_autoptr (GPtrArray) steps = adit_journal_peek (name);
    guint32 theirs              = steps ? preference_in (steps) : G_MAXUINT32;

    for (guint i = 0; steps && i < steps->len; i++) {
        const AditStep *step = steps->pdata[i];
        AditNeighbour   one  = { .is_tunnel = TRUE, .is_first = theirs <= ours };

        if (step->kind != ADIT_STEP_ROUTE || step->index == 0 ||
            step->table >= ADIT_PLAN_TABLE_NAMED)
            continue;
        one.prefix = step->prefix;
        g_snprintf (one.owner, sizeof one.owner, _ ("the tunnel %s"), name);
        g_array_append_val (neighbours, one);
    }
}

/* Of several tunnels the later one says it. */
GArray *
adit_neighbours_find (const AditCoreTunnel *tunnel, guint place)
{
    GArray *neighbours   = g_array_new (FALSE, FALSE, sizeof (AditNeighbour));
    guint32 ours         = adit_plan_preference (tunnel->profile, place) + 1;
    g_auto (GStrv) names = adit_runtime_names ("journal");

    add_networks (neighbours, tunnel->index);
    for (guint i = 0; tunnel->plan == NULL && names[i]; i++)
        if (!g_str_equal (names[i], tunnel->name))
            add_tunnel (neighbours, names[i], ours);
    return neighbours;
}
