/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split.h - one frame from the device -> packets of the tunnel's size, checksums done, SYNs
 * clamped. Resumable, so that a superframe may straddle two batches. */
#pragma once
#include "client/path/inner.h"
#include "client/path/vnet.h"

typedef enum {
    PATH_SPLIT_OK,
    PATH_SPLIT_MALFORMED,
    PATH_SPLIT_TOO_BIG, /* for the MTU; nobody may cut it but its sender */
} PathSplitResult;

typedef struct {
    const guint8 *frame; /* borrowed until the last packet is out */
    gsize         len;
    gsize         at;      /* next byte of payload; == len: done */
    gsize         segment; /* payload bytes per packet; 0: the frame is one packet */
    PathInner     inner;
    guint32       flow;
    gboolean      clamped;
    guint         n;        /* packets made so far */
    guint64       ip_sum;   /* of the template's IPv4 header */
    guint64       base_sum; /* of pseudo header and template */
    guint8        header[128];
} PathSplit;

/* vnet NULL: the device has none.  Writes into the frame. */
PathSplitResult path_split_begin (PathSplit *split, const PathVnet *vnet, guint8 *frame, gsize len,
                                  guint mtu, guint32 seed);

static inline gboolean
path_split_left (const PathSplit *split)
{
    return split->at < split->len;
}

/* Writes the next packet, at most the MTU, and returns its length. */
gsize path_split_next (PathSplit *split, guint8 *to);
