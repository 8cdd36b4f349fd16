/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plugin.h - the whole contract between a protocol and the rest of adit.
 *
 * A protocol is a shared module that exports one `adit_plugin`.  It is a machine without hands: no
 * socket, clock, thread, file or random source of its own.  Verbs come down to it (AditPlugin) and
 * go up from it (AditHost) on one thread; its carriers (AditCarrier) run on the data thread.  So
 * the same object code runs in a worker, in a simulated network with simulated time, and under a
 * fuzzer. No verb blocks.  Nothing is called after free(). */
#pragma once
#include "client/base/bytes.h"
#include "client/base/error.h"
#include "client/base/field.h"
#include "client/base/log.h"
#include "client/base/packet.h"
#include "client/base/profile.h"
#include "client/base/secret.h"

enum { ADIT_PLUGIN_ABI = 1, ADIT_PATH_CARRIERS = 6, ADIT_MESSAGE_MAX = 2048 };

typedef struct AditHost    AditHost;   /* the core, as seen by one tunnel */
typedef struct AditTunnel  AditTunnel; /* one running connection; private to a plugin */
typedef struct AditLink    AditLink;   /* a socket towards the peer; the host's */
typedef struct AditPath    AditPath;   /* passenger + carriers + link; the host's */
typedef struct AditFrames  AditFrames; /* what a device of the kernel's leaves to us; the host's */
typedef struct AditKernel  AditKernel; /* a device of the kernel's instead of a path; the host's */
typedef struct AditCarrier AditCarrier;
typedef struct AditPlugin  AditPlugin;

/* ==== data half: on the data thread, plain C, batches, in place; no allocation, lock or log ====
 */

typedef struct AditLane AditLane; /* the data thread, as seen by a carrier */

struct AditLane {
    /* To the control half: need a key, soft limit, peer moved.  Bounded copy, in order; FALSE when
     * the ring is full, which a carrier must survive. */
    gboolean (*say) (AditLane *lane, AditCarrier *carrier, gconstpointer message, gsize size);
    /* Queues a packet that the carrier made or held back itself (a keepalive, what waited for a
     * key) as if `encap` had been given it, soon, in order, not within this call; copies `body`
     * (NULL: zeroes) of at most the device's mtu.  FALSE when there is no room; 128 always fit. */
    gboolean (*emit) (AditLane *lane, AditCarrier *carrier, gconstpointer body, gsize len);
    gint64 (*now) (AditLane *lane); /* monotonic, microseconds */
    /* For packets that decap held back: it is called again within `us`, if need be with an empty
     * batch, and may always append packets of its own, which stay until its next call. */
    void (*again) (AditLane *lane, AditCarrier *carrier, guint us);
};

enum {
    ADIT_UNIFORM = 1, /* equal lengths in give equal lengths out, so GSO is possible */
    ADIT_ORDERED = 2, /* decap depends on order: never in parallel */
};

typedef struct {
    const char *name;
    guint16     head, tail; /* bytes it may add in front and behind */
    guint8      flags;
    /* Give each packet its verdict: PASS, TAKE, or DROP with a cause; others are not touched.
     * encap may set `peer` (owned by the carrier, valid until the batch is sent). */
    void (*encap) (AditCarrier *carrier, AditBatch *batch);
    /* The same, or PUNT: not data, for the control half.  `peer` is the authentic or not yet
     * authentic source, valid for this call only.  A packet of length 0 after PASS ends here. */
    void (*decap) (AditCarrier *carrier, AditBatch *batch);
    /* From the control half, between batches; the message is wiped afterwards. */
    void (*told) (AditCarrier *carrier, gconstpointer message, gsize size);
    void (*free) (AditCarrier *carrier); /* wipes */
} AditCarrierOps;

struct AditCarrier {
    const AditCarrierOps *ops;
    AditLane             *lane; /* set by the host before the first call */
};

/* ==== control half: on the worker's GLib thread ==== */

typedef enum { ADIT_LINK_UDP, ADIT_LINK_TCP, ADIT_LINK_IP } AditLinkKind;

typedef struct {
    AditLinkKind kind;
    const char  *server; /* one of the profile's servers, "name:port"; connected to it.
                            NULL: a UDP socket open to several peers, IPv4 and IPv6 */
    guint16 port;        /* default port of `server`, or the IP protocol for ADIT_LINK_IP */
    guint16 local_port;  /* 0: any */
} AditLinkSpec;

/* A bare link's bytes come to recv; once a path is laid over it, the data thread has it. */
typedef struct {
    void (*ready) (gpointer user, guint16 local_port);
    /* Takes packet; optional where ready() lays a path. */
    void (*recv) (gpointer user, const AditEndpoint *from, AditPacket *packet);
    void (*lost) (gpointer user, GError *cause); /* takes cause */
    /* Optional, of datagrams to a `server`, under a path too: its host says (ICMP) that nothing
     * listens there.  Only a hint: anybody on the way can say so. */
    void (*refused) (gpointer user);
} AditLinkEvents;

typedef struct {
    /* Decapsulated down to carriers[layer], which punted it.  Takes packet. */
    void (*punted) (gpointer user, guint layer, const AditEndpoint *from, AditPacket *packet);
    void (*said) (gpointer user, guint layer, gconstpointer message, gsize size);
    /* The path to the peer carries at most `bytes` in one IP packet (ICMP, or the route). */
    void (*path_mtu) (gpointer user, guint bytes);
    void (*lost) (gpointer user, GError *cause); /* takes cause */
} AditPathEvents;

/* What both ends call a session, and the tunnel that it is in: 0 where there are none. */
typedef struct {
    guint16 tunnel, peer_tunnel, session, peer_session;
} AditFramesSpec;

/* Frames begin with the protocol field, two bytes long (RFC 1661 2). */
typedef struct {
    void (*frame) (gpointer user, AditPacket *frame); /* takes frame: none of a network's packets */
    void (*packet) (gpointer user, AditPacket *packet); /* takes packet: a router advertisement */
    void (*lost) (gpointer user, GError *cause);        /* takes cause */
} AditFramesEvents;

/* What a tunnel achieved; the core alone decides routes and DNS from it and the profile.
 * All lists are NULL-terminated and borrowed for the call. */
typedef struct {
    const char *const *addresses; /* "10.0.0.7/24" */
    const char *const *routes;    /* prefixes the peer carries; the profile may overrule */
    const char *const *dns;
    const char *const *domains;
    guint              mtu;
} AditOffer;

typedef enum {
    ADIT_PHASE_CONTACT,      /* "reaching vpn.example.org" */
    ADIT_PHASE_NEGOTIATE,    /* "agreeing on encryption"   */
    ADIT_PHASE_AUTHENTICATE, /* "signing in"               */
    ADIT_PHASE_CONFIGURE,    /* "asking for an address"    */
    ADIT_N_PHASES,
} AditPhase;

/* A question to the person: a password, a one-time code, "is this key right?" */
typedef struct {
    const char *key;    /* the profile key the answer belongs to, or NULL: never stored */
    const char *text;   /* the sentence shown */
    gboolean    secret; /* hide while typing, wipe after use */
} AditQuestion;

typedef void (*AditAnswerFn) (gpointer user, const char *answer); /* NULL: refused */
/* endpoint NULL: error says why (borrowed); mtu: of the route there, 0 when unknown. */
typedef void (*AditLookupFn) (gpointer user, const AditEndpoint *endpoint, guint mtu,
                              const GError *error);
/* kernel NULL: error says why (borrowed). */
typedef void (*AditKernelFn) (gpointer user, AditKernel *kernel, const GError *error);
/* One reply message's generic netlink attributes; data NULL: the end, error NULL when it went well.
 */
typedef void (*AditReplyFn) (gpointer user, const guint8 *data, gsize len, const GError *error);

/* A timer lives inside the plugin's own struct; `fn` and `user` are the plugin's, the rest the
 * host's.  Disarm before its memory goes away. */
typedef struct {
    void (*fn) (gpointer user);
    gpointer user;
    gint64   due;
    gpointer source;
} AditTimer;

typedef struct {
    AditLink *(*link) (AditHost *, const AditLinkSpec *, const AditLinkEvents *, gpointer user);
    void (*send) (AditLink *, const AditEndpoint *to, AditPacket *packet); /* takes packet */
    void (*unlink) (AditLink *);

    /* Takes the carriers, inner to outer; owns the link's reading and writing from now on. */
    AditPath *(*path) (AditHost *, AditLink *, AditCarrier *const *, guint n,
                       const AditPathEvents *, gpointer user);
    /* Bounded copy (ADIT_MESSAGE_MAX), in order, never blocks. */
    void (*tell) (AditPath *, guint layer, gconstpointer message, gsize size);
    /* Through the carriers below (outside of) `layer` only.  Takes packet. */
    void (*inject) (AditPath *, guint layer, const AditEndpoint *to, AditPacket *packet);
    void (*unpath) (AditPath *); /* stops it and frees the carriers; the link is bare again */

    /* The kernel's own device, of the kind and family that the plugin's description names.
     * call: generic netlink; the host puts the device's index (attribute 1) in front of `attrs`.
     * reply may be called several times before its end. */
    void (*kernel) (AditHost *, AditKernelFn, gpointer user);
    void (*call) (AditKernel *, guint8 command, gboolean dump, gconstpointer attrs, gsize len,
                  AditReplyFn, gpointer user);
    void (*unkernel) (AditKernel *);

    /* For a kernel's device that carries frames: lays it over the bare `link`, which goes on being
     * read and written for the protocol's own messages.  Nothing may pass until allow(): a set of
     * ADIT_FRAMES_…; keys: out, then in, or NULL for those it has.  frame() and allow() may be
     * called at once, keep their order, and are done later. */
    AditFrames *(*frames) (AditHost *, AditLink *, const AditFramesSpec *, const AditFramesEvents *,
                           gpointer user);
    void (*frame) (AditFrames *, AditPacket *frame); /* takes frame */
    void (*allow) (AditFrames *, guint allow, const guint8 *keys);
    void (*unframes) (AditFrames *);

    void (*arm) (AditHost *, AditTimer *, guint64 ms); /* again: moves it; G_MAXUINT64: disarms */
    gint64 (*now) (AditHost *);                        /* monotonic, microseconds */
    gint64 (*wall) (AditHost *);                       /* since 1970, microseconds */
    void (*random) (AditHost *, gpointer buf, gsize len);
    /* Only names and addresses of servers and endpoints in the profile. */
    void (*lookup) (AditHost *, const char *server, guint16 port, AditLookupFn, gpointer user);
    void (*ask) (AditHost *, const AditQuestion *, AditAnswerFn, gpointer user);
    void (*phase) (AditHost *, AditPhase, const char *peer); /* peer: whom, for people */
    void (*up) (AditHost *, const AditOffer *);              /* again: the offer changed */
    void (*deliver) (AditHost *, AditPacket *);  /* takes packet: IP for the TUN; bare links only */
    void (*give_up) (AditHost *, GError *error); /* takes error; stop() and free() follow later */
} AditHostVerbs;

struct AditHost {
    const AditHostVerbs *verbs;
    gboolean             kernel; /* use kernel() instead of link() and path(), or frames() instead
                                    of path() */
};

/* Facts for `adit status`: note ("cipher", "ChaCha20-Poly1305").  Keys are lower-case words with
 * dots and dashes; common ones: endpoint, cipher, last-handshake (seconds since 1970), role. */
typedef void (*AditNoteFn) (gpointer user, const char *key, const char *value);
typedef void (*AditDoneFn) (gpointer user);

/* What an importer or exporter did not take over, with its line: report (12, "PostUp", "…"). */
typedef void (*AditReportFn) (gpointer user, guint line, const char *what, const char *why);

struct AditPlugin {
    guint       abi;         /* ADIT_PLUGIN_ABI */
    const char *name;        /* folder, `type` in profiles, log topic */
    const char *title;       /* N_("Toy tunnel") */
    gboolean    ethernet;    /* carries frames, not IP packets */
    const char *warning;     /* NULL, or why not to use it: N_("Broken since 2012.") */
    const char *socket;      /* NULL, or "toy/%s.sock": below /run, see serve */
    const char *kernel;      /* NULL, or the kernel's link kind, and … */
    const char *family;      /* … its generic netlink family, or what carries its frames */
    const char *kernel_if;   /* NULL, or what a profile must say so that the kernel can do all
                                that it asks for: "toy.mode=plain" */
    const AditField *fields; /* own keys; ends with a NULL key */

    /* Optional: rules that tie several fields together. */
    gboolean (*check) (const AditProfile *, GError **error);
    /* Optional: fills an empty profile from a foreign file's text; FALSE with no error: not ours.
     */
    gboolean (*import) (AditProfile *, const char *text, gsize len, AditReportFn, gpointer user,
                        GError **error);
    /* Optional: the foreign file's text; g_free after wiping. */
    char *(*export) (const AditProfile *, AditReportFn, gpointer user, GError **error);

    AditTunnel *(*open) (AditHost *, const AditProfile *); /* profile outlives the tunnel */
    void (*start) (AditTunnel *);
    void (*send) (AditTunnel *, AditPacket *); /* optional, for protocols that carry data on the
                                                  control thread; takes packet: IP from the TUN */
    void (*moved) (AditTunnel *); /* optional: our address or route changed, or we woke */
    void (*stop) (AditTunnel *);  /* say goodbye; free() follows at once */
    void (*free) (AditTunnel *);
    /* Optional: brings what status() tells up to date, then calls done, perhaps at once. */
    void (*refresh) (AditTunnel *, AditDoneFn done, gpointer user);
    void (*status) (AditTunnel *, AditNoteFn, gpointer user); /* optional */
    /* Optional: one request of a local administrator on `socket`, up to its empty line; the answer
     * is g_freed.  NULL closes the connection. */
    char *(*serve) (AditTunnel *, const char *request);
    /* Optional: before open(), while files can still be opened: loads what would be loaded on first
     * use. */
    void (*prepare) (void);
};

#define adit_arm(host, timer, ms) ((host)->verbs->arm ((host), (timer), (ms)))
#define adit_disarm(host, timer) ((host)->verbs->arm ((host), (timer), G_MAXUINT64))
#define adit_now(host) ((host)->verbs->now ((host)))
#define adit_random_from(host, buf, len) ((host)->verbs->random ((host), (buf), (len)))
#define adit_give_up(host, error) ((host)->verbs->give_up ((host), (error)))
