/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* throttle.c - sizes the socket's send buffer. */
#include "client/path/throttle.h"

static const gint64 window_us = 2000, pause_us = 250000;

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
    set_limit (t, on ? PATH_THROTTLE_FIRST : PATH_THROTTLE_MOST);
}

/* Between two moments at which the socket was full, what went in is what went out.  Down only by
 * half and more, so that the option is rarely set. */
static void
judge_window (PathThrottle *t, gint64 elapsed_us)
{
    guint64 want = t->sent * (guint64) window_us / (guint64) elapsed_us;

    want = CLAMP (want, PATH_THROTTLE_LEAST, PATH_THROTTLE_MOST);
    if (want > t->limit)
        set_limit (t, (guint) MIN (want + want / 2, PATH_THROTTLE_MOST));
    else if (want * 2 < t->limit)
        set_limit (t, (guint) want);
}

void
path_throttle_full (PathThrottle *t, gint64 now_us)
{
    gint64 elapsed_us = now_us - t->since_us;

    if (!t->on || elapsed_us < window_us)
        return;
    if (elapsed_us <= pause_us) /* with a pause in it, it says nothing */
        judge_window (t, elapsed_us);
    t->sent     = 0;
    t->since_us = now_us;
}
