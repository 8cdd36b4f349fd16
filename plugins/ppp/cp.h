/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cp.h - what LCP and all network control protocols share: packets, options, counters and timers
 * around the automaton.  A protocol adds its options and what is to be done when it is up. */
#pragma once
#include "plugins/ppp/automaton.h"
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/wire.h"

#define CP_CODES ((1u << (CODE_REJECT + 1)) - 2) /* what every protocol knows */

enum { CP_OPTIONS = 6, CP_VALUE_MAX = 16, CP_ACKED_MAX = 128, CP_REPEATS = 3 };

/* An option of ours, or a better value for one of the peer's. */
typedef struct {
    guint8   type, len;
    gboolean wanted; /* FALSE: the peer rejected it */
    guint8   value[CP_VALUE_MAX];
} CpOption;

typedef enum { CP_ACK, CP_NAK, CP_REJECT } CpVerdict;

typedef struct Cp Cp;

typedef struct {
    guint8        code, id;
    const guint8 *data;
    gsize         len;
} CpPacket;

typedef struct {
    const char *name;
    guint16     protocol;
    guint32     codes; /* known ones, a bit each */
    /* A negotiation begins: our options as we would have them, by cp_want(). */
    void (*begin) (Cp *cp);
    /* The peer's options, one after the other, between `judging` and `judged`.  NAK: `better` has
     * its type and gets value and length. `judged` may name one that is missing. */
    void (*judging) (Cp *cp);
    CpVerdict (*judge) (Cp *cp, guint8 type, const guint8 *value, gsize len, CpOption *better);
    gboolean (*judged) (Cp *cp, CpOption *missing);
    /* The peer would have another value for ours. */
    void (*naked) (Cp *cp, CpOption *own, const guint8 *value, gsize len);
    void (*up) (Cp *cp);
    void (*down) (Cp *cp);
    void (*finished) (Cp *cp);
    /* Codes beyond CODE_REJECT. */
    void (*extra) (Cp *cp, const CpPacket *packet);
    /* The peer says goodbye: its last words, before it counts; and after. */
    void (*terminating) (Cp *cp, const guint8 *text, gsize len);
    void (*terminated) (Cp *cp);
} CpOps;

struct Cp {
    AditPpp     *ppp;
    const CpOps *ops;
    CpState      state; /* written by cp_event() alone */
    AditTimer    restart;
    guint        restarts, sent; /* left; since the negotiation began */
    guint        least_ms;       /* before a request is sent again; 0: as soon as is usual */
    guint        failures, naks; /* sent without an Ack between; received in a row */
    guint8       id, next_id;    /* of the last request; of the next packet */
    gboolean     answered;       /* the last request was */
    gboolean     early;          /* it came before the peer had begun */
    gboolean     heard;          /* anything of the peer's */
    guint        n_own;
    CpOption     own[CP_OPTIONS];
    /* The peer's request that was agreed to last. */
    guint8 acked_id;
    guint  repeated; /* how often it came again */
    gsize  acked_len;
    guint8 acked[CP_ACKED_MAX];
    /* What an action sends. */
    guint8 reply_code, reply_id;
    gsize  reply_len;
    guint8 reply[PPP_REPLY_MAX];
};

void cp_init (Cp *cp, AditPpp *ppp, const CpOps *ops);
void cp_clear (Cp *cp); /* disarms */
void cp_event (Cp *cp, CpEvent event);
/* A packet from its code field on; any bytes. */
void cp_input (Cp *cp, const guint8 *data, gsize len);
void cp_send (Cp *cp, guint8 code, guint8 id, gconstpointer data, gsize len);

void      cp_want (Cp *cp, guint8 type, gconstpointer value, gsize len);
CpOption *cp_own (Cp *cp, guint8 type); /* NULL: not asked for, or rejected */
/* A better value of `len` bytes; always CP_NAK. */
CpVerdict cp_better (CpOption *better, gconstpointer value, gsize len);
CpVerdict cp_better_number (CpOption *better, guint32 value, gsize len);

/* Text of a peer's as a log line or sentence may hold it; g_free. */
char *cp_text (const guint8 *text, gsize len);
