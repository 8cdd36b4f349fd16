/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcp.h - the Internet Protocol Control Protocol: addresses (RFC 1332), name servers (RFC 1877).
 * Van Jacobson's compression is rejected. */
#pragma once
#include "plugins/ppp/cp.h"

typedef struct {
    Cp     cp;
    guint8 address[4], peer[4];
    guint8 dns[2][4], wins[2][4];
} Ipcp;

extern const CpOps ipcp_ops;
