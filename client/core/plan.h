/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.h - what is to be true of this host while the tunnel is up: a pure function of the profile,
 * the tunnel's offer and facts about the host.  Asks nobody and changes nothing. */
#pragma once
#include "client/base/profile.h"
#include "client/core/step.h"

enum {
    ADIT_PLAN_MARK  = 0xad17,     /* of all tunnels' own packets, unless the profile says another */
    ADIT_PLAN_TABLE = 0x0ad10000, /* + the device's index */
    ADIT_PLAN_PREFERENCE = 10000, /* of rules: + routing.priority; main is 32766 */
    ADIT_PLAN_MTU        = 1420,  /* before the tunnel knows better */
    ADIT_PLAN_MTU_MIN    = 576,
    ADIT_PLAN_MTU_MIN_V6 = 1280, /* RFC 8200 5 */
};

/* A tunnel's offer, judged for form. */
typedef struct {
    GArray *addresses, *routes; /* AditPrefix */
    char  **dns, **domains;
    guint   mtu;
} AditPlanOffer;

typedef struct {
    const char *interface;
    guint       index;
    gboolean    ipv6;        /* this host has IPv6 switched on */
    char       *setting;     /* NULL, or below /proc/sys: the outer device's rp_filter, when … */
    char       *strict;      /* … it is strict: its value now */
    const char *dns_backend; /* name */
    GArray     *on_link;     /* AditPrefix: networks this host is directly on */
    const char *name;        /* of the tunnel; NULL: plan no guard */
    GArray     *gateways;    /* AditGuardGateway: where its own packets go, or NULL */
    gboolean    seeks;       /* a gateway is still to be looked up */
} AditPlanFacts;

typedef struct {
    GPtrArray *steps;    /* AditStep, in order */
    GPtrArray *warnings; /* sentences */
    guint      mtu;
} AditPlan;

/* NULL: the profile asks for what cannot be. */
AditPlan *adit_plan_new (const AditProfile *profile, const AditPlanOffer *offer,
                         const AditPlanFacts *facts, GError **error);
void      adit_plan_free (AditPlan *plan);

/* What guard.mode asks for before there is an offer; NULL when it is off. */
AditStep *adit_plan_first_guard (const AditProfile *profile, const AditPlanFacts *facts);

/* 0: off. */
guint32 adit_plan_mark (const AditProfile *profile);
/* The device's MTU until there is an offer. */
guint adit_plan_first_mtu (const AditProfile *profile);

/* Texts as a worker sends them: "a10.0.0.7/24", "r10.0.0.0/8", "d10.0.0.53", "sexample.org". */
AditPlanOffer *adit_plan_offer_parse (char **texts, guint mtu, GError **error);
void           adit_plan_offer_free (AditPlanOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPlan, adit_plan_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPlanOffer, adit_plan_offer_free)
