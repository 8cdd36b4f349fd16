/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lns.h - an L2TP server on a simulated wire: the other end of plugins/l2tp, from the same parts.
 */
#pragma once
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/reliable.h"
#include "plugins/ppp/ppp.h"
#include "tests/lib/fakehost.h"

typedef struct Lns {
    FakeHost     *host;
    AditPppConfig ppp_config;
    const char   *secret;  /* of the tunnel; NULL: none */
    gboolean      numbers; /* its data messages */
    /* Faults: how it ends what it is asked for; 0: it does not. */
    L2tpMessageType refuses; /* SCCRQ or ICRQ … */
    guint           takes;   /* … after so many calls */
    guint16         result, error;
    const char     *words;
    gboolean        nameless; /* its CDNs name no session of the client's */
    /* Optional: sees each control message's AVPs before they leave; may change them. */
    void (*on_avps) (struct Lns *lns, guint8 *avps, gsize size);

    AditLink    *link;
    AditPath    *path;
    AditPpp     *ppp;
    L2tpReliable reliable;
    guint16      peer_tunnel, peer_session;
    guint        calls; /* taken so far; the last one's number is LNS_SESSION + calls - 1 */
    guint        messages[L2TP_SLI + 1]; /* of each type that came */
    guint        silent, ups, downs;
    gboolean     proved; /* the client answered our challenge well */
} Lns;

enum { LNS_TUNNEL = 77, LNS_SESSION = 78 };

/* Configure, then start it for the one client at `peer`. */
Lns *lns_new (FakeWire *wire, const char *at);
void lns_start (Lns *lns, const char *peer);
void lns_free (Lns *lns);
/* A control message with a result code: StopCCN or CDN. */
void lns_end (Lns *lns, L2tpMessageType type, guint16 result, guint16 error, const char *words);
/* Asks the client to take a call. */
void    lns_call (Lns *lns, L2tpMessageType type);
guint16 lns_session (const Lns *lns); /* of the last call, at this end */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lns, lns_free)
