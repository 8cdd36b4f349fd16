/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-noise.c - the handshake against an independent computation, then against every damage. */
#include "tests/unit/plugins/wireguard/pair.h"

static void
the_vector_is_met (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation initiation, again;
    WireguardResponse   response;
    WireguardHandshake  responder;
    WireguardSession    one, two;
    guint8              bytes[148];

    pair_initiate (p, &initiation);
    wireguard_wire_put_initiation (bytes, &initiation);
    g_assert_cmpmem (bytes, 116, pair_vector (p, "initiation", 148), 116);
    g_assert_true (wireguard_wire_get_initiation (bytes, 148, &again));
    g_assert_true (pair_consume (p, &again, 1, &responder));
    g_assert_true (
        wireguard_noise_create_response (&responder, p->ephemeral[1], 0xa4a3a2a1, &response));
    wireguard_wire_put_response (bytes, &response);
    g_assert_cmpmem (bytes, 60, pair_vector (p, "response", 92), 60);
    g_assert_true (wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &response));
    g_assert_true (wireguard_noise_begin_session (&p->handshake[0], &one));
    g_assert_true (wireguard_noise_begin_session (&responder, &two));
    g_assert_cmpmem (one.send_key, 32, pair_vector (p, "initiator_sends", 32), 32);
    g_assert_cmpmem (one.receive_key, 32, pair_vector (p, "responder_sends", 32), 32);
    g_assert_cmpmem (two.receive_key, 32, one.send_key, 32);
    g_assert_cmpmem (two.send_key, 32, one.receive_key, 32);
    g_assert_true (one.initiator && !two.initiator);
    g_assert_cmpuint (one.local_index, ==, two.remote_index);
    g_assert_cmpuint (two.local_index, ==, one.remote_index);
    pair_free (p);
}

/* After each of these the handshake is as it was: the true message still goes through. */
static void
every_bit_flip_of_an_initiation_is_refused (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation good, bad;
    WireguardHandshake  out, before = p->handshake[1];
    guint8             *bytes = (guint8 *) &bad;

    pair_initiate (p, &good);
    for (guint bit = 8 * sizeof good.sender; bit < 8 * sizeof good; bit++) {
        /* The top bit of a point means nothing: RFC 7748 5. It is hashed, so it is refused too. */
        bad = good;
        bytes[bit / 8] ^= (guint8) (1 << bit % 8);
        g_assert_false (pair_consume (p, &bad, 1, &out));
        g_assert_cmpmem (&before, sizeof before, &p->handshake[1], sizeof before);
    }
    g_assert_true (pair_consume (p, &good, 1, &out));
    pair_free (p);
}

static void
every_bit_flip_of_a_response_is_refused (void)
{
    Pair              *p = pair_new ();
    WireguardHandshake responder, before;
    WireguardResponse  good, bad;
    guint8            *bytes = (guint8 *) &bad;

    pair_respond (p, &responder, &good);
    before = p->handshake[0];
    for (guint bit = 8 * sizeof good.sender; bit < 8 * sizeof good; bit++) {
        bad = good;
        bytes[bit / 8] ^= (guint8) (1 << bit % 8);
        g_assert_false (wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &bad));
        g_assert_cmpmem (&before, sizeof before, &p->handshake[0], sizeof before);
    }
    g_assert_true (wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &good));
    pair_free (p);
}

static void
an_initiation_is_consumed_once (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation first, second;
    WireguardHandshake  out;

    pair_initiate (p, &first);
    g_assert_true (pair_consume (p, &first, 1, &out));
    g_assert_false (pair_consume (p, &first, 10000001, &out));
    p->timestamp[11]++;
    pair_initiate (p, &second);
    g_assert_true (pair_consume (p, &second, 20000001, &out));
    g_assert_false (pair_consume (p, &first, 30000001, &out));
    pair_free (p);
}

static void
fifty_initiations_a_second_and_no_more (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation initiation;
    WireguardHandshake  out;

    pair_initiate (p, &initiation);
    g_assert_true (pair_consume (p, &initiation, 1000000, &out));
    p->timestamp[11]++;
    pair_initiate (p, &initiation);
    g_assert_false (pair_consume (p, &initiation, 1019999, &out));
    g_assert_true (pair_consume (p, &initiation, 1020000, &out));
    pair_free (p);
}

static void
strangers_and_other_secrets_are_refused (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation initiation;
    WireguardHandshake  responder, other;
    WireguardResponse   response;

    pair_initiate (p, &initiation);
    p->identity[0].public_key[0] ^= 1; /* pair_find does not know it any more */
    g_assert_false (pair_consume (p, &initiation, 1, &responder));
    p->identity[0].public_key[0] ^= 1;
    pair_respond (p, &responder, &response);
    other = p->handshake[0];
    other.preshared_key[31] ^= 1;
    g_assert_false (wireguard_noise_consume_response (&other, &p->identity[0], &response));
    pair_free (p);
}

static void
messages_out_of_turn_are_refused (void)
{
    Pair              *p = pair_new ();
    WireguardHandshake responder;
    WireguardResponse  response, copy;
    WireguardSession   session;

    g_assert_false (wireguard_noise_create_response (&p->handshake[1], p->ephemeral[1], 1, &copy));
    g_assert_false (wireguard_noise_begin_session (&p->handshake[0], &session));
    pair_respond (p, &responder, &response);
    g_assert_false (wireguard_noise_begin_session (&p->handshake[0], &session));
    g_assert_true (wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &response));
    g_assert_false (
        wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &response));
    g_assert_true (wireguard_noise_begin_session (&p->handshake[0], &session));
    g_assert_false (
        wireguard_noise_consume_response (&p->handshake[0], &p->identity[0], &response));
    g_assert_false (wireguard_noise_begin_session (&p->handshake[0], &session));
    pair_free (p);
}

static void
points_of_small_order_make_no_handshake (void)
{
    static const guint8 zero[32];
    Pair               *p = pair_new ();
    WireguardInitiation initiation;
    WireguardHandshake  h = { 0 }, out;

    g_assert_false (wireguard_noise_set_remote (&h, &p->identity[0], zero));
    g_assert_false (wireguard_noise_create_initiation (&h, &p->identity[0], p->ephemeral[0],
                                                       p->timestamp, 1, &initiation));
    pair_initiate (p, &initiation);
    memset (initiation.ephemeral, 0, sizeof initiation.ephemeral);
    g_assert_false (pair_consume (p, &initiation, 1, &out));
    pair_free (p);
}

/* Both ends start at once: an initiation of our own is not forgotten over the other's. */
static void
two_initiations_that_cross_both_succeed (void)
{
    Pair               *p = pair_new ();
    WireguardInitiation ours, theirs;
    WireguardHandshake  at_responder, at_initiator;
    WireguardResponse   to_ours;

    pair_initiate (p, &ours);
    g_assert_true (wireguard_noise_create_initiation (&p->handshake[1], &p->identity[1],
                                                      p->ephemeral[1], p->timestamp, 7, &theirs));
    g_assert_true (pair_consume (p, &ours, 1, &at_responder));
    g_assert_cmpint (p->handshake[1].state, ==, WIREGUARD_CREATED_INITIATION);
    g_assert_cmpint (at_responder.state, ==, WIREGUARD_CONSUMED_INITIATION);
    at_initiator = p->handshake[0];
    g_assert_true (wireguard_noise_create_response (&at_responder, p->ephemeral[1], 9, &to_ours));
    g_assert_true (wireguard_noise_consume_response (&at_initiator, &p->identity[0], &to_ours));
    pair_free (p);
}

static void
timestamps_only_grow_and_tell_little (void)
{
    guint8 a[12] = { 0 }, b[12];

    wireguard_noise_timestamp (G_GINT64_CONSTANT (1700000000123456), a);
    g_assert_cmphex (a[0], ==, 0x40);
    g_assert_cmphex (a[7], ==, 0x0a); /* TAI is ten seconds ahead of 1700000000, 0x6553f100 */
    memcpy (b, a, 12);
    wireguard_noise_timestamp (G_GINT64_CONSTANT (1700000000123457), b);
    g_assert_cmpint (memcmp (b, a, 12), >, 0);
    for (guint i = 0; i < 200; i++) {
        memcpy (a, b, 12);
        wireguard_noise_timestamp (i * 1000, b); /* the clock was set back to 1970 */
        g_assert_cmpint (memcmp (b, a, 12), >, 0);
        g_assert_cmphex (b[9] | b[10] | b[11], ==, 0); /* 16 ms is all it tells */
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/noise/the-vector-is-met", the_vector_is_met);
    g_test_add_func ("/wireguard/noise/every-bit-flip-of-an-initiation-is-refused",
                     every_bit_flip_of_an_initiation_is_refused);
    g_test_add_func ("/wireguard/noise/every-bit-flip-of-a-response-is-refused",
                     every_bit_flip_of_a_response_is_refused);
    g_test_add_func ("/wireguard/noise/an-initiation-is-consumed-once",
                     an_initiation_is_consumed_once);
    g_test_add_func ("/wireguard/noise/fifty-initiations-a-second-and-no-more",
                     fifty_initiations_a_second_and_no_more);
    g_test_add_func ("/wireguard/noise/strangers-and-other-secrets-are-refused",
                     strangers_and_other_secrets_are_refused);
    g_test_add_func ("/wireguard/noise/messages-out-of-turn-are-refused",
                     messages_out_of_turn_are_refused);
    g_test_add_func ("/wireguard/noise/points-of-small-order-make-no-handshake",
                     points_of_small_order_make_no_handshake);
    g_test_add_func ("/wireguard/noise/two-initiations-that-cross-both-succeed",
                     two_initiations_that_cross_both_succeed);
    g_test_add_func ("/wireguard/noise/timestamps-only-grow-and-tell-little",
                     timestamps_only_grow_and_tell_little);
    return g_test_run ();
}
