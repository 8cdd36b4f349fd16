/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-carrier.c - what the carrier does when it is told something, and whom it asks to watch. */
#include "tests/unit/plugins/wireguard/halves.h"

static Half *a, *b;

static void
setup (void)
{
    a = half_new (2);
    b = half_new (1);
}

static void
teardown (void)
{
    half_free (a);
    half_free (b);
}

static void
send_one (gint64 now_us)
{
    g_autoptr (Packets) p = packets_new (now_us);

    packets_add_ip (p, 1, 2, 100);
    half_encap (a, p);
}

static void
a_keepalive_needs_a_key (void)
{
    setup ();
    half_tell_kind (a, WIREGUARD_TELL_KEEPALIVE);
    g_assert_cmpuint (a->emitted.length, ==, 0);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_NEED_HANDSHAKE), ==, 1);
    halves_key (a, b, 1); /* emits one itself */
    half_tell_kind (a, WIREGUARD_TELL_KEEPALIVE);
    g_assert_cmpuint (a->emitted.length, ==, 1); /* one on its way is enough */
    teardown ();
}

static void
one_message_makes_the_control_half_watch (void)
{
    WireguardMeter *meter;

    setup ();
    meter = &a->shared->meter[HALF_PEER];
    halves_key (a, b, 1);
    for (guint i = 0; i < 20; i++)
        send_one (1000000 + i);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_TRAFFIC), ==, 1);
    g_assert_cmpint (meter->answer_awaited_us, ==, 1000000); /* since the first */
    g_assert_cmpint (meter->traversal_us, ==, 1000019);
    g_assert_cmpuint (meter->tx_bytes, ==, 20 * (16 + 112 + 16));
    meter->watched = 0; /* the control half stopped */
    send_one (2000000);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_TRAFFIC), ==, 2);
    teardown ();
}

static void
a_full_ring_leaves_nobody_watching (void)
{
    setup ();
    halves_key (a, b, 1);
    a->full = TRUE;
    send_one (1000000);
    g_assert_cmpuint (a->shared->meter[HALF_PEER].watched, ==, 0);
    a->full = FALSE;
    send_one (1000001);
    g_assert_cmpuint (half_said (a, WIREGUARD_SAY_TRAFFIC), ==, 1);
    teardown ();
}

static void
indices_in_use_are_published (void)
{
    WireguardMeter *meter;

    setup ();
    meter = &a->shared->meter[HALF_PEER];
    halves_key (a, b, 1);
    halves_key (a, b, 2);
    g_assert_cmphex (meter->index[0], ==, 0x2001);
    g_assert_cmphex (meter->index[1], ==, 0x2002);
    half_tell_kind (a, WIREGUARD_TELL_NO_KEYS);
    g_assert_cmphex (meter->index[0] | meter->index[1] | meter->index[2], ==, 0);
    teardown ();
}

static void
what_waits_goes_when_nobody_answers (void)
{
    setup ();
    send_one (1000000);
    half_tell_kind (a, WIREGUARD_TELL_NO_STAGED);
    halves_key (a, b, 1);
    g_assert_cmpuint (a->emitted.length, ==, 1);
    g_assert_cmpuint (g_bytes_get_size (a->emitted.head->data), ==, 0); /* only the keepalive */
    teardown ();
}

static void
a_peer_that_is_gone_is_forgotten (void)
{
    g_autoptr (Packets) p = packets_new (1000000);

    setup ();
    halves_key (a, b, 1);
    half_tell_kind (a, WIREGUARD_TELL_NO_PEER);
    half_tell_kind (a, WIREGUARD_TELL_KEEPALIVE); /* late messages are no harm */
    halves_key (a, b, 2);
    packets_add_ip (p, 1, 2, 100);
    half_encap (a, p);
    g_assert_cmpint (p->batch.packet[0].drop, ==, ADIT_DROP_POLICY);
    teardown ();
}

static void
it_adds_what_it_says (void)
{
    setup ();
    g_assert_cmpuint (a->carrier->ops->head, ==, 16);
    g_assert_cmpuint (a->carrier->ops->tail, ==, 31);
    g_assert_cmpuint (a->carrier->ops->flags, ==, ADIT_UNIFORM);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/carrier/a-keepalive-needs-a-key", a_keepalive_needs_a_key);
    g_test_add_func ("/wireguard/carrier/one-message-makes-the-control-half-watch",
                     one_message_makes_the_control_half_watch);
    g_test_add_func ("/wireguard/carrier/a-full-ring-leaves-nobody-watching",
                     a_full_ring_leaves_nobody_watching);
    g_test_add_func ("/wireguard/carrier/indices-in-use-are-published",
                     indices_in_use_are_published);
    g_test_add_func ("/wireguard/carrier/what-waits-goes-when-nobody-answers",
                     what_waits_goes_when_nobody_answers);
    g_test_add_func ("/wireguard/carrier/a-peer-that-is-gone-is-forgotten",
                     a_peer_that_is_gone_is_forgotten);
    g_test_add_func ("/wireguard/carrier/it-adds-what-it-says", it_adds_what_it_says);
    return g_test_run ();
}
