/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* carrier.h - PPP in enhanced GRE (RFC 2637 4): what the two halves say to each other. */
#pragma once
#include "client/plugin.h"

enum {
    PPTP_HOLD    = 32,    /* packets that may wait for one before them … */
    PPTP_HOLD_US = 30000, /* … and how long */
    PPTP_ACK_US  = 50000, /* an acknowledgement waits so long for a packet to ride on */
    PPTP_ACK_MAX = 16,    /* packets without one */
};

/* To the carrier: a call stands; all zero: none does. */
typedef struct {
    guint16 call, peer_call; /* in what comes in; in what goes out: that may be zero */
} PptpCallIds;

/* From the carrier, once for each call: GRE comes through. */
typedef struct {
    guint64 packets;
} PptpHeard;

AditCarrier *pptp_carrier_new (void);
