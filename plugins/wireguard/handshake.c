/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* handshake.c - sending and receiving the three messages that are not data.  A received one is
 * decoded, then judged by its macs and by our load, and only then given to noise. */
#include "plugins/wireguard/handshake.h"
#include "client/base/secret.h"
#include "plugins/wireguard/timers.h"

static gint64
now (const WireguardDevice *device)
{
    return adit_now (device->host);
}

static void
send_to (WireguardDevice *device, const AditEndpoint *to, const guint8 *message, gsize len)
{
    device->host->verbs->inject (device->path, 0, to, adit_packet_new (message, len));
}

/* A message from us, authentic to the peer: with macs, counted. */
static void
send_to_peer (WireguardPeer *peer, guint8 *message, gsize len)
{
    wireguard_cookie_add_macs (&peer->cookie, message, len, now (peer->device));
    wireguard_timers_any_authenticated_packet_sent (peer);
    peer->last_sent_handshake_us = now (peer->device);
    peer->tx_bytes += len;
    send_to (peer->device, &peer->endpoint, message, len);
}

static gboolean
can_send (const WireguardPeer *peer)
{
    return peer->endpoint.family && peer->device->path && peer->device->who == WIREGUARD_IDENTIFIED;
}

static void
send_initiation (WireguardPeer *peer)
{
    WireguardDevice    *device = peer->device;
    WireguardInitiation initiation;
    guint8              message[WIREGUARD_INITIATION_SIZE], ephemeral[WIREGUARD_KEY];

    if (peer->unanswered++ && device->on_unanswered)
        device->on_unanswered (device->user, peer);
    adit_random_from (device->host, ephemeral, sizeof ephemeral);
    wireguard_noise_timestamp (device->host->verbs->wall (device->host), peer->sent_timestamp);
    if (wireguard_noise_create_initiation (&peer->handshake, &device->identity, ephemeral,
                                           peer->sent_timestamp,
                                           wireguard_device_new_index (device), &initiation)) {
        adit_log (ADIT_LOG_INFO, "wireguard", "initiation to peer %s, attempt %u", peer->name,
                  peer->handshake_attempts + 1);
        wireguard_wire_put_initiation (message, &initiation);
        peer->initiations_sent++;
        send_to_peer (peer, message, sizeof message);
        wireguard_timers_handshake_initiated (peer);
    }
    adit_wipe (ephemeral, sizeof ephemeral);
}

static gboolean
has_live_session (const WireguardPeer *peer)
{
    const gint64 life_us = WIREGUARD_REJECT_AFTER_TIME * WIREGUARD_SECOND_US;

    return peer->session_index && now (peer->device) - peer->session_born_us < life_us;
}

void
wireguard_handshake_initiate (WireguardPeer *peer, WireguardAttempt attempt)
{
    gint64 apart_us;

    if (attempt == WIREGUARD_NEW_ATTEMPT)
        peer->handshake_attempts = 0;
    if (!peer->unanswered && !has_live_session (peer))
        peer->calm = 0;
    apart_us = wireguard_timers_apart_us (peer);
    if (!can_send (peer))
        return;
    if (peer->last_sent_handshake_us &&
        now (peer->device) - peer->last_sent_handshake_us < apart_us)
        wireguard_timers_handshake_postponed (peer, peer->last_sent_handshake_us + apart_us);
    else
        send_initiation (peer);
}

void
wireguard_handshake_initiate_now (WireguardPeer *peer)
{
    peer->last_sent_handshake_us = 0;
    wireguard_handshake_initiate (peer, WIREGUARD_NEW_ATTEMPT);
}

static void
send_cookie_reply (WireguardDevice *device, const AditEndpoint *to, guint32 receiver,
                   const guint8 *message, gsize len)
{
    WireguardCookieReply reply;
    guint8               out[WIREGUARD_COOKIE_REPLY_SIZE], fresh[WIREGUARD_HASH];

    if (wireguard_cookie_needs_secret (&device->checker, now (device))) {
        adit_random_from (device->host, fresh, sizeof fresh);
        wireguard_cookie_set_secret (&device->checker, fresh, now (device));
    }
    adit_random_from (device->host, fresh, sizeof fresh);
    wireguard_cookie_create_reply (&device->checker, message, len, to, receiver, fresh, &reply);
    adit_wipe (fresh, sizeof fresh);
    wireguard_wire_put_cookie_reply (out, &reply);
    send_to (device, to, out, sizeof out);
}

/* Paper 5.3: mac1 always; under load also mac2, and no more than a source's share.  TRUE: go on. */
static gboolean
admit (WireguardDevice *device, const AditEndpoint *from, guint32 sender, const guint8 *message,
       gsize len)
{
    gboolean          loaded = wireguard_ratelimiter_arrived (device->limiter, now (device));
    WireguardMacState state  = wireguard_cookie_validate (&device->checker, message, len, from);

    if (wireguard_cookie_needs_secret (&device->checker, now (device)) &&
        state == WIREGUARD_MAC_WITH_COOKIE)
        state = WIREGUARD_MAC_WITHOUT_COOKIE;
    switch (state) {
    case WIREGUARD_MAC_INVALID:
        wireguard_device_refused (device, "a handshake message was made for another public key");
        return FALSE;
    case WIREGUARD_MAC_WITHOUT_COOKIE:
        if (loaded)
            send_cookie_reply (device, from, sender, message, len);
        return !loaded;
    case WIREGUARD_MAC_WITH_COOKIE:
        return !loaded || wireguard_ratelimiter_allow (device->limiter, from, now (device));
    }
    return FALSE;
}

/* The peer proved itself with a handshake message from there. */
static void
authenticated (WireguardPeer *peer, const AditEndpoint *from, gsize len)
{
    wireguard_peer_set_endpoint (peer, from);
    wireguard_timers_any_authenticated_packet_received (peer);
    peer->rx_bytes += len;
}

static void
send_response (WireguardPeer *peer, WireguardHandshake *handshake)
{
    WireguardDevice  *device = peer->device;
    WireguardResponse response;
    guint8            message[WIREGUARD_RESPONSE_SIZE], ephemeral[WIREGUARD_KEY];

    adit_random_from (device->host, ephemeral, sizeof ephemeral);
    if (wireguard_noise_create_response (handshake, ephemeral, wireguard_device_new_index (device),
                                         &response)) {
        wireguard_wire_put_response (message, &response);
        wireguard_peer_begin_session (peer, handshake); /* before the peer can use it */
        send_to_peer (peer, message, sizeof message);
    }
    adit_wipe (ephemeral, sizeof ephemeral);
}

typedef struct {
    WireguardDevice *device;
    WireguardPeer   *peer;
} Search;

static WireguardHandshake *
find (gpointer user, const guint8 remote_static[WIREGUARD_KEY])
{
    Search *search = user;

    search->peer = wireguard_device_find_peer (search->device, remote_static);
    return search->peer ? &search->peer->handshake : NULL;
}

static gboolean
has_initiation_under_way (const WireguardPeer *peer)
{
    const gint64 timeout_us = WIREGUARD_REKEY_TIMEOUT * WIREGUARD_SECOND_US;

    return peer->handshake.state == WIREGUARD_CREATED_INITIATION &&
           now (peer->device) - peer->last_sent_handshake_us < timeout_us;
}

/* Two initiations may cross.  Without a session both are answered, and both ends are connected
 * soon. In a rekey that would push the key in use out of its slot too early, so only the initiation
 * of the greater public key goes on there.  TRUE: this is one to leave unanswered. */
static gboolean
yields (WireguardPeer *peer, const AditEndpoint *from)
{
    if (!has_live_session (peer))
        return FALSE;
    if (has_initiation_under_way (peer) && adit_endpoint_equal (&peer->endpoint, from) &&
        memcmp (peer->device->identity.public_key, peer->handshake.remote_static, WIREGUARD_KEY) >
            0)
        return TRUE;
    wireguard_noise_clear (&peer->handshake);
    return FALSE;
}

static void
received_initiation (WireguardDevice *device, const AditEndpoint *from, const guint8 *message,
                     gsize len)
{
    WireguardInitiation initiation;
    WireguardHandshake  handshake;
    Search              search = { device, NULL };

    if (!wireguard_wire_get_initiation (message, len, &initiation) ||
        !admit (device, from, initiation.sender, message, len))
        return;
    if (!wireguard_noise_consume_initiation (&device->identity, &initiation, now (device), find,
                                             &search, &handshake)) {
        wireguard_device_refused (device, search.peer
                                              ? "an initiation was a copy, or did not decrypt"
                                              : "an initiation came from a key that is no peer's");
        return;
    }
    adit_log (ADIT_LOG_INFO, "wireguard", "initiation from peer %s", search.peer->name);
    if (!yields (search.peer, from)) {
        authenticated (search.peer, from, len);
        send_response (search.peer, &handshake);
    }
    adit_wipe (&handshake, sizeof handshake);
}

static void
received_response (WireguardDevice *device, const AditEndpoint *from, const guint8 *message,
                   gsize len)
{
    WireguardResponse response;
    WireguardPeer    *peer;

    if (!wireguard_wire_get_response (message, len, &response) ||
        !admit (device, from, response.sender, message, len))
        return;
    peer = wireguard_device_find_index (device, response.receiver);
    if (!peer || peer->handshake.local_index != response.receiver) {
        wireguard_device_refused (device, "an answer came to no question of ours");
        return;
    }
    if (!wireguard_noise_consume_response (&peer->handshake, &device->identity, &response)) {
        wireguard_device_refused (device,
                                  "the peer's answer did not decrypt; preshared-key may differ");
        return;
    }
    adit_log (ADIT_LOG_INFO, "wireguard", "response from peer %s", peer->name);
    authenticated (peer, from, len);
    wireguard_peer_begin_session (peer, &peer->handshake);
    wireguard_timers_handshake_complete (peer);
    if (device->on_session)
        device->on_session (device->user, peer);
}

/* The initiation will be repeated with it in its own time: an answer at once would let a forger
 * make us send. */
static void
received_cookie_reply (WireguardDevice *device, const guint8 *message, gsize len)
{
    WireguardCookieReply reply;
    WireguardPeer       *peer;

    if (!wireguard_wire_get_cookie_reply (message, len, &reply))
        return;
    peer = wireguard_device_find_index (device, reply.receiver);
    if (peer && wireguard_cookie_consume_reply (&peer->cookie, &reply, now (device)))
        adit_log (ADIT_LOG_INFO, "wireguard", "peer %s is under load", peer->name);
}

void
wireguard_handshake_received (WireguardDevice *device, const AditEndpoint *from,
                              const guint8 *message, gsize len)
{
    if (!device->path || device->who != WIREGUARD_IDENTIFIED)
        return;
    switch (wireguard_wire_type (message, len)) {
    case WIREGUARD_HANDSHAKE_INITIATION:
        received_initiation (device, from, message, len);
        break;
    case WIREGUARD_HANDSHAKE_RESPONSE:
        received_response (device, from, message, len);
        break;
    case WIREGUARD_COOKIE_REPLY:
        received_cookie_reply (device, message, len);
        break;
    default:
        break;
    }
}
