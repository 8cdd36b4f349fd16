/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.c - the life of an L2TP tunnel: socket and path, control channel, the end. */
#include "plugins/l2tp/machine.h"
#include "plugins/l2tp/conf-import.h"
#include <glib/gi18n.h>

#define TO(s) (1u << L2TP_##s)
static const guint may_follow[L2TP_N_STATES] = {
    [L2TP_IDLE]           = TO (REACHING) | TO (GONE),
    [L2TP_REACHING]       = TO (WAIT_CTL_REPLY) | TO (GONE),
    [L2TP_WAIT_CTL_REPLY] = TO (ESTABLISHED) | TO (GONE),
    [L2TP_ESTABLISHED]    = TO (STOPPED) | TO (GONE),
    [L2TP_STOPPED]        = TO (GONE),
    [L2TP_GONE]           = 0,
};

void
l2tp_enter (AditTunnel *t, L2tpState next)
{
    g_return_if_fail (may_follow[t->state] & (1u << next));
    t->state = next;
    switch (next) {
    case L2TP_WAIT_CTL_REPLY:
        adit_arm (t->host, &t->timer, L2TP_REPLY_MS);
        break;
    case L2TP_ESTABLISHED:
        adit_arm (t->host, &t->timer,
                  t->config.hello_s ? t->config.hello_s * 1000ull : G_MAXUINT64);
        break;
    case L2TP_STOPPED:
        adit_disarm (t->host, &t->timer);
        break;
    case L2TP_GONE:
        adit_disarm (t->host, &t->timer);
        l2tp_call_clear (t);
        break;
    case L2TP_IDLE:
    case L2TP_REACHING:
    case L2TP_N_STATES:
        break;
    }
}

gboolean
l2tp_was_up (const AditTunnel *t)
{
    return t->placed > 1 || (t->call && t->call->state == L2TP_CALL_UP);
}

void
l2tp_give_up (AditTunnel *t, GError *error)
{
    if (t->state == L2TP_GONE) { /* already ending, for its first reason */
        g_error_free (error);
        return;
    }
    l2tp_enter (t, L2TP_GONE);
    adit_give_up (t->host, t->placed > 1 ? adit_ppp_link_soften (t->ppp, error) : error);
}

/* Whoever ends the tunnel while PPP talks said there why. */
void
l2tp_stopped (AditTunnel *t, GError *error)
{
    if (t->state != L2TP_ESTABLISHED || !l2tp_call_stands (t->call)) {
        l2tp_give_up (t, error);
        return;
    }
    l2tp_enter (t, L2TP_STOPPED);
    adit_ppp_link_end (t->ppp, error);
}

/* ---- time ---- */

static void
on_timer (gpointer user)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == L2TP_ESTABLISHED) {
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

    if (t->path)
        t->host->verbs->inject (t->path, t->layer, NULL, packet);
    else
        t->host->verbs->send (t->link, NULL, packet);
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
        adit_fail (&error, l2tp_was_up (t) ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                   _ ("%s stopped answering."), t->config.server);
    l2tp_give_up (t, error);
}

static const L2tpReliableEvents reliable_events = { on_output, on_message, on_silent };

/* ---- socket and path ---- */

static void
on_punted (gpointer user, guint layer, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    AditTunnel *t = user;
    L2tpHeader  header;

    if (layer != t->layer && t->state != L2TP_GONE) {
        adit_ppp_link_input (t->ppp, packet);
        return;
    }
    if (t->state != L2TP_GONE && l2tp_header_decode (packet->data, packet->len, &header) &&
        header.control && header.tunnel == t->tunnel)
        l2tp_reliable_receive (&t->reliable, &header);
    adit_packet_free (packet);
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    AditTunnel *t = user;

    adit_ppp_link_said (t->ppp, message, size);
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
    adit_fail_because (&error, cause, l2tp_was_up (t) ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                       _ ("The connection to %s broke."), t->config.server);
    l2tp_give_up (t, error);
}

static const AditPathEvents path_events = { .punted = on_punted, .said = on_said, .lost = on_lost };

static void
lay_path (AditTunnel *t)
{
    AditCarrier *carriers[3];

    t->layer           = adit_ppp_link_carriers (t->ppp, carriers);
    carriers[t->layer] = l2tp_carrier_new ();
    t->path = t->host->verbs->path (t->host, t->link, carriers, t->layer + 1, &path_events, t);
}

/* Everything goes over the path from the start: the l2tp carrier punts what is not data.  Where the
 * kernel moves the packets there is none, and the socket stays ours. */
static void
on_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel *t = user;

    if (!t->host->kernel)
        lay_path (t);
    l2tp_enter (t, L2TP_WAIT_CTL_REPLY);
    l2tp_send_sccrq (t);
}

/* With a path only what comes before it is laid: nobody can answer before we asked.  Without, the
 * kernel takes the calls' messages out of the socket as soon as it knows of the call. */
static void
on_recv (gpointer user, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    g_autoptr (AditPacket) p = packet;
    AditTunnel *t            = user;
    L2tpHeader  header;

    if (t->state <= L2TP_REACHING || t->state == L2TP_GONE ||
        !l2tp_header_decode (p->data, p->len, &header) || header.tunnel != t->tunnel)
        return;
    if (header.control)
        l2tp_reliable_receive (&t->reliable, &header);
    else if (l2tp_call_stands (t->call) && header.session == t->call->session)
        adit_ppp_link_input (t->ppp, adit_packet_new (header.body, header.size));
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

static const AditLinkEvents link_events = {
    .ready = on_ready, .recv = on_recv, .lost = on_lost, .refused = on_refused
};

/* ---- what comes down from the host ---- */

static AditTunnel *
tunnel_new (AditHost *host, const AditProfile *profile)
{
    AditTunnel *t = g_new0 (AditTunnel, 1);

    t->host  = host;
    t->timer = (AditTimer){ .fn = on_timer, .user = t };
    l2tp_config_load (&t->config, profile);
    t->ppp = adit_ppp_link_new (host, &t->config.ppp, &l2tp_call_events, t);
    l2tp_reliable_init (&t->reliable, host, &reliable_events, t);
    l2tp_call_init (t);
    return t;
}

/* Ids are chosen by chance, never zero: whoever cannot see our packets cannot speak in our name. */
guint16
l2tp_pick_id (AditTunnel *t)
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

    t->tunnel = l2tp_pick_id (t);
    l2tp_enter (t, L2TP_REACHING);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, t->config.server);
    t->link = t->host->verbs->link (t->host, &spec, &link_events, t);
}

static void
moved (AditTunnel *t)
{
    if (t->state != L2TP_ESTABLISHED)
        return;
    l2tp_send_hello (t); /* is it still there? */
    if (l2tp_call_stands (t->call))
        adit_ppp_link_probe (t->ppp);
}

static void
stop (AditTunnel *t)
{
    if (t->state == L2TP_GONE)
        return;
    if (l2tp_call_stands (t->call))
        adit_ppp_link_close (t->ppp);
    if (t->state == L2TP_WAIT_CTL_REPLY || t->state == L2TP_ESTABLISHED)
        l2tp_send_stop (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE);
    l2tp_enter (t, L2TP_GONE);
}

static void
tunnel_free (AditTunnel *t)
{
    adit_disarm (t->host, &t->timer);
    l2tp_call_clear (t);
    adit_ppp_link_free (t->ppp);
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
    if (t->placed > 1) {
        g_autofree char *calls = g_strdup_printf ("%u", t->placed);

        note (user, "calls", calls);
    }
    adit_ppp_link_status (t->ppp, note, user);
}

__attribute__ ((visibility ("default"))) const AditPlugin adit_plugin = {
    .abi       = ADIT_PLUGIN_ABI,
    .name      = "l2tp",
    .title     = N_ ("L2TP"),
    .warning   = N_ ("Without IPsec it hides nothing from the network."),
    .kernel    = "ppp",
    .family    = "l2tp",
    .kernel_if = "l2tp.mppe=off", /* MPPE in the kernel promises less than ours */
    .fields    = l2tp_fields,
    .prepare   = adit_ppp_prepare,
    .import    = l2tp_conf_import,
    .check     = l2tp_config_check,
    .open      = tunnel_new,
    .start     = start,
    .moved     = moved,
    .stop      = stop,
    .free      = tunnel_free,
    .status    = status,
};
