/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-handshake.c - a live tunnel against messages that are damaged, copied, too many or from
 * elsewhere.  Silence is the right answer to all of them. */
#include "client/crypto/blake2s.h"
#include "plugins/wireguard/handshake.h"
#include "plugins/wireguard/machine.h"
#include "tests/sim/machines.h"

static World   *w;
static guint8   last[5][256]; /* the last message of each type, from either end */
static gsize    last_len[5];
static guint    sent_by_victim, cookies_by_victim;
static gboolean swallow;

static gboolean
on_datagram (gpointer user G_GNUC_UNUSED, const AditEndpoint *from,
             const AditEndpoint *to G_GNUC_UNUSED, const guint8 *data, gsize len)
{
    guint type = wireguard_wire_type (data, len);

    if (len <= sizeof last[0]) {
        memcpy (last[type], data, len);
        last_len[type] = len;
    }
    if (from->address[3] == 2) {
        sent_by_victim++;
        cookies_by_victim += type == WIREGUARD_COOKIE_REPLY;
    }
    return !swallow;
}

/* Machine 1, "the victim", listens; machine 0 has talked to it. */
static void
setup (void)
{
    w                    = world_new (1, 2, 0);
    w->wire->on_datagram = on_datagram;
    swallow              = FALSE;
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    world_chat (w, 1000, 500);
    world_run (w, 20000); /* the keepalive that is owed for that is sent */
    g_assert_cmpuint (world_missing (w), ==, 0);
    sent_by_victim = cookies_by_victim = 0;
}

/* The session goes on as if nothing had been. */
static void
teardown (void)
{
    world_chat (w, 2000, 500);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
    world_free (w);
}

static void throw (const guint8 *data, gsize len)
{
    AditEndpoint from = { { 192, 0, 2, 66 }, 0, 666, 4 };

    fake_host_arrived (w->machine[1].host, &from, data, len);
    world_run (w, 20);
}

static const WireguardPeer *
victims_peer (void)
{
    return g_ptr_array_index (w->machine[1].tunnel->device->peers, 0);
}

static void
every_bit_flip_is_met_with_silence (void)
{
    setup ();
    for (guint type = 1; type <= 4; type++) {
        for (guint bit = 0; bit < 8 * last_len[type]; bit++) {
            g_autofree guint8 *copy = g_memdup2 (last[type], last_len[type]);

            copy[bit / 8] ^= (guint8) (1 << bit % 8);
            throw (copy, last_len[type]);
        }
    }
    g_assert_cmpuint (sent_by_victim, ==, 0);
    g_assert_cmpuint (victims_peer ()->endpoint.port, ==, 51820);
    teardown ();
}

static void
every_length_is_met_with_silence (void)
{
    guint8 large[2048];

    setup ();
    for (guint type = 1; type <= 4; type++) {
        memset (large, 0xa5, sizeof large);
        memcpy (large, last[type], last_len[type]);
        for (gsize len = 0; len < sizeof large; len += len < 300 ? 1 : 61) {
            g_autofree guint8 *exact = g_memdup2 (large, len);

            if (len != last_len[type])
                throw (exact, len);
        }
    }
    g_assert_cmpuint (sent_by_victim, ==, 0);
    teardown ();
}

/* Copies of authentic messages, from elsewhere: nobody is led there. */
static void
copies_are_met_with_silence (void)
{
    setup ();
    for (guint type = 1; type <= 4; type++) {
        throw (last[type], last_len[type]);
        throw (last[type], last_len[type]);
    }
    g_assert_cmpuint (sent_by_victim, ==, 0);
    g_assert_cmpuint (victims_peer ()->endpoint.port, ==, 51820);
    teardown ();
}

/* A mac1 that is right is all that a stranger can make: below the load limit it buys nothing, above
 * it one small cookie reply for each. */
static void
load_costs_the_stranger_more_than_us (void)
{
    WireguardInitiation junk = { .sender = 7 };
    guint8              message[WIREGUARD_INITIATION_SIZE], key[32];
    AditEndpoint        from = { { 192, 0, 2, 66 }, 0, 666, 4 };

    setup ();
    adit_blake2s_two (key, WIREGUARD_LABEL_MAC1, WIREGUARD_LABEL, w->machine[1].public_key, 32);
    wireguard_wire_put_initiation (message, &junk);
    adit_blake2s_mac (message + 116, 16, key, 32, message, 116);
    for (guint i = 0; i < WIREGUARD_LOAD_RATE; i++)
        fake_host_arrived (w->machine[1].host, &from, message, sizeof message);
    world_run (w, 50);
    g_assert_cmpuint (sent_by_victim, ==, 0);
    for (guint i = 0; i < 50; i++)
        fake_host_arrived (w->machine[1].host, &from, message, sizeof message);
    world_run (w, 50);
    g_assert_cmpuint (cookies_by_victim, ==, 50);
    g_assert_cmpuint (sent_by_victim, ==, 50);
    world_run (w, 3000);
    throw (message, sizeof message); /* the load is over */
    g_assert_cmpuint (cookies_by_victim, ==, 50);
    teardown ();
}

static void
both_ask (void)
{
    for (guint i = 0; i < 2; i++)
        wireguard_handshake_initiate_now (
            g_ptr_array_index (w->machine[i].tunnel->device->peers, 0));
}

static gint64
last_handshake_us (guint i)
{
    const WireguardPeer *peer = g_ptr_array_index (w->machine[i].tunnel->device->peers, 0);

    return peer->last_handshake_wall_us - G_GINT64_CONSTANT (1700000000000000);
}

/* Two ends that ask at the same moment, with a long way between them and no session, are both
 * answered. */
static void
initiations_that_cross_both_connect (void)
{
    setup ();
    world_run (w, 181000);
    w->wire->weather.delay_us = 300000;
    both_ask ();
    world_run (w, 700);
    for (guint i = 0; i < 2; i++)
        g_assert_cmpint (w->wire->now_us - last_handshake_us (i), <, 200000);
    teardown ();
}

/* In a rekey one of them is enough, and nothing that is on its way gets lost. */
static void
initiations_that_cross_in_a_rekey_lose_nothing (void)
{
    for (guint delay_ms = 10; delay_ms < 500; delay_ms += 70) {
        setup ();
        w->wire->weather.delay_us  = delay_ms * 1000;
        w->wire->weather.jitter_us = delay_ms * 500;
        world_chat (w, 1000, 50);
        both_ask ();
        world_chat (w, 2000, 50);
        for (guint i = 0; i < 2; i++)
            g_assert_cmpint (w->wire->now_us - last_handshake_us (i), <, 2000000);
        both_ask ();
        world_chat (w, 2000, 50);
        world_run (w, 1000);
        g_assert_cmpuint (world_missing (w), ==, 0);
        teardown ();
    }
}

static void
a_second_request_waits_its_turn (void)
{
    WireguardPeer *peer;
    guint64        before;

    setup ();
    peer    = g_ptr_array_index (w->machine[0].tunnel->device->peers, 0);
    swallow = TRUE;
    world_run (w, 6000);
    before = peer->initiations_sent;
    for (guint i = 0; i < 10; i++) {
        wireguard_handshake_initiate (peer, WIREGUARD_NEW_ATTEMPT);
        world_run (w, 100);
    }
    g_assert_cmpuint (peer->initiations_sent, ==, before + 1);
    world_run (w, 4500);
    g_assert_cmpuint (peer->initiations_sent, ==, before + 2);
    swallow = FALSE;
    world_run (w, 6000);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/handshake/every-bit-flip-is-met-with-silence",
                     every_bit_flip_is_met_with_silence);
    g_test_add_func ("/wireguard/handshake/every-length-is-met-with-silence",
                     every_length_is_met_with_silence);
    g_test_add_func ("/wireguard/handshake/copies-are-met-with-silence",
                     copies_are_met_with_silence);
    g_test_add_func ("/wireguard/handshake/load-costs-the-stranger-more-than-us",
                     load_costs_the_stranger_more_than_us);
    g_test_add_func ("/wireguard/handshake/initiations-that-cross-both-connect",
                     initiations_that_cross_both_connect);
    g_test_add_func ("/wireguard/handshake/initiations-that-cross-in-a-rekey-lose-nothing",
                     initiations_that_cross_in_a_rekey_lose_nothing);
    g_test_add_func ("/wireguard/handshake/a-second-request-waits-its-turn",
                     a_second_request_waits_its_turn);
    return g_test_run ();
}
