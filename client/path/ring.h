/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ring.h - a bounded queue of records between two threads, one putting and one taking, with an
 * eventfd to wait on.  Keys pass here: a record's bytes are wiped as it is taken. */
#pragma once
#include "client/base/packet.h"

typedef struct {
    guint32      size; /* of the body */
    guint16      kind, layer;
    AditEndpoint peer;
} PathRecord;

typedef struct {
    guint8 *bytes;
    guint   capacity;   /* a power of two */
    guint   head, tail; /* bytes ever put and taken; each has one writer */
    int     fd;         /* readable when something was put; cleared by path_ring_calm() */
} PathRing;

gboolean path_ring_init (PathRing *ring, guint capacity);
void     path_ring_clear (PathRing *ring); /* wipes what was not taken */

/* Bytes, records' own included; for the putting thread. */
gsize path_ring_room (const PathRing *ring);

/* FALSE: no room, nothing happened. */
gboolean path_ring_put (PathRing *ring, const PathRecord *record, gconstpointer body);

/* FALSE: empty.  The record stays until path_ring_take(), which copies at most `room` bytes of it.
 */
gboolean path_ring_peek (const PathRing *ring, PathRecord *record);
void     path_ring_take (PathRing *ring, const PathRecord *record, gpointer body, gsize room);

void path_ring_calm (PathRing *ring);
void path_ring_wake (PathRing *ring); /* makes fd readable with nothing put */
