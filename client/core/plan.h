/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.h - what is to be true of this host while the tunnel is up: a pure function of the profile,
 * the tunnel's offer and facts about the host.  Asks nobody and changes nothing. */
#pragma once
#include "client/base/profile.h"
#include "client/core/step.h"

enum {
    ADIT_PLAN_MARK  = 0xad17,     /* of all tunnels' own packets, unless the profile says another */
    ADIT_PLAN_TABLE = 0x0ad10000, /* + the device's index: what all programs send there */
    ADIT_PLAN_TABLE_NAMED = 0x0ad20000, /* the same for programs and users that are to use it */
    /* The rules of one tunnel stand at first = PREFERENCE + STRIDE * routing.priority + 2 * place,
     * where place is its seat, or ADIT_PLAN_SEATS without one, and are tried in this order:
     *
     *   first      goto first + 2, for: the tunnel's own packets, programs and users past it;
     *              only in a tunnel that has a seat
     *   first + 1  lookup TABLE, for all but the tunnel's own packets;
     *              lookup TABLE_NAMED, for programs and users that are to use it
     *   first + 2  nothing: here the next tunnel begins
     *
     * So what goes past one tunnel still meets the others, and `main` (32766) last. */
    ADIT_PLAN_PREFERENCE = 10000,
    ADIT_PLAN_STRIDE     = 20,
    ADIT_PLAN_SEATS      = 8,    /* tunnels at once that tell programs or users apart */
    ADIT_PLAN_MARK_BITS  = 16,   /* of a seat's two bits the first: adit_plan_mark_past */
    ADIT_PLAN_MTU        = 1420, /* before the tunnel knows better */
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
    guint32 first, last;
} AditUidRange;

/* A network that this host reaches already, and who has it: "eth0", "the tunnel home". */
typedef struct {
    AditPrefix prefix;
    char       owner[80];
    gboolean   is_tunnel; /* its routes are tried … */
    gboolean   is_first;  /* … before this one's */
} AditNeighbour;

typedef struct {
    const char *interface;
    guint       index;
    gboolean    ipv6;        /* this host has IPv6 switched on */
    char       *setting;     /* NULL, or below /proc/sys: the outer device's rp_filter, when … */
    char       *strict;      /* … it is strict: its value now */
    const char *dns_backend; /* name */
    const char *dns_split;   /* name of one that asks by domain, or NULL */
    GArray     *on_link;     /* AditPrefix: networks this host is directly on */
    const char *name;        /* of the tunnel; NULL: plan no guard */
    GArray     *gateways;    /* AditGuardGateway: where its own packets go, or NULL */
    gboolean    seeks;       /* a gateway is still to be looked up */

    /* Programs and users that are told apart (split.h); all empty without a seat. */
    gboolean has_seat;
    guint    seat;
    GArray  *past_users, *through_users; /* AditUidRange, or NULL */
    char    *group_root;                 /* as adit_cgroup_nft_root; NULL: no programs */
    gboolean takes_in;                   /* processes are put into groups of ours */
    char    *own_setting, *own_strict;   /* as setting and strict, of the tunnel's device */
    GArray  *limits;                     /* AditPrefix: all that the profile allows; NULL: all */
    GArray  *neighbours;                 /* AditNeighbour, or NULL */
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
guint32     adit_plan_mark (const AditProfile *profile);
const char *adit_plan_guard_mode (const AditProfile *profile); /* "off" when it says nothing */
/* Loopback, link-local, multicast: never carried. */
gboolean adit_plan_is_special (const AditPrefix *prefix);
/* Where a tunnel's rules begin, with that place among those of its priority. */
guint32 adit_plan_preference (const AditProfile *profile, guint place);
/* The control group of processes that were put past a tunnel, or into it; g_free. */
char *adit_plan_group (const char *name, gboolean past);
/* Sentences about neighbours, as far as they follow from the profile and its limits alone. */
GPtrArray *adit_plan_forewarn (const AditProfile *profile, const AditPlanFacts *facts);

/* Set in the marks of packets of programs that go past the tunnel with this seat, or through it.
 * They are set together with whatever else a mark says, so are compared alone.  A packet with the
 * first may leave past that tunnel's guard, and no other's. */
static inline guint32
adit_plan_mark_past (guint seat)
{
    return 1u << (ADIT_PLAN_MARK_BITS + 2 * seat);
}

static inline guint32
adit_plan_mark_through (guint seat)
{
    return 2u << (ADIT_PLAN_MARK_BITS + 2 * seat);
}

/* The device's MTU until there is an offer. */
guint adit_plan_first_mtu (const AditProfile *profile);

/* Texts as a worker sends them: "a10.0.0.7/24", "r10.0.0.0/8", "d10.0.0.53", "sexample.org"; NULL:
 * it offers nothing. */
AditPlanOffer *adit_plan_offer_parse (char **texts, guint mtu, GError **error);
void           adit_plan_offer_free (AditPlanOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPlan, adit_plan_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPlanOffer, adit_plan_offer_free)
