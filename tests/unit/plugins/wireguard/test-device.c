/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-device.c - peers, numbers and prefixes of one device. */
#include "plugins/wireguard/device.h"
#include "tests/lib/fakehost.h"

static FakeWire        *wire;
static FakeHost        *host;
static WireguardDevice *device;

static void
setup (void)
{
    static const guint8 key[32] = { 1 };

    wire   = fake_wire_new (1);
    host   = fake_host_new (wire, "a", "192.0.2.1:1");
    device = wireguard_device_new (&host->base);
    wireguard_device_set_private_key (device, key);
}

static void
teardown (void)
{
    wireguard_device_free (device);
    fake_host_free (host);
    fake_wire_free (wire);
}

static WireguardPeer *
add (guint32 n)
{
    guint8 key[32] = { 9, (guint8) n, (guint8) (n >> 8), (guint8) (n >> 16) };

    return wireguard_device_add_peer (device, key);
}

static void
a_prefix_has_one_owner (void)
{
    WireguardPeer *a, *b;
    AditPrefix     prefix = { { 10, 1, 2, 3 }, 16, 4 };

    setup ();
    a = add (1);
    b = add (2);
    wireguard_device_allow (device, a, &prefix);
    wireguard_device_allow (device, a, &prefix);
    g_assert_cmpuint (a->allowed->len, ==, 1);
    g_assert_cmpuint (g_array_index (a->allowed, AditPrefix, 0).address[2], ==, 0);
    wireguard_device_allow (device, b, &prefix);
    g_assert_cmpuint (a->allowed->len, ==, 0);
    g_assert_cmpuint (b->allowed->len, ==, 1);
    teardown ();
}

static void
peers_are_bounded_and_their_numbers_rest (void)
{
    setup ();
    for (guint32 i = 0; i < WIREGUARD_PEERS; i++)
        g_assert_cmpuint (add (i)->id, ==, i);
    g_assert_null (add (WIREGUARD_PEERS));
    wireguard_device_remove_peer (device, wireguard_device_find_id (device, 7));
    wireguard_device_remove_peer (device, wireguard_device_find_id (device, 5));
    g_assert_cmpuint (add (50000)->id, ==, 5);
    wireguard_device_remove_peer (device, wireguard_device_find_id (device, 5));
    g_assert_cmpuint (add (50001)->id, ==, 7); /* 5 was in use only just now */
    teardown ();
}

static void
indices_are_unique_while_in_use (void)
{
    WireguardPeer *peer;

    setup ();
    peer                        = add (1);
    peer->handshake.local_index = 11;
    peer->session_index         = 12;
    peer->meter->index[0]       = 13;
    peer->meter->index[2]       = 14;
    for (guint32 i = 11; i <= 14; i++)
        g_assert_true (wireguard_device_find_index (device, i) == peer);
    g_assert_null (wireguard_device_find_index (device, 15));
    g_assert_null (wireguard_device_find_index (device, 0)); /* a free slot is nobody's */
    for (guint i = 0; i < 1000; i++)
        g_assert_cmpuint (wireguard_device_new_index (device), !=, 0);
    teardown ();
}

static void
peers_are_found_by_key (void)
{
    guint8 key[32] = { 9, 2 };

    setup ();
    add (1);
    g_assert_null (wireguard_device_find_peer (device, key));
    g_assert_true (wireguard_device_find_peer (device, key) == NULL && add (2) != NULL);
    g_assert_cmpuint (wireguard_device_find_peer (device, key)->id, ==, 1);
    teardown ();
}

static void
another_identity_ends_what_was_begun (void)
{
    static const guint8 other[32] = { [5] = 2 }, none[32];
    WireguardPeer      *peer;
    guint8              before[32];

    setup ();
    peer = add (1);
    memcpy (before, peer->handshake.static_static, 32);
    peer->handshake.state = WIREGUARD_CREATED_INITIATION;
    peer->session_index   = 5;
    wireguard_device_set_private_key (device, other);
    g_assert_cmpint (memcmp (before, peer->handshake.static_static, 32), !=, 0);
    g_assert_cmpint (peer->handshake.state, ==, WIREGUARD_ZEROED);
    g_assert_cmpuint (peer->session_index, ==, 0);
    wireguard_device_set_private_key (device, none);
    g_assert_cmpint (device->who, ==, WIREGUARD_ANONYMOUS);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/device/a-prefix-has-one-owner", a_prefix_has_one_owner);
    g_test_add_func ("/wireguard/device/peers-are-bounded-and-their-numbers-rest",
                     peers_are_bounded_and_their_numbers_rest);
    g_test_add_func ("/wireguard/device/indices-are-unique-while-in-use",
                     indices_are_unique_while_in_use);
    g_test_add_func ("/wireguard/device/peers-are-found-by-key", peers_are_found_by_key);
    g_test_add_func ("/wireguard/device/another-identity-ends-what-was-begun",
                     another_identity_ends_what_was_begun);
    return g_test_run ();
}
