/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host.h - one tunnel as the worker runs it: what the verbs of client/plugin.h share.  Private to
 * this folder.  A plugin sees only `base`. */
#pragma once
#include "client/plugin.h"
#include "client/worker/parent.h"

typedef enum {
    WORKER_LOADING, /* the plugin was not opened yet */
    WORKER_RUNNING,
    WORKER_ENDING, /* gave up or was stopped: no verb does anything any more */
    WORKER_N_STATES,
} WorkerState;

typedef struct WorkerTimers WorkerTimers;
typedef struct WorkerWants  WorkerWants;
typedef struct WorkerServe  WorkerServe;

typedef struct {
    AditHost          base; /* first */
    AditParent       *parent;
    const AditPlugin *plugin;
    AditProfile      *profile;
    AditTunnel       *tunnel;
    WorkerState       state;

    int      device; /* -1: none, as with the kernel's data path */
    gboolean vnet;
    guint    mtu;                              /* of the device */
    guint    ending, resting, device_readable; /* sources */

    guint32  switched_off; /* bits 1 << AditOffload */
    gboolean queue, copy_dscp;

    WorkerTimers *timers;
    WorkerWants  *wants;
    WorkerServe  *serve;
    AditPath     *path;      /* the one that has the device; NULL: none */
    char        **offer;     /* the texts of the last UP */
    guint         offer_mtu; /* and its number */
} WorkerHost;

extern const AditHostVerbs worker_verbs;

static inline WorkerHost *
worker_host (AditHost *host)
{
    return (WorkerHost *) (gpointer) host;
}

/* What an OPEN message says; takes the profile and the descriptors that it keeps (set to -1). */
WorkerHost *worker_host_new (AditParent *parent, const AditPlugin *plugin, AditProfile *profile,
                             AditMessage *open);
/* Opens and starts the plugin, and listens to the parent from now on. */
void worker_host_start (WorkerHost *host);
/* Everything but the process: for tests. */
void worker_host_free (WorkerHost *host);

/* ---- clock.c: timers, and a clock that goes on while the machine sleeps ---- */
WorkerTimers *worker_timers_new (void);
void          worker_timers_free (WorkerTimers *timers);
void          worker_timers_woke (WorkerTimers *timers);
void          worker_arm (AditHost *host, AditTimer *timer, guint64 ms);
gint64        worker_now (AditHost *host);
gint64        worker_wall (AditHost *host);

/* ---- want.c: what the parent was asked for ---- */
typedef void (*WorkerReplyFn) (gpointer object, AditMessage *reply);

WorkerWants *worker_wants_new (void);
void         worker_wants_free (WorkerWants *wants);
/* A number that nothing else has; also for objects that live on after their reply. */
guint32 worker_want_id (WorkerHost *host);
/* `fn` gets each reply of kind `fits` or REFUSED with that id until worker_want_end. */
void worker_want (WorkerHost *host, guint32 id, AditMessageKind fits, WorkerReplyFn fn,
                  gpointer object, GDestroyNotify free_object);
void worker_want_end (WorkerHost *host, guint32 id);
/* FALSE: nobody asked for it. */
gboolean worker_want_reply (WorkerHost *host, AditMessage *reply);
/* The error that a REFUSED message carries; g_error_free. */
GError *worker_want_refusal (const AditMessage *refused);
void    worker_lookup (AditHost *host, const char *server, guint16 port, AditLookupFn fn,
                       gpointer user);
void    worker_ask (AditHost *host, const AditQuestion *question, AditAnswerFn fn, gpointer user);

/* ---- link.c: sockets without a path over them ---- */
AditLink *worker_link (AditHost *host, const AditLinkSpec *spec, const AditLinkEvents *events,
                       gpointer user);
void      worker_link_send (AditLink *link, const AditEndpoint *to, AditPacket *packet);
void      worker_unlink (AditLink *link);

typedef struct {
    int          fd; /* -1: not there yet */
    AditLinkKind kind;
    gboolean     connected;
    guint8       family; /* 4 or 6, of the socket */
    guint        mtu;    /* 0: not known */
} WorkerLinkFacts;

void worker_link_refused (AditLink *link); /* ICMP: nothing listens at its peer */

guint32 worker_link_id (const AditLink *link); /* as the parent knows it */
/* From now on the data thread reads and writes; FALSE: it is not open. */
gboolean worker_link_lay (AditLink *link, WorkerLinkFacts *facts);
void     worker_link_bare (AditLink *link); /* once for each worker_link_lay that was TRUE */

/* ---- path.c: the data thread ---- */
AditPath *worker_path (AditHost *host, AditLink *link, AditCarrier *const *carriers, guint n,
                       const AditPathEvents *events, gpointer user);
void      worker_tell (AditPath *path, guint layer, gconstpointer message, gsize size);
void      worker_inject (AditPath *path, guint layer, const AditEndpoint *to, AditPacket *packet);
void      worker_unpath (AditPath *path);
void      worker_path_set_mtu (AditPath *path, guint mtu);
void      worker_path_stats (const AditPath *path, gpointer stats); /* AditPathStats */

/* ---- frames.c: a device of the kernel's that leaves frames to us ---- */
AditFrames *worker_frames (AditHost *host, AditLink *link, const AditFramesSpec *spec,
                           const AditFramesEvents *events, gpointer user);
void        worker_frame (AditFrames *frames, AditPacket *frame);
void        worker_allow (AditFrames *frames, guint allow, const guint8 *keys);
void        worker_unframes (AditFrames *frames);

/* ---- kernel.c ---- */
void worker_kernel (AditHost *host, AditKernelFn fn, gpointer user);
void worker_call (AditKernel *kernel, guint8 command, gboolean dump, gconstpointer attrs, gsize len,
                  AditReplyFn fn, gpointer user);
void worker_unkernel (AditKernel *kernel);

/* ---- device.c: the TUN device of protocols that carry data on this thread ---- */
void worker_deliver (AditHost *host, AditPacket *packet);
void worker_device_watch (WorkerHost *host);
void worker_device_leave (WorkerHost *host); /* a path has it now */

/* ---- trim.c: what only a beginning or a handshake needed goes back, some seconds later ---- */
void worker_trim_soon (WorkerHost *host);

/* ---- serve.c: local administrators ---- */
WorkerServe *worker_serve_new (WorkerHost *host, int listening); /* takes listening */
void         worker_serve_free (WorkerServe *serve);
