/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path.c - drives client/path: hands the plugin's messages to the data thread and the data thread's
 * events to the plugin.  When the ring to the data thread is full, messages wait here in order. */
#include "client/path/path.h"
#include "client/base/secret.h"
#include "client/worker/host.h"
#include <glib-unix.h>
#include <glib/gi18n.h>

enum {
    TURN_MAX   = 64, /* events told before others get their turn */
    RETRY_MS   = 2,
    MOST_TOLD  = 65536, /* messages waiting; a data thread that far behind has died */
    MOST_BYTES = 16 << 20,
};

/* A message, or a packet when `packet` is set. */
typedef struct {
    guint        layer;
    gsize        size;
    gpointer     message; /* in the arena of secrets: keys pass here */
    AditEndpoint to;
    AditPacket  *packet;
} Told;

struct AditPath {
    WorkerHost    *host;
    AditLink      *link;
    AditDataPath  *data; /* NULL: could not be made, or ended */
    AditPathEvents events;
    gpointer       user;
    guint          readable, retry, soon; /* sources */
    GError        *failure;               /* to be told by `soon`, or … */
    guint          route_mtu;             /* … this; 0: not known */
    GQueue         waiting;               /* Told */
    guint          mtu;                   /* to be set, or 0 */
    guint          refs;                  /* the plugin, and events being told */
};

static void
told_free (gpointer data)
{
    Told *told = data;

    adit_secret_free (told->message);
    adit_packet_free (told->packet);
    g_free (told);
}

static void
unref (AditPath *path)
{
    if (--path->refs)
        return;
    g_clear_error (&path->failure);
    g_queue_clear_full (&path->waiting, told_free);
    g_free (path);
}

/* The thread ends and the carriers are freed; the link and the device are free again. */
static void
end_data (AditPath *path)
{
    g_clear_handle_id (&path->readable, g_source_remove);
    g_clear_handle_id (&path->retry, g_source_remove);
    g_clear_handle_id (&path->soon, g_source_remove);
    g_clear_pointer (&path->data, adit_data_path_free);
    g_queue_clear_full (&path->waiting, told_free);
}

/* Takes cause. */
static void
lose (AditPath *path, GError *cause)
{
    end_data (path);
    if (path->events.lost)
        path->events.lost (path->user, cause);
    else
        g_error_free (cause);
}

/* ---- to the data thread ---- */

static gboolean
hand_over (AditPath *path, const Told *told)
{
    if (told->packet)
        return adit_data_path_inject (path->data, told->layer, told->to.family ? &told->to : NULL,
                                      told->packet);
    return adit_data_path_tell (path->data, told->layer, told->message, told->size);
}

static gboolean
on_retry (gpointer user)
{
    AditPath *path = user;
    Told     *next;

    while ((next = g_queue_peek_head (&path->waiting))) {
        if (!hand_over (path, next))
            return G_SOURCE_CONTINUE;
        told_free (g_queue_pop_head (&path->waiting));
    }
    if (path->mtu && !adit_data_path_set_mtu (path->data, path->mtu))
        return G_SOURCE_CONTINUE;
    path->mtu   = 0;
    path->retry = 0;
    return G_SOURCE_REMOVE;
}

static void
retry_later (AditPath *path)
{
    if (!path->retry)
        path->retry = g_timeout_add (RETRY_MS, on_retry, path);
}

/* Takes what `told` points to. */
static void
wait_in_line (AditPath *path, Told told)
{
    if (g_queue_get_length (&path->waiting) >= MOST_TOLD)
        g_error ("the data thread has stopped taking messages");
    g_queue_push_tail (&path->waiting, g_memdup2 (&told, sizeof told));
    retry_later (path);
}

void
worker_tell (AditPath *path, guint layer, gconstpointer message, gsize size)
{
    Told told = { .layer = layer, .size = size };

    g_return_if_fail (size <= ADIT_MESSAGE_MAX);
    if (path->refs > 1) /* in answer to what came up: keys come out of a handshake */
        worker_trim_soon (path->host);
    if (!path->data || (g_queue_is_empty (&path->waiting) &&
                        adit_data_path_tell (path->data, layer, message, size)))
        return;
    told.message = adit_secret_new (size);
    memcpy (told.message, message, size);
    wait_in_line (path, told);
}

void
worker_inject (AditPath *path, guint layer, const AditEndpoint *to, AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;
    Told told                = { .layer = layer };

    if (!path->data || p->len > ADIT_MESSAGE_BYTES)
        return;
    if (to)
        told.to = *to;
    told.packet = p;
    if (g_queue_is_empty (&path->waiting) && hand_over (path, &told))
        return;
    (void) g_steal_pointer (&p);
    wait_in_line (path, told);
}

void
worker_path_set_mtu (AditPath *path, guint mtu)
{
    if (!path->data || adit_data_path_set_mtu (path->data, mtu))
        return;
    path->mtu = mtu;
    retry_later (path);
}

void
worker_path_stats (const AditPath *path, gpointer stats)
{
    if (path->data)
        adit_data_path_stats (path->data, stats);
}

/* ---- from the data thread ---- */

static void
tell_broken (AditPath *path, int number)
{
    GError *cause = NULL;

    adit_fail_errno (&cause, number, ADIT_ERROR_LOST, _ ("The tunnel's device or socket is gone."));
    lose (path, cause);
}

static void
tell_event (AditPath *path, AditPathEvent *event)
{
    const AditPathEvents *events = &path->events;

    switch (event->kind) {
    case ADIT_PATH_PUNTED:
        if (events->punted)
            events->punted (path->user, event->layer, &event->from,
                            g_steal_pointer (&event->packet));
        g_clear_pointer (&event->packet, adit_packet_free);
        break;
    case ADIT_PATH_SAID:
        if (events->said)
            events->said (path->user, event->layer, event->message, event->size);
        adit_wipe (event->message, event->size);
        break;
    case ADIT_PATH_MTU:
        if (events->path_mtu)
            events->path_mtu (path->user, (guint) event->size);
        break;
    case ADIT_PATH_REFUSED:
        worker_link_refused (path->link);
        break;
    case ADIT_PATH_OFFLOAD:
        adit_log (ADIT_LOG_NOTICE, "path", "goes on without %s",
                  adit_offload_name ((AditOffload) event->size));
        break;
    case ADIT_PATH_BROKEN:
        tell_broken (path, (int) event->size);
        break;
    }
}

static gboolean
on_event (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditPath     *path = user;
    AditPathEvent event;

    path->refs++;
    for (guint i = 0; i < TURN_MAX && path->data && adit_data_path_next (path->data, &event); i++)
        tell_event (path, &event);
    unref (path);
    return G_SOURCE_CONTINUE;
}

/* ---- laying and lifting ---- */

/* What laying found out, told when the plugin has the path in hand. */
static gboolean
on_soon (gpointer user)
{
    AditPath *path = user;

    path->soon = 0;
    path->refs++;
    if (path->failure)
        lose (path, g_steal_pointer (&path->failure));
    else if (path->events.path_mtu)
        path->events.path_mtu (path->user, path->route_mtu);
    unref (path);
    return G_SOURCE_REMOVE;
}

static AditPathConfig
configure (const WorkerHost *host, const WorkerLinkFacts *facts, AditCarrier *const *carriers,
           guint n)
{
    static const AditTransportKind kinds[] = { [ADIT_LINK_UDP] = ADIT_TRANSPORT_UDP,
                                               [ADIT_LINK_TCP] = ADIT_TRANSPORT_STREAM,
                                               [ADIT_LINK_IP]  = ADIT_TRANSPORT_IP };
    AditPathConfig                 config  = { .device       = host->device,
                                               .vnet         = host->vnet,
                                               .link         = facts->fd,
                                               .transport    = kinds[facts->kind],
                                               .connected    = facts->connected,
                                               .family       = facts->family,
                                               .mtu          = host->mtu,
                                               .switched_off = host->switched_off,
                                               .queue        = host->queue,
                                               .copy_dscp    = host->copy_dscp,
                                               .n            = n };

    memcpy (config.carriers, carriers, n * sizeof *carriers);
    return config;
}

static void
free_carriers (AditCarrier *const *carriers, guint n)
{
    for (guint i = 0; i < n; i++)
        carriers[i]->ops->free (carriers[i]);
}

static gboolean
lay (AditPath *path, AditCarrier *const *carriers, guint n, GError **error)
{
    WorkerHost     *host = path->host;
    WorkerLinkFacts facts;
    AditPathConfig  config;

    if (n > ADIT_PATH_CARRIERS || host->path || host->device < 0 ||
        !worker_link_lay (path->link, &facts)) {
        free_carriers (carriers, n);
        return adit_fail (error, ADIT_ERROR_BUG, _ ("This tunnel has no device or socket to use."));
    }
    host->path = path;
    worker_device_leave (host);
    path->route_mtu = facts.mtu;
    config          = configure (host, &facts, carriers, n);
    path->data      = adit_data_path_new (&config, error);
    return path->data && adit_data_path_start (path->data, error);
}

AditPath *
worker_path (AditHost *base, AditLink *link, AditCarrier *const *carriers, guint n,
             const AditPathEvents *events, gpointer user)
{
    AditPath *path = g_new0 (AditPath, 1);

    path->host   = worker_host (base);
    path->link   = link;
    path->events = *events;
    path->user   = user;
    path->refs   = 1;
    g_queue_init (&path->waiting);
    if (lay (path, carriers, n, &path->failure))
        path->readable =
            g_unix_fd_add (adit_data_path_event_fd (path->data), G_IO_IN, on_event, path);
    if (path->failure || path->route_mtu)
        path->soon = g_idle_add (on_soon, path);
    return path;
}

void
worker_unpath (AditPath *path)
{
    WorkerHost *host = path->host;

    end_data (path);
    if (host->path == path) {
        host->path = NULL;
        worker_link_bare (path->link);
        worker_device_watch (host);
    }
    path->events = (AditPathEvents){ .punted = NULL };
    unref (path);
}
