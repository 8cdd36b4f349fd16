/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reliable.h - delivery of control messages in order and once: Ns, Nr, window, resending with slow
 * start, and what came too early (RFC 2661 5.8, appendix A).  Knows no message. */
#pragma once
#include "client/plugin.h"
#include "plugins/l2tp/wire.h"

enum {
    L2TP_WINDOW      = 8,    /* messages that we take ahead of time, and tell the peer */
    L2TP_WINDOW_PEER = 4,    /* its window until it tells (RFC 2661 4.4.3) */
    L2TP_RESEND_MS   = 1000, /* doubled each time … */
    L2TP_RESEND_MOST = 8000, /* … up to this */
    L2TP_TRIES       = 8,
    L2TP_QUEUE       = 64, /* messages of ours waiting for the window */
};

typedef struct {
    /* One UDP payload; takes packet. */
    void (*output) (gpointer user, AditPacket *packet);
    /* The next in order, valid for the call. */
    void (*message) (gpointer user, guint16 session, const guint8 *body, gsize size);
    /* The peer did not acknowledge a message after all tries; nothing is sent any more. */
    void (*silent) (gpointer user);
} L2tpReliableEvents;

typedef struct {
    AditHost                 *host;
    const L2tpReliableEvents *events;
    gpointer                  user;

    guint16     tunnel;               /* the peer's id: where messages go; 0: not known yet */
    guint16     ns, nr;               /* of our next message; that we expect next */
    guint16     acknowledged;         /* by the peer: all before this one */
    guint       window;               /* the peer's */
    guint       cwnd, acks, ssthresh; /* appendix A */
    guint       tries;                /* of the oldest that is not acknowledged */
    gboolean    owed;                 /* an acknowledgement, until anything is sent */
    gboolean    ended;
    GQueue      queue; /* AditPacket with header; the first `sent` are on their way */
    guint       sent;
    AditPacket *early[L2TP_WINDOW]; /* early[i]: with Ns nr + 1 + i */
    AditTimer   timer;
} L2tpReliable;

void l2tp_reliable_init (L2tpReliable *r, AditHost *host, const L2tpReliableEvents *events,
                         gpointer user);
void l2tp_reliable_clear (L2tpReliable *r); /* safe on a zeroed one */

/* From what SCCRP or SCCRQ told. */
void l2tp_reliable_set_peer (L2tpReliable *r, guint16 tunnel, guint window);

/* Takes packet: the AVPs, with room for the header in front.  FALSE: the queue is full. */
gboolean l2tp_reliable_send (L2tpReliable *r, guint16 session, AditPacket *packet);

/* A well-formed control message; events are called from inside. */
void l2tp_reliable_receive (L2tpReliable *r, const L2tpHeader *header);

gboolean l2tp_reliable_idle (const L2tpReliable *r); /* everything is acknowledged */
