/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.c - the life of an L2TP tunnel: socket and path, control channel, PPP, the end. */
#include "plugins/l2tp/machine.h"
#include "plugins/l2tp/conf-import.h"
#include <glib/gi18n.h>

#define TO(s) (1u << L2TP_##s)
static const guint may_follow[L2TP_N_STATES] = {
    [L2TP_IDLE]           = TO (REACHING) | TO (GONE),
    [L2TP_REACHING]       = TO (WAIT_CTL_REPLY) | TO (GONE),
    [L2TP_WAIT_CTL_REPLY] = TO (WAIT_REPLY) | TO (GONE),
    [L2TP_WAIT_REPLY]     = TO (ESTABLISHED) | TO (GONE),
    [L2TP_ESTABLISHED]    = TO (UP) | TO (GONE),
    [L2TP_UP]             = TO (GONE),
    [L2TP_GONE]           = 0,
};

void
l2tp_enter (AditTunnel *t, L2tpState next)
{
    g_return_if_fail (may_follow[t->state] & (1u << next));
    t->state = next;
    switch (next) {
    case L2TP_WAIT_CTL_REPLY:
        adit_arm (t->host, &t->timer, L2TP_CALL_MS);
        break;
    case L2TP_WAIT_REPLY:
        t->host->verbs->phase (t->host, ADIT_PHASE_NEGOTIATE, t->config.server);
        break;
    case L2TP_ESTABLISHED:
        adit_arm (t->host, &t->timer,
                  t->config.hello_s ? t->config.hello_s * 1000ull : G_MAXUINT64);
        break;
    case L2TP_GONE:
        adit_disarm (t->host, &t->timer);
        break;
    case L2TP_IDLE:
    case L2TP_REACHING:
    case L2TP_UP:
    case L2TP_N_STATES:
        break;
    }
}

void
l2tp_give_up (AditTunnel *t, GError *error)
{
    if (t->state == L2TP_GONE) { /* already ending, for its first reason */
        g_error_free (error);
        return;
    }
    l2tp_enter (t, L2TP_GONE);
    adit_give_up (t->host, error);
}

/* ---- time ---- */

static void
on_timer (gpointer user)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == L2TP_ESTABLISHED || t->state == L2TP_UP) {
        l2tp_send_hello (t);
        adit_arm (t->host, &t->timer, t->config.hello_s * 1000ull);
        return;
    }
    adit_fail (&error, ADIT_ERROR_UNREACHABLE, _ ("%s answers, but does not take the call."),
               t->config.server);
    l2tp_send_stop (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE);
    l2tp_give_up (t, error);
}

/* ---- the control channel ---- */

static void
on_output (gpointer user, AditPacket *packet)
{
    AditTunnel *t = user;

    t->host->verbs->inject (t->path, t->layer, NULL, packet);
}

static void
on_message (gpointer user, guint16 session, const guint8 *body, gsize size)
{
    AditTunnel *t = user;

    if (t->state != L2TP_GONE)
        l2tp_take (t, session, body, size);
}

static void
on_silent (gpointer user)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == L2TP_WAIT_CTL_REPLY)
        adit_fail (
            &error, ADIT_ERROR_UNREACHABLE,
            _ ("%s did not answer on UDP port %u: it is not an L2TP server, is switched off, "
               "or the network in between blocks L2TP."),
            t->config.server, L2TP_PORT);
    else
        adit_fail (&error, t->state == L2TP_UP ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                   _ ("%s stopped answering."), t->config.server);
    l2tp_give_up (t, error);
}

static const L2tpReliableEvents reliable_events = { on_output, on_message, on_silent };

/* ---- PPP ---- */

static void
on_frame (gpointer user, AditPacket *frame)
{
    AditTunnel *t = user;

    t->host->verbs->inject (t->path, L2TP_LAYER_PPP, NULL, frame);
}

static void
on_tell (gpointer user, AditPppCarrier to, gconstpointer message, gsize size)
{
    AditTunnel *t = user;

    t->host->verbs->tell (t->path, to == ADIT_PPP_CARRIER_PPP ? L2TP_LAYER_PPP : L2TP_LAYER_MPPE,
                          message, size);
}

static void
on_phase (gpointer user, AditPhase phase)
{
    AditTunnel *t = user;

    t->host->verbs->phase (t->host, phase, t->config.server);
}

static void
on_answer (gpointer user, const char *answer)
{
    AditTunnel *t = user;

    if (t->ppp)
        adit_ppp_answer (t->ppp, answer);
}

static void
on_ask (gpointer user, const AditQuestion *question)
{
    AditTunnel *t = user;

    t->host->verbs->ask (t->host, question, on_answer, t);
}

static void
on_up (gpointer user, const AditPppResult *result)
{
    AditTunnel *t     = user;
    AditOffer   offer = result->offer;

    if (t->state == L2TP_ESTABLISHED)
        l2tp_enter (t, L2TP_UP);
    offer.mtu = MIN (offer.mtu, t->config.mru);
    t->host->verbs->up (t->host, &offer);
}

/* PPP gives its own reason; the LNS hears that the session is over. */
static void
on_down (gpointer user, GError *reason)
{
    AditTunnel *t = user;

    if (t->state == L2TP_GONE) {
        g_clear_error (&reason);
        return;
    }
    if (!reason)
        adit_fail (&reason, ADIT_ERROR_LOST, _ ("%s ended the connection."), t->config.server);
    l2tp_send_stop (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE);
    l2tp_give_up (t, reason);
}

static const AditPppEvents ppp_events = { .output = on_frame,
                                          .tell   = on_tell,
                                          .phase  = on_phase,
                                          .ask    = on_ask,
                                          .up     = on_up,
                                          .down   = on_down };

void
l2tp_session_stands (AditTunnel *t)
{
    L2tpSession session = { .tunnel       = t->tunnel,
                            .session      = t->session,
                            .peer_tunnel  = t->peer_tunnel,
                            .peer_session = t->peer_session };

    l2tp_enter (t, L2TP_ESTABLISHED);
    t->host->verbs->tell (t->path, t->layer, &session, sizeof session);
    adit_ppp_lower_up (t->ppp);
}

static AditPpp *
make_ppp (AditTunnel *t)
{
    const L2tpConfig *c      = &t->config;
    AditPppConfig     config = { .role           = ADIT_PPP_CLIENT,
                                 .topic          = "l2tp",
                                 .server         = c->server,
                                 .auth           = c->auth,
                                 .legacy         = c->legacy,
                                 .mppe           = c->mppe,
                                 .mppe_required  = c->mppe_required,
                                 .mppe_stateless = TRUE,
                                 .user           = c->user,
                                 .password       = c->password,
                                 .mru            = (guint16) c->mru,
                                 .ipv6           = TRUE,
                                 .echo_s         = c->echo_s };

    adit_ppp_eap_load (&config, c->profile, L2TP_SECTION);
    return adit_ppp_new (t->host, &config, &ppp_events, t);
}

/* ---- socket and path ---- */

static void
on_punted (gpointer user, guint layer, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;
    AditTunnel *t            = user;
    L2tpHeader  header;

    if (t->state == L2TP_GONE)
        return;
    if (layer != t->layer)
        adit_ppp_input (t->ppp, p->data, p->len);
    else if (l2tp_header_decode (p->data, p->len, &header) && header.control &&
             header.tunnel == t->tunnel)
        l2tp_reliable_receive (&t->reliable, &header);
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    AditTunnel *t = user;

    adit_ppp_said (t->ppp, message, size);
}

static void
on_lost (gpointer user, GError *cause)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == L2TP_REACHING || t->state == L2TP_GONE) {
        l2tp_give_up (t, cause); /* the host says whether it was the name or the way */
        return;
    }
    adit_fail_because (&error, cause,
                       t->state == L2TP_UP ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                       _ ("The connection to %s broke."), t->config.server);
    l2tp_give_up (t, error);
}

static const AditPathEvents path_events = { .punted = on_punted, .said = on_said, .lost = on_lost };

/* Everything goes over the path from the start: the l2tp carrier punts what is not data. */
static void
on_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel  *t = user;
    AditCarrier *carriers[3];
    guint        n = 0;

    carriers[n++] = adit_ppp_carrier_new ();
    if (t->config.mppe)
        carriers[n++] = adit_mppe_carrier_new (t->config.mppe_required);
    t->layer      = n;
    carriers[n++] = l2tp_carrier_new ();
    t->path       = t->host->verbs->path (t->host, t->link, carriers, n, &path_events, t);
    t->ppp        = make_ppp (t);
    l2tp_enter (t, L2TP_WAIT_CTL_REPLY);
    l2tp_send_sccrq (t);
}

static void
on_recv (gpointer user G_GNUC_UNUSED, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    adit_packet_free (packet); /* nobody can answer before we asked */
}

/* Each SCCRQ counts once, and what once answered is not refused: anybody can send ICMP. */
static void
on_refused (gpointer user)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state != L2TP_WAIT_CTL_REPLY || t->refused >= t->reliable.tries ||
        ++t->refused < L2TP_REFUSALS)
        return;
    adit_fail (&error, ADIT_ERROR_UNREACHABLE,
               _ ("%s says that nothing listens on UDP port %u: it is not an L2TP server, its L2TP "
                  "service is stopped, or a firewall refuses for it."),
               t->config.server, L2TP_PORT);
    l2tp_give_up (t, error);
}

static const AditLinkEvents link_events = { on_ready, on_recv, on_lost, on_refused };

/* ---- what comes down from the host ---- */

static AditTunnel *
tunnel_new (AditHost *host, const AditProfile *profile)
{
    AditTunnel *t = g_new0 (AditTunnel, 1);

    t->host  = host;
    t->timer = (AditTimer){ .fn = on_timer, .user = t };
    l2tp_config_load (&t->config, profile);
    l2tp_reliable_init (&t->reliable, host, &reliable_events, t);
    return t;
}

/* Ids are chosen by chance, never zero: whoever cannot see our packets cannot speak in our name. */
static guint16
pick_id (AditTunnel *t)
{
    guint16 id = 0;

    while (id == 0)
        adit_random_from (t->host, &id, sizeof id);
    return id;
}

static void
start (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_UDP, t->config.server, L2TP_PORT, t->config.local_port };

    t->tunnel  = pick_id (t);
    t->session = pick_id (t);
    l2tp_enter (t, L2TP_REACHING);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, t->config.server);
    t->link = t->host->verbs->link (t->host, &spec, &link_events, t);
}

static void
moved (AditTunnel *t)
{
    if (t->state != L2TP_ESTABLISHED && t->state != L2TP_UP)
        return;
    l2tp_send_hello (t); /* is it still there? */
    adit_ppp_probe (t->ppp);
}

static void
stop (AditTunnel *t)
{
    if (t->state == L2TP_GONE)
        return;
    if (t->state == L2TP_ESTABLISHED || t->state == L2TP_UP)
        adit_ppp_close (t->ppp);
    if (t->state > L2TP_REACHING)
        l2tp_send_stop (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE);
    l2tp_enter (t, L2TP_GONE);
}

static void
tunnel_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    adit_ppp_free (t->ppp);
    l2tp_reliable_clear (&t->reliable);
    if (t->path)
        t->host->verbs->unpath (t->path);
    if (t->link)
        t->host->verbs->unlink (t->link);
    l2tp_config_clear (&t->config);
    g_free (t->peer_name);
    g_free (t->peer_vendor);
    g_free (t);
}

static void
status (AditTunnel *t, AditNoteFn note, gpointer user)
{
    note (user, "endpoint", t->config.server);
    if (t->peer_name)
        note (user, "peer-name", t->peer_name);
    if (t->peer_vendor)
        note (user, "peer-vendor", t->peer_vendor);
    if (t->ppp)
        adit_ppp_status (t->ppp, note, user);
}

__attribute__ ((visibility ("default"))) const AditPlugin adit_plugin = {
    .abi     = ADIT_PLUGIN_ABI,
    .name    = "l2tp",
    .title   = N_ ("L2TP"),
    .warning = N_ ("Without IPsec it hides nothing from the network."),
    .fields  = l2tp_fields,
    .prepare = adit_ppp_prepare,
    .import  = l2tp_conf_import,
    .check   = l2tp_config_check,
    .open    = tunnel_new,
    .start   = start,
    .moved   = moved,
    .stop    = stop,
    .free    = tunnel_free,
    .status  = status,
};
