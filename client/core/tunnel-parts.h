/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tunnel-parts.h - one tunnel, as the files that are its parts see it: tunnel.c (its life),
 * device.c (what it needs before a worker can open), wishes.c (what the worker says), links.c (its
 * sockets), frames.c (its link of the kernel's), configure.c (offer to host state), guard.c (what
 * may leave past it), reconnect.c (what comes after a worker), resolve.c (its names), control.c and
 * status.c (who asks how it is). */
#pragma once
#include "client/core/answers.h"
#include "client/core/channel.h"
#include "client/core/journal.h"
#include "client/core/plan.h"
#include "client/core/record.h"
#include "client/core/retry.h"
#include "client/core/tunnel.h"
#include "client/core/underlay.h"
#include "client/net/dns.h"
#include "client/net/lookup.h"
#include "client/net/nft-watch.h"
#include "client/net/watch.h"
#include <gio/gio.h>

enum {
    ADIT_TUNNEL_READY_MS = 5000, /* from start to READY */
    ADIT_TUNNEL_STOP_MS  = 2000, /* from STOP to its end */
    ADIT_TUNNEL_EXIT_MS  = 1000, /* from closing its socket to its end */
    ADIT_TUNNEL_SERVERS  = 16,   /* that are tried */
    ADIT_TUNNEL_LINKS    = 16,   /* sockets at once */
    ADIT_TUNNEL_LOOKUPS  = 64,   /* at once */
    ADIT_TUNNEL_GATEWAYS = 64,   /* that its packets may go to, under a guard */
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

typedef enum {
    ADIT_RECONNECT_IDLE,    /* nothing was lost */
    ADIT_RECONNECT_WAITING, /* until due_us */
    ADIT_RECONNECT_DUE,     /* as soon as the last worker is gone */
    ADIT_RECONNECT_TRYING,  /* a new worker is on its way up */
} AditReconnectState;

typedef struct {
    AditReconnectState state;
    gboolean           persistent;    /* a first connect that fails is tried again too */
    guint              failures;      /* in a row */
    guint              times;         /* it came up again */
    guint              server;        /* of the profile's list: the one to try */
    GError            *reason;        /* of the last failure; NULL: it is up, or never failed */
    gint64             due_us, up_us; /* monotonic; up_us 0: not up since the last failure */
    gint64             tried_us;      /* the last try's beginning */
    guint              timer;
} AditReconnect;

typedef struct AditControl AditControl;
typedef struct AditUnit    AditUnit; /* frames.c */

struct AditCoreTunnel {
    AditProfile         *profile;
    AditSchema          *schema;
    AditCoreTunnelEvents events;
    gpointer             user;

    AditState       state;
    AditWorkerState worker;
    char           *program; /* of the worker; NULL: the installed one */
    char           *name, *interface;
    guint           owner; /* user whose log it is */
    guint           index; /* of the device */
    guint32         mark;
    gboolean        kernel;
    char           *kernel_reason; /* why the data path is what it is */
    int             device, serve; /* descriptors, kept for the worker after this one; or -1 */
    GArray         *openings;      /* descriptors: the profile for a worker, one for each server */
    gboolean        vnet;
    AditUnit       *unit; /* the device, where `kernel` means one of these; else NULL */
    AditReconnect   reconnect;

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
    GHashTable   *links;       /* id in use → a copy of its descriptor + 1, or 0: frames.c */
    guint         lookups;
    GHashTable   *asked; /* number of a question → the worker's own number for it */
    guint         last_asked;
    GCancellable *cancel;  /* of everything asynchronous, … */
    GCancellable *wishing; /* … and of what the present worker wished for */
    AditAnswers  *answers;
    AditUnderlay *underlay;
    guint         outer; /* index of the device that leads to the peer; 0: unknown */

    GArray       *gateways;  /* AditGuardGateway: where its packets were let go */
    GHashTable   *hosts;     /* name of a gateway → AditEndpoint */
    AditNftWatch *rules;     /* tells when somebody removed them; NULL: there are none yet */
    gboolean      remembers; /* `hosts` came with a guard that had stayed */
    gboolean      took_over; /* its first guard came from a dead tunnel of its name */
    gboolean      seeks;     /* a name is being looked up, and the guard lets the question out */

    struct AditSplit *split;

    AditPlan      *plan; /* NULL until the first offer */
    AditPlanOffer *offer;
    guint          mtu;
    const char    *dns_backend; /* that took the servers, or NULL */
    AditDnsWatch  *dns_watch;
    guint64        sandbox;
    AditWatch     *watch;
    gint64         since; /* seconds since 1970; 0: not up yet */
};

/* tunnel.c */
void adit_tunnel_say (AditCoreTunnel *tunnel, AditLogLevel level, const char *fmt, ...)
    G_GNUC_PRINTF (3, 4);
void     adit_tunnel_warn (AditCoreTunnel *tunnel, const char *sentence);
void     adit_tunnel_enter (AditCoreTunnel *tunnel, AditState next, const char *sentence);
void     adit_tunnel_fail (AditCoreTunnel *tunnel, GError *error); /* takes error; for good */
gboolean adit_tunnel_is_ending (const AditCoreTunnel *tunnel);
gboolean adit_tunnel_start_worker (AditCoreTunnel *tunnel, GError **error);
void     adit_tunnel_retire_worker (AditCoreTunnel *tunnel); /* at once, whatever it does */
void     adit_tunnel_worker_ready (AditCoreTunnel *tunnel, guint64 sandbox);

/* reconnect.c */
void  adit_tunnel_lose (AditCoreTunnel *tunnel, GError *error); /* takes error; it may come again */
void  adit_reconnect_worker_gone (AditCoreTunnel *tunnel);
void  adit_reconnect_anew (AditCoreTunnel *tunnel); /* another worker, which is nobody's failure */
void  adit_reconnect_now (AditCoreTunnel *tunnel);  /* something changed: no need to wait longer */
void  adit_reconnect_succeeded (AditCoreTunnel *tunnel);
void  adit_reconnect_stop (AditCoreTunnel *tunnel);
void  adit_reconnect_moved (gpointer tunnel, gboolean woke);      /* AditWatchFn */
guint adit_reconnect_seconds_left (const AditCoreTunnel *tunnel); /* until the next try */

/* device.c */
gboolean adit_tunnel_prepare (AditCoreTunnel *tunnel, GError **error); /* names, mark */
gboolean adit_tunnel_make_device (AditCoreTunnel *tunnel, GError **error);
gboolean adit_tunnel_open_worker (AditCoreTunnel *tunnel, GError **error); /* sends OPEN */
void     adit_tunnel_close_device (AditCoreTunnel *tunnel);
/* The kernel cannot carry it after all: a TUN device and another worker will, unless the profile
 * demands the kernel or the tunnel was up; then FALSE. */
gboolean adit_tunnel_fall_back (AditCoreTunnel *tunnel, const GError *why);

/* links.c: wishes for sockets and for addresses of servers */
void adit_links_on_want (AditCoreTunnel *tunnel, AditMessage *message);
void adit_links_on_drop (AditCoreTunnel *tunnel, AditMessage *message);
void adit_links_on_lookup (AditCoreTunnel *tunnel, AditMessage *message);

/* frames.c: a device of the kernel's whose frames the worker reads and writes */
gboolean adit_frames_possible (const AditCoreTunnel *tunnel, GError **error);
gboolean adit_frames_make (AditCoreTunnel *tunnel, GError **error);
void     adit_frames_leave (AditCoreTunnel *tunnel); /* the worker is gone: no frame leaves */
void     adit_frames_close (AditCoreTunnel *tunnel); /* … and neither is the device there */
void     adit_frames_keep_link (AditCoreTunnel *tunnel, guint32 id, int fd); /* a copy of fd */
void     adit_frames_close_link (gpointer kept); /* a value of tunnel->links */
void     adit_frames_on_want (AditCoreTunnel *tunnel, AditMessage *message);
void     adit_frames_on_allow (AditCoreTunnel *tunnel, AditMessage *message);
void     adit_frames_on_drop (AditCoreTunnel *tunnel, AditMessage *message);

/* resolve.c: as adit_lookup, but it remembers. */
void adit_tunnel_resolve (AditCoreTunnel *tunnel, const char *host, guint16 port,
                          AditLookupDone done, gpointer user, GDestroyNotify free_user);

/* wishes.c */
void adit_tunnel_on_message (gpointer tunnel, AditMessage *message);
void adit_tunnel_answer (AditCoreTunnel *tunnel, const AditMessage *message);
void adit_tunnel_refuse (AditCoreTunnel *tunnel, guint32 id, const GError *error);
/* The tunnel ends: what the worker sent breaks the rules; `how` completes the sentence. */
void adit_tunnel_misbehave (AditCoreTunnel *tunnel, const AditMessage *message, const char *how);

/* configure.c */
gboolean adit_tunnel_configure (AditCoreTunnel *tunnel, AditPlanOffer *offer, GError **error);
gboolean adit_tunnel_configure_again (AditCoreTunnel *tunnel, GError **error); /* the same offer */
gboolean adit_tunnel_set_mtu (AditCoreTunnel *tunnel, guint mtu, GError **error);

void adit_tunnel_gather (const AditCoreTunnel *tunnel, AditPlanFacts *facts);
void adit_tunnel_facts_clear (AditPlanFacts *facts);

/* guard.c */
const AditStep *adit_tunnel_guard_step (const AditCoreTunnel *tunnel); /* NULL: there is none */
gboolean adit_tunnel_set_guard (AditCoreTunnel *tunnel, const AditStep *step, GError **error);
gboolean adit_tunnel_raise_guard (AditCoreTunnel *tunnel, GError **error); /* the first */
gboolean adit_tunnel_drop_guard (AditCoreTunnel *tunnel, GError **error);
/* At its end: TRUE when the guard is to hold all the same, which is said to the person. */
gboolean adit_tunnel_leaves_guard (AditCoreTunnel *tunnel);
/* Lets packets go there, before any is sent.  host: the name that led there, or NULL. */
gboolean adit_tunnel_admit (AditCoreTunnel *tunnel, const char *host, const AditEndpoint *endpoint,
                            guint8 protocol, GError **error);
/* Before a name is looked up: its address when it is known and the question may not leave,
 * borrowed; else NULL, and the question may leave until something is admitted. */
const AditEndpoint *adit_tunnel_seek (AditCoreTunnel *tunnel, const char *host);

/* neighbours.c: AditNeighbour, by the place in front of which its rules stand. */
GArray *adit_neighbours_find (const AditCoreTunnel *tunnel, guint place);

/* control.c */
AditControl *adit_control_new (AditCoreTunnel *tunnel, const char *path, GError **error);
/* The worker's answer to STATUS. */
void adit_control_notes (AditControl *control, const AditMessage *message);
void adit_control_free (AditControl *control);

/* status.c: JSON; notes may be NULL. */
char *adit_status_text (const AditCoreTunnel *tunnel, const AditMessage *notes);
