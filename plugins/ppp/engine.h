/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine.h - one link: its phase (RFC 1661 3), its protocols, and what these tell each other.  For
 * files of this folder only; the door is ppp.h. */
#pragma once
#include "plugins/ppp/auth.h"
#include "plugins/ppp/ccp.h"
#include "plugins/ppp/ipcp.h"
#include "plugins/ppp/ipv6cp.h"
#include "plugins/ppp/lcp.h"
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/router.h"

typedef enum {
    PPP_DEAD,
    PPP_ESTABLISH,
    PPP_AUTHENTICATE,
    PPP_NETWORK,
    PPP_TERMINATE, /* we said goodbye */
    PPP_GONE,      /* `down` is said or about to be */
    PPP_N_PHASES,
} PppPhase;

struct AditPpp {
    AditHost     *host;
    AditPppConfig config; /* its texts are ours */
    AditPppEvents events;
    gpointer      user;
    PppPhase      phase; /* written by enter() alone */
    GError       *reason, *suspicion;
    AditTimer     ending; /* says `down`; ends TERMINATE */
    Lcp           lcp;
    Auth          auth;
    Ccp           ccp;
    Ipcp          ipcp;
    Ipv6cp        ipv6cp;
    Router        router;
    PppOpen       open; /* as the carrier was told last */
    gboolean      offered;
};

/* ---- down to the peer and to the carriers ---- */

void ppp_send (AditPpp *ppp, guint16 protocol, guint8 code, guint8 id, gconstpointer data,
               gsize len);
/* Bytes of data that one control packet of ours may have, so that the peer can take it. */
gsize ppp_reply_max (const AditPpp *ppp);
/* A whole packet of a network protocol. */
void ppp_send_data (AditPpp *ppp, guint16 protocol, gconstpointer data, gsize len);
void ppp_tell (AditPpp *ppp, AditPppCarrier to, gconstpointer message, gsize size);
void ppp_ask (AditPpp *ppp, const AditQuestion *question);

/* ---- how it ends ---- */

void ppp_fail (AditPpp *ppp, GError *reason); /* takes reason */
void ppp_lost (AditPpp *ppp);                 /* the peer went silent */
/* What it will have been, should the peer hang up now; takes error. */
void    ppp_suspect (AditPpp *ppp, GError *error);
GError *ppp_take_suspicion (AditPpp *ppp); /* or NULL */

/* ---- what happened ---- */

void ppp_on_lcp_up (AditPpp *ppp);
void ppp_on_lcp_down (AditPpp *ppp);
void ppp_on_lcp_finished (AditPpp *ppp);
void ppp_on_peer_ends (AditPpp *ppp, const char *words);
void ppp_on_loop (AditPpp *ppp); /* we hear ourselves */
void ppp_on_protocol_rejected (AditPpp *ppp, guint16 protocol);
void ppp_on_auth_done (AditPpp *ppp);
void ppp_on_ccp_changed (AditPpp *ppp);     /* opened, or given up */
void ppp_on_ccp_lost (AditPpp *ppp);        /* was open */
void ppp_on_weak_mppe (AditPpp *ppp);       /* the peer would do with less than we allow */
void ppp_on_network_changed (AditPpp *ppp); /* opened, lost, given up, or an address appeared */
void ppp_on_cp_changed (Cp *cp);            /* the same, of a network protocol */
void ppp_on_no_address (AditPpp *ppp);
