/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* offload.c - the state of the offloads. */
#include "client/path/offload.h"

static const gint64 lost_for_us = 60 * G_USEC_PER_SEC;

void
path_offload_init (PathOffloads *o, guint32 allowed, AditPathStats *stats)
{
    *o              = (PathOffloads){ .allowed = allowed, .next_us = G_MAXINT64, .stats = stats };
    stats->offloads = allowed;
}

void
path_offload_lose (PathOffloads *o, AditOffload which, gint64 now_us)
{
    if (!path_offload_has (o, which))
        return;
    o->stats->offloads &= ~(1u << which);
    o->stats->offload_lost[which]++;
    o->lost_us[which] = now_us;
    o->next_us        = MIN (o->next_us, now_us + lost_for_us);
    if (o->on_lost)
        o->on_lost (o->user, which);
}

void
path_offload_forgo (PathOffloads *o, AditOffload which)
{
    o->allowed &= ~(1u << which);
    o->stats->offloads &= ~(1u << which);
}

guint32
path_offload_revive (PathOffloads *o, gint64 now_us)
{
    guint32 lost = o->allowed & ~o->stats->offloads, back = 0;

    if (now_us < o->next_us)
        return 0;
    o->next_us = G_MAXINT64;
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++) {
        if (!(lost & (1u << i)))
            continue;
        if (now_us - o->lost_us[i] >= lost_for_us)
            back |= 1u << i;
        else
            o->next_us = MIN (o->next_us, o->lost_us[i] + lost_for_us);
    }
    o->stats->offloads |= back;
    return back;
}
