/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inbound.c - transport -> carriers, outer to inner -> ECN and MSS -> coalesce -> device. */
#include "client/path/loop.h"

/* What is written to the device is often answered at once, by TCP, in this very thread's time. */
static void
flush_groups (AditDataPath *path)
{
    if (path->coalesce.n)
        path->device_ready = TRUE;
    for (guint i = 0; i < path->coalesce.n; i++)
        path_device_write (&path->device, &path->coalesce.group[i], path->now_us);
    path_coalesce_reset (&path->coalesce);
}

/* A packet that came out of the innermost carrier. */
static void
deliver (AditDataPath *path, AditPacket *p)
{
    PathInner in;

    path->stats.last_rx_us = path->now_us;
    if (!p->len)
        return;
    if (!path_inner_parse (&in, p->data, p->len)) {
        path->stats.drops[ADIT_DROP_SHORT]++;
        return;
    }
    if (p->tos & PATH_ECN_MASK && !path_inner_merge_ecn (p->data, in.tos, p->tos)) {
        path->stats.drops[ADIT_DROP_ECN]++;
        return;
    }
    path->stats.rx_packets++;
    path->stats.rx_bytes += in.total;
    path->stats.clamped += path_inner_clamp (&in, p->data, path->mtu);
    if (path_coalesce_full (&path->coalesce))
        flush_groups (path);
    path_coalesce_add (&path->coalesce, p->data, &in);
}

static void
hand_up (AditDataPath *path, guint layer, AditPacket *p)
{
    if (!path_lane_event (path, ADIT_PATH_PUNTED, layer, p->peer, p->data, p->len))
        path->stats.drops[ADIT_DROP_OVERFLOW]++;
    p->verdict = ADIT_TAKE;
}

static void
finish (AditDataPath *path, AditPacket *p)
{
    if (p->verdict == ADIT_PASS)
        deliver (path, p);
    else if (p->verdict == ADIT_DROP)
        path->stats.drops[p->drop]++;
}

/* What a carrier appends is its own memory, which it may use again soon. */
static void
decap (AditDataPath *path)
{
    AditBatch *b = &path->in;
    guint      n = b->n;

    b->now_us = path->now_us;
    for (guint layer = path->config.n; layer-- > 0;) {
        path->config.carriers[layer]->ops->decap (path->config.carriers[layer], b);
        for (guint i = 0; i < b->n; i++)
            if (b->packet[i].verdict == ADIT_PUNT)
                hand_up (path, layer, &b->packet[i]);
    }
    for (guint i = 0; i < b->n; i++)
        finish (path, &b->packet[i]);
    if (b->n > n)
        flush_groups (path);
    b->n = 0;
}

static void
slice (AditDataPath *path, PathDatagram *d)
{
    for (guint at = 0; at < d->len; at += d->segment) {
        AditPacket *p = &path->in.packet[path->in.n++];

        *p = (AditPacket){ .data = d->data + at,
                           .len  = MIN (d->segment, d->len - at),
                           .peer = &d->from,
                           .tos  = d->tos };
        if (path->in.n == ADIT_BATCH)
            decap (path);
    }
}

static void
call_again (AditDataPath *path)
{
    path->again_us = 0;
    decap (path);
}

gboolean
path_inbound_run (AditDataPath *path)
{
    if (path->again_us && path->now_us >= path->again_us)
        call_again (path);
    if (!path->link_ready)
        return FALSE;
    path->link_ready = path_udp_receive (&path->udp, path->now_us);
    if (!path->udp.n_received)
        return path->link_ready;
    path->dirty        = TRUE;
    path->coalesce.tcp = path_offload_has (&path->offloads, ADIT_OFFLOAD_COALESCE);
    path->coalesce.udp = path_offload_has (&path->offloads, ADIT_OFFLOAD_UDP_COALESCE);
    for (guint i = 0; i < path->udp.n_received; i++)
        slice (path, &path->udp.received[i]);
    if (path->in.n)
        decap (path);
    flush_groups (path);
    return path->link_ready;
}
