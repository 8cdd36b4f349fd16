/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ppp.h - the PPP engine and its two carriers: the only header of this folder that other protocols
 * include.  One AditPpp is one link's control half: LCP, authentication, CCP, IPCP, IPV6CP, in
 * either role.  It has no hands: time, timers and randomness come from the host, frames leave
 * through `output`, and whoever carries PPP (a tunnel protocol) lays the path.
 *
 *     carriers, inner to outer:   ppp | …            or   ppp | mppe | …
 *     a frame punted by either    -> adit_ppp_input()
 *     event output                -> verbs->inject (path, layer of `ppp`, NULL, frame)
 *     event tell                  -> verbs->tell (path, layer of that carrier, message, size)
 *     said by either              -> adit_ppp_said() */
#pragma once
#include "client/plugin.h"

typedef struct AditPpp AditPpp;

typedef enum {
    ADIT_PPP_CLIENT, /* proves who it is, asks for an address */
    ADIT_PPP_SERVER, /* asks for proof, gives an address; for simulated peers */
} AditPppRole;

/* Ways to prove who we are; a set.  MS-CHAPv1 is not among them (RFC 2433: broken). */
enum {
    ADIT_PPP_PAP = 1 << 0,      /* the password itself: only inside an encrypted carrier or with
                                   `legacy` */
    ADIT_PPP_CHAP     = 1 << 1, /* RFC 1994, MD5 */
    ADIT_PPP_MSCHAPV2 = 1 << 2, /* RFC 2759; the server proves itself, too */
    ADIT_PPP_EAP      = 1 << 3, /* RFC 3748 with the methods below */
    ADIT_PPP_AUTH_ALL = ADIT_PPP_PAP | ADIT_PPP_CHAP | ADIT_PPP_MSCHAPV2 | ADIT_PPP_EAP,
};

/* EAP methods; a set.  0 means all that the rest of the configuration makes possible. */
enum {
    ADIT_PPP_EAP_MD5      = 1 << 0,
    ADIT_PPP_EAP_GTC      = 1 << 1, /* like PAP: encrypted carrier or `legacy` */
    ADIT_PPP_EAP_TLS      = 1 << 2, /* needs ca, certificate and key */
    ADIT_PPP_EAP_MSCHAPV2 = 1 << 3,
};

/* Key lengths of MPPE (RFC 3078); a set.  0: MPPE is refused.  40 and 56 count only with `legacy`.
 */
enum { ADIT_PPP_MPPE_40 = 1 << 0, ADIT_PPP_MPPE_56 = 1 << 1, ADIT_PPP_MPPE_128 = 1 << 2 };

/* All of it is copied; secrets are wiped by adit_ppp_free(). */
typedef struct {
    AditPppRole role;
    const char *topic;  /* of log lines: the protocol's name; static text */
    const char *server; /* whom, for sentences: "vpn.example.org" */

    guint    auth;      /* allowed ways; the strongest that the server accepts is used */
    guint    eap;       /* allowed methods */
    gboolean encrypted; /* the carrier below encrypts, and has proved who the server is; else the
                           server must ask for proof of ours, or `legacy` is needed */
    gboolean legacy;    /* the person consented to broken cryptography (connection.legacy) */
    guint    mppe;      /* key lengths we would use */
    gboolean mppe_required;  /* no MPPE, no link: also when CCP goes down later */
    gboolean mppe_stateful;  /* ask for stateful: less work for each packet, more after a loss */
    gboolean mppe_stateless; /* refuse stateful, which one lost packet stops for a round trip */

    const char *user, *password; /* client: NULL means ask; server: whom it lets in */
    /* EAP-TLS, PEM texts; server_name: whose certificate, NULL for any of the CA. */
    const char *ca, *certificate, *key, *key_passphrase, *server_name;

    guint16  mru;             /* what we can receive in one frame's information field; 0: 1500 */
    gboolean no_ipv4, ipv6;   /* which networks to ask for */
    gboolean want_wins;       /* ask for WINS servers, too */
    gboolean routerless;      /* IPv6: send no router solicitation */
    guint8   address[4];      /* client: wished for, 0.0.0.0: the server chooses; server: its own */
    guint8   peer_address[4]; /* server: what the client gets */
    guint8   dns[2][4], wins[2][4]; /* server: what it tells, 0.0.0.0: none */
    guint    echo_s;                /* seconds between LCP echoes; 0: none */
    guint    echo_lost;             /* unanswered ones until the link is lost; 0: 6 */
} AditPppConfig;

typedef enum { ADIT_PPP_CARRIER_PPP, ADIT_PPP_CARRIER_MPPE } AditPppCarrier;

/* What was agreed; borrowed for the call. */
typedef struct {
    AditOffer offer;                   /* ready for verbs->up(); mtu is of the link: lower it to
                                          what the carriers below can take */
    guint8      address[4], peer[4];   /* 0.0.0.0: no IPv4 */
    guint8      dns[2][4], wins[2][4]; /* 0.0.0.0: none */
    gboolean    has_ipv6;
    guint8      interface_id[8], peer_interface_id[8];
    const char *auth; /* "MS-CHAPv2", "EAP-TLS" …, "none" */
    guint       mppe; /* one of ADIT_PPP_MPPE_…, 0: not encrypted by PPP */
    gboolean    mppe_stateful;
    gboolean    secrets_from_person; /* user or password were asked for */
} AditPppResult;

/* Events come from within the calls below or from a timer, never from adit_ppp_new() or
 * adit_ppp_free().  Of them only `down` may free the engine. */
typedef struct {
    /* Takes frame: complete, from the address field (FF 03) on.  To be injected above all carriers
     * but `ppp`, so that `mppe` sees it. */
    void (*output) (gpointer user, AditPacket *frame);
    /* To one of the carriers; holds keys: pass it on and keep no copy.  For ..._MPPE only when
     * `mppe` of the configuration is not 0.  Must stay in order with `output`. */
    void (*tell) (gpointer user, AditPppCarrier to, gconstpointer message, gsize size);
    void (*phase) (gpointer user, AditPhase phase);
    /* The person's answer is brought by adit_ppp_answer(), NULL: refused.  `key` is "user" or
     * "password", or NULL for answers that are not kept. */
    void (*ask) (gpointer user, const AditQuestion *question);
    /* Packets may pass.  Again when the offer changed (renegotiated, an IPv6 prefix appeared). */
    void (*up) (gpointer user, const AditPppResult *result);
    /* The last event, and the only one after which nothing can go on.  Takes reason; NULL: because
     * adit_ppp_close() was called.  Comes from a timer. */
    void (*down) (gpointer user, GError *reason);
} AditPppEvents;

/* `host` for its clock, timers and random source only. */
AditPpp *adit_ppp_new (AditHost *host, const AditPppConfig *config, const AditPppEvents *events,
                       gpointer user);
void     adit_ppp_free (AditPpp *ppp); /* wipes; NULL is fine; says nothing to the peer */

/* Before adit_ppp_lower_up(): warms up what cannot be loaded in a sandbox.  For AditPlugin.prepare.
 */
void adit_ppp_prepare (void);

/* The layer below can carry frames: LCP begins. */
void adit_ppp_lower_up (AditPpp *ppp);
/* It cannot any more; `cause` (taken, or NULL) becomes the reason of `down`. */
void adit_ppp_lower_down (AditPpp *ppp, GError *cause);
/* Says goodbye: a Terminate-Request leaves at once, `down` follows within seconds unless the engine
 * is freed before. */
void adit_ppp_close (AditPpp *ppp);
/* One frame from the peer, with or without address and control field; any bytes. */
void adit_ppp_input (AditPpp *ppp, const guint8 *frame, gsize len);
void adit_ppp_answer (AditPpp *ppp, const char *answer);
/* What a carrier said. */
void adit_ppp_said (AditPpp *ppp, gconstpointer message, gsize size);
/* Our address changed or the machine woke: is the peer still there? */
void adit_ppp_probe (AditPpp *ppp);
/* "auth", "mppe", "peer-address", … as AditPlugin.status wants them. */
void adit_ppp_status (const AditPpp *ppp, AditNoteFn note, gpointer user);

/* Data carriers.  Until told otherwise both let nothing pass but punt what is not data. */
AditCarrier *adit_ppp_carrier_new (void);
/* Required: in the clear no data may pass in either direction, ever. */
AditCarrier *adit_mppe_carrier_new (gboolean required);

/* ---- a link over a path: the glue that all who carry PPP need ----
 *
 * It stands between engine, host and the path's inner carriers.  One link may follow another over
 * the same path: another session of the same tunnel, another call to the same server. */

typedef struct AditPppLink AditPppLink;

enum { ADIT_PPP_STEADY_S = 10 }; /* a link that stood so long may be followed by another at once */

typedef struct {
    /* Packets may pass, again when the offer changed; the host hears of it right after. */
    void (*up) (gpointer user);
    /* This link is over; takes reason, never NULL.  May begin the next one, or free it all. */
    void (*down) (gpointer user, GError *reason);
    void (*heard) (gpointer user); /* optional: a frame came through the kernel's device */
} AditPppLinkEvents;

/* The texts of config must outlive it. */
AditPppLink *adit_ppp_link_new (AditHost *host, const AditPppConfig *config,
                                const AditPppLinkEvents *events, gpointer user);
void         adit_ppp_link_free (AditPppLink *link); /* NULL is fine */
/* Fills in the innermost carriers, two at most; their number is the layer of the next one. */
guint adit_ppp_link_carriers (const AditPppLink *link, AditCarrier **carriers);
/* The layer below can carry frames: LCP begins, of a new link each time. */
void adit_ppp_link_begin (AditPppLink *link, AditPath *path);
/* The same where the kernel moves the packets (AditHost.kernel): over the bare `socket`; without
 * carriers. */
void adit_ppp_link_begin_in_kernel (AditPppLink *link, AditLink *socket,
                                    const AditFramesSpec *spec);
/* The layer below cannot any more; `cause` (taken, or NULL) becomes the reason of `down`. */
void adit_ppp_link_end (AditPppLink *link, GError *cause);
void adit_ppp_link_close (AditPppLink *link);                    /* says goodbye at once */
void adit_ppp_link_input (AditPppLink *link, AditPacket *frame); /* takes frame, one punted */
void adit_ppp_link_said (AditPppLink *link, gconstpointer message, gsize size);
void adit_ppp_link_probe (AditPppLink *link);
void adit_ppp_link_status (const AditPppLink *link, AditNoteFn note, gpointer user);
/* In `down`: whether another link over the same path makes sense, and nobody was asked anything. */
gboolean adit_ppp_link_may_follow (const AditPppLink *link, const GError *reason);
/* What ends a link that followed another is no word on the server, as another tunnel may do: LOST,
 * with `error` (taken) as its cause.  What must not be tried again stays as it is. */
GError *adit_ppp_link_soften (const AditPppLink *link, GError *error);

/* ---- keys of a profile ---- */

/* Where they are, and what they are when nothing is said. */
typedef struct {
    const char *section; /* also the topic of log lines */
    const char *mppe;    /* "128", "off" */
    guint       auth;    /* of ADIT_PPP_… */
} AditPppKeys;

/* Whether there is a server, and consent to what is weak. */
gboolean adit_ppp_profile_check (const AditProfile *profile, const AditPppKeys *keys,
                                 GError **error);
/* A client's; all but `server`, `mru` and `echo_s`.  Borrows from profile. */
void adit_ppp_profile_load (AditPppConfig *config, const AditProfile *profile,
                            const AditPppKeys *keys);
/* Rows of a field table: what EAP needs to know, in the section of the protocol. */
/* clang-format off */
#define ADIT_PPP_EAP_FIELDS(section)                                                                                  \
    { section, "eap",            N_("Methods of EAP"),            ADIT_FIELD_CHOICES, NULL, "tls|mschapv2|md5|gtc", FALSE }, \
    { section, "ca",             N_("CA of the server"),          ADIT_FIELD_FILE,    NULL, NULL,    FALSE }, \
    { section, "certificate",    N_("Certificate"),               ADIT_FIELD_FILE,    NULL, NULL,    FALSE }, \
    { section, "key",            N_("Private key"),               ADIT_FIELD_SECRET,  NULL, "lines", FALSE }, \
    { section, "key-passphrase", N_("Passphrase of the private key"), ADIT_FIELD_SECRET, NULL, NULL, FALSE }, \
    { section, "server-name",    N_("Name in the server's certificate"), ADIT_FIELD_TEXT, NULL, "255", FALSE }
/* clang-format on */
/* Whether they fit together: a certificate without a CA is refused. */
gboolean adit_ppp_eap_check (const AditProfile *profile, const char *section, GError **error);
/* Borrows from profile. */
void adit_ppp_eap_load (AditPppConfig *config, const AditProfile *profile, const char *section);

/* Other programs' files into `section` of an empty profile.  `text` ends with a zero byte.  What is
 * not taken over is reported; commands are never run.  FALSE: it is not about that protocol. */

/* Options of pppd(8), as in /etc/ppp/peers or written by pptpsetup. */
gboolean adit_ppp_import_pppd (AditProfile *profile, const char *section, const char *text,
                               AditReportFn report, gpointer user);
/* A keyfile of NetworkManager's; service: "org.freedesktop.NetworkManager.pptp". */
gboolean adit_ppp_import_nm (AditProfile *profile, const char *section, const char *service,
                             const char *text, AditReportFn report, gpointer user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPpp, adit_ppp_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditPppLink, adit_ppp_link_free)
