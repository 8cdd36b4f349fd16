/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* route-dump.h - all rules and all routes of all tables as the kernel lists them, in the order in
 * which it looks at rules.  Needs no privilege.  What the kernel makes of them is not said here. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef enum {
    ADIT_ROUTE_UNICAST,
    ADIT_ROUTE_LOCAL,
    ADIT_ROUTE_BROADCAST,
    ADIT_ROUTE_ANYCAST,
    ADIT_ROUTE_MULTICAST,
    ADIT_ROUTE_THROW, /* on with the next rule */
    ADIT_ROUTE_BLACKHOLE,
    ADIT_ROUTE_UNREACHABLE,
    ADIT_ROUTE_PROHIBIT,
    ADIT_ROUTE_UNKNOWN,
} AditRouteKind;

typedef struct {
    AditPrefix    prefix;
    AditRouteKind kind;
    guint32       table, metric;
    guint8        tos;                     /* 0: any */
    guint         index;                   /* device; 0: none, or several at once */
    guint         paths;                   /* 0 or 1; more: the kernel spreads over several */
    gboolean      is_dead;                 /* its device is down */
    gboolean      has_gateway;             /* perhaps of the other family */
    gboolean      has_source;              /* only for packets from some prefix (IPv6 subtrees) */
    guint8        source[16], gateway[16]; /* preferred, next hop; zero: none */
} AditRouteRow;

typedef enum {
    ADIT_RULE_LOOKUP,
    ADIT_RULE_GOTO,
    ADIT_RULE_NOP,
    ADIT_RULE_BLACKHOLE,
    ADIT_RULE_UNREACHABLE,
    ADIT_RULE_PROHIBIT,
    ADIT_RULE_UNKNOWN,
} AditRuleKind;

typedef struct {
    guint16 first, last; /* 0, 0: any */
} AditPortRange;

typedef struct {
    guint8        family; /* 4 or 6 */
    AditRuleKind  kind;
    guint32       preference, table, target; /* target: of a goto; 0: it has none yet */
    guint32       mark, mask;
    gboolean      is_inverted, is_only_vrf;
    gboolean      finds_source;        /* IPv6: a source that is still open counts later */
    AditPrefix    from, to;            /* family 0: any */
    guint8        tos, protocol;       /* 0: any */
    guint32       uid_first, uid_last; /* 0, G_MAXUINT32: any */
    AditPortRange from_port, to_port;
    char          in[16], out[16]; /* devices; "": any */
    gboolean      is_detached;     /* one of those devices is not there: never matches */
    gint32        suppress_length; /* results not longer than this do not count; -1 */
    gint32        suppress_group;  /* nor those by devices of this group; -1 */
    gboolean      has_more;        /* conditions that this version does not know */
} AditRuleRow;

/* GArray of AditRouteRow or AditRuleRow; NULL with error set. */
GArray *adit_route_dump (guint family, GError **error);
GArray *adit_rule_dump (guint family, GError **error);

/* "not from all fwmark 0xad17 lookup 180420611", as ip(8) writes it; g_free. */
char       *adit_rule_format (const AditRuleRow *rule);
const char *adit_route_kind_name (AditRouteKind kind); /* "throw" */
