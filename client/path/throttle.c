/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* throttle.c - sizes the socket's send buffer. */
#include "client/path/throttle.h"

static const gint64 window_us = 2000;

static void
set_limit (PathThrottle *t, guint limit)
{
    int value = (int) limit;

    t->limit = limit;
    if (t->on)
        t->system->setsockopt (t->fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
}

void
path_throttle_init (PathThrottle *t, const AditSystem *system, int fd, gboolean on)
{
    *t = (PathThrottle){ .system = system, .fd = fd, .on = on };
    set_limit (t, on ? PATH_THROTTLE_LEAST : PATH_THROTTLE_MOST);
}

/* Up at once, down only by half and more, so that the option is rarely set. */
void
path_throttle_sent (PathThrottle *t, gsize bytes, gint64 now_us)
{
    gint64  elapsed = now_us - t->since_us;
    guint64 want;

    t->sent += bytes;
    if (!t->on || elapsed < window_us)
        return;
    want        = t->sent * (guint64) window_us / (guint64) elapsed;
    want        = CLAMP (want, PATH_THROTTLE_LEAST, PATH_THROTTLE_MOST);
    t->sent     = 0;
    t->since_us = now_us;
    if (want > t->limit + t->limit / 4)
        set_limit (t, (guint) MIN (want + want / 2, PATH_THROTTLE_MOST));
    else if (want * 2 < t->limit)
        set_limit (t, (guint) want);
}
