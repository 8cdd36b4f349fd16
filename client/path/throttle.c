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

void
path_throttle_clear (PathThrottle *t)
{
    set_limit (t, PATH_THROTTLE_MOST);
}

static void
restart (PathThrottle *t, gint64 now_us, gboolean full)
{
    t->sent      = 0;
    t->since_us  = now_us;
    t->from_full = full;
}

/* Sets the limit to what of `bytes` goes out in the time of a window.  Down only by half and more,
 * so that the option is rarely set. */
static void
adapt (PathThrottle *t, guint64 bytes, gint64 elapsed_us, gboolean may_lower)
{
    guint64 want = bytes * (guint64) window_us / (guint64) elapsed_us;

    want = CLAMP (want, PATH_THROTTLE_LEAST, PATH_THROTTLE_MOST);
    if (want > t->limit)
        set_limit (t, (guint) MIN (want + want / 2, PATH_THROTTLE_MOST));
    else if (may_lower && want * 2 < t->limit)
        set_limit (t, (guint) want);
}

/* What went in without ever filling the socket went out, but for what it may hold. */
void
path_throttle_sent (PathThrottle *t, gsize bytes, gint64 now_us)
{
    gint64  elapsed_us = now_us - t->since_us;
    guint64 held       = 2 * (guint64) t->limit;

    t->sent += bytes;
    if (!t->on || elapsed_us < window_us || (t->from_full && elapsed_us <= pause_us))
        return;
    if (elapsed_us <= pause_us && t->sent > held)
        adapt (t, t->sent - held, elapsed_us, FALSE);
    restart (t, now_us, FALSE);
}

/* Between two moments at which the socket was full, what went in is what went out; not so with a
 * pause between them. */
void
path_throttle_full (PathThrottle *t, gint64 now_us)
{
    gint64 elapsed_us = now_us - t->since_us;

    if (!t->on || (t->from_full && elapsed_us < window_us))
        return;
    if (t->from_full && elapsed_us <= pause_us)
        adapt (t, t->sent, elapsed_us, TRUE);
    restart (t, now_us, TRUE);
}
