/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* underlay.c - asks the kernel for its route to each peer and compares. */
#include "client/core/underlay.h"
#include "client/net/route.h"
#include <string.h>

enum { PEERS_MAX = 64 };

typedef struct {
    AditEndpoint   peer;
    AditRouteFound way; /* the last there was */
    gboolean       is_cut;
} Way;

struct AditUnderlay {
    guint32 mark;
    GArray *ways;
};

AditUnderlay *
adit_underlay_new (guint32 mark)
{
    AditUnderlay *underlay = g_new0 (AditUnderlay, 1);

    underlay->mark = mark;
    underlay->ways = g_array_new (FALSE, TRUE, sizeof (Way));
    return underlay;
}

void
adit_underlay_free (AditUnderlay *underlay)
{
    if (underlay == NULL)
        return;
    g_array_unref (underlay->ways);
    g_free (underlay);
}

static Way *
way_to (AditUnderlay *underlay, const AditEndpoint *peer)
{
    Way fresh = { .peer = *peer };

    for (guint i = 0; i < underlay->ways->len; i++) {
        Way *way = &g_array_index (underlay->ways, Way, i);

        if (way->peer.family == peer->family &&
            memcmp (way->peer.address, peer->address, sizeof peer->address) == 0)
            return way;
    }
    if (underlay->ways->len == PEERS_MAX)
        g_array_remove_index (underlay->ways, 0);
    g_array_append_val (underlay->ways, fresh);
    return &g_array_index (underlay->ways, Way, underlay->ways->len - 1);
}

static gboolean
find (const AditUnderlay *underlay, const AditEndpoint *peer, AditRouteFound *out)
{
    return adit_route_find (peer->family, peer->address, underlay->mark, out, NULL);
}

gboolean
adit_underlay_note (AditUnderlay *underlay, const AditEndpoint *peer, guint *index, guint *mtu)
{
    AditRouteFound now;

    *index = *mtu = 0;
    if (!find (underlay, peer, &now)) {
        way_to (underlay, peer)->is_cut = TRUE;
        return FALSE;
    }
    *way_to (underlay, peer) = (Way){ .peer = *peer, .way = now };
    *index                   = now.index;
    *mtu                     = MIN (now.mtu, 65535);
    return TRUE;
}

/* A path that carries less is learned elsewhere; only where it leads counts. */
static gboolean
same (const AditRouteFound *a, const AditRouteFound *b)
{
    return a->index == b->index && memcmp (a->source, b->source, sizeof a->source) == 0 &&
           memcmp (a->gateway, b->gateway, sizeof a->gateway) == 0;
}

gboolean
adit_underlay_moved (AditUnderlay *underlay)
{
    gboolean moved = FALSE;

    for (guint i = 0; i < underlay->ways->len; i++) {
        Way           *way = &g_array_index (underlay->ways, Way, i);
        AditRouteFound now;

        if (!find (underlay, &way->peer, &now)) {
            way->is_cut = TRUE;
            continue;
        }
        moved |= way->is_cut || !same (&way->way, &now);
        way->way    = now;
        way->is_cut = FALSE;
    }
    return moved;
}

guint
adit_underlay_device (const AditUnderlay *underlay)
{
    for (guint i = 0; i < underlay->ways->len; i++) {
        const Way *way = &g_array_index (underlay->ways, Way, i);

        if (!way->is_cut)
            return way->way.index;
    }
    return 0;
}

gboolean
adit_underlay_is_known (const AditUnderlay *underlay)
{
    return underlay->ways->len > 0;
}
