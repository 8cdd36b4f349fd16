/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timers.c - what time does to a peer (white paper 6):
 *
 *   retransmit_handshake  no answer to an initiation in 5 s + jitter: another, for 90 s; the first
 *                         dozen sooner
 *   traffic               data received and nothing sent for 10 s: a keepalive;
 *                         data sent and nothing received for 15 s: a new handshake; after 1.2 s
 *                         if the peer was lively, but seldom
 *   persistent            nothing either way for so many seconds: a keepalive, if configured
 *   zero_key_material     no new session in 540 s: wipe all keys
 *
 * None is periodic: without traffic and persistent keepalive all of them run out. */
#include "plugins/wireguard/timers.h"
#include "plugins/wireguard/device.h"
#include "plugins/wireguard/handshake.h"

static const gint64 keepalive_us = WIREGUARD_KEEPALIVE_TIMEOUT * WIREGUARD_SECOND_US;
static const gint64 no_answer_us =
    (WIREGUARD_KEEPALIVE_TIMEOUT + WIREGUARD_REKEY_TIMEOUT) * WIREGUARD_SECOND_US;

static gint64
now (const WireguardPeer *peer)
{
    return adit_now (peer->device->host);
}

static void
arm_at (WireguardPeer *peer, AditTimer *timer, gint64 due_us)
{
    gint64 left_us = MAX (due_us - now (peer), 0);

    adit_arm (peer->device->host, timer, (guint64) (left_us + 999) / 1000);
}

static void
disarm (WireguardPeer *peer, AditTimer *timer)
{
    adit_disarm (peer->device->host, timer);
}

/* So that two ends that lost each other do not keep colliding. */
static gint64
jitter_us (const WireguardPeer *peer)
{
    guint16 random;

    adit_random_from (peer->device->host, &random, sizeof random);
    return random % WIREGUARD_REKEY_JITTER_MS * 1000;
}

static void
tell (WireguardPeer *peer, WireguardMessageKind kind)
{
    WireguardMessage m = { .kind = kind, .peer = peer->id };

    wireguard_device_tell (peer->device, &m);
}

static void
arm_zero_key_material (WireguardPeer *peer)
{
    peer->zero_keys_us = now (peer) + WIREGUARD_ZERO_KEYS_TIME * WIREGUARD_SECOND_US;
    arm_at (peer, &peer->zero_key_material, peer->zero_keys_us);
}

static void
on_zero_key_material (gpointer user)
{
    WireguardPeer *peer = user;

    peer->zero_keys_us = 0;
    wireguard_peer_zero_keys (peer);
}

/* Beyond the paper (6.1: never more often than every REKEY_TIMEOUT), for a short while: a server
 * that comes back, or another network of ours, is found within two seconds.  Peers take 20 a second
 * from one source even under load (5.3). */
gint64
wireguard_timers_apart_us (const WireguardPeer *peer)
{
    if (peer->calm <= WIREGUARD_HURRY_TIMES)
        return WIREGUARD_HURRY_MS * 1000;
    if (peer->calm <= WIREGUARD_SWIFT_TIMES)
        return WIREGUARD_SWIFT_MS * 1000;
    return WIREGUARD_REKEY_TIMEOUT * WIREGUARD_SECOND_US;
}

static void
on_retransmit_handshake (gpointer user)
{
    WireguardPeer *peer = user;

    if (peer->handshake_attempts >= WIREGUARD_HANDSHAKE_ATTEMPTS) {
        adit_log (ADIT_LOG_INFO, "wireguard", "peer %s did not answer for %d seconds", peer->name,
                  WIREGUARD_REKEY_ATTEMPT_TIME);
        tell (peer, WIREGUARD_TELL_NO_STAGED);
        if (!peer->zero_keys_us) /* of an exchange half done */
            arm_zero_key_material (peer);
        return;
    }
    if (peer->calm > WIREGUARD_SWIFT_TIMES)
        peer->handshake_attempts++;
    wireguard_handshake_initiate (peer, WIREGUARD_RETRY);
}

/* Handshakes that a doubt began lately. */
static guint
early (const WireguardPeer *peer)
{
    gint64 past = (now (peer) - peer->early_us) / (WIREGUARD_EARLY_PAST_SEC * WIREGUARD_SECOND_US);

    return peer->early > past ? peer->early - (guint) past : 0;
}

/* A stream that only goes one way is silent by nature: each doubt in vain makes the next one twice
 * as long in coming, until the paper's 15 s are there first. */
static gint64
patience_us (const WireguardPeer *peer)
{
    guint  n  = early (peer);
    gint64 us = WIREGUARD_PATIENCE_MS * 1000;

    for (; n >= WIREGUARD_EARLY_FREE && us < no_answer_us; n--)
        us *= 2;
    return MIN (us, no_answer_us);
}

/* Either we sent again and again, or the peer had just talked with us and stopped in the middle of
 * it.  The latter is also how every transfer ends (our last word is TCP's and wants no answer), so
 * it counts only once in a while: one handshake in vain a minute at most. */
static gboolean
is_doubtful (const WireguardPeer *peer, gint64 awaited_us)
{
    gint64 sent_us     = wireguard_meter_get (peer->meter->data_sent_us);
    gint64 received_us = wireguard_meter_get (peer->meter->data_received_us);

    if (!peer->session_index || peer->unanswered || peer->doubted_us == awaited_us ||
        now (peer) - awaited_us < patience_us (peer))
        return FALSE;
    if (sent_us - awaited_us >= WIREGUARD_INSISTED_MS * 1000)
        return TRUE;
    return !early (peer) && received_us && awaited_us - received_us <= WIREGUARD_LIVELY_MS * 1000;
}

static void
doubt (WireguardPeer *peer, gint64 awaited_us)
{
    peer->early      = early (peer) + 1;
    peer->early_us   = now (peer);
    peer->doubted_us = awaited_us;
    peer->calm       = 0;
    adit_log (ADIT_LOG_INFO, "wireguard", "peer %s fell silent: a handshake tells if it knows us",
              peer->name);
    wireguard_handshake_initiate (peer, WIREGUARD_NEW_ATTEMPT);
}

/* The next moment at which the meter may make us act.  What it does not hold yet cannot be due
 * before our whole patience has passed from now. */
static gint64
next_look (const WireguardPeer *peer, gint64 owed_us, gint64 awaited_us)
{
    gint64 due_us = now (peer) + MIN (keepalive_us, patience_us (peer));

    if (awaited_us && awaited_us + patience_us (peer) > now (peer))
        due_us = MIN (due_us, awaited_us + patience_us (peer));
    if (owed_us)
        due_us = MIN (due_us, owed_us + keepalive_us);
    if (awaited_us)
        due_us = MIN (due_us, awaited_us + no_answer_us + jitter_us (peer));
    return due_us;
}

void
wireguard_timers_traffic (WireguardPeer *peer)
{
    WireguardMeter *meter = peer->meter;
    gint64          owed_us, awaited_us;

    for (guint i = 0; i < 2; i++) {
        owed_us    = wireguard_meter_get (meter->keepalive_owed_us);
        awaited_us = wireguard_meter_get (meter->answer_awaited_us);
        if (owed_us || awaited_us) {
            wireguard_meter_set (meter->watched, 1);
            arm_at (peer, &peer->traffic, next_look (peer, owed_us, awaited_us));
            return;
        }
        /* Then look once more, for what came while we still seemed to watch. */
        wireguard_meter_set (meter->watched, 0);
    }
}

static void
on_traffic (gpointer user)
{
    WireguardPeer  *peer       = user;
    WireguardMeter *meter      = peer->meter;
    gint64          owed_us    = wireguard_meter_get (meter->keepalive_owed_us);
    gint64          awaited_us = wireguard_meter_get (meter->answer_awaited_us);

    if (owed_us && now (peer) - owed_us >= keepalive_us) {
        wireguard_meter_set (meter->keepalive_owed_us, 0);
        tell (peer, WIREGUARD_TELL_KEEPALIVE);
    }
    if (awaited_us && now (peer) - awaited_us >= no_answer_us) {
        wireguard_meter_set (meter->answer_awaited_us, 0);
        adit_log (ADIT_LOG_INFO, "wireguard", "peer %s has been silent for %d seconds", peer->name,
                  WIREGUARD_KEEPALIVE_TIMEOUT + WIREGUARD_REKEY_TIMEOUT);
        wireguard_handshake_initiate (peer, WIREGUARD_NEW_ATTEMPT);
    } else if (awaited_us && is_doubtful (peer, awaited_us)) {
        doubt (peer, awaited_us);
    }
    wireguard_timers_traffic (peer);
}

static void
on_persistent (gpointer user)
{
    WireguardPeer *peer     = user;
    gint64         last_us  = wireguard_meter_get (peer->meter->traversal_us);
    gint64         interval = peer->persistent_keepalive * WIREGUARD_SECOND_US;

    if (!peer->endpoint.family)
        return; /* until it calls us, there is nowhere to send one */
    last_us = MAX (last_us, peer->handshake_traversal_us);
    if (now (peer) - last_us >= interval) {
        tell (peer, WIREGUARD_TELL_KEEPALIVE);
        last_us = now (peer);
    }
    arm_at (peer, &peer->persistent, last_us + interval);
}

void
wireguard_timers_init (WireguardPeer *peer)
{
    peer->retransmit_handshake = (AditTimer){ .fn = on_retransmit_handshake, .user = peer };
    peer->traffic              = (AditTimer){ .fn = on_traffic, .user = peer };
    peer->persistent           = (AditTimer){ .fn = on_persistent, .user = peer };
    peer->calm                 = WIREGUARD_SWIFT_TIMES + 1;
    peer->zero_key_material    = (AditTimer){ .fn = on_zero_key_material, .user = peer };
}

void
wireguard_timers_stop (WireguardPeer *peer)
{
    disarm (peer, &peer->retransmit_handshake);
    disarm (peer, &peer->traffic);
    disarm (peer, &peer->persistent);
    disarm (peer, &peer->zero_key_material);
    peer->zero_keys_us = 0;
}

void
wireguard_timers_handshake_initiated (WireguardPeer *peer)
{
    peer->calm = MIN (peer->calm + 1, WIREGUARD_SWIFT_TIMES + 1);
    arm_at (peer, &peer->retransmit_handshake,
            now (peer) + wireguard_timers_apart_us (peer) + jitter_us (peer));
}

void
wireguard_timers_handshake_postponed (WireguardPeer *peer, gint64 until_us)
{
    arm_at (peer, &peer->retransmit_handshake, until_us + jitter_us (peer));
}

void
wireguard_timers_handshake_complete (WireguardPeer *peer)
{
    disarm (peer, &peer->retransmit_handshake);
    peer->handshake_attempts     = 0;
    peer->unanswered             = 0;
    peer->calm                   = WIREGUARD_SWIFT_TIMES + 1;
    peer->last_handshake_wall_us = peer->device->host->verbs->wall (peer->device->host);
}

void
wireguard_timers_session_derived (WireguardPeer *peer)
{
    arm_zero_key_material (peer);
}

void
wireguard_timers_any_authenticated_packet_sent (WireguardPeer *peer)
{
    peer->handshake_traversal_us = now (peer);
    wireguard_meter_set (peer->meter->keepalive_owed_us, 0);
}

void
wireguard_timers_any_authenticated_packet_received (WireguardPeer *peer)
{
    peer->handshake_traversal_us = now (peer);
    wireguard_meter_set (peer->meter->answer_awaited_us, 0);
}

void
wireguard_timers_persistent_keepalive_set (WireguardPeer *peer)
{
    if (!peer->persistent_keepalive || !peer->device->path) {
        disarm (peer, &peer->persistent);
        return;
    }
    on_persistent (peer);
}
