/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loop.c - the data thread: reads while there is something, sends what is there, and sleeps without
 * a timeout; only after work it wakes once more, to give memory back. */
#include "client/path/loop.h"
#include <errno.h>
#include <time.h>

enum {
    LINGER_MS     = 3000,
    REST_MS       = 4,
    PUBLISH_US    = 100000,
    OUTER_HEADERS = 40 + 8, /* IPv6, UDP */
};

G_STATIC_ASSERT (sizeof (AditPathStats) % sizeof (guint64) == 0);

gint64
path_loop_now (AditDataPath *path)
{
    struct timespec t;

    clock_gettime (CLOCK_BOOTTIME, &t); /* the control half's: keys age while we sleep */
    path->now_us = (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
    return path->now_us;
}

void
path_loop_copy_stats (AditPathStats *to, const AditPathStats *from)
{
    guint64       *t = (guint64 *) to;
    const guint64 *f = (const guint64 *) from;

    for (gsize i = 0; i < sizeof *to / sizeof *t; i++)
        __atomic_store_n (&t[i], __atomic_load_n (&f[i], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

static void
publish (AditDataPath *path)
{
    path_loop_copy_stats (&path->published, &path->stats);
    path->published_us = path->now_us;
}

/* The largest IP packet that ever goes out. */
static guint
outer_most (const AditDataPath *path)
{
    return path->mtu + path->head + path->tail + OUTER_HEADERS;
}

/* A claim that more fits than was ever sent is a forgery: nobody had a reason to say so. */
static void
tell_mtu (AditDataPath *path, guint mtu)
{
    guint32 body = mtu;

    if (!mtu || mtu == path->mtu_told || mtu > outer_most (path))
        return;
    if (path_lane_event (path, ADIT_PATH_MTU, 0, NULL, &body, sizeof body))
        path->mtu_told = mtu;
}

/* Of several peers none could be named. */
static void
read_errors (AditDataPath *path)
{
    gboolean      refused = FALSE;
    const guint32 none    = 0;
    PathNotice    notice;

    path->udp.errors = FALSE;
    while (path_udp_error (&path->udp, &notice)) {
        tell_mtu (path, notice.mtu);
        refused |= notice.refused;
    }
    if (refused && path->config.connected)
        path_lane_event (path, ADIT_PATH_REFUSED, 0, NULL, &none, sizeof none);
}

static void
revive (AditDataPath *path)
{
    guint32 back = path_offload_revive (&path->offloads, path->now_us);

    if (back & 1u << ADIT_OFFLOAD_UDP_GRO)
        path_udp_set_gro (&path->udp, TRUE);
}

static void
give_memory_back (AditDataPath *path)
{
    path->dirty = FALSE;
    if (path->udp.n || path->queue.n || path_split_left (&path->split))
        return;
    path_pool_trim (&path->pool);
    path_queue_trim (&path->queue);
    path_udp_trim (&path->udp);
    path_device_trim (&path->device);
}

/* While the socket has no room nothing can be done for what the device brings; looking after it
 * only when there is room again, or a little later, saves a wake-up for each frame.  Without a
 * queue it must wait all that time. */
static short
device_events (AditDataPath *path, int *timeout_ms)
{
    if (!path->udp.n || path->rested)
        return POLLIN;
    if (path->config.queue)
        *timeout_ms = REST_MS;
    return 0;
}

/* Until a carrier's held packets are due, if that comes first. */
static int
shorten (const AditDataPath *path, int timeout_ms)
{
    gint64 ms = (path->again_us - path->now_us + 999) / 1000;

    if (!path->again_us || (timeout_ms >= 0 && timeout_ms < ms))
        return timeout_ms;
    return (int) MAX (ms, 0);
}

static void
sleep_until_ready (AditDataPath *path)
{
    int           timeout = path->dirty ? LINGER_MS : -1;
    short         device  = device_events (path, &timeout);
    short         link    = (short) (POLLIN | (path->udp.n ? POLLOUT : 0));
    struct pollfd fds[]   = { { path->config.device, device, 0 },
                              { path->config.link, link, 0 },
                              { path->commands.fd, POLLIN, 0 } };
    gboolean      due;
    int           n = path->system->poll (fds, G_N_ELEMENTS (fds), shorten (path, timeout));

    path_loop_now (path);
    path->stats.wakeups++;
    due          = path->again_us && path->now_us >= path->again_us;
    path->rested = n == 0 && !due && !device && path->config.queue;
    if (n == 0 && !due && device)
        give_memory_back (path);
    if (n <= 0)
        return;
    path->device_ready = !device || fds[0].revents & POLLIN;
    path->link_ready   = (fds[1].revents & (POLLIN | POLLERR)) != 0; /* reading clears an error */
    if (fds[0].revents & (POLLERR | POLLNVAL))
        path->device.broken = EBADFD;
    if (fds[1].revents & POLLNVAL)
        path->udp.broken = EBADF;
    if (fds[1].revents & POLLERR)
        path->udp.errors = TRUE;
    if (fds[2].revents & POLLIN)
        path_ring_calm (&path->commands);
}

static int
what_broke (const AditDataPath *path)
{
    return path->device.broken ? path->device.broken : path->udp.broken;
}

gpointer
path_loop_run (gpointer data)
{
    AditDataPath *path = data;

    path_loop_now (path);
    path->device_ready = path->link_ready = TRUE;
    while (!__atomic_load_n (&path->stop, __ATOMIC_ACQUIRE) && !what_broke (path)) {
        gboolean more;

        path_lane_commands (path);
        more = path_inbound_run (path);
        path_lane_emits (path);
        more |= path_outbound_run (path);
        more |= path->n_emits && !path->udp.n;
        if (path->udp.errors)
            read_errors (path);
        more |= path_lane_waiting (path);
        if (!more || path->now_us - path->published_us > PUBLISH_US)
            publish (path);
        if (!more)
            sleep_until_ready (path);
        else
            path_loop_now (path);
        if (path->now_us >= path->offloads.next_us)
            revive (path);
    }
    if (!what_broke (path))
        path_lane_commands (path); /* a goodbye may be among them */
    publish (path);
    if (what_broke (path)) {
        __atomic_store_n (&path->broken, what_broke (path), __ATOMIC_RELEASE);
        path_ring_wake (&path->events);
    }
    return NULL;
}
