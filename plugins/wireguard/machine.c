/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.c - the verbs of client/plugin.h: from a profile to the first session, and the way back.
 * What the protocol does after that is in handshake.c and timers.c. */
#include "plugins/wireguard/machine.h"
#include "client/crypto/start.h"
#include "plugins/wireguard/carrier.h"
#include "plugins/wireguard/handshake.h"
#include "plugins/wireguard/kernel.h"
#include "plugins/wireguard/timers.h"
#include <glib/gi18n.h>

#define TO(s) (1u << (s))
static const guint may_follow[WIREGUARD_N_TUNNEL_STATES] = {
    [WIREGUARD_IDLE] = TO (WIREGUARD_CONTACTING) | TO (WIREGUARD_GIVEN_UP) | TO (WIREGUARD_STOPPED),
    [WIREGUARD_CONTACTING] = TO (WIREGUARD_UP) | TO (WIREGUARD_GIVEN_UP) | TO (WIREGUARD_STOPPED),
    [WIREGUARD_UP]         = TO (WIREGUARD_GIVEN_UP) | TO (WIREGUARD_STOPPED),
    [WIREGUARD_GIVEN_UP]   = TO (WIREGUARD_STOPPED),
    [WIREGUARD_STOPPED]    = 0,
};

/* One question about one peer, who may be gone when the answer comes. */
typedef struct {
    AditTunnel *tunnel;
    guint32     peer;
} Lookup;

static WireguardPeer *
peer_at (const AditTunnel *t, guint i)
{
    return g_ptr_array_index (t->device->peers, i);
}

/* ---- what we achieved ---- */

static guint
device_mtu (const AditTunnel *t)
{
    guint outer = t->path_mtu ? t->path_mtu : 1500, least = 576;
    g_auto (GStrv) addresses = adit_profile_list (t->profile, WIREGUARD_SECTION, "address");

    if (wireguard_config_mtu (t->profile))
        return wireguard_config_mtu (t->profile);
    for (guint i = 0; i < t->device->peers->len; i++) {
        if (peer_at (t, i)->mtu)
            outer = MIN (outer, peer_at (t, i)->mtu);
    }
    for (guint i = 0; addresses && addresses[i]; i++) {
        if (strchr (addresses[i], ':'))
            least = 1280; /* RFC 8200 5 */
    }
    return MAX (outer, least + WIREGUARD_OUTER_OVERHEAD) - WIREGUARD_OUTER_OVERHEAD;
}

static void
offer (AditTunnel *t)
{
    g_auto (GStrv) addresses        = adit_profile_list (t->profile, WIREGUARD_SECTION, "address");
    g_autoptr (GPtrArray) routes    = g_ptr_array_new_with_free_func (g_free);
    static const char *const none[] = { NULL };
    AditOffer                o      = { .dns = none, .domains = none, .mtu = t->device->mtu };

    for (guint i = 0; i < t->device->peers->len; i++) {
        const GArray *allowed = peer_at (t, i)->allowed;

        for (guint j = 0; j < allowed->len; j++)
            g_ptr_array_add (routes, adit_prefix_format (&g_array_index (allowed, AditPrefix, j)));
    }
    g_ptr_array_add (routes, NULL);
    o.addresses = addresses ? (const char *const *) addresses : none;
    o.routes    = (const char *const *) routes->pdata;
    t->host->verbs->up (t->host, &o);
}

/* The only writer of t->state. */
static void
enter (AditTunnel *t, WireguardState next)
{
    g_return_if_fail (may_follow[t->state] & TO (next));
    t->state = next;
    switch (next) {
    case WIREGUARD_IDLE:
        break;
    case WIREGUARD_CONTACTING:
        adit_arm (t->host, &t->contact, WIREGUARD_CONTACT_SEC * 1000);
        break;
    case WIREGUARD_UP:
        adit_disarm (t->host, &t->contact);
        offer (t);
        break;
    case WIREGUARD_GIVEN_UP:
    case WIREGUARD_STOPPED:
        adit_disarm (t->host, &t->contact);
        break;
    case WIREGUARD_N_TUNNEL_STATES:
        break;
    }
}

static void
update_mtu (AditTunnel *t)
{
    guint mtu = device_mtu (t);

    if (mtu == t->device->mtu)
        return;
    wireguard_device_set_mtu (t->device, mtu);
    if (t->state == WIREGUARD_UP)
        offer (t);
}

void
wireguard_machine_connected (AditTunnel *t)
{
    if (t->state == WIREGUARD_CONTACTING)
        enter (t, WIREGUARD_UP);
}

void
wireguard_machine_failed (AditTunnel *t, GError *error)
{
    if (t->state == WIREGUARD_GIVEN_UP || t->state == WIREGUARD_STOPPED) {
        g_error_free (error);
        return;
    }
    enter (t, WIREGUARD_GIVEN_UP);
    adit_give_up (t->host, error);
}

/* ---- nobody answers ---- */

static const WireguardPeer *
first_with_server (const AditTunnel *t)
{
    for (guint i = 0; i < t->device->peers->len; i++) {
        if (peer_at (t, i)->server)
            return peer_at (t, i);
    }
    return NULL;
}

static guint64
initiations_sent (const AditTunnel *t)
{
    guint64 n = 0;

    for (guint i = 0; i < t->device->peers->len; i++)
        n += peer_at (t, i)->initiations_sent;
    return n;
}

static void
on_contact (gpointer user)
{
    AditTunnel          *t    = user;
    const WireguardPeer *peer = first_with_server (t);
    g_autofree char     *host = NULL, *sentence = NULL, *sent = NULL;
    const char          *chain[4] = { NULL };
    guint                n        = 0;
    guint16              port     = 0;

    if (!peer || !adit_server_parse (peer->server, WIREGUARD_PORT, &host, &port))
        host = g_strdup (_ ("The peer"));
    sentence   = g_strdup_printf (_ ("%s did not answer on UDP port %u."), host, port);
    sent       = g_strdup_printf ("%" G_GUINT64_FORMAT " handshake initiations were sent",
                                  initiations_sent (t));
    chain[n++] = sentence;
    if (!t->kernel)
        chain[n++] = sent;
    chain[n++] = t->device->last_refusal
                     ? t->device->last_refusal
                     : "no answer came: is the port open, and our public key known to the peer?";
    wireguard_machine_failed (t, adit_error_from_chain (ADIT_ERROR_UNREACHABLE, chain));
}

/* ---- addresses of peers ---- */

static gboolean
someone_is_known (const AditTunnel *t)
{
    for (guint i = 0; i < t->device->peers->len; i++) {
        if (peer_at (t, i)->endpoint.family)
            return TRUE;
    }
    return t->lookups != NULL;
}

static void
found (AditTunnel *t, WireguardPeer *peer, const AditEndpoint *endpoint, guint mtu)
{
    gboolean changed = !adit_endpoint_equal (&peer->endpoint, endpoint);

    peer->mtu = mtu;
    wireguard_peer_set_endpoint (peer, endpoint);
    update_mtu (t);
    if (t->kernel)
        wireguard_kernel_found (t, peer);
    else if (changed)
        wireguard_handshake_initiate_now (peer);
}

static void on_lookup (gpointer user, const AditEndpoint *endpoint, guint mtu, const GError *error);

static void
look_up (AditTunnel *t, const WireguardPeer *peer)
{
    Lookup *lookup = g_new (Lookup, 1);

    *lookup    = (Lookup){ t, peer->id };
    t->lookups = g_slist_prepend (t->lookups, lookup);
    t->host->verbs->lookup (t->host, peer->server, WIREGUARD_PORT, on_lookup, lookup);
}

static void
on_lookup (gpointer user, const AditEndpoint *endpoint, guint mtu, const GError *error)
{
    Lookup        *lookup = user;
    AditTunnel    *t      = lookup->tunnel;
    WireguardPeer *peer   = wireguard_device_find_id (t->device, lookup->peer);

    t->lookups = g_slist_remove (t->lookups, lookup);
    g_free (lookup);
    if ((t->state != WIREGUARD_CONTACTING && t->state != WIREGUARD_UP) || !peer)
        return;
    if (endpoint) {
        peer->nameless = 0;
        found (t, peer, endpoint, mtu);
    } else if (wireguard_peer_next_server (peer) &&
               ++peer->nameless % g_strv_length (peer->servers) != 0) {
        look_up (t, peer);
    } else {
        adit_log (ADIT_LOG_WARNING, "wireguard", "peer %s: %s", peer->name,
                  error ? error->message : "no address");
        if (t->state == WIREGUARD_CONTACTING && !someone_is_known (t))
            wireguard_machine_failed (t, error ? g_error_copy (error)
                                               : g_error_new (ADIT_ERROR, ADIT_ERROR_LOOKUP,
                                                              _ ("No address is known for %s."),
                                                              peer->server));
    }
}

void
wireguard_machine_look_up (AditTunnel *t)
{
    for (guint i = 0; i < t->device->peers->len; i++) {
        if (peer_at (t, i)->server && !peer_at (t, i)->endpoint.family)
            look_up (t, peer_at (t, i));
    }
}

static gboolean
is_pending (const AditTunnel *t, const WireguardPeer *peer)
{
    for (const GSList *l = t->lookups; l; l = l->next) {
        if (((const Lookup *) l->data)->peer == peer->id)
            return TRUE;
    }
    return FALSE;
}

/* There may be another server; the name may have another address by now, or more than one.  The
 * second initiation already asks, since an address may be of a family that leads nowhere from here.
 */
static void
on_unanswered (gpointer user, WireguardPeer *peer)
{
    AditTunnel  *t = user;
    AditEndpoint literal;

    if (!peer->server || is_pending (t, peer) ||
        peer->unanswered % WIREGUARD_LOOK_UP_EACH != WIREGUARD_LOOK_UP_EACH - 1)
        return;
    if (wireguard_peer_next_server (peer) || !adit_endpoint_parse (peer->server, &literal))
        look_up (t, peer);
}

/* ---- link and path ---- */

static void
on_session (gpointer user, WireguardPeer *peer G_GNUC_UNUSED)
{
    wireguard_machine_connected (user);
}

static void
on_punted (gpointer user, guint layer G_GNUC_UNUSED, const AditEndpoint *from, AditPacket *packet)
{
    AditTunnel *t = user;

    if (from && from->family)
        wireguard_handshake_received (t->device, from, packet->data, packet->len);
    adit_packet_free (packet);
}

static void
on_said (gpointer user, guint layer G_GNUC_UNUSED, gconstpointer message, gsize size)
{
    AditTunnel             *t = user;
    const WireguardMessage *m = message;
    WireguardPeer          *peer;

    g_return_if_fail (size == sizeof *m);
    peer = wireguard_device_find_id (t->device, m->peer);
    if (!peer)
        return;
    if (m->kind == WIREGUARD_SAY_NEED_HANDSHAKE) {
        if (peer->server && !peer->endpoint.family && !is_pending (t, peer))
            look_up (t, peer);
        wireguard_handshake_initiate (peer, WIREGUARD_NEW_ATTEMPT);
    } else if (m->kind == WIREGUARD_SAY_KEY_CONFIRMED) {
        wireguard_timers_handshake_complete (peer);
        on_session (t, peer);
    } else if (m->kind == WIREGUARD_SAY_MOVED) {
        wireguard_peer_moved (peer, &m->endpoint);
    } else if (m->kind == WIREGUARD_SAY_TRAFFIC) {
        wireguard_timers_traffic (peer);
    }
}

static void
on_path_mtu (gpointer user, guint bytes)
{
    AditTunnel *t = user;

    t->path_mtu = bytes;
    update_mtu (t);
}

static void
on_lost (gpointer user, GError *cause)
{
    GError *error = NULL;

    adit_fail_because (&error, cause, ADIT_ERROR_LOST, _ ("The socket to the peers was lost."));
    wireguard_machine_failed (user, error);
}

void
wireguard_machine_contact (AditTunnel *t)
{
    for (guint i = 0; i < t->device->peers->len; i++) {
        if (peer_at (t, i)->endpoint.family)
            wireguard_handshake_initiate_now (peer_at (t, i));
        wireguard_timers_persistent_keepalive_set (peer_at (t, i));
    }
    if (!first_with_server (t))
        wireguard_machine_connected (t);
}

static void
on_ready (gpointer user, guint16 local_port)
{
    static const AditPathEvents events = {
        .punted = on_punted, .said = on_said, .path_mtu = on_path_mtu, .lost = on_lost
    };
    AditTunnel  *t       = user;
    AditCarrier *carrier = wireguard_carrier_new (t->device->shared);

    t->device->listen_port = local_port;
    wireguard_device_set_path (
        t->device, t->host->verbs->path (t->host, t->device->link, &carrier, 1, &events, t));
    wireguard_machine_contact (t);
}

static void
open_link (AditTunnel *t)
{
    static const AditLinkEvents events = { .ready = on_ready, .lost = on_lost };
    AditLinkSpec                spec   = { .kind       = ADIT_LINK_UDP,
                                           .port       = WIREGUARD_PORT,
                                           .local_port = t->device->listen_port };

    t->device->link = t->host->verbs->link (t->host, &spec, &events, t);
}

/* ---- the verbs ---- */

static AditTunnel *
machine_open (AditHost *host, const AditProfile *profile)
{
    AditTunnel *t = g_new0 (AditTunnel, 1);

    t->host                  = host;
    t->profile               = profile;
    t->contact               = (AditTimer){ .fn = on_contact, .user = t };
    t->device                = wireguard_device_new (host);
    t->device->on_session    = on_session;
    t->device->on_unanswered = on_unanswered;
    t->device->user          = t;
    return t;
}

static void
machine_start (AditTunnel *t)
{
    GError              *error = NULL;
    const WireguardPeer *first;

    if (!wireguard_config_load (t->device, t->profile, &error)) {
        wireguard_machine_failed (t, error);
        return;
    }
    enter (t, WIREGUARD_CONTACTING);
    first = first_with_server (t);
    t->host->verbs->phase (t->host, ADIT_PHASE_CONTACT, first ? first->server : NULL);
    t->device->mtu = device_mtu (t);
    wireguard_machine_look_up (t);
    if (t->host->kernel)
        wireguard_kernel_open (t);
    else
        open_link (t);
}

/* Our address changed or we slept: a keepalive tells peers that still have the key where we are
 * now, a handshake all others. */
static void
machine_moved (AditTunnel *t)
{
    wireguard_machine_look_up (t);
    for (guint i = 0; i < t->device->peers->len && !t->kernel; i++) {
        WireguardPeer   *peer = peer_at (t, i);
        WireguardMessage m    = { .kind = WIREGUARD_TELL_KEEPALIVE, .peer = peer->id };

        if (!peer->session_index && t->state == WIREGUARD_UP)
            continue;
        wireguard_device_tell (t->device, &m);
        peer->calm = 0;
        wireguard_handshake_initiate_now (peer);
    }
}

static void
machine_stop (AditTunnel *t)
{
    if (t->state == WIREGUARD_STOPPED)
        return;
    enter (t, WIREGUARD_STOPPED);
    wireguard_kernel_close (t);
    for (guint i = 0; i < t->device->peers->len; i++) {
        wireguard_timers_stop (peer_at (t, i));
        wireguard_peer_zero_keys (peer_at (t, i));
    }
    if (t->device->path)
        t->host->verbs->unpath (t->device->path);
    wireguard_device_set_path (t->device, NULL);
    if (t->device->link)
        t->host->verbs->unlink (t->device->link);
    t->device->link = NULL;
}

static void
machine_free (AditTunnel *t)
{
    machine_stop (t);
    g_slist_free_full (t->lookups, g_free);
    wireguard_device_free (t->device);
    g_free (t);
}

__attribute__ ((visibility ("default"))) const AditPlugin adit_plugin = {
    .abi     = ADIT_PLUGIN_ABI,
    .name    = "wireguard",
    .title   = N_ ("WireGuard"),
    .socket  = "wireguard/%s.sock",
    .kernel  = "wireguard",
    .family  = "wireguard",
    .fields  = wireguard_fields,
    .check   = wireguard_config_check,
    .import  = wireguard_import,
    .export  = wireguard_export,
    .open    = machine_open,
    .start   = machine_start,
    .moved   = machine_moved,
    .stop    = machine_stop,
    .free    = machine_free,
    .refresh = wireguard_refresh,
    .status  = wireguard_status,
    .serve   = wireguard_serve,
    .prepare = adit_crypto_start,
};
