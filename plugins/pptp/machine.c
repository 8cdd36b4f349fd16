/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.c - the life of a PPTP tunnel, as PNS: control connection, call, GRE and PPP in it. */
#include "plugins/pptp/machine.h"
#include "plugins/pptp/conf-import.h"
#include <glib/gi18n.h>

#define TO(s) (1u << PPTP_##s)
static const guint may_follow[PPTP_N_STATES] = {
    [PPTP_IDLE]        = TO (REACHING) | TO (GONE),
    [PPTP_REACHING]    = TO (WAIT_START) | TO (GONE),
    [PPTP_WAIT_START]  = TO (WAIT_CALL) | TO (GONE),
    [PPTP_WAIT_CALL]   = TO (WAIT_GRE) | TO (GONE),
    [PPTP_WAIT_GRE]    = TO (ESTABLISHED) | TO (GONE),
    [PPTP_ESTABLISHED] = TO (UP) | TO (GONE),
    [PPTP_UP]          = TO (GONE),
    [PPTP_GONE]        = 0,
};

/* What is waited for follows from the state. */
void
pptp_enter (AditTunnel *t, PptpState next)
{
    g_return_if_fail (may_follow[t->state] & (1u << next));
    t->state = next;
    switch (next) {
    case PPTP_REACHING:
        adit_arm (t->host, &t->timer, PPTP_REACH_MS);
        break;
    case PPTP_WAIT_START:
    case PPTP_WAIT_CALL:
        adit_arm (t->host, &t->timer, PPTP_REPLY_MS);
        break;
    case PPTP_WAIT_GRE:
        adit_arm (t->host, &t->timer, PPTP_GRE_MS);
        break;
    case PPTP_ESTABLISHED:
        adit_arm (t->host, &t->timer, t->config.echo_s ? t->config.echo_s * 1000ull : G_MAXUINT64);
        break;
    case PPTP_GONE:
        adit_disarm (t->host, &t->timer);
        break;
    case PPTP_IDLE:
    case PPTP_UP:
    case PPTP_N_STATES:
        break;
    }
}

void
pptp_give_up (AditTunnel *t, GError *error)
{
    if (t->state == PPTP_GONE) {
        g_error_free (error);
        return;
    }
    pptp_enter (t, PPTP_GONE);
    adit_give_up (t->host, error);
}

/* ---- time ---- */

static void
next_echo (AditTunnel *t)
{
    guint32 identifier;

    adit_random_from (t->host, &identifier, sizeof identifier);
    pptp_send (t, &(PptpMessage){ .type = PPTP_ECHO_REQUEST, .identifier = identifier });
    t->echoes++;
    adit_arm (t->host, &t->timer, t->config.echo_s * 1000ull);
}

/* Who let the time pass by, and what that tells. */
static GError *
overdue (const AditTunnel *t)
{
    const char *server = t->config.server;
    GError     *error  = NULL;

    if (t->state == PPTP_REACHING)
        adit_fail (&error, ADIT_ERROR_UNREACHABLE,
                   _ ("%s did not answer on TCP port %u: it is switched off, or the network in "
                      "between blocks PPTP."),
                   server, PPTP_PORT);
    else if (t->state == PPTP_WAIT_GRE)
        adit_fail (&error, ADIT_ERROR_UNREACHABLE,
                   _ ("%s answers on TCP port %u, but its GRE packets (IP protocol %u) do not come "
                      "through: a firewall or router in between blocks them."),
                   server, PPTP_PORT, PPTP_IP_PROTOCOL);
    else if (t->state == PPTP_ESTABLISHED || t->state == PPTP_UP)
        adit_fail (&error, ADIT_ERROR_LOST, _ ("%s stopped answering."), server);
    else
        adit_fail (&error, ADIT_ERROR_UNREACHABLE,
                   _ ("%s took the connection on TCP port %u, but does not speak PPTP there."),
                   server, PPTP_PORT);
    return error;
}

static void
on_timer (gpointer user)
{
    AditTunnel *t = user;
    GError     *error;

    if ((t->state == PPTP_ESTABLISHED || t->state == PPTP_UP) && t->echoes == 0) {
        next_echo (t);
        return;
    }
    error = overdue (t);
    pptp_say_goodbye (t);
    pptp_give_up (t, error);
}

/* ---- PPP ---- */

static void
on_up (gpointer user)
{
    AditTunnel *t = user;

    if (t->state == PPTP_ESTABLISHED)
        pptp_enter (t, PPTP_UP);
}

static void
on_down (gpointer user, GError *reason)
{
    AditTunnel *t = user;

    pptp_say_goodbye (t);
    pptp_give_up (t, reason);
}

static const AditPppLinkEvents ppp_events = { .up = on_up, .down = on_down };

/* ---- GRE ---- */

static void
on_punted (gpointer user, guint layer, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    AditTunnel *t = user;

    if (layer != t->layer && t->state != PPTP_GONE)
        adit_ppp_link_input (t->ppp, packet);
    else
        adit_packet_free (packet);
}

static void
on_said (gpointer user, guint layer, gconstpointer message, gsize size)
{
    AditTunnel *t = user;

    if (layer != t->layer)
        adit_ppp_link_said (t->ppp, message, size);
    else if (t->state == PPTP_WAIT_GRE)
        pptp_enter (t, PPTP_ESTABLISHED);
}

static void
on_path_lost (gpointer user, GError *cause)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    adit_fail_because (&error, cause,
                       t->state == PPTP_UP ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                       _ ("The connection to %s broke."), t->config.server);
    pptp_say_goodbye (t);
    pptp_give_up (t, error);
}

static const AditPathEvents path_events = { .punted = on_punted,
                                            .said   = on_said,
                                            .lost   = on_path_lost };

static void
on_data_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel  *t    = user;
    PptpCall     call = { t->call, 0 };
    AditCarrier *carriers[3];

    if (t->state == PPTP_GONE)
        return;
    t->layer           = adit_ppp_link_carriers (t->ppp, carriers);
    carriers[t->layer] = pptp_carrier_new ();
    t->path = t->host->verbs->path (t->host, t->data, carriers, t->layer + 1, &path_events, t);
    t->host->verbs->tell (t->path, t->layer, &call, sizeof call);
    pptp_place_call (t);
}

static const AditLinkEvents data_events = { .ready = on_data_ready, .lost = on_path_lost };

void
pptp_open_gre (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_IP, t->config.server, PPTP_IP_PROTOCOL, 0 };

    t->data = t->host->verbs->link (t->host, &spec, &data_events, t);
}

void
pptp_call_stands (AditTunnel *t)
{
    PptpCall call = { t->call, t->peer_call };

    pptp_enter (t, PPTP_WAIT_GRE);
    t->host->verbs->tell (t->path, t->layer, &call, sizeof call);
    adit_ppp_link_begin (t->ppp, t->path);
}

/* ---- what comes down from the host ---- */

static AditTunnel *
tunnel_new (AditHost *host, const AditProfile *profile)
{
    AditTunnel *t = g_new0 (AditTunnel, 1);

    t->host   = host;
    t->timer  = (AditTimer){ .fn = on_timer, .user = t };
    t->stream = g_byte_array_new ();
    pptp_config_load (&t->config, profile);
    t->ppp = adit_ppp_link_new (host, &t->config.ppp, &ppp_events, t);
    return t;
}

static void
start (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_TCP, t->config.server, PPTP_PORT, 0 };

    while (t->call == 0)
        adit_random_from (t->host, &t->call, sizeof t->call);
    pptp_enter (t, PPTP_REACHING);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, t->config.server);
    t->control = t->host->verbs->link (t->host, &spec, &pptp_control_events, t);
}

static void
moved (AditTunnel *t)
{
    if (t->state == PPTP_ESTABLISHED || t->state == PPTP_UP) {
        adit_ppp_link_probe (t->ppp); /* is it still there? */
        if (t->echoes == 0)
            next_echo (t);
    }
}

static void
stop (AditTunnel *t)
{
    if (t->state == PPTP_GONE)
        return;
    adit_ppp_link_close (t->ppp);
    pptp_say_goodbye (t);
    pptp_enter (t, PPTP_GONE);
}

static void
tunnel_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    adit_ppp_link_free (t->ppp);
    if (t->path)
        t->host->verbs->unpath (t->path);
    if (t->data)
        t->host->verbs->unlink (t->data);
    if (t->control)
        t->host->verbs->unlink (t->control);
    g_byte_array_unref (t->stream);
    pptp_config_clear (&t->config);
    g_free (t);
}

static void
status (AditTunnel *t, AditNoteFn note, gpointer user)
{
    note (user, "endpoint", t->config.server);
    if (*t->peer.name)
        note (user, "peer-name", t->peer.name);
    if (*t->peer.vendor)
        note (user, "peer-vendor", t->peer.vendor);
    adit_ppp_link_status (t->ppp, note, user);
}

__attribute__ ((visibility ("default"))) const AditPlugin adit_plugin = {
    .abi   = ADIT_PLUGIN_ABI,
    .name  = "pptp",
    .title = N_ ("PPTP"),
    .warning =
        N_ ("Broken: whoever records it can read it. Use it only where nothing else is left."),
    .fields  = pptp_fields,
    .prepare = adit_ppp_prepare,
    .import  = pptp_conf_import,
    .check   = pptp_config_check,
    .open    = tunnel_new,
    .start   = start,
    .moved   = moved,
    .stop    = stop,
    .free    = tunnel_free,
    .status  = status,
};
