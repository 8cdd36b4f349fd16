/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path.h - the packet path of one tunnel: TUN device, queue, carriers, transport, and the data
 * thread that moves batches through them.  The door for client/worker; everything else in this
 * folder is private to it.  See docs/architecture.md, "life of a packet". */
#pragma once
#include "client/base/stats.h"
#include "client/plugin.h"

typedef enum { ADIT_TRANSPORT_UDP, ADIT_TRANSPORT_IP, ADIT_TRANSPORT_STREAM } AditTransportKind;

typedef struct {
    int               device; /* TUN, non-blocking; owned by the caller, like link */
    gboolean          vnet;   /* device was opened with IFF_VNET_HDR */
    int               link;   /* socket, non-blocking */
    AditTransportKind transport;
    gboolean          connected;    /* link has one peer; AditPacket.peer is ignored */
    guint8            family;       /* 4: AF_INET socket; 6: AF_INET6, dual stack when not V6ONLY */
    guint             mtu;          /* of the device */
    guint32           switched_off; /* bits 1 << AditOffload that must not be used */
    gboolean          queue;        /* FQ-CoDel between device and carriers */
    gboolean          copy_dscp;    /* inner DSCP onto the outer header; ECN is always RFC 6040 */
    guint             n;
    AditCarrier      *carriers[ADIT_PATH_CARRIERS]; /* inner to outer; freed with the path */
} AditPathConfig;

typedef enum {
    ADIT_PATH_PUNTED,  /* layer, from, packet */
    ADIT_PATH_SAID,    /* layer, message, size */
    ADIT_PATH_MTU,     /* size: bytes of one outer IP packet */
    ADIT_PATH_REFUSED, /* ICMP: nothing listens at the one peer of a connected link */
    ADIT_PATH_OFFLOAD, /* size: an AditOffload that was just given up */
    ADIT_PATH_BROKEN,  /* size: errno; the device or socket is gone, the thread has ended */
} AditPathEventKind;

typedef struct {
    AditPathEventKind kind;
    guint             layer;
    AditEndpoint      from;
    AditPacket       *packet; /* owned by the receiver */
    gsize             size;
    guint8            message[ADIT_MESSAGE_MAX];
} AditPathEvent;

typedef struct AditDataPath AditDataPath;

/* Probes the offloads; starts nothing.  Takes the carriers, on failure too. */
AditDataPath *adit_data_path_new (const AditPathConfig *config, GError **error);
gboolean      adit_data_path_start (AditDataPath *path, GError **error); /* the data thread */
void          adit_data_path_free (AditDataPath *path);                  /* joins it */

/* From the control thread; never block.  FALSE: the ring is full. */
gboolean adit_data_path_tell (AditDataPath *path, guint layer, gconstpointer message, gsize size);
gboolean adit_data_path_inject (AditDataPath *path, guint layer, const AditEndpoint *to,
                                const AditPacket *packet); /* copies */
gboolean adit_data_path_set_mtu (AditDataPath *path, guint mtu);

/* To the control thread: readable when events wait; drain until FALSE. */
int      adit_data_path_event_fd (const AditDataPath *path);
gboolean adit_data_path_next (AditDataPath *path, AditPathEvent *event);

void adit_data_path_stats (const AditDataPath *path, AditPathStats *out);
