/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-encap.c - packets out: verdicts, padding, counters, where they go. */
#include "tests/unit/plugins/wireguard/halves.h"

static Half *a, *b;

static void
setup (void)
{
    a = half_new (2); /* its peer is 10.0.0.2 */
    b = half_new (1);
}

static void
teardown (void)
{
    half_free (a);
    half_free (b);
}

static void
lengths_are_padded_within_the_mtu (void)
{
    static const struct {
        guint32 len, wanted;
    } rows[]              = { { 20, 32 },     { 32, 32 },     { 33, 48 },     { 1400, 1408 },
                              { 1409, 1420 }, { 1420, 1420 }, { 1416, 1420 }, { 1408, 1408 } };
    g_autoptr (Packets) p = packets_new (1000000);

    setup ();
    halves_key (a, b, 1);
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
        packets_add_ip (p, 1, 2, rows[i].len);
    half_encap (a, p);
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        WireguardTransport header;
        const AditPacket  *packet = &p->batch.packet[i];

        g_assert_cmpint (packet->verdict, ==, ADIT_PASS);
        g_assert_cmpuint (packet->len, ==, 16 + rows[i].wanted + 16);
        g_assert_true (wireguard_wire_get_transport (packet->data, packet->len, &header));
        g_assert_cmpuint (header.receiver, ==, 0x1001);
        g_assert_cmpuint (header.counter, ==, i);
        g_assert_cmpuint (packet->peer->address[3], ==, 2);
    }
    teardown ();
}

static void
nobodys_addresses_are_refused (void)
{
    g_autoptr (Packets) p       = packets_new (1000000);
    static const guint8 odd[40] = { 0x50 };

    setup ();
    halves_key (a, b, 1);
    packets_add_ip (p, 1, 77, 100);
    packets_add (p, odd, sizeof odd);
    packets_add_ip (p, 1, 2, 19);
    packets_add_ip (p, 1, 2, 100);
    half_encap (a, p);
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpint (p->batch.packet[i].verdict, ==, ADIT_DROP);
        g_assert_cmpint (p->batch.packet[i].drop, ==, ADIT_DROP_POLICY);
    }
    g_assert_cmpint (p->batch.packet[3].verdict, ==, ADIT_PASS);
    teardown ();
}

static void
the_first_packets_wait_for_their_key (void)
{
    g_autoptr (Packets) p     = packets_new (1000000);
    g_autoptr (Packets) later = NULL;

    setup ();
    packets_add_ip (p, 1, 2, 100);
    packets_add_ip (p, 1, 2, 101);
    half_encap (a, p);
    g_assert_cmpint (p->batch.packet[1].drop, ==, ADIT_DROP_NO_KEY);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 1); /* once, not twice */
    halves_key (a, b, 1);
    g_assert_cmpuint (a->emitted.length, ==, 2); /* and no keepalive beside them */
    later = half_encap_emitted (a);
    g_assert_cmpint (later->batch.packet[0].verdict, ==, ADIT_PASS);
    g_assert_cmpuint (later->batch.packet[1].len, ==, 16 + 112 + 16);
    teardown ();
}

static void
a_new_session_is_confirmed_by_a_keepalive (void)
{
    g_autoptr (Packets) p = NULL;

    setup ();
    halves_key (a, b, 1);
    p = half_encap_emitted (a);
    g_assert_cmpuint (p->batch.n, ==, 1);
    g_assert_cmpint (p->batch.packet[0].verdict, ==, ADIT_PASS);
    g_assert_cmpuint (p->batch.packet[0].len, ==, WIREGUARD_TRANSPORT_MIN);
    g_assert_cmpuint (b->emitted.length, ==, 0); /* the responder waits to be spoken to */
    teardown ();
}

static void
old_keys_ask_and_dead_ones_refuse (void)
{
    g_autoptr (Packets) young = packets_new (120000000);
    g_autoptr (Packets) stale = packets_new (121000000);
    g_autoptr (Packets) dead  = packets_new (181000000);

    setup ();
    halves_key (a, b, 1);
    packets_add_ip (young, 1, 2, 100);
    half_encap (a, young);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 0);
    packets_add_ip (stale, 1, 2, 100);
    half_encap (a, stale);
    g_assert_cmpint (stale->batch.packet[0].verdict, ==, ADIT_PASS);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 1);
    packets_add_ip (dead, 1, 2, 100);
    half_encap (a, dead);
    g_assert_cmpint (dead->batch.packet[0].verdict, ==, ADIT_DROP);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 2);
    teardown ();
}

static void
a_request_is_repeated_when_the_ring_was_full (void)
{
    g_autoptr (Packets) p = packets_new (1000000);
    g_autoptr (Packets) q = packets_new (1000001);

    setup ();
    a->full = TRUE;
    packets_add_ip (p, 1, 2, 100);
    half_encap (a, p);
    a->full = FALSE;
    packets_add_ip (q, 1, 2, 100);
    half_encap (a, q);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 1);
    teardown ();
}

static void
nothing_is_sent_to_nowhere (void)
{
    WireguardMessage m    = { .kind = WIREGUARD_TELL_ENDPOINT, .peer = HALF_PEER };
    g_autoptr (Packets) p = packets_new (1000000);

    setup ();
    halves_key (a, b, 1);
    half_tell (a, &m); /* family 0 */
    packets_add_ip (p, 1, 2, 100);
    half_encap (a, p);
    g_assert_cmpint (p->batch.packet[0].drop, ==, ADIT_DROP_NO_KEY);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/encap/lengths-are-padded-within-the-mtu",
                     lengths_are_padded_within_the_mtu);
    g_test_add_func ("/wireguard/encap/nobodys-addresses-are-refused",
                     nobodys_addresses_are_refused);
    g_test_add_func ("/wireguard/encap/the-first-packets-wait-for-their-key",
                     the_first_packets_wait_for_their_key);
    g_test_add_func ("/wireguard/encap/a-new-session-is-confirmed-by-a-keepalive",
                     a_new_session_is_confirmed_by_a_keepalive);
    g_test_add_func ("/wireguard/encap/old-keys-ask-and-dead-ones-refuse",
                     old_keys_ask_and_dead_ones_refuse);
    g_test_add_func ("/wireguard/encap/a-request-is-repeated-when-the-ring-was-full",
                     a_request_is_repeated_when_the_ring_was_full);
    g_test_add_func ("/wireguard/encap/nothing-is-sent-to-nowhere", nothing_is_sent_to_nowhere);
    return g_test_run ();
}
