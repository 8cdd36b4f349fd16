/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decide.h - what the kernel does with a packet that this host sends, told from its rules and
 * routes: a pure model, so that the answer comes with the rule and the route that it is due to.
 * Out of it, and told as such: which of several equal ways is taken (multipath, ECMP, neighbours
 * that do not answer), routes for some sources only (IPv6 subtrees), VRFs, and devices that only
 * lost their carrier.  Not asked about are received and forwarded packets, and sockets that are
 * bound to a device. */
#pragma once
#include "client/net/route-dump.h"

typedef struct {
    guint8   family; /* 4 or 6 */
    guint8   destination[16];
    guint8   source[16];
    gboolean has_source; /* its sender has chosen one */
    guint32  mark, uid;
    guint8   protocol, tos;      /* 0: not known; IPPROTO_TCP, … */
    guint16  from_port, to_port; /* 0: not known */
} AditFlow;

typedef enum {
    ADIT_ROUTING_FOUND,       /* out by a device, or to this host itself: route says which */
    ADIT_ROUTING_BLACKHOLE,   /* dropped, without a word */
    ADIT_ROUTING_UNREACHABLE, /* refused: no way there */
    ADIT_ROUTING_PROHIBITED,  /* refused: not allowed */
    ADIT_ROUTING_NONE,        /* no rule led to a route */
} AditRouting;

typedef struct {
    AditRouting         routing;
    const AditRuleRow  *rule;    /* that decided; NULL: none did.  Borrowed from the rules */
    const AditRouteRow *route;   /* NULL: none.  Borrowed from the routes */
    GArray             *passed;  /* guint: rules that matched and did not decide, in order */
    gboolean            is_open; /* met on its way what the model leaves out */
} AditDecision;

/* rules, routes: AditRuleRow, AditRouteRow of one family, as dumped.  Group of a device, for
 * suppress_ifgroup; NULL: all are in group 0. */
typedef guint (*AditGroupFn) (gpointer user, guint index);
void adit_decide (const GArray *rules, const GArray *routes, const AditFlow *flow,
                  AditGroupFn group, gpointer user, AditDecision *out);
/* What one table says by itself; NULL: nothing. */
const AditRouteRow *adit_decide_table (const GArray *routes, guint32 table, const AditFlow *flow);
void                adit_decision_clear (AditDecision *decision);
