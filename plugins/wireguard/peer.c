/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* peer.c - the life of one peer in the control half. */
#include "plugins/wireguard/peer.h"
#include "client/base/secret.h"
#include "plugins/wireguard/device.h"
#include "plugins/wireguard/timers.h"

WireguardPeer *
wireguard_peer_new (WireguardDevice *device, guint32 id, const guint8 public_key[WIREGUARD_KEY])
{
    WireguardPeer *peer = adit_secret_new0 (WireguardPeer);

    peer->device  = device;
    peer->id      = id;
    peer->meter   = &device->shared->meter[id];
    peer->allowed = g_array_new (FALSE, FALSE, sizeof (AditPrefix));
    memset (peer->meter, 0, sizeof *peer->meter);
    /* A key of small order is kept: it is shown, and every handshake with it fails. */
    wireguard_noise_set_remote (&peer->handshake, &device->identity, public_key);
    wireguard_cookie_init (&peer->cookie, public_key);
    wireguard_timers_init (peer);
    return peer;
}

void
wireguard_peer_free (WireguardPeer *peer)
{
    wireguard_timers_stop (peer);
    g_array_unref (peer->allowed);
    g_free (peer->name);
    g_strfreev (peer->servers);
    adit_secret_free (peer);
}

void
wireguard_peer_set_endpoint (WireguardPeer *peer, const AditEndpoint *endpoint)
{
    WireguardMessage m     = { .kind = WIREGUARD_TELL_ENDPOINT, .peer = peer->id };
    gboolean         first = !peer->endpoint.family;

    if (adit_endpoint_equal (&peer->endpoint, endpoint))
        return;
    peer->endpoint = m.endpoint = *endpoint;
    wireguard_device_tell (peer->device, &m);
    if (first)
        wireguard_timers_persistent_keepalive_set (peer);
}

gboolean
wireguard_peer_next_server (WireguardPeer *peer)
{
    guint at = 0;

    if (!peer->servers || !peer->servers[0] || !peer->servers[1])
        return FALSE;
    while (peer->servers[at] != peer->server)
        at++;
    peer->server = peer->servers[at + 1] ? peer->servers[at + 1] : peer->servers[0];
    return TRUE;
}

void
wireguard_peer_moved (WireguardPeer *peer, const AditEndpoint *endpoint)
{
    g_autofree char *where = adit_endpoint_format (endpoint);

    peer->endpoint = *endpoint;
    adit_log (ADIT_LOG_NOTICE, "wireguard", "peer %s is now at %s", peer->name, where);
}

void
wireguard_peer_begin_session (WireguardPeer *peer, WireguardHandshake *handshake)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_KEY, .peer = peer->id };

    if (!wireguard_noise_begin_session (handshake, &m.key.session))
        return;
    m.key.born_us         = adit_now (peer->device->host);
    peer->session_index   = m.key.session.local_index;
    peer->session_born_us = m.key.born_us;
    wireguard_device_tell (peer->device, &m);
    adit_wipe (&m, sizeof m);
    wireguard_timers_session_derived (peer);
}

void
wireguard_peer_zero_keys (WireguardPeer *peer)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_NO_KEYS, .peer = peer->id };

    wireguard_noise_clear (&peer->handshake);
    peer->session_index = 0;
    wireguard_device_tell (peer->device, &m);
}

gboolean
wireguard_peer_has_index (const WireguardPeer *peer, guint32 index)
{
    if (index == peer->handshake.local_index || index == peer->session_index)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS (peer->meter->index); i++) {
        if (index == wireguard_meter_get (peer->meter->index[i]))
            return TRUE;
    }
    return FALSE;
}

guint64
wireguard_peer_tx_bytes (const WireguardPeer *peer)
{
    return peer->tx_bytes + wireguard_meter_get (peer->meter->tx_bytes);
}

guint64
wireguard_peer_rx_bytes (const WireguardPeer *peer)
{
    return peer->rx_bytes + wireguard_meter_get (peer->meter->rx_bytes);
}
