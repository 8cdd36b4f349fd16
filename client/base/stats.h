/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stats.h - the counters of one packet path and the words for them, known to the side that counts
 * and to the sides that show. */
#pragma once
#include "client/base/packet.h"

/* Each is probed for real at start, re-probed on error, degraded one by one, and counted. */
typedef enum {
    ADIT_OFFLOAD_VNET,     /* TUN with virtio-net header; opened with it or not, by the parent */
    ADIT_OFFLOAD_TSO,      /* TUN hands TCP superframes down (TSO4 and TSO6) */
    ADIT_OFFLOAD_USO,      /* the same for UDP, Linux 6.2 */
    ADIT_OFFLOAD_COALESCE, /* TCP superframes up to TUN */
    ADIT_OFFLOAD_UDP_COALESCE, /* UDP superframes up to TUN, Linux 6.2 */
    ADIT_OFFLOAD_UDP_SEGMENT,
    ADIT_OFFLOAD_UDP_GRO,
    ADIT_OFFLOAD_MMSG, /* sendmmsg and recvmmsg */
    ADIT_N_OFFLOADS,
} AditOffload;

typedef struct {
    guint64 tx_packets, tx_bytes, rx_packets, rx_bytes; /* inner packets */
    guint64 tx_calls, rx_calls, device_reads, device_writes, wakeups;
    guint64 drops[ADIT_N_DROPS];
    guint64 clamped, ce_marked; /* MSS clamps, CE set by CoDel */
    guint64 offload_used[ADIT_N_OFFLOADS], offload_lost[ADIT_N_OFFLOADS];
    guint32 offloads; /* bits 1 << AditOffload: in use now */
    guint32 queued;   /* packets waiting */
    gint64  last_rx_us;
} AditPathStats;

/* "tso", "udp-segment" …; also the words of the profile key connection.offloads-off. */
const char *adit_offload_name (AditOffload offload);
const char *adit_drop_name (AditDrop drop); /* "auth", "no-key" … */
