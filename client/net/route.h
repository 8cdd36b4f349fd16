/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route.h - routes, the rules that choose tables, and where a packet to somewhere would go. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef struct {
    AditPrefix prefix;
    guint32    table;
    guint      index; /* device; 0: a `throw` route: go on with the next rule */
} AditRoute;

/* "Everything that does not carry this mark looks into this table." */
typedef struct {
    guint8  family; /* 4 or 6 */
    guint32 mark, table, preference;
} AditRule;

typedef struct {
    guint  index;                   /* of the outgoing device */
    guint  mtu;                     /* what the route, a learned path or else the device carries */
    guint8 source[16], gateway[16]; /* as AditPrefix.address; zero: none */
} AditRouteFound;

gboolean adit_route_add (const AditRoute *route, GError **error);
gboolean adit_route_remove (const AditRoute *route, GError **error); /* gone is success */
gboolean adit_rule_add (const AditRule *rule, GError **error);
gboolean adit_rule_remove (const AditRule *rule, GError **error); /* gone is success */

/* Where a packet with this mark goes. */
gboolean adit_route_find (guint family, const guint8 *address, guint32 mark, AditRouteFound *out,
                          GError **error);

/* Prefixes of more than one address that lie directly on some device (scope link) in table main;
 * GArray of AditPrefix. */
GArray *adit_route_on_link (void);
