/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meter.h - what both halves see of one peer without a message: written by the data half, read by
 * the control half, field by field and atomically.
 *
 * Two of the paper's timers depend on packets (6.5).  Packets arm nothing: they only leave
 * here since when something is owed, and the first of them, while nobody watches, sends one
 * message; timers.c looks here when it wakes, and stops watching when nothing is owed any more. */
#pragma once
#include <glib.h>

enum { WIREGUARD_PEERS = 4096 }; /* most peers of one tunnel */

typedef struct {
    guint64 tx_bytes, rx_bytes; /* messages of type 4, whole */
    gint64  keepalive_owed_us;  /* first data received since we last sent anything; 0: none */
    gint64  answer_awaited_us;  /* first data sent since we last received anything; 0: none */
    gint64  traversal_us;       /* last authenticated packet, either way */
    gint64  data_sent_us;       /* last data, … */
    gint64  data_received_us;   /* … keepalives do not count */
    guint32 watched;            /* 1: the control half will look again by itself */
    guint32 index[3];           /* of the key slots in use; 0: free */
} WireguardMeter;

#define wireguard_meter_get(field) __atomic_load_n (&(field), __ATOMIC_SEQ_CST)
#define wireguard_meter_set(field, value) __atomic_store_n (&(field), (value), __ATOMIC_SEQ_CST)
#define wireguard_meter_add(field, value)                                               \
    __atomic_store_n (&(field), __atomic_load_n (&(field), __ATOMIC_RELAXED) + (value), \
                      __ATOMIC_RELAXED) /* one writer */

/* A packet with something in it, not a keepalive. */
static inline void
wireguard_meter_data_sent (WireguardMeter *m, gint64 now_us)
{
    __atomic_store_n (&m->data_sent_us, now_us, __ATOMIC_RELAXED);
    if (!wireguard_meter_get (m->answer_awaited_us))
        wireguard_meter_set (m->answer_awaited_us, now_us);
}

static inline void
wireguard_meter_data_received (WireguardMeter *m, gint64 now_us)
{
    __atomic_store_n (&m->data_received_us, now_us, __ATOMIC_RELAXED);
    if (!wireguard_meter_get (m->keepalive_owed_us))
        wireguard_meter_set (m->keepalive_owed_us, now_us);
}

/* Data, keepalives and handshake messages. */
static inline void
wireguard_meter_any_authenticated_packet_sent (WireguardMeter *m, gint64 now_us)
{
    wireguard_meter_set (m->keepalive_owed_us, 0);
    wireguard_meter_set (m->traversal_us, now_us);
}

static inline void
wireguard_meter_any_authenticated_packet_received (WireguardMeter *m, gint64 now_us)
{
    wireguard_meter_set (m->answer_awaited_us, 0);
    wireguard_meter_set (m->traversal_us, now_us);
}
