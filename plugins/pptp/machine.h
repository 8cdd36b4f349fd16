/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - one PPTP tunnel and the calls in it, as the files that are its parts see them:
 * machine.c (its life, GRE), call.c (a call's life), control.c (the control connection). */
#pragma once
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/config.h"
#include "plugins/pptp/wire.h"

enum {
    PPTP_REACH_MS = 20000, /* the name looked up and TCP connected */
    PPTP_REPLY_MS = 15000, /* the server's answers to us */
    PPTP_GRE_MS   = 4500,  /* from the call to the first GRE packet: else something blocks it */
    PPTP_NEXT_MS  = 5000,  /* the answer to a later call: another connection may be quicker */
    PPTP_CALLS    = 4,     /* of one control connection: the one that lives, and those before it */
};

/* RFC 2637 3.1 */
typedef enum {
    PPTP_IDLE,
    PPTP_REACHING,    /* TCP */
    PPTP_WAIT_START,  /* for Start-Control-Connection-Reply */
    PPTP_OPENING,     /* GRE, so that it can be heard */
    PPTP_ESTABLISHED, /* calls can be placed */
    PPTP_STOPPED,     /* by the server; PPP may know why */
    PPTP_GONE,
    PPTP_N_STATES,
} PptpState;

/* RFC 2637 3.2.4, of the one who places a call */
typedef enum {
    PPTP_CALL_IDLE,
    PPTP_CALL_WAIT_REPLY,      /* Outgoing-Call-Request is out */
    PPTP_CALL_WAIT_GRE,        /* for the first GRE packet */
    PPTP_CALL_ESTABLISHED,     /* PPP talks */
    PPTP_CALL_UP,              /* packets may pass */
    PPTP_CALL_WAIT_DISCONNECT, /* Call-Clear-Request is out */
    PPTP_N_CALL_STATES,
} PptpCallState;

typedef struct {
    AditTunnel   *tunnel;
    PptpCallState state; /* written by call.c alone */
    guint16       call, peer_call;
    AditTimer     timer; /* ends what is waited for */
} PptpCall;

struct AditTunnel {
    AditHost    *host;
    PptpConfig   config;
    PptpState    state;
    AditLink    *control, *data;
    AditPath    *path;
    guint        layer; /* of the gre carrier */
    AditPppLink *ppp;
    AditTimer    timer;  /* what is waited for, later the next echo */
    guint        echoes; /* unanswered */
    GByteArray  *stream; /* of control messages, not yet whole */
    PptpCall     calls[PPTP_CALLS];
    PptpCall    *call;   /* the last one placed; NULL: none was */
    guint        placed; /* calls, so far */
    PptpMessage  peer;   /* Start-Control-Connection-Reply */
};

/* machine.c */
void     pptp_enter (AditTunnel *t, PptpState next);  /* the only writer of t->state */
void     pptp_fail (AditTunnel *t, GError *error);    /* says goodbye and gives up; takes error */
void     pptp_stopped (AditTunnel *t, GError *error); /* by the server; takes error */
gboolean pptp_was_up (const AditTunnel *t);           /* packets passed at some time */
void     pptp_open_gre (AditTunnel *t);               /* places the first call once it is open */
gboolean pptp_can_hear (const AditTunnel *t);         /* GRE */
void     pptp_tell_carrier (AditTunnel *t, const PptpCallIds *ids);

/* call.c */
extern const AditPppLinkEvents pptp_call_events;

void      pptp_call_init (AditTunnel *t);
void      pptp_call_clear (AditTunnel *t);
gboolean  pptp_call_place (AditTunnel *t);              /* FALSE: there is no room for one more */
PptpCall *pptp_call_find (AditTunnel *t, guint16 call); /* NULL: no such call */
PptpCall *pptp_call_find_peer (AditTunnel *t, guint16 peer_call);
void      pptp_call_answered (PptpCall *call, guint16 peer_call); /* PPP begins */
void      pptp_call_heard (PptpCall *call);                       /* GRE comes through */
/* By the server, or never begun; takes reason. */
void     pptp_call_ended (PptpCall *call, GError *reason);
gboolean pptp_call_stands (const PptpCall *call); /* PPP may talk; NULL does not stand */

/* control.c */
extern const AditLinkEvents pptp_control_events;

void pptp_send (AditTunnel *t, const PptpMessage *message);
void pptp_place_first (AditTunnel *t); /* once both GRE and the control connection are there */
void pptp_say_goodbye (AditTunnel *t); /* what a server should hear before the connection ends */
