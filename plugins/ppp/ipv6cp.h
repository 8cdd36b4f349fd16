/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipv6cp.h - the IPv6 Control Protocol, RFC 5072: two interface identifiers that differ. */
#pragma once
#include "plugins/ppp/cp.h"

typedef struct {
    Cp     cp;
    guint8 id[8], peer[8];
} Ipv6cp;

extern const CpOps ipv6cp_ops;
