/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.h - L2TP data messages (RFC 2661 3.1, 5.4): what the two halves say to each other. */
#pragma once
#include "client/plugin.h"

/* To the carrier: a session stands; all zero: none does. */
typedef struct {
    guint16 tunnel, session;           /* ours, in what comes in */
    guint16 peer_tunnel, peer_session; /* in what goes out */
    guint8  sequencing;                /* each message is numbered, from the start */
} L2tpSession;

AditCarrier *l2tp_carrier_new (void);
