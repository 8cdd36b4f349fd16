/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - one PPTP tunnel with one call in it, as the files that are its parts see it:
 * machine.c (its life, GRE and PPP), control.c (the control connection). */
#pragma once
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/config.h"
#include "plugins/pptp/wire.h"

enum {
    PPTP_REACH_MS = 20000, /* the name looked up and TCP connected */
    PPTP_REPLY_MS = 15000, /* the server's answers to us */
    PPTP_GRE_MS   = 4500,  /* from the call to the first GRE packet: else something blocks it */
};

/* RFC 2637 3.1, 3.2 */
typedef enum {
    PPTP_IDLE,
    PPTP_REACHING,    /* TCP */
    PPTP_WAIT_START,  /* for Start-Control-Connection-Reply */
    PPTP_WAIT_CALL,   /* for Outgoing-Call-Reply */
    PPTP_WAIT_GRE,    /* for the first GRE packet */
    PPTP_ESTABLISHED, /* PPP talks */
    PPTP_UP,
    PPTP_GONE,
    PPTP_N_STATES,
} PptpState;

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
    guint16      call, peer_call;
    PptpMessage  peer; /* Start-Control-Connection-Reply */
};

/* machine.c */
void pptp_enter (AditTunnel *t, PptpState next);  /* the only writer of t->state */
void pptp_give_up (AditTunnel *t, GError *error); /* takes error */
void pptp_open_gre (AditTunnel *t);               /* places the call once it is open */
void pptp_call_stands (AditTunnel *t);            /* PPP begins */

/* control.c */
extern const AditLinkEvents pptp_control_events;
void                        pptp_send (AditTunnel *t, const PptpMessage *message);
void                        pptp_place_call (AditTunnel *t);
void pptp_say_goodbye (AditTunnel *t); /* what a server should hear before the connection ends */
