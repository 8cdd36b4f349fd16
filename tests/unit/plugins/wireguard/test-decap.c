/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-decap.c - messages in: verdicts on good ones, and on every kind of bad one. */
#include "tests/unit/plugins/wireguard/halves.h"

static Half *a, *b;

static void
setup (void)
{
    a = half_new (2);
    b = half_new (1);
    halves_key (a, b, 1);
}

static void
teardown (void)
{
    half_free (a);
    half_free (b);
}

/* One packet of that length from a, sealed. */
static Packets *
sealed_ip (guint8 from, gsize len)
{
    Packets *p = packets_new (a->now_us);

    packets_add_ip (p, from, 2, len);
    half_encap (a, p);
    g_assert_cmpint (p->batch.packet[0].verdict, ==, ADIT_PASS);
    return p;
}

static void
claim_drop (const Packets *p, guint i, AditDrop why)
{
    g_assert_cmpint (p->batch.packet[i].verdict, ==, ADIT_DROP);
    g_assert_cmpint (p->batch.packet[i].drop, ==, why);
}

static void
packets_come_out_as_they_went_in (void)
{
    setup ();
    for (gsize len = 20; len <= HALF_MTU; len += 7) {
        g_autoptr (Packets) out = sealed_ip (1, len);
        g_autoptr (Packets) in  = packets_carry (out, b->now_us);

        half_decap (b, in);
        g_assert_cmpint (in->batch.packet[0].verdict, ==, ADIT_PASS);
        g_assert_cmpuint (in->batch.packet[0].len, ==, len);
        g_assert_cmpuint (in->batch.packet[0].data[15], ==, 1);
    }
    teardown ();
}

static void
every_bit_flip_is_refused (void)
{
    g_autoptr (Packets) out = NULL;
    const AditPacket *good;

    setup ();
    out  = sealed_ip (1, 30);
    good = &out->batch.packet[0];
    for (guint bit = 0; bit < 8 * good->len; bit++) {
        g_autoptr (Packets) in = packets_carry (out, b->now_us);

        in->batch.packet[0].data[bit / 8] ^= (guint8) (1 << bit % 8);
        half_decap (b, in);
        g_assert_cmpint (in->batch.packet[0].verdict, ==, ADIT_DROP);
    }
    g_assert_cmpuint (b->n_said, ==, 0);
    g_assert_cmpuint (b->shared->meter[HALF_PEER].rx_bytes, ==, 0);
    teardown ();
}

static void
every_truncation_is_refused (void)
{
    g_autoptr (Packets) out = NULL;

    setup ();
    out = sealed_ip (1, 60);
    for (guint32 len = 0; len < out->batch.packet[0].len; len++) {
        g_autoptr (Packets) in = packets_new (b->now_us);

        packets_add (in, out->batch.packet[0].data, len);
        half_decap (b, in);
        claim_drop (in, 0, len < 32 ? ADIT_DROP_SHORT : ADIT_DROP_AUTH);
    }
    teardown ();
}

static void
handshakes_are_punted_whole_and_only_whole (void)
{
    static const gsize sizes[]      = { 148, 92, 64 };
    guint8             message[200] = { 0 };

    setup ();
    for (guint8 type = 0; type < 6; type++) {
        for (gsize len = 0; len <= sizeof message; len++) {
            g_autoptr (Packets) in = packets_new (b->now_us);
            gboolean whole         = type >= 1 && type <= 3 && len == sizes[type - 1];

            message[0] = type;
            packets_add (in, message, len);
            half_decap (b, in);
            g_assert_cmpint (in->batch.packet[0].verdict, ==, whole ? ADIT_PUNT : ADIT_DROP);
        }
    }
    teardown ();
}

static void
copies_are_refused_within_a_batch_and_later (void)
{
    g_autoptr (Packets) out   = NULL;
    g_autoptr (Packets) in    = NULL;
    g_autoptr (Packets) later = NULL;

    setup ();
    out = sealed_ip (1, 60);
    in  = packets_carry (out, b->now_us);
    packets_add (in, out->batch.packet[0].data, out->batch.packet[0].len);
    half_decap (b, in);
    g_assert_cmpint (in->batch.packet[0].verdict, ==, ADIT_PASS);
    claim_drop (in, 1, ADIT_DROP_REPLAY);
    later = packets_carry (out, b->now_us);
    half_decap (b, later);
    claim_drop (later, 0, ADIT_DROP_REPLAY);
    teardown ();
}

static void
the_sources_of_others_are_refused (void)
{
    g_autoptr (Packets) out = NULL;
    g_autoptr (Packets) in  = NULL;

    setup ();
    out = sealed_ip (9, 60);
    in  = packets_carry (out, b->now_us);
    half_decap (b, in);
    claim_drop (in, 0, ADIT_DROP_POLICY);
    teardown ();
}

/* Authentic, but not what it says: the peer's fault is not our crash. */
static void
inner_lengths_must_fit (void)
{
    setup ();
    for (guint said = 0; said < 200; said++) {
        g_autoptr (Packets) out = packets_new (a->now_us);
        g_autoptr (Packets) in  = NULL;
        AditPacket *p           = packets_add_ip (out, 1, 2, 100);
        gboolean    fits        = said >= 20 && said <= 112; /* with the padding it came with */

        p->data[3] = (guint8) said;
        half_encap (a, out);
        in = packets_carry (out, b->now_us);
        half_decap (b, in);
        if (fits)
            g_assert_cmpuint (in->batch.packet[0].len, ==, said);
        else
            claim_drop (in, 0, ADIT_DROP_SHORT);
    }
    teardown ();
}

static void
the_first_packet_confirms_a_responders_key (void)
{
    g_autoptr (Packets) none = NULL;
    g_autoptr (Packets) out  = NULL;
    g_autoptr (Packets) in   = NULL;
    g_autoptr (Packets) back = NULL;

    setup ();
    none = packets_new (b->now_us);
    packets_add_ip (none, 2, 1, 50);
    half_encap (b, none);
    claim_drop (none, 0, ADIT_DROP_NO_KEY); /* "next" does not send; the packet waits */
    out = sealed_ip (1, 60);
    in  = packets_carry (out, b->now_us);
    half_decap (b, in);
    g_assert_cmpuint (half_said (b, WIREGUARD_SAY_KEY_CONFIRMED), ==, 1);
    back = half_encap_emitted (b);
    g_assert_cmpuint (back->batch.n, ==, 1);
    g_assert_cmpint (back->batch.packet[0].verdict, ==, ADIT_PASS);
    teardown ();
}

static void
a_peer_is_followed_where_it_goes (void)
{
    g_autoptr (Packets) out    = NULL;
    g_autoptr (Packets) in     = NULL;
    g_autoptr (Packets) forged = NULL;
    g_autoptr (Packets) back   = packets_new (1000000);

    setup ();
    out                     = sealed_ip (1, 60);
    forged                  = packets_carry (out, b->now_us);
    forged->from.address[3] = 66;
    forged->batch.packet[0].data[40] ^= 1;
    half_decap (b, forged);
    g_assert_cmpuint (half_said (b, WIREGUARD_SAY_MOVED), ==, 0);
    in = packets_carry (out, b->now_us);
    half_decap (b, in);
    g_assert_cmpuint (half_said (b, WIREGUARD_SAY_MOVED), ==, 1);
    packets_add_ip (back, 2, 1, 50);
    half_encap (b, back);
    g_assert_cmpuint (back->batch.packet[0].peer->port, ==, 4000);
    g_assert_cmpuint (back->batch.packet[0].peer->address[3], ==, 9);
    teardown ();
}

static void
keys_end_on_time_and_by_count (void)
{
    g_autoptr (Packets) out        = NULL;
    g_autoptr (Packets) late       = NULL;
    g_autoptr (Packets) many       = packets_new (1000000);
    WireguardTransport header      = { 0x1001, WIREGUARD_REJECT_AFTER_MESSAGES };
    guint8             message[64] = { 0 };

    setup ();
    out  = sealed_ip (1, 60);
    late = packets_carry (out, b->now_us + 180 * WIREGUARD_SECOND_US);
    half_decap (b, late);
    claim_drop (late, 0, ADIT_DROP_EXPIRED);
    wireguard_wire_put_transport (message, &header);
    packets_add (many, message, sizeof message);
    half_decap (b, many);
    claim_drop (many, 0, ADIT_DROP_EXPIRED);
    half_tell_kind (b, WIREGUARD_TELL_NO_KEYS);
    many->batch.packet[0].verdict = ADIT_PASS;
    half_decap (b, many);
    claim_drop (many, 0, ADIT_DROP_NO_KEY);
    teardown ();
}

/* Old and new keys in one batch, in any order. */
static void
a_rekey_in_one_batch_loses_nothing (void)
{
    g_autoptr (Packets) first  = NULL;
    g_autoptr (Packets) second = NULL;
    g_autoptr (Packets) in     = NULL;

    setup ();
    first = sealed_ip (1, 60);
    in    = packets_carry (first, b->now_us);
    half_decap (b, in); /* the first key is "current" on both ends */
    packets_free (first);
    packets_free (in);
    first = sealed_ip (1, 61);
    halves_key (a, b, 2);
    second = sealed_ip (1, 62);
    in     = packets_carry (second, b->now_us);
    packets_add (in, first->batch.packet[0].data, first->batch.packet[0].len);
    half_decap (b, in);
    g_assert_cmpint (in->batch.packet[0].verdict, ==, ADIT_PASS);
    g_assert_cmpint (in->batch.packet[1].verdict, ==, ADIT_PASS);
    g_assert_cmpuint (in->batch.packet[1].len, ==, 61);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/decap/packets-come-out-as-they-went-in",
                     packets_come_out_as_they_went_in);
    g_test_add_func ("/wireguard/decap/every-bit-flip-is-refused", every_bit_flip_is_refused);
    g_test_add_func ("/wireguard/decap/every-truncation-is-refused", every_truncation_is_refused);
    g_test_add_func ("/wireguard/decap/handshakes-are-punted-whole-and-only-whole",
                     handshakes_are_punted_whole_and_only_whole);
    g_test_add_func ("/wireguard/decap/copies-are-refused-within-a-batch-and-later",
                     copies_are_refused_within_a_batch_and_later);
    g_test_add_func ("/wireguard/decap/the-sources-of-others-are-refused",
                     the_sources_of_others_are_refused);
    g_test_add_func ("/wireguard/decap/inner-lengths-must-fit", inner_lengths_must_fit);
    g_test_add_func ("/wireguard/decap/the-first-packet-confirms-a-responders-key",
                     the_first_packet_confirms_a_responders_key);
    g_test_add_func ("/wireguard/decap/a-peer-is-followed-where-it-goes",
                     a_peer_is_followed_where_it_goes);
    g_test_add_func ("/wireguard/decap/keys-end-on-time-and-by-count",
                     keys_end_on_time_and_by_count);
    g_test_add_func ("/wireguard/decap/a-rekey-in-one-batch-loses-nothing",
                     a_rekey_in_one_batch_loses_nothing);
    return g_test_run ();
}
