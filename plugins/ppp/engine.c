/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine.c - the phases of a link (RFC 1661 3), and which frame goes to which protocol when. */
#include "plugins/ppp/engine.h"

#include "client/base/secret.h"
#include "client/crypto/legacy.h"
#include "client/crypto/tls.h"
#include "plugins/ppp/frame.h"
#include "plugins/ppp/offer.h"
#include <glib/gi18n.h>

enum { ECHO_LOST = 6, TERMINATE_MS = 4000, IPV6CP_RESTART_MS = 5000 };

#define TO(s) (1u << (s))
static const guint may_follow[PPP_N_PHASES] = {
    [PPP_DEAD] = TO (PPP_ESTABLISH) | TO (PPP_GONE),
    [PPP_ESTABLISH] =
        TO (PPP_ESTABLISH) | TO (PPP_AUTHENTICATE) | TO (PPP_TERMINATE) | TO (PPP_GONE),
    [PPP_AUTHENTICATE] = TO (PPP_ESTABLISH) | TO (PPP_NETWORK) | TO (PPP_TERMINATE) | TO (PPP_GONE),
    [PPP_NETWORK]      = TO (PPP_ESTABLISH) | TO (PPP_TERMINATE) | TO (PPP_GONE),
    [PPP_TERMINATE]    = TO (PPP_GONE),
    [PPP_GONE]         = 0,
};

static void
say_phase (AditPpp *ppp, AditPhase phase)
{
    if (ppp->events.phase)
        ppp->events.phase (ppp->user, phase);
}

/* The only writer of ppp->phase. */
static void
enter (AditPpp *ppp, PppPhase next)
{
    g_return_if_fail (may_follow[ppp->phase] & TO (next));
    ppp->phase = next;
    switch (next) {
    case PPP_ESTABLISH:
        if (ppp->lcp.cp.state != CP_STOPPING) /* the peer hangs up: there is nothing to agree on */
            say_phase (ppp, ADIT_PHASE_NEGOTIATE);
        break;
    case PPP_AUTHENTICATE:
        say_phase (ppp, ADIT_PHASE_AUTHENTICATE);
        break;
    case PPP_NETWORK:
        say_phase (ppp, ADIT_PHASE_CONFIGURE);
        break;
    case PPP_TERMINATE:
        adit_arm (ppp->host, &ppp->ending, TERMINATE_MS);
        break;
    case PPP_GONE:
        adit_arm (ppp->host, &ppp->ending, 0);
        break;
    case PPP_DEAD:
    case PPP_N_PHASES:
        break;
    }
}

/* ---- down to the peer and to the carriers ---- */

void
ppp_send (AditPpp *ppp, guint16 protocol, guint8 code, guint8 id, gconstpointer data, gsize len)
{
    AditPacket *p = adit_packet_new (NULL, PPP_HEADER + PPP_PACKET + len);
    AditWriter  w = adit_writer (p->data, p->len);

    adit_put_u8 (&w, PPP_ALL_STATIONS);
    adit_put_u8 (&w, PPP_UI);
    adit_put_u16 (&w, protocol);
    adit_put_u8 (&w, code);
    adit_put_u8 (&w, id);
    adit_put_u16 (&w, (guint16) (len + PPP_PACKET));
    adit_put_bytes (&w, data, len);
    ppp->events.output (ppp->user, p);
}

gsize
ppp_reply_max (const AditPpp *ppp)
{
    return MIN (ppp->lcp.peer.mru, PPP_REPLY_MAX - PPP_HEADER) - PPP_PACKET;
}

void
ppp_send_data (AditPpp *ppp, guint16 protocol, gconstpointer data, gsize len)
{
    AditPacket *p = adit_packet_new (NULL, PPP_HEADER + len);
    AditWriter  w = adit_writer (p->data, p->len);

    adit_put_u8 (&w, PPP_ALL_STATIONS);
    adit_put_u8 (&w, PPP_UI);
    adit_put_u16 (&w, protocol);
    adit_put_bytes (&w, data, len);
    ppp->events.output (ppp->user, p);
}

void
ppp_tell (AditPpp *ppp, AditPppCarrier to, gconstpointer message, gsize size)
{
    if (to == ADIT_PPP_CARRIER_MPPE && !ppp->config.mppe)
        return;
    ppp->events.tell (ppp->user, to, message, size);
}

void
ppp_ask (AditPpp *ppp, const AditQuestion *question)
{
    if (ppp->events.ask)
        ppp->events.ask (ppp->user, question);
    else
        adit_ppp_answer (ppp, NULL);
}

/* ---- how it ends ---- */

void
ppp_suspect (AditPpp *ppp, GError *error)
{
    g_clear_error (&ppp->suspicion);
    ppp->suspicion = error;
}

GError *
ppp_take_suspicion (AditPpp *ppp)
{
    return g_steal_pointer (&ppp->suspicion);
}

static void
close_carriers (AditPpp *ppp)
{
    ppp->open = (PppOpen){ 0 };
    ppp_tell (ppp, ADIT_PPP_CARRIER_PPP, &ppp->open, sizeof ppp->open);
    ppp_tell (ppp, ADIT_PPP_CARRIER_MPPE, &(MppeTell){ .what = MPPE_OFF }, sizeof (MppeTell));
}

/* The first reason is the one that counts; what follows from it is not. */
void
ppp_fail (AditPpp *ppp, GError *reason)
{
    if (ppp->phase == PPP_TERMINATE || ppp->phase == PPP_GONE) {
        g_clear_error (&reason);
        return;
    }
    ppp->reason = reason;
    enter (ppp, PPP_GONE);
    cp_event (&ppp->lcp.cp, CP_CLOSE);
}

void
ppp_lost (AditPpp *ppp)
{
    GError *error = NULL;

    if (ppp->phase == PPP_AUTHENTICATE)
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s stopped answering while signing in."),
                   ppp->config.server);
    else
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s stopped answering."), ppp->config.server);
    ppp_fail (ppp, error);
}

static void
on_ending (gpointer user)
{
    AditPpp *ppp = user;

    if (ppp->phase == PPP_TERMINATE)
        enter (ppp, PPP_GONE);
    else if (ppp->phase == PPP_GONE)
        ppp->events.down (ppp->user, g_steal_pointer (&ppp->reason));
}

/* ---- LCP ---- */

/* FALSE, and failed: nobody proves anything to anybody, and nothing below has. */
static gboolean
may_go_unproved (AditPpp *ppp)
{
    GError *error = ppp_take_suspicion (ppp);

    if (ppp->config.role == ADIT_PPP_SERVER ? !ppp->config.auth
                                            : ppp->config.encrypted || ppp->config.legacy) {
        g_clear_error (&error);
        return TRUE;
    }
    if (!error && ppp->config.role == ADIT_PPP_SERVER)
        adit_fail (&error, ADIT_ERROR_LOGIN, _ ("The other side could not sign in."));
    else if (!error)
        adit_fail (&error, ADIT_ERROR_REFUSED,
                   _ ("%s does not ask who we are; anybody could be in its place."),
                   ppp->config.server);
    ppp_fail (ppp, error);
    return FALSE;
}

void
ppp_on_lcp_up (AditPpp *ppp)
{
    const CpOption *own       = cp_own (&ppp->lcp.cp, LCP_AUTH);
    AditReader      r         = adit_reader (own ? own->value : NULL, own ? own->len : 0);
    guint16         auth      = ppp->lcp.peer.auth;
    guint8          algorithm = ppp->lcp.peer.algorithm;

    if (ppp->config.role == ADIT_PPP_SERVER) {
        auth      = adit_get_u16 (&r);
        algorithm = own && own->len > 2 ? adit_get_u8 (&r) : 0;
    }
    enter (ppp, PPP_AUTHENTICATE);
    if (!auth && !may_go_unproved (ppp))
        return;
    g_clear_error (&ppp->suspicion);
    auth_begin (&ppp->auth, auth, algorithm);
}

/* Also when the peer only wants to negotiate anew: then all begins again. */
void
ppp_on_lcp_down (AditPpp *ppp)
{
    static const CpEvent event = CP_DOWN;

    close_carriers (ppp);
    router_end (&ppp->router);
    if (ppp->phase == PPP_NETWORK || ppp->phase == PPP_AUTHENTICATE)
        enter (ppp, PPP_ESTABLISH);
    cp_event (&ppp->ccp.cp, event);
    cp_event (&ppp->ipcp.cp, event);
    cp_event (&ppp->ipv6cp.cp, event);
    auth_end (&ppp->auth);
}

/* Negotiation gave up, or our goodbye was answered. */
void
ppp_on_lcp_finished (AditPpp *ppp)
{
    GError *error = NULL;

    if (ppp->phase == PPP_TERMINATE) {
        enter (ppp, PPP_GONE);
        return;
    }
    if (ppp->phase == PPP_GONE)
        return;
    error = ppp_take_suspicion (ppp);
    if (!error && ppp->lcp.cp.heard)
        adit_fail (&error, ADIT_ERROR_REFUSED, _ ("%s and adit could not agree on the link."),
                   ppp->config.server);
    else if (!error)
        adit_fail (&error, ADIT_ERROR_UNREACHABLE, _ ("%s did not answer on the PPP link."),
                   ppp->config.server);
    ppp_fail (ppp, error);
}

static gboolean
end_error (AditPpp *ppp, GError *cause, GError **error)
{
    const char *server = ppp->config.server;

    if (ppp->offered)
        return adit_fail_because (error, cause, ADIT_ERROR_LOST, _ ("%s ended the connection."),
                                  server);
    if (ppp->auth.state == AUTH_DONE)
        return adit_fail_because (error, cause, ADIT_ERROR_REFUSED,
                                  _ ("%s ended the link after signing in."), server);
    if (ppp->auth.state != AUTH_IDLE)
        return adit_fail_because (error, cause, ADIT_ERROR_LOGIN,
                                  _ ("%s ended the link while signing in."), server);
    return adit_fail_because (error, cause, ADIT_ERROR_REFUSED,
                              _ ("%s ended the link before signing in."), server);
}

/* Before LCP goes down, while it is still known how far we came. */
void
ppp_on_peer_ends (AditPpp *ppp, const char *words)
{
    GError *cause = NULL, *error = NULL;

    if (ppp->suspicion)
        return;
    adit_fail (&cause, ADIT_ERROR_LOST, "%s", *words ? words : "LCP Terminate-Request");
    end_error (ppp, cause, &error);
    ppp_suspect (ppp, error);
}

void
ppp_on_loop (AditPpp *ppp)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_MALFORMED, _ ("The link to %s sends back what we send."),
               ppp->config.server);
    ppp_fail (ppp, error);
}

/* ---- after signing in ---- */

static gboolean
may_encrypt (const AditPpp *ppp)
{
    return ccp_allowed (ppp) && ppp->auth.has_keys;
}

static GError *
without_mppe (const AditPpp *ppp)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_REFUSED,
               _ ("%s does not encrypt (MPPE) as this profile demands."), ppp->config.server);
    return error;
}

static void
fail_without_mppe (AditPpp *ppp)
{
    ppp_fail (ppp, without_mppe (ppp));
}

void
ppp_on_weak_mppe (AditPpp *ppp)
{
    if (ppp->config.mppe_required && !ppp->offered)
        ppp_suspect (ppp, without_mppe (ppp));
}

static void
start_network (Cp *cp)
{
    cp_event (cp, CP_OPEN);
    cp_event (cp, CP_UP);
}

/* After IPv4 is agreed, or the peer began: SoftEther looks for routers in its network before it
 * answers, for 4 s if there are none, and meanwhile does nothing else.  What comes twice it takes
 * for two. */
static void
start_ipv6 (AditPpp *ppp)
{
    Cp *cp = &ppp->ipv6cp.cp;

    if (!ppp->config.ipv6 || cp->state > CP_STARTING)
        return;
    cp->least_ms = ppp->ipcp.cp.state == CP_OPENED ? IPV6CP_RESTART_MS : 0;
    start_network (cp);
}

void
ppp_on_auth_done (AditPpp *ppp)
{
    if (ppp->phase != PPP_AUTHENTICATE)
        return;
    g_clear_error (&ppp->suspicion);
    adit_log (ADIT_LOG_INFO, ppp->config.topic, "signed in by %s", ppp->auth.name);
    if (ppp->config.mppe_required && !may_encrypt (ppp)) {
        fail_without_mppe (ppp);
        return;
    }
    enter (ppp, PPP_NETWORK);
    if (may_encrypt (ppp)) {
        ccp_tell_ready (&ppp->ccp);
        start_network (&ppp->ccp.cp);
    }
    if (ppp->config.no_ipv4)
        start_ipv6 (ppp);
    else
        start_network (&ppp->ipcp.cp);
}

void
ppp_on_ccp_changed (AditPpp *ppp)
{
    if (ppp->phase != PPP_NETWORK)
        return;
    if (ppp->config.mppe_required && !ccp_strength (&ppp->ccp))
        fail_without_mppe (ppp);
    else
        ppp_on_network_changed (ppp);
}

void
ppp_on_ccp_lost (AditPpp *ppp)
{
    GError *error = NULL;

    if (ppp->phase != PPP_NETWORK || !ppp->config.mppe_required)
        return;
    adit_fail (&error, ADIT_ERROR_LOST, _ ("%s stopped encrypting (MPPE); nothing was sent open."),
               ppp->config.server);
    ppp_fail (ppp, error);
}

void
ppp_on_no_address (AditPpp *ppp)
{
    GError *error = NULL;

    if (ppp->phase != PPP_NETWORK)
        return;
    if (ppp->offered)
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s took our address back."), ppp->config.server);
    else
        adit_fail (&error, ADIT_ERROR_REFUSED, _ ("%s gave us no address."), ppp->config.server);
    ppp_fail (ppp, error);
}

/* Given up, or never begun. */
static gboolean
is_over (const Cp *cp)
{
    return cp->state <= CP_STOPPED;
}

static void
tell_open (AditPpp *ppp)
{
    gboolean covered = !ppp->config.mppe_required || ccp_strength (&ppp->ccp);
    PppOpen  open;

    memset (&open, 0, sizeof open); /* what lies between its members is compared, too */
    open.ipv4 = covered && ppp->ipcp.cp.state == CP_OPENED;
    open.ipv6 = covered && ppp->ipv6cp.cp.state == CP_OPENED;
    open.pfc  = ppp->lcp.peer.pfc;
    open.acfc = ppp->lcp.peer.acfc;
    open.mtu  = (guint16) offer_mtu (ppp);
    if (memcmp (&open, &ppp->open, sizeof open) == 0)
        return;
    ppp->open = open;
    ppp_tell (ppp, ADIT_PPP_CARRIER_PPP, &open, sizeof open);
}

void
ppp_on_network_changed (AditPpp *ppp)
{
    const Cp *v4 = &ppp->ipcp.cp, *v6 = &ppp->ipv6cp.cp, *ccp = &ppp->ccp.cp;

    if (ppp->phase != PPP_NETWORK)
        return;
    if (v4->state == CP_OPENED || (is_over (v4) && v4->restarts)) /* else nobody answers */
        start_ipv6 (ppp);
    if (is_over (v4) && is_over (v6)) {
        ppp_on_no_address (ppp);
        return;
    }
    tell_open (ppp);
    if (ppp->open.ipv6)
        router_begin (&ppp->router);
    else
        router_end (&ppp->router);
    if (!(is_over (ccp) || ccp->state == CP_OPENED) || !(ppp->open.ipv4 || is_over (v4)) ||
        !(ppp->open.ipv4 || ppp->open.ipv6))
        return;
    ppp->offered = TRUE;
    g_clear_error (&ppp->suspicion);
    offer_make (ppp);
}

void
ppp_on_cp_changed (Cp *cp)
{
    const AditPpp *ppp = cp->ppp;

    if (cp == &ppp->ipv6cp.cp && ppp->open.ipv4 && !ppp->open.ipv6)
        return; /* it ends without having been offered */
    ppp_on_network_changed (cp->ppp);
}

/* ---- what comes in ---- */

static Cp *
network_protocol (AditPpp *ppp, guint16 protocol)
{
    switch (protocol) {
    case PPP_CCP:
        return may_encrypt (ppp) ? &ppp->ccp.cp : NULL;
    case PPP_IPCP:
        return ppp->config.no_ipv4 ? NULL : &ppp->ipcp.cp;
    case PPP_IPV6CP:
        return ppp->config.ipv6 ? &ppp->ipv6cp.cp : NULL;
    default:
        return NULL;
    }
}

void
ppp_on_protocol_rejected (AditPpp *ppp, guint16 protocol)
{
    Cp *cp = network_protocol (ppp, protocol);

    adit_log (ADIT_LOG_INFO, ppp->config.topic, "peer rejects protocol %04x", protocol);
    if (cp && ppp->phase == PPP_NETWORK)
        cp_event (cp, CP_RXJ_MINUS);
    else if (protocol == PPP_LCP)
        cp_event (&ppp->lcp.cp, CP_RXJ_MINUS);
}

/* A peer that asks for what the profile forbids will hang up. */
static void
reject (AditPpp *ppp, guint16 protocol, const guint8 *data, gsize len)
{
    GError *error = NULL;

    lcp_reject_protocol (&ppp->lcp, protocol, data, len);
    if (protocol != PPP_CCP || ppp->offered || ppp->phase != PPP_NETWORK)
        return;
    adit_fail (&error, ADIT_ERROR_REFUSED,
               _ ("%s may insist on encryption (MPPE) that this profile does not allow."),
               ppp->config.server);
    ppp_suspect (ppp, error);
}

/* Nothing counts before its phase (RFC 1661 3). */
static void
dispatch (AditPpp *ppp, guint16 protocol, const guint8 *data, gsize len)
{
    Cp *cp = network_protocol (ppp, protocol);

    if (cp && ppp->phase == PPP_AUTHENTICATE)
        auth_peer_went_on (&ppp->auth);
    if (protocol == PPP_LCP)
        cp_input (&ppp->lcp.cp, data, len);
    else if (ppp->phase != PPP_AUTHENTICATE && ppp->phase != PPP_NETWORK)
        return;
    else if (protocol == PPP_PAP || protocol == PPP_CHAP || protocol == PPP_EAP)
        auth_input (&ppp->auth, protocol, data, len);
    else if (ppp->phase != PPP_NETWORK)
        return;
    else if (cp) {
        if (protocol == PPP_IPV6CP)
            start_ipv6 (ppp);
        cp_input (cp, data, len);
    } else if (protocol == PPP_IPV6 && ppp->open.ipv6)
        router_input (&ppp->router, data, len);
    else if (protocol != PPP_IP && protocol != PPP_IPV6 && protocol != PPP_COMP)
        reject (ppp, protocol, data, len);
}

void
adit_ppp_input (AditPpp *ppp, const guint8 *frame, gsize len)
{
    AditReader r = adit_reader (frame, len);
    guint16    protocol;

    if (ppp->phase == PPP_DEAD || (ppp->phase == PPP_GONE && ppp->lcp.cp.state <= CP_STOPPED) ||
        !ppp_read_header (&r, &protocol))
        return;
    dispatch (ppp, protocol, r.at, adit_left (&r));
}

/* ---- the door ---- */

static void
copy_config (AditPppConfig *c, const AditPppConfig *from)
{
    *c                = *from;
    c->server         = g_strdup (from->server ? from->server : "?");
    c->topic          = from->topic ? from->topic : "ppp";
    c->user           = g_strdup (from->user);
    c->password       = g_strdup (from->password);
    c->ca             = g_strdup (from->ca);
    c->certificate    = g_strdup (from->certificate);
    c->key            = g_strdup (from->key);
    c->key_passphrase = g_strdup (from->key_passphrase);
    c->server_name    = g_strdup (from->server_name);
    c->mru            = from->mru ? MAX (from->mru, PPP_MRU_MIN) : PPP_MRU;
    c->echo_lost      = from->echo_lost ? from->echo_lost : ECHO_LOST;
}

AditPpp *
adit_ppp_new (AditHost *host, const AditPppConfig *config, const AditPppEvents *events,
              gpointer user)
{
    AditPpp *ppp = g_new0 (AditPpp, 1);

    ppp->host   = host;
    ppp->events = *events;
    ppp->user   = user;
    ppp->ending = (AditTimer){ .fn = on_ending, .user = ppp };
    copy_config (&ppp->config, config);
    lcp_init (&ppp->lcp, ppp);
    auth_init (&ppp->auth, ppp);
    cp_init (&ppp->ccp.cp, ppp, &ccp_ops);
    cp_init (&ppp->ipcp.cp, ppp, &ipcp_ops);
    cp_init (&ppp->ipv6cp.cp, ppp, &ipv6cp_ops);
    router_init (&ppp->router, ppp);
    return ppp;
}

static void
clear_config (AditPppConfig *c)
{
    const char *const texts[] = { c->server, c->user,        c->password,    c->ca,
                                  c->key,    c->certificate, c->server_name, c->key_passphrase };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
        adit_wipe_string ((char *) texts[i]);
}

void
adit_ppp_free (AditPpp *ppp)
{
    if (!ppp)
        return;
    adit_disarm (ppp->host, &ppp->ending);
    lcp_clear (&ppp->lcp);
    auth_clear (&ppp->auth);
    cp_clear (&ppp->ccp.cp);
    cp_clear (&ppp->ipcp.cp);
    cp_clear (&ppp->ipv6cp.cp);
    router_clear (&ppp->router);
    g_clear_error (&ppp->reason);
    g_clear_error (&ppp->suspicion);
    clear_config (&ppp->config);
    g_free (ppp);
}

void
adit_ppp_prepare (void)
{
    adit_tls_start ();
    if (!adit_legacy_start ())
        adit_log (ADIT_LOG_WARNING, "ppp", "OpenSSL has no legacy provider: MS-CHAP is missing");
}

void
adit_ppp_lower_up (AditPpp *ppp)
{
    GError *error = NULL;

    if (ppp->phase != PPP_DEAD)
        return;
    enter (ppp, PPP_ESTABLISH);
    if (!adit_legacy_start ()) {
        adit_fail (&error, ADIT_ERROR_SYSTEM,
                   _ ("OpenSSL on this machine lacks its legacy provider, which PPP needs."));
        ppp_fail (ppp, error);
        return;
    }
    cp_event (&ppp->lcp.cp, CP_OPEN);
    cp_event (&ppp->lcp.cp, CP_UP);
}

void
adit_ppp_lower_down (AditPpp *ppp, GError *cause)
{
    GError *error = NULL;

    if (ppp->phase == PPP_TERMINATE || ppp->phase == PPP_GONE) {
        g_clear_error (&cause);
        return;
    }
    error = ppp_take_suspicion (ppp); /* it says more than that the way is gone */
    if (error)
        g_clear_error (&cause);
    else if (cause)
        error = cause;
    else
        adit_fail (&error, ADIT_ERROR_LOST, _ ("The way to %s broke."), ppp->config.server);
    ppp->reason = error;
    enter (ppp, PPP_GONE);
    cp_event (&ppp->lcp.cp, CP_DOWN);
}

void
adit_ppp_close (AditPpp *ppp)
{
    if (ppp->phase == PPP_TERMINATE || ppp->phase == PPP_GONE)
        return;
    if (ppp->phase == PPP_DEAD) {
        enter (ppp, PPP_GONE);
        return;
    }
    enter (ppp, PPP_TERMINATE);
    cp_event (&ppp->lcp.cp, CP_CLOSE);
}

void
adit_ppp_answer (AditPpp *ppp, const char *answer)
{
    auth_answer (&ppp->auth, answer);
}

void
adit_ppp_said (AditPpp *ppp, gconstpointer message G_GNUC_UNUSED, gsize size)
{
    if (size == sizeof (MppeLost) && ppp->phase == PPP_NETWORK)
        ccp_lost (&ppp->ccp);
}

void
adit_ppp_probe (AditPpp *ppp)
{
    lcp_probe (&ppp->lcp);
}
