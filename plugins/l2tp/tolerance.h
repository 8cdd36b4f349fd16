/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tolerance.h - where servers do other than RFC 2661 says and are understood all the same. */
#pragma once
#include "plugins/l2tp/wire.h"

typedef enum {
    L2TP_BEARS_FORM,    /* the message counts, whatever unknown and mandatory AVPs are in it */
    L2TP_BEARS_AVP,     /* this AVP is passed over, its M bit too */
    L2TP_BEARS_MISSING, /* this AVP may be missing, though the RFC demands it */
    L2TP_BEARS_LESS,    /* a number below `value` counts as `value` */
    L2TP_BEARS_HEADER,  /* the header names another session than this AVP: the AVP counts */
    L2TP_BEARS_NO_ID,   /* no session is named at all: it is about the call that waits */
    L2TP_N_BEARS,
} L2tpBears;

typedef struct {
    L2tpBears       what;
    L2tpMessageType in;    /* the message; L2TP_ZLB: any */
    guint           avp;   /* of vendor 0, where one is meant */
    guint32         value; /* for L2TP_BEARS_LESS */
    const char     *why;   /* for the log */
} L2tpTolerance;

extern const L2tpTolerance l2tp_tolerances[];
extern const gsize         l2tp_n_tolerances;

/* The row, or NULL: not to be borne. */
const L2tpTolerance *l2tp_bears (L2tpBears what, L2tpMessageType in, guint avp);
