/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* coalesce.h - neighbouring packets of a flow -> one superframe for the device, without copying: a
 * group is a list of slices of the packets, which must stay where they are until the flush.
 * Never holds a packet beyond one burst, and never reorders a flow. */
#pragma once
#include "client/path/inner.h"
#include "client/path/vnet.h"
#include <sys/uio.h>

enum { PATH_GROUPS = 128 };

typedef struct {
    PathVnet     vnet;
    struct iovec iov[PATH_SEGMENTS + 1]; /* the vnet header, the first packet whole, payloads */
    guint        n;                      /* packets; iov has one more */
    gsize        len;                    /* of the superframe without its vnet header */
    guint32      flow;
    gint16       previous; /* older group in the same bucket, or -1 */
    PathInner    inner;    /* of the first packet */
    gboolean     open;     /* may take more */
    guint32      next_seq;
    guint16      next_id;
    guint16      segment;  /* payload of the first packet */
    guint16      saved[4]; /* header fields of the first packet, to take a superframe apart again */
    guint8       saved_flags;
} PathGroup;

typedef struct {
    gboolean  tcp, udp; /* what may be coalesced */
    guint     n;
    gint16    bucket[64]; /* newest group */
    PathGroup group[PATH_GROUPS];
} PathCoalesce;

void path_coalesce_reset (PathCoalesce *c);

static inline gboolean
path_coalesce_full (const PathCoalesce *c)
{
    return c->n == PATH_GROUPS;
}

/* Takes a packet that path_inner_parse() understood; not when full. */
void path_coalesce_add (PathCoalesce *c, guint8 *p, const PathInner *inner);

/* Writes the headers of a group of several packets; then its iov is what the device wants. */
void path_group_close (PathGroup *group);

/* Undoes path_group_close(); then path_group_packet() gives the packets as they came. */
void         path_group_open (PathGroup *group);
struct iovec path_group_packet (const PathGroup *group, guint i);
