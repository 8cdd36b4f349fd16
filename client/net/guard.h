/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.h - what may leave this host past a tunnel, as rules of our table (nft.h): filters on the
 * outgoing device and the mark, never on routes.  A tunnel NAME has the chains in-NAME (nobody
 * outside speaks to its addresses, CVE-2019-14899), and when it blocks, out-NAME and forward-NAME;
 * what is any tunnel's own stands in the shared chain `known`, marked by the comment NAME. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

#define ADIT_GUARD_KNOWN "known"

/* Where the tunnel's own packets go. */
typedef struct {
    AditEndpoint endpoint; /* port 0: any, or the protocol has none */
    guint8       protocol; /* of IP; 0: any */
} AditGuardGateway;

typedef struct {
    guint32 first, last; /* user ids */
} AditGuardUsers;

typedef struct {
    const char   *name; /* of the tunnel: letters, digits, dots, dashes, underscores */
    const char   *device;
    guint32       mark;             /* of the tunnel's own packets; 0: they bear none */
    gboolean      blocks;           /* FALSE: only nobody outside may speak to its addresses */
    gboolean      closed4, closed6; /* nothing of the family leaves past the tunnel */
    gboolean      seeks;            /* a gateway's name is still to be looked up: DNS may leave */
    gboolean      pinned;           /* DNS and DNS over TLS only through the tunnel, … */
    const GArray *resolvers;        /* … only to these, when there are any: AditPrefix */
    const GArray *addresses;        /* AditPrefix: the tunnel's own */
    const GArray *carried;          /* AditPrefix: what leaves through the tunnel or not at all */
    const GArray *past;             /* AditPrefix: what may leave past it all the same */
    const GArray *gateways;         /* AditGuardGateway */
    gboolean      learns;           /* sets past4-NAME and past6-NAME: hosts that may go past it */
    guint32       past_bit;         /* in the mark of programs that may go past it; 0: none may */
    guint32       through_bit;      /* in the mark of those that may go nowhere else; 0: none */
    const GArray *past_users, *through_users; /* AditGuardUsers: the same */
} AditGuardSpec;                              /* any of the arrays may be NULL */

/* One text for adit_guard_apply; pure; g_free. */
char *adit_guard_text (const AditGuardSpec *spec);

/* Sets the guard of that name, or replaces it, in one transaction.  `lock` as in nft.h. */
gboolean adit_guard_apply (const char *lock, const char *name, const char *text, GError **error);
gboolean adit_guard_remove (const char *lock, const char *name,
                            GError **error); /* gone is success */

/* Packets and bytes that the guard has stopped since it was last set; FALSE: there is none. */
gboolean adit_guard_counts (const char *name, guint64 *packets, guint64 *bytes);
