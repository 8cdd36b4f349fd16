/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lane.c - the data thread's side of the two rings, and what carriers may ask of it. */
#include "client/path/loop.h"

enum { RESERVED_PART = 4 }; /* of the ring of events */

static AditDataPath *
path_of (AditLane *lane)
{
    return (AditDataPath *) lane;
}

static guint
layer_of (const AditDataPath *path, const AditCarrier *carrier)
{
    guint i = 0;

    while (i + 1 < path->config.n && path->config.carriers[i] != carrier)
        i++;
    return i;
}

/* A flood of what anyone can send leaves room for what carriers have to say. */
static gboolean
may_tell (const AditDataPath *path, AditPathEventKind kind)
{
    return (kind != ADIT_PATH_PUNTED && kind != ADIT_PATH_REFUSED) ||
           path_ring_room (&path->events) >= path->events.capacity / RESERVED_PART;
}

gboolean
path_lane_event (AditDataPath *path, AditPathEventKind kind, guint layer, const AditEndpoint *from,
                 gconstpointer body, gsize size)
{
    PathRecord record = { .size  = (guint32) size,
                          .kind  = (guint16) kind,
                          .layer = (guint16) layer };

    if (from)
        record.peer = *from;
    return may_tell (path, kind) && path_ring_put (&path->events, &record, body);
}

static gboolean
say (AditLane *lane, AditCarrier *carrier, gconstpointer message, gsize size)
{
    AditDataPath *path = path_of (lane);

    return size <= ADIT_MESSAGE_MAX &&
           path_lane_event (path, ADIT_PATH_SAID, layer_of (path, carrier), NULL, message, size);
}

static gboolean
emit (AditLane *lane, AditCarrier *carrier, gconstpointer body, gsize len)
{
    AditDataPath *path = path_of (lane);
    guint         block;

    if (path->n_emits == PATH_EMITS)
        return FALSE;
    block = path_outbound_copy (path, body, len);
    if (block == PATH_NO_BLOCK)
        return FALSE;
    path->emits[path->n_emits++] = (PathEmit){ carrier, block, (guint) len };
    return TRUE;
}

static gint64
now (AditLane *lane)
{
    return path_loop_now (path_of (lane));
}

static void
again (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, guint us)
{
    AditDataPath *path = path_of (lane);
    gint64        at   = path->now_us + us;

    if (!path->again_us || at < path->again_us)
        path->again_us = at;
}

static void
on_lost (gpointer user, AditOffload which)
{
    guint32 body = which;

    path_lane_event (user, ADIT_PATH_OFFLOAD, 0, NULL, &body, sizeof body);
}

void
path_lane_init (AditDataPath *path)
{
    path->lane             = (AditLane){ .say = say, .emit = emit, .now = now, .again = again };
    path->offloads.on_lost = on_lost;
    path->offloads.user    = path;
    for (guint i = 0; i < path->config.n; i++)
        path->config.carriers[i]->lane = &path->lane;
}

static void
add_emit (AditDataPath *path, const PathEmit *e)
{
    PathInner in   = { .tos = 0 };
    guint8   *body = path_pool_body (&path->pool, e->block);

    if (path_inner_parse (&in, body, e->len))
        path_outbound_add (path, e->block, e->len, path_inner_flow (&in, body, path->seed), in.tos);
    else
        path_outbound_add (path, e->block, e->len, 0, 0);
}

void
path_lane_emits (AditDataPath *path)
{
    PathEmit emits[PATH_EMITS];
    guint    n = path->n_emits;

    if (!n || !path_udp_flush (&path->udp, path->now_us))
        return;
    memcpy (emits, path->emits, n * sizeof *emits);
    path->n_emits = 0; /* a carrier may emit again from its encap */
    for (guint i = 0; i < n;) {
        AditCarrier *carrier = emits[i].carrier;

        for (; i < n && emits[i].carrier == carrier; i++)
            add_emit (path, &emits[i]);
        path_outbound_encap (path, layer_of (path, carrier));
    }
}

static void
inject (AditDataPath *path, const PathRecord *record)
{
    guint8 *body = path->device.frame; /* free between frames, see path_lane_commands() */
    guint   block;

    path_ring_take (&path->commands, record, body, record->size);
    block = path_outbound_copy (path, body, record->size);
    if (block == PATH_NO_BLOCK) {
        path->stats.drops[ADIT_DROP_OVERFLOW]++;
        return;
    }
    path_outbound_add (path, block, record->size, 0, 0);
    path->out.packet[0].peer = record->peer.family ? &record->peer : NULL;
    path_outbound_encap (path, record->layer + 1u);
}

static void
tell (AditDataPath *path, const PathRecord *record)
{
    AditCarrier *carrier = path->config.carriers[record->layer];
    guint64      message[ADIT_MESSAGE_MAX / sizeof (guint64)]; /* aligned for any struct */

    path_ring_take (&path->commands, record, message, sizeof message);
    carrier->ops->told (carrier, message, record->size);
    explicit_bzero (message, record->size);
}

static gboolean
may_inject (const AditDataPath *path)
{
    return !path_split_left (&path->split) && path_udp_room (&path->udp, 1);
}

gboolean
path_lane_waiting (const AditDataPath *path)
{
    PathRecord record;

    return path_ring_peek (&path->commands, &record) && may_inject (path);
}

void
path_lane_commands (AditDataPath *path)
{
    PathRecord record;
    guint32    mtu;

    while (path_ring_peek (&path->commands, &record)) {
        switch ((PathCommand) record.kind) {
        case PATH_TELL:
            tell (path, &record);
            break;
        case PATH_INJECT:
            if (!may_inject (path))
                return; /* it stays in the ring until then, see path_lane_waiting() */
            inject (path, &record);
            break;
        case PATH_SET_MTU:
            path_ring_take (&path->commands, &record, &mtu, sizeof mtu);
            path->mtu      = MIN (mtu, path->pool.room - path->tail);
            path->mtu_told = 0; /* the same news again would be news */
            break;
        }
    }
}
