/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loop.h - the data thread's own state, shared by its files only: loop.c waits, outbound.c and
 * inbound.c move packets, lane.c talks to the control half, path.c is the door. */
#pragma once
#include "client/path/coalesce.h"
#include "client/path/device.h"
#include "client/path/path.h"
#include "client/path/pool.h"
#include "client/path/queue.h"
#include "client/path/ring.h"
#include "client/path/split.h"
#include "client/path/udp.h"

enum {
    PATH_EMITS   = ADIT_BATCH,
    PATH_ANSWERS = 20, /* ICMP answers at once; one more every 10 ms */
};

/* What the rings carry towards the data thread. */
typedef enum { PATH_TELL, PATH_INJECT, PATH_SET_MTU } PathCommand;

/* A packet that a carrier gave back or made, waiting for its turn. */
typedef struct {
    AditCarrier *carrier;
    guint        block;
    guint        len;
} PathEmit;

struct AditDataPath {
    AditLane          lane; /* first: a carrier gets this back */
    AditPathConfig    config;
    const AditSystem *system;
    AditPathStats     stats;     /* the data thread's own */
    AditPathStats     published; /* a copy for others, word by word atomic */
    gint64            published_us;
    PathOffloads      offloads;
    PathPool          pool;
    PathDevice        device;
    PathUdp           udp;
    PathQueue         queue;
    PathSplit         split;
    PathCoalesce      coalesce;
    PathRing          commands, events;
    GThread          *thread;
    int               stop, broken; /* atomic; broken: errno of what is gone */
    gboolean          broken_told;  /* by the control thread */

    guint    head, tail; /* summed over the carriers */
    guint    mtu;
    guint    mtu_told; /* last outer MTU that was reported */
    guint32  seed;     /* of flow hashes */
    gint64   now_us;
    guint    n_emits;
    PathEmit emits[PATH_EMITS];
    gint64   again_us; /* when a carrier wants its decap called; 0: never */
    guint    answers;  /* ICMP answers still allowed */
    gint64   answers_us;

    gboolean device_ready, link_ready; /* may have more to read */
    gboolean rested;                   /* waited a while for room in the socket only */
    gboolean dirty;                    /* memory was touched since it was last given back */

    AditBatch out, in;
    guint16   out_block[ADIT_BATCH];
};

/* path.c, for tests too */
AditDataPath *path_new_on (const AditSystem *system, const AditPathConfig *config, GError **error);

/* loop.c */
gpointer path_loop_run (gpointer path);
gint64   path_loop_now (AditDataPath *path); /* reads the clock */
void     path_loop_copy_stats (AditPathStats *to, const AditPathStats *from);

/* outbound.c: TRUE while there is more to do at once */
gboolean path_outbound_run (AditDataPath *path);
void path_outbound_encap (AditDataPath *path, guint first_layer); /* the out batch, then sends */
void path_outbound_add (AditDataPath *path, guint block, gsize len, guint32 flow, guint8 tos);

/* A block of the pool with a copy of `body` (NULL: zeroes), or PATH_NO_BLOCK. */
guint path_outbound_copy (AditDataPath *path, gconstpointer body, gsize len);

/* inbound.c */
gboolean path_inbound_run (AditDataPath *path);

/* lane.c */
void     path_lane_init (AditDataPath *path);
void     path_lane_commands (AditDataPath *path);      /* takes what the control half put */
gboolean path_lane_waiting (const AditDataPath *path); /* … and now it can take some */
void     path_lane_emits (AditDataPath *path); /* sends what carriers emitted, unless blocked */
gboolean path_lane_event (AditDataPath *path, AditPathEventKind kind, guint layer,
                          const AditEndpoint *from, gconstpointer body, gsize size);
