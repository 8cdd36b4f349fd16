/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-parts.h - an explanation in the making, as the files that are its parts see it:
 * explain.c (the question), explain-facts.c (what is read), explain-way.c (where one address goes),
 * explain-name.c (who is asked for a name), explain-filter.c (what our packet filter does). */
#pragma once
#include "client/base/schema.h"
#include "client/core/decide.h"
#include "client/core/explain.h"
#include "client/core/step.h"
#include <json-glib/json-glib.h>

/* ---- explain-facts.c ---- */

typedef struct {
    char      *name, *device; /* device NULL: it has none now */
    guint      index;
    GPtrArray *steps; /* AditStep: what it has done to this host */
} AditFactsTunnel;

typedef struct {
    GArray    *rules[2], *routes[2]; /* of IPv4 and IPv6; rows of route-dump.h */
    GPtrArray *tunnels;              /* AditFactsTunnel */
    JsonNode  *filter;               /* our table as nft lists it; NULL: none, or not for us */
} AditFacts;

AditFacts *adit_facts_read (GError **error);
void       adit_facts_free (AditFacts *facts);

const AditFactsTunnel *adit_facts_by_device (const AditFacts *facts, guint index);
const AditFactsTunnel *adit_facts_by_rule (const AditFacts *facts, const AditRuleRow *rule);
const AditFactsTunnel *adit_facts_by_route (const AditFacts *facts, const AditRouteRow *route);
/* A step of that kind, and for ROUTE of that prefix and kind of route, or NULL. */
const AditStep *adit_facts_step (const AditFactsTunnel *tunnel, AditStepKind kind,
                                 const AditRouteRow *route);
/* "`include` in [routing] of the profile office": why a tunnel has a route; asks it for its
 * profile; g_free. */
char *adit_facts_origin (const AditFactsTunnel *tunnel, const AditRouteRow *route);

/* ---- explain-filter.c ---- */

typedef struct {
    AditFlow    flow;
    const char *device; /* by which it leaves */
    const char *cgroup; /* "/user.slice/…" of its sender; NULL: not known */
} AditFilterPacket;

typedef enum { ADIT_FILTER_PASSES, ADIT_FILTER_STOPS, ADIT_FILTER_OPEN } AditFilterVerdict;

/* Filter chains at `hook` in their order.  chain: where it was stopped, or may be; borrowed from
 * the table; NULL: it passes. */
AditFilterVerdict adit_filter_judge (JsonNode *table, const char *hook,
                                     const AditFilterPacket *packet, const char **chain);
/* The mark that chains of type route give the packet. */
guint32 adit_filter_mark (JsonNode *table, const AditFilterPacket *packet);

/* ---- explain-way.c, explain-name.c: each adds members to the object that is open ---- */

typedef struct {
    guint32     uid;
    guint32     mark;   /* before any filter */
    const char *cgroup; /* or NULL */
    guint8      protocol;
    guint16     port;
} AditSender;

void adit_explain_way (JsonBuilder *json, const AditFacts *facts, guint family,
                       const guint8 *address, const AditSender *sender);
/* Who is asked, without asking; then the whole of it. */
void adit_explain_resolver (JsonBuilder *json, const AditFacts *facts, const char *name,
                            const AditSender *sender);
void adit_explain_name (JsonBuilder *json, const AditFacts *facts, const char *name,
                        const AditSender *sender);

/* ---- explain.c: members of the object that is open ---- */

void adit_explain_text (JsonBuilder *json, const char *key, const char *text); /* NULL: null */
/* Sentences are gathered and then written as the member "sentences"; takes list. */
void adit_explain_say (GPtrArray *list, const char *fmt, ...) G_GNUC_PRINTF (2, 3);
void adit_explain_sentences (JsonBuilder *json, GPtrArray *list);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditFacts, adit_facts_free)
