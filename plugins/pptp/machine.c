/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.c - the life of a PPTP tunnel, as PNS: control connection, GRE, the end. */
#include "plugins/pptp/machine.h"
#include "plugins/pptp/conf-import.h"
#include <glib/gi18n.h>

#define TO(s) (1u << PPTP_##s)
static const guint may_follow[PPTP_N_STATES] = {
    [PPTP_IDLE]        = TO (REACHING) | TO (GONE),
    [PPTP_REACHING]    = TO (WAIT_START) | TO (GONE),
    [PPTP_WAIT_START]  = TO (OPENING) | TO (GONE),
    [PPTP_OPENING]     = TO (ESTABLISHED) | TO (STOPPED) | TO (GONE),
    [PPTP_ESTABLISHED] = TO (STOPPED) | TO (GONE),
    [PPTP_STOPPED]     = TO (GONE),
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
    case PPTP_OPENING:
        adit_arm (t->host, &t->timer, PPTP_REPLY_MS);
        break;
    case PPTP_ESTABLISHED:
        adit_arm (t->host, &t->timer, t->config.echo_s ? t->config.echo_s * 1000ull : G_MAXUINT64);
        break;
    case PPTP_STOPPED:
        adit_disarm (t->host, &t->timer);
        break;
    case PPTP_GONE:
        adit_disarm (t->host, &t->timer);
        pptp_call_clear (t);
        break;
    case PPTP_IDLE:
    case PPTP_N_STATES:
        break;
    }
}

gboolean
pptp_was_up (const AditTunnel *t)
{
    return t->placed > 1 || (t->call && t->call->state == PPTP_CALL_UP);
}

void
pptp_fail (AditTunnel *t, GError *error)
{
    if (t->state == PPTP_GONE) { /* already ending, for its first reason */
        g_error_free (error);
        return;
    }
    pptp_say_goodbye (t);
    pptp_enter (t, PPTP_GONE);
    adit_give_up (t->host, t->placed > 1 ? adit_ppp_link_soften (t->ppp, error) : error);
}

/* A server that stops while PPP talks said there why. */
void
pptp_stopped (AditTunnel *t, GError *error)
{
    if (t->state == PPTP_OPENING || t->state == PPTP_ESTABLISHED)
        pptp_enter (t, PPTP_STOPPED);
    if (t->state == PPTP_STOPPED && pptp_call_stands (t->call))
        adit_ppp_link_end (t->ppp, error);
    else
        pptp_fail (t, error);
}

/* ---- time ---- */

static void
next_echo (AditTunnel *t)
{
    guint32 identifier;

    adit_random_from (t->host, &identifier, sizeof identifier);
    pptp_send (t, &(PptpMessage){ .type = PPTP_ECHO_REQUEST, .identifier = identifier });
    t->echoes++;
    adit_arm (t->host, &t->timer, t->config.echo_s ? t->config.echo_s * 1000ull : PPTP_REPLY_MS);
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
    else if (t->state == PPTP_ESTABLISHED)
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

    if (t->state != PPTP_ESTABLISHED || t->echoes)
        pptp_fail (t, overdue (t));
    else if (t->config.echo_s)
        next_echo (t);
}

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
    else
        pptp_call_heard (t->call);
}

static void
on_path_lost (gpointer user, GError *cause)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    adit_fail_because (&error, cause, pptp_was_up (t) ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                       _ ("The connection to %s broke."), t->config.server);
    pptp_fail (t, error);
}

static const AditPathEvents path_events = { .punted = on_punted,
                                            .said   = on_said,
                                            .lost   = on_path_lost };

static void
on_data_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel  *t = user;
    AditCarrier *carriers[3];

    if (t->state == PPTP_GONE)
        return;
    t->layer           = adit_ppp_link_carriers (t->ppp, carriers);
    carriers[t->layer] = pptp_carrier_new ();
    t->path = t->host->verbs->path (t->host, t->data, carriers, t->layer + 1, &path_events, t);
    pptp_place_first (t);
}

static const AditLinkEvents data_events = { .ready = on_data_ready, .lost = on_path_lost };

gboolean
pptp_can_hear (const AditTunnel *t)
{
    return t->host->kernel || t->path; /* the kernel has its own GRE */
}

void
pptp_open_gre (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_IP, t->config.server, PPTP_IP_PROTOCOL, 0 };

    if (!t->host->kernel)
        t->data = t->host->verbs->link (t->host, &spec, &data_events, t);
}

void
pptp_tell_carrier (AditTunnel *t, const PptpCallIds *ids)
{
    if (t->path)
        t->host->verbs->tell (t->path, t->layer, ids, sizeof *ids);
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
    t->ppp = adit_ppp_link_new (host, &t->config.ppp, &pptp_call_events, t);
    pptp_call_init (t);
    return t;
}

static void
start (AditTunnel *t)
{
    const AditLinkSpec spec = { ADIT_LINK_TCP, t->config.server, PPTP_PORT, 0 };

    pptp_enter (t, PPTP_REACHING);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, t->config.server);
    t->control = t->host->verbs->link (t->host, &spec, &pptp_control_events, t);
}

static void
moved (AditTunnel *t)
{
    if (t->state == PPTP_ESTABLISHED && t->echoes == 0)
        next_echo (t); /* is it still there? */
    if (t->state == PPTP_ESTABLISHED && pptp_call_stands (t->call))
        adit_ppp_link_probe (t->ppp);
}

static void
stop (AditTunnel *t)
{
    if (t->state == PPTP_GONE)
        return;
    if (pptp_call_stands (t->call))
        adit_ppp_link_close (t->ppp);
    pptp_say_goodbye (t);
    pptp_enter (t, PPTP_GONE);
}

static void
tunnel_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    pptp_call_clear (t);
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
    if (t->placed > 1) {
        g_autofree char *calls = g_strdup_printf ("%u", t->placed);

        note (user, "calls", calls);
    }
    adit_ppp_link_status (t->ppp, note, user);
}

__attribute__ ((visibility ("default"))) const AditPlugin adit_plugin = {
    .abi   = ADIT_PLUGIN_ABI,
    .name  = "pptp",
    .title = N_ ("PPTP"),
    .warning =
        N_ ("Broken: whoever records it can read it. Use it only where nothing else is left."),
    .kernel    = "ppp",
    .family    = "pptp",
    .kernel_if = "pptp.mppe=off", /* MPPE in the kernel promises less than ours */
    .fields    = pptp_fields,
    .prepare   = adit_ppp_prepare,
    .import    = pptp_conf_import,
    .check     = pptp_config_check,
    .open      = tunnel_new,
    .start     = start,
    .moved     = moved,
    .stop      = stop,
    .free      = tunnel_free,
    .status    = status,
};
