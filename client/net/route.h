/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route.h - routes, the rules that choose tables, and where a packet to somewhere would go. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef struct {
    AditPrefix prefix;
    guint32    table;
    guint      index;      /* device; 0: a `throw` route: go on with the next rule, … */
    gboolean   is_refused; /* … or, if so, what is sent there fails */
} AditRoute;

typedef struct {
    guint8   family; /* 4 or 6 */
    guint32  preference;
    guint32  table;     /* look there; 0: */
    guint32  target;    /* go on at this preference; 0: nothing, a place to go on at */
    guint32  mark;      /* 0: whatever it is; else packets that do not carry it, or … */
    gboolean is_marked; /* … those that do, … */
    guint32  mask;      /* … in these bits; 0: all */
    gboolean has_users; /* only packets of sockets of the users … */
    guint32  uid_first, uid_last;
} AditRule;

typedef struct {
    int    number;                  /* errno of the kernel's refusal; 0: a way */
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
/* Where a TCP packet of that user's goes; without mtu. */
AditRouteFound adit_route_ask (guint family, const guint8 *address, guint32 mark, guint32 uid);

/* Removes all routes of a table that is ours alone. */
gboolean adit_route_flush (guint32 table, GError **error);

/* Prefixes of more than one address that lie directly on some device (scope link) in table main;
 * GArray of AditPrefix. */
GArray *adit_route_on_link (void);
/* The same as AditRoute, with their devices. */
GArray *adit_route_direct (void);
