/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-parts.h - a plan in the making, as the files that are its parts see it: plan.c (links,
 * addresses, tables, rules), plan-routes.c (what goes where), plan-dns.c (who is asked),
 * plan-guard.c (what may leave past the tunnel). */
#pragma once
#include "client/core/plan.h"

typedef struct {
    const AditProfile   *profile;
    const AditPlanOffer *offer;
    const AditPlanFacts *facts;
    AditPlan            *plan;
    guint32              mark, table;
    gboolean             rules;           /* the table is ours alone */
    GArray              *routes, *throws; /* AditPrefix */
} AditDraft;

/* plan.c */
void      adit_draft_warn (AditDraft *draft, const char *fmt, ...) G_GNUC_PRINTF (2, 3);
AditStep *adit_draft_add (AditDraft *draft, AditStepKind kind);
gboolean  adit_draft_usable (const AditDraft *draft, guint family); /* has this host the family? */
gboolean  adit_draft_has_family (const GArray *prefixes, guint family);
gboolean  adit_draft_has_default (const GArray *routes);

/* plan-routes.c: fills routes and throws. */
void     adit_draft_choose_routes (AditDraft *draft);
gboolean adit_draft_is_special (const AditPrefix *prefix); /* never carried by a tunnel */
gboolean adit_draft_is_private (const AditPrefix *prefix); /* a local network may have it */

/* plan-dns.c */
void adit_draft_plan_dns (AditDraft *draft);

/* plan-guard.c: the first step, when all others are known. */
void adit_draft_plan_guard (AditDraft *draft);
