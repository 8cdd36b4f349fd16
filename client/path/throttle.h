/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* throttle.h - how many bytes may stand in the outer socket: what it took in the last two
 * milliseconds, as byte queue limits do for a network card, so that a queue forms before the
 * carriers, where it can be managed, and not behind them. */
#pragma once
#include "client/path/system.h"
#include <glib.h>

typedef struct {
    const AditSystem *system;
    int               fd;
    gboolean          on;
    guint             limit;     /* bytes; SO_SNDBUF stands at it */
    gint64            since_us;  /* when counting began … */
    gboolean          from_full; /* … and whether the socket was full then */
    guint64           sent;      /* since then */
} PathThrottle;

enum {
    PATH_THROTTLE_LEAST = 3 * 1024,
    PATH_THROTTLE_FIRST = 16 * 1024,
    PATH_THROTTLE_MOST  = 1024 * 1024,
};

void path_throttle_init (PathThrottle *t, const AditSystem *system, int fd, gboolean on);
void path_throttle_clear (PathThrottle *t); /* a bare socket has room again */

void path_throttle_sent (PathThrottle *t, gsize bytes, gint64 now_us);

/* The socket had no room. */
void path_throttle_full (PathThrottle *t, gint64 now_us);
