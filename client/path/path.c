/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path.c - the door: builds a path, starts and joins its thread, and the control thread's side of
 * the two rings. */
#include "client/path/path.h"
#include "client/path/loop.h"
#include <signal.h>

enum {
    POOL_BYTES    = 4 * 1024 * 1024,
    COMMAND_BYTES = 64 * 1024,
    EVENT_BYTES   = 64 * 1024,
    INJECT_MOST   = 16 * 1024,
    LEAST_BODY    = 1500, /* blocks fit at least this, so that the MTU can be raised later */
    SPARE_BLOCKS  = 3 * ADIT_BATCH, /* one on its way, one emitted, and injected packets */
};

static guint
body_of (const AditPathConfig *c)
{
    return CLAMP (c->mtu, LEAST_BODY, PATH_SUPER);
}

/* Room for all carriers' headers and trailers at once. */
static void
sum_rooms (AditDataPath *path)
{
    for (guint i = 0; i < path->config.n; i++) {
        path->head += path->config.carriers[i]->ops->head;
        path->tail += path->config.carriers[i]->ops->tail;
    }
}

static gboolean
init_rooms (AditDataPath *path, GError **error)
{
    const AditPathConfig *c   = &path->config;
    PathUdpConfig         udp = { .fd        = c->link,
                                  .family    = c->family,
                                  .connected = c->connected,
                                  .copy_dscp = c->copy_dscp,
                                  .raw       = c->transport == ADIT_TRANSPORT_IP,
                                  .throttle  = c->queue };

    path_offload_init (&path->offloads, ~c->switched_off & ((1u << ADIT_N_OFFLOADS) - 1),
                       &path->stats);
    if (!path_ring_init (&path->commands, COMMAND_BYTES) ||
        !path_ring_init (&path->events, EVENT_BYTES) ||
        !path_pool_init (&path->pool, POOL_BYTES, path->head, body_of (c), path->tail) ||
        !path_device_init (&path->device, path->system, &path->offloads, c->device, c->vnet) ||
        !path_udp_init (&path->udp, path->system, &path->offloads, &path->pool, &udp))
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          "There is not enough memory for the tunnel's packets.");
    if (c->queue && !path_queue_init (&path->queue, &path->pool, &path->stats, SPARE_BLOCKS))
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          "There is not enough memory for the tunnel's queue.");
    return TRUE;
}

static gboolean
judge_config (const AditPathConfig *c, GError **error)
{
    if (c->transport == ADIT_TRANSPORT_STREAM)
        return adit_fail (error, ADIT_ERROR_BUG,
                          "This tunnel's packets cannot travel over a stream.");
    return TRUE;
}

AditDataPath *
path_new_on (const AditSystem *system, const AditPathConfig *config, GError **error)
{
    AditDataPath *path = g_new0 (AditDataPath, 1);

    path->system      = system;
    path->config      = *config;
    path->commands.fd = path->events.fd = -1;
    path->mtu                           = config->mtu;
    path->seed                          = g_random_int ();
    path->answers                       = PATH_ANSWERS;
    path_coalesce_reset (&path->coalesce);
    sum_rooms (path);
    if (!judge_config (config, error) || !init_rooms (path, error)) {
        adit_data_path_free (path);
        return NULL;
    }
    path_lane_init (path);
    path->published = path->stats;
    return path;
}

AditDataPath *
adit_data_path_new (const AditPathConfig *config, GError **error)
{
    return path_new_on (&adit_system, config, error);
}

/* Signals are the control thread's business. */
gboolean
adit_data_path_start (AditDataPath *path, GError **error)
{
    sigset_t all, before;
    GError  *cause = NULL;

    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    path->thread = g_thread_try_new ("adit-path", path_loop_run, path, &cause);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    if (!path->thread)
        return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                                  "This machine did not allow a thread for the tunnel's packets.");
    return TRUE;
}

void
adit_data_path_free (AditDataPath *path)
{
    if (!path)
        return;
    if (path->thread) {
        __atomic_store_n (&path->stop, 1, __ATOMIC_RELEASE);
        path_ring_wake (&path->commands);
        g_thread_join (path->thread);
    }
    for (guint i = 0; i < path->config.n; i++)
        path->config.carriers[i]->ops->free (path->config.carriers[i]);
    path_queue_clear (&path->queue);
    path_udp_clear (&path->udp);
    path_device_clear (&path->device);
    path_pool_clear (&path->pool);
    path_ring_clear (&path->commands);
    path_ring_clear (&path->events);
    g_free (path);
}

gboolean
adit_data_path_tell (AditDataPath *path, guint layer, gconstpointer message, gsize size)
{
    PathRecord record = { (guint32) size, PATH_TELL, (guint16) layer, { .family = 0 } };

    g_return_val_if_fail (layer < path->config.n && size <= ADIT_MESSAGE_MAX, FALSE);
    return path_ring_put (&path->commands, &record, message);
}

gboolean
adit_data_path_inject (AditDataPath *path, guint layer, const AditEndpoint *to,
                       const AditPacket *packet)
{
    PathRecord record = { packet->len, PATH_INJECT, (guint16) layer, { .family = 0 } };

    g_return_val_if_fail (layer < path->config.n, FALSE);
    if (to)
        record.peer = *to;
    return packet->len <= INJECT_MOST && path_ring_put (&path->commands, &record, packet->data);
}

gboolean
adit_data_path_set_mtu (AditDataPath *path, guint mtu)
{
    PathRecord record = { sizeof (guint32), PATH_SET_MTU, 0, { .family = 0 } };
    guint32    body   = mtu;

    return path_ring_put (&path->commands, &record, &body);
}

int
adit_data_path_event_fd (const AditDataPath *path)
{
    return path->events.fd;
}

static void
take_event (AditDataPath *path, const PathRecord *record, AditPathEvent *event)
{
    guint32 number = 0;

    event->kind  = (AditPathEventKind) record->kind;
    event->layer = record->layer;
    event->from  = record->peer;
    switch (event->kind) {
    case ADIT_PATH_PUNTED:
        event->packet = adit_packet_new (NULL, record->size);
        event->size   = record->size;
        path_ring_take (&path->events, record, event->packet->data, record->size);
        break;
    case ADIT_PATH_SAID:
        event->size = record->size;
        path_ring_take (&path->events, record, event->message, sizeof event->message);
        break;
    case ADIT_PATH_MTU:
    case ADIT_PATH_REFUSED:
    case ADIT_PATH_OFFLOAD:
    case ADIT_PATH_BROKEN:
        path_ring_take (&path->events, record, &number, sizeof number);
        event->size = number;
        break;
    }
}

gboolean
adit_data_path_next (AditDataPath *path, AditPathEvent *event)
{
    PathRecord record;

    event->packet = NULL;
    if (!path_ring_peek (&path->events, &record)) {
        path_ring_calm (&path->events); /* and look again: one may have come in between */
        if (!path_ring_peek (&path->events, &record)) {
            event->kind = ADIT_PATH_BROKEN;
            event->size = (gsize) __atomic_load_n (&path->broken, __ATOMIC_ACQUIRE);
            if (!event->size || path->broken_told)
                return FALSE;
            return path->broken_told = TRUE;
        }
    }
    take_event (path, &record, event);
    return TRUE;
}

void
adit_data_path_stats (const AditDataPath *path, AditPathStats *out)
{
    path_loop_copy_stats (out, &path->published);
}
