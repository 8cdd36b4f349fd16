/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - one L2TP tunnel and the calls in it, as the files that are its parts see them:
 * machine.c (the tunnel's life), call.c (a call's), messages.c (control messages out), control.c
 * (what theirs mean). */
#pragma once
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/config.h"
#include "plugins/l2tp/reliable.h"

enum {
    L2TP_REPLY_MS     = 60000, /* from the first message to SCCRP: then the LNS is stuck */
    L2TP_CALL_MS      = 30000, /* from ICRQ to ICRP */
    L2TP_NEXT_CALL_MS = 5000,  /* the same of a later call: another tunnel may be quicker */
    L2TP_OVER_MS      = 31000, /* a call's number is not given to another: the LNS may still send */
    L2TP_CALLS        = 4,     /* of one tunnel: the one that lives, and those before it */
    L2TP_REFUSALS     = 3,     /* SCCRQs answered by ICMP: then nothing listens there */
    L2TP_CHALLENGE    = 16,
};

/* RFC 2661 7.2.1 */
typedef enum {
    L2TP_IDLE,
    L2TP_REACHING,       /* a socket is asked for */
    L2TP_WAIT_CTL_REPLY, /* SCCRQ is out */
    L2TP_ESTABLISHED,    /* calls can be placed */
    L2TP_STOPPED,        /* by the LNS; PPP may know why */
    L2TP_GONE,
    L2TP_N_STATES,
} L2tpState;

/* RFC 2661 7.4.1, of the one who places an incoming call. */
typedef enum {
    L2TP_CALL_IDLE,
    L2TP_CALL_WAIT_REPLY,  /* ICRQ is out */
    L2TP_CALL_ESTABLISHED, /* ICCN is out, PPP talks */
    L2TP_CALL_UP,          /* packets may pass */
    L2TP_CALL_OVER,        /* by a CDN of either side */
    L2TP_N_CALL_STATES,
} L2tpCallState;

typedef struct {
    AditTunnel   *tunnel;
    L2tpCallState state; /* written by call.c alone */
    guint16       session, peer_session;
    AditTimer     timer; /* ends WAIT_REPLY and OVER */
} L2tpCall;

struct AditTunnel {
    AditHost    *host;
    L2tpConfig   config;
    L2tpState    state;
    AditLink    *link;
    AditPath    *path;
    guint        layer; /* of the l2tp carrier */
    L2tpReliable reliable;
    AditPppLink *ppp;
    AditTimer    timer;   /* for SCCRP, later the next HELLO */
    guint        refused; /* SCCRQs, by ICMP */

    L2tpCall  calls[L2TP_CALLS];
    L2tpCall *call;   /* the last one placed; NULL: none was */
    guint     placed; /* calls, so far */

    guint16 tunnel, peer_tunnel;
    guint8  challenge[L2TP_CHALLENGE];
    char   *peer_name, *peer_vendor;
};

/* machine.c */
void     l2tp_enter (AditTunnel *t, L2tpState next);  /* the only writer of t->state */
void     l2tp_give_up (AditTunnel *t, GError *error); /* takes error */
void     l2tp_stopped (AditTunnel *t, GError *error); /* by StopCCN; takes error */
gboolean l2tp_was_up (const AditTunnel *t);           /* packets passed at some time */
guint16  l2tp_pick_id (AditTunnel *t);                /* by chance, never zero */

/* call.c */
extern const AditPppLinkEvents l2tp_call_events;

void      l2tp_call_init (AditTunnel *t);
void      l2tp_call_clear (AditTunnel *t);
gboolean  l2tp_call_place (AditTunnel *t); /* FALSE: there is no room for one more */
L2tpCall *l2tp_call_find (AditTunnel *t, guint16 session); /* NULL: no such call */
L2tpCall *l2tp_call_find_peer (AditTunnel *t, guint16 peer_session);
void      l2tp_call_answered (L2tpCall *call, guint16 peer_session); /* by ICRP: PPP begins */
void      l2tp_call_ended (L2tpCall *call, GError *reason);          /* by CDN; takes reason */
gboolean  l2tp_call_stands (const L2tpCall *call);                   /* NULL does not */

/* messages.c */
void l2tp_send_sccrq (AditTunnel *t);
void l2tp_send_scccn (AditTunnel *t, const L2tpAvp *challenge);
void l2tp_send_hello (AditTunnel *t);
void l2tp_send_stop (AditTunnel *t, L2tpStopResult result, L2tpErrorCode error);
void l2tp_send_icrq (const L2tpCall *call);
void l2tp_send_iccn (const L2tpCall *call);
void l2tp_send_cdn (AditTunnel *t, guint16 peer_session, guint16 session, L2tpCdnResult result);

/* control.c: one message of the reliable channel, in order. */
void l2tp_take (AditTunnel *t, guint16 session, const guint8 *body, gsize size);
