/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-parts.h - a plan in the making, as the files that are its parts see it: plan.c (links,
 * addresses, tables), plan-routes.c (what goes where), plan-split.c (who goes there, rules),
 * plan-dns.c (who is asked), plan-guard.c (what may leave past the tunnel). */
#pragma once
#include "client/core/plan.h"

typedef struct {
    const AditProfile   *profile;
    const AditPlanOffer *offer;
    const AditPlanFacts *facts;
    AditPlan            *plan;
    guint32              mark, table;
    gboolean             rules;                       /* the table is ours alone */
    gboolean             learns;                      /* routes of domains come later */
    GArray              *routes, *throws;             /* AditPrefix */
    GArray              *named_routes, *named_throws; /* of programs and users that are to use it */
} AditDraft;

/* plan.c */
/* Has profile, offer and facts; the rest is made, and then the routes are chosen. */
void      adit_draft_init (AditDraft *draft);
void      adit_draft_clear (AditDraft *draft); /* all that is still there */
void      adit_draft_warn (AditDraft *draft, const char *fmt, ...) G_GNUC_PRINTF (2, 3);
AditStep *adit_draft_add (AditDraft *draft, AditStepKind kind);
gboolean  adit_draft_usable (const AditDraft *draft, guint family); /* has this host the family? */
gboolean  adit_draft_has_family (const GArray *prefixes, guint family);
gboolean  adit_draft_has_default (const GArray *routes);

/* plan-routes.c: fills routes and throws, and the same of those that are named. */
void     adit_draft_choose_routes (AditDraft *draft);
gboolean adit_draft_is_special (const AditPrefix *prefix); /* never carried by a tunnel */
gboolean adit_draft_is_private (const AditPrefix *prefix); /* a local network may have it */

/* plan-split.c: who goes through the tunnel, and who past it. */
gboolean adit_draft_is_selective (const AditProfile *profile); /* only who is named goes through */
gboolean adit_draft_judge_split (AditDraft *draft, GError **error); /* can the table do it? */
void     adit_draft_plan_split (AditDraft *draft);                  /* table, marks, rules */
void     adit_draft_warn_neighbours (AditDraft *draft);

/* plan-dns.c */
void adit_draft_plan_dns (AditDraft *draft);

/* plan-guard.c: the first step, when all others are known. */
void adit_draft_plan_guard (AditDraft *draft);
