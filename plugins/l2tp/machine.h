/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - one L2TP tunnel with one session in it, as the files that are its parts see it:
 * machine.c (its life), control.c (control messages in and out), fields and config. */
#pragma once
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/config.h"
#include "plugins/l2tp/reliable.h"

enum {
    L2TP_CALL_MS   = 60000, /* from the first message to PPP: then the LNS is stuck */
    L2TP_REFUSALS  = 3,     /* SCCRQs answered by ICMP: then nothing listens there */
    L2TP_CHALLENGE = 16,
};

/* RFC 2661 7.2 and 7.4, of the one who places an incoming call. */
typedef enum {
    L2TP_IDLE,
    L2TP_REACHING,       /* a socket is asked for */
    L2TP_WAIT_CTL_REPLY, /* SCCRQ is out */
    L2TP_WAIT_REPLY,     /* SCCCN and ICRQ are out */
    L2TP_ESTABLISHED,    /* PPP talks */
    L2TP_UP,             /* packets may pass */
    L2TP_GONE,
    L2TP_N_STATES,
} L2tpState;

struct AditTunnel {
    AditHost    *host;
    L2tpConfig   config;
    L2tpState    state;
    AditLink    *link;
    AditPath    *path;
    guint        layer; /* of the l2tp carrier */
    L2tpReliable reliable;
    AditPppLink *ppp;
    AditTimer    timer;   /* the call's deadline, later the next HELLO */
    guint        refused; /* SCCRQs, by ICMP */

    guint16 tunnel, session, peer_tunnel, peer_session;
    guint8  challenge[L2TP_CHALLENGE];
    char   *peer_name, *peer_vendor;
};

/* machine.c */
void l2tp_enter (AditTunnel *t, L2tpState next);  /* the only writer of t->state */
void l2tp_give_up (AditTunnel *t, GError *error); /* takes error */
void l2tp_session_stands (AditTunnel *t);         /* ICRP was taken: PPP begins */

/* control.c */
void l2tp_send_sccrq (AditTunnel *t);
void l2tp_send_hello (AditTunnel *t);
void l2tp_send_stop (AditTunnel *t, L2tpStopResult result, L2tpErrorCode error);
/* One message of the reliable channel, in order. */
void l2tp_take (AditTunnel *t, guint16 session, const guint8 *body, gsize size);
