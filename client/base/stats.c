/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stats.c - words for what a packet path counts. */
#include "client/base/stats.h"

static const char *const offloads[ADIT_N_OFFLOADS] = {
    [ADIT_OFFLOAD_VNET]         = "vnet",
    [ADIT_OFFLOAD_TSO]          = "tso",
    [ADIT_OFFLOAD_USO]          = "uso",
    [ADIT_OFFLOAD_COALESCE]     = "coalesce",
    [ADIT_OFFLOAD_UDP_COALESCE] = "udp-coalesce",
    [ADIT_OFFLOAD_UDP_SEGMENT]  = "udp-segment",
    [ADIT_OFFLOAD_UDP_GRO]      = "udp-gro",
    [ADIT_OFFLOAD_MMSG]         = "mmsg",
};

static const char *const drops[ADIT_N_DROPS] = {
    [ADIT_DROP_SHORT] = "short",         [ADIT_DROP_AUTH] = "auth",
    [ADIT_DROP_REPLAY] = "replay",       [ADIT_DROP_NO_KEY] = "no-key",
    [ADIT_DROP_EXPIRED] = "expired",     [ADIT_DROP_POLICY] = "policy",
    [ADIT_DROP_TOO_BIG] = "too-big",     [ADIT_DROP_CODEL] = "codel",
    [ADIT_DROP_OVERFLOW] = "overflow",   [ADIT_DROP_ECN] = "ecn",
    [ADIT_DROP_TRANSPORT] = "transport", [ADIT_DROP_DEVICE] = "device",
};

const char *
adit_offload_name (AditOffload offload)
{
    return (guint) offload < ADIT_N_OFFLOADS ? offloads[offload] : "unknown";
}

const char *
adit_drop_name (AditDrop drop)
{
    return (guint) drop < ADIT_N_DROPS ? drops[drop] : "unknown";
}
