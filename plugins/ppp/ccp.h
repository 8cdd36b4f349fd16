/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ccp.h - the Compression Control Protocol (RFC 1962) as far as MPPE needs it (RFC 3078 2):
 * everything that really compresses is rejected. */
#pragma once
#include "plugins/ppp/cp.h"

typedef struct {
    Cp       cp;
    guint32  offered, out; /* the peer's supported bits: in the request at hand, agreed */
    gboolean has_asked;    /* the peer was told what we would rather have */
} Ccp;

extern const CpOps ccp_ops;

guint ccp_allowed (const AditPpp *ppp); /* strengths that policy leaves, as supported bits */
/* One of ADIT_PPP_MPPE_…, 0: data is not encrypted. */
guint    ccp_strength (const Ccp *ccp);
gboolean ccp_is_stateful (const Ccp *ccp);
/* Before CCP begins: the kernel, where it encrypts, needs the keys by then. */
void ccp_tell_ready (Ccp *ccp);
/* The carrier lost packets in stateful mode. */
void ccp_lost (Ccp *ccp);
