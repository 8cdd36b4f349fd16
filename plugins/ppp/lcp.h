/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lcp.h - the Link Control Protocol, RFC 1661 6 and RFC 1570 2: MRU, authentication, magic number,
 * header compression; echoes, loops, protocol-rejects. */
#pragma once
#include "plugins/ppp/cp.h"

/* What one side said of itself. */
typedef struct {
    guint16  mru;
    guint32  accm;
    guint16  auth;      /* PppProtocol, 0: none */
    guint8   algorithm; /* of CHAP */
    guint32  magic;
    gboolean pfc, acfc;
} LcpOptions;

typedef struct {
    Cp         cp;
    LcpOptions offered, peer; /* in the request at hand; agreed */
    guint32    magic;         /* ours; 0: rejected */
    guint      loops;         /* own magic numbers seen in a row */
    guint      auth_naks;
    AditTimer  echo;
    guint      unanswered;
    guint8     echo_id;
} Lcp;

void lcp_init (Lcp *lcp, AditPpp *ppp);
void lcp_clear (Lcp *lcp);
/* What the peer sent has no meaning here; `frame` begins with the information field. */
void lcp_reject_protocol (Lcp *lcp, guint16 protocol, const guint8 *information, gsize len);
void lcp_probe (Lcp *lcp); /* an echo now */
