/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* offload.h - which offloads may be used, which are, and which were lost when.  A lost one is tried
 * again at the first activity a minute later; there is no timer. */
#pragma once
#include "client/base/stats.h"

typedef struct {
    guint32 allowed; /* bits 1 << AditOffload: known to work here and not switched off */
    gint64  lost_us[ADIT_N_OFFLOADS];
    gint64  next_us;      /* when the first lost one may be tried again; G_MAXINT64: none is lost */
    AditPathStats *stats; /* stats->offloads holds those in use */
    void (*on_lost) (gpointer user, AditOffload which);
    gpointer user;
} PathOffloads;

void path_offload_init (PathOffloads *o, guint32 allowed, AditPathStats *stats);

static inline gboolean
path_offload_has (const PathOffloads *o, AditOffload which)
{
    return (o->stats->offloads >> which) & 1;
}

static inline void
path_offload_use (PathOffloads *o, AditOffload which)
{
    o->stats->offload_used[which]++;
}

void path_offload_lose (PathOffloads *o, AditOffload which, gint64 now_us);

/* Not offered here at all: neither counted as lost nor tried again. */
void path_offload_forgo (PathOffloads *o, AditOffload which);

/* Brings back what was lost long enough ago; the bits that came back. */
guint32 path_offload_revive (PathOffloads *o, gint64 now_us);
