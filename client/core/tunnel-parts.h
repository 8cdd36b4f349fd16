/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tunnel-parts.h - one tunnel, as the files that are its parts see it: tunnel.c (its life),
 * device.c (what it needs before a worker can open), wishes.c (what the worker says), configure.c
 * (offer to host state), control.c and status.c (who asks how it is). */
#pragma once
#include "client/core/channel.h"
#include "client/core/journal.h"
#include "client/core/plan.h"
#include "client/core/record.h"
#include "client/core/tunnel.h"
#include "client/core/underlay.h"
#include "client/net/watch.h"
#include <gio/gio.h>

enum {
    ADIT_TUNNEL_READY_MS = 5000, /* from start to READY */
    ADIT_TUNNEL_STOP_MS  = 2000, /* from STOP to its end */
    ADIT_TUNNEL_EXIT_MS  = 1000, /* from closing its socket to its end */
    ADIT_TUNNEL_LINKS    = 16,   /* sockets at once */
    ADIT_TUNNEL_LOOKUPS  = 64,   /* at once */
    ADIT_TUNNEL_ASKED    = 8,    /* questions without an answer yet */
    ADIT_TUNNEL_WORDS    = 4096, /* messages that a worker may send at once, … */
    ADIT_TUNNEL_WORDS_S  = 500,  /* … and again in each second */
};

typedef enum {
    ADIT_WORKER_NONE,
    ADIT_WORKER_LOADING, /* started; its sandbox is not closed yet */
    ADIT_WORKER_AT_WORK, /* said READY */
    ADIT_WORKER_LEAVING, /* its socket is closed or it was told to stop */
} AditWorkerState;

typedef struct AditControl AditControl;

struct AditCoreTunnel {
    AditProfile         *profile;
    AditSchema          *schema;
    AditCoreTunnelEvents events;
    gpointer             user;

    AditState       state;
    AditWorkerState worker;
    char           *program; /* of the worker; NULL: the installed one */
    char           *name, *interface;
    guint           index; /* of the device */
    guint32         mark;
    gboolean        kernel;
    char           *kernel_reason; /* why the data path is what it is */
    int             device, serve; /* descriptors until the worker has them, else -1 */
    gboolean        vnet;

    AditJournal *journal;
    AditRecord  *record;
    AditControl *control;
    AditChannel *channel;
    GPid         pid;
    guint        child, deadline, ending; /* sources */
    char        *epitaph;
    GError      *error; /* why it failed */

    gint64        words_at_us; /* when `words` was counted */
    guint         words;       /* messages that the worker may send now */
    GHashTable   *links;       /* ids in use */
    guint         lookups, asked;
    GCancellable *cancel; /* of everything asynchronous */
    AditUnderlay *underlay;
    guint         outer; /* index of the device that leads to the peer; 0: unknown */

    AditPlan      *plan; /* NULL until the first offer */
    AditPlanOffer *offer;
    guint          mtu;
    const char    *dns_backend; /* that took the servers, or NULL */
    guint64        sandbox;
    AditWatch     *watch;
    gint64         since; /* seconds since 1970; 0: not up yet */
};

/* tunnel.c */
void adit_tunnel_say (AditCoreTunnel *tunnel, AditLogLevel level, const char *fmt, ...)
    G_GNUC_PRINTF (3, 4);
void adit_tunnel_warn (AditCoreTunnel *tunnel, const char *sentence);
void adit_tunnel_enter (AditCoreTunnel *tunnel, AditState next, const char *sentence);
void adit_tunnel_fail (AditCoreTunnel *tunnel, GError *error); /* takes error */
void adit_tunnel_worker_ready (AditCoreTunnel *tunnel, guint64 sandbox);

/* device.c */
gboolean adit_tunnel_prepare (AditCoreTunnel *tunnel, GError **error); /* names, mark */
gboolean adit_tunnel_make_device (AditCoreTunnel *tunnel, GError **error);
gboolean adit_tunnel_open_worker (AditCoreTunnel *tunnel, GError **error); /* sends OPEN */

/* wishes.c */
void adit_tunnel_on_message (gpointer tunnel, AditMessage *message);

/* configure.c */
gboolean adit_tunnel_configure (AditCoreTunnel *tunnel, AditPlanOffer *offer, GError **error);
gboolean adit_tunnel_set_mtu (AditCoreTunnel *tunnel, guint mtu, GError **error);

/* control.c */
AditControl *adit_control_new (AditCoreTunnel *tunnel, const char *path, GError **error);
/* The worker's answer to STATUS. */
void adit_control_notes (AditControl *control, const AditMessage *message);
void adit_control_free (AditControl *control);

/* status.c: JSON; notes may be NULL. */
char *adit_status_text (const AditCoreTunnel *tunnel, const AditMessage *notes);
