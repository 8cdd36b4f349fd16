/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* race.h - one connection to whichever of a server's addresses answers first (RFC 8305 5). */
#pragma once
#include "client/net/socket.h"
#include <gio/gio.h>

enum {
    ADIT_RACE_MAX     = 8,     /* addresses; the rest is not tried */
    ADIT_RACE_NEXT_MS = 250,   /* after which the next is tried beside the others */
    ADIT_RACE_MS      = 15000, /* for all of them */
};

/* fd: connected, the callee's; -1: error says why (borrowed). */
typedef void (*AditRaceDone) (gpointer user, int fd, const AditEndpoint *winner, guint16 local_port,
                              const GError *error);

/* On the default main context, of stream sockets.  `done` comes once and later, or never after a
 * cancel; `free_user` (may be NULL) always, at the end.  With a local port of its own only one is
 * tried at a time. */
void adit_race (const AditSocketSpec *spec, const AditEndpoint *endpoints, guint n,
                GCancellable *cancel, AditRaceDone done, gpointer user, GDestroyNotify free_user);
