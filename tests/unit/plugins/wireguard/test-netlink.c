/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-netlink.c - attributes for the kernel, read back by a reader of this file's own; and the
 * kernel's answers, whole and damaged. */
#include "plugins/wireguard/netlink.h"
#include "tests/lib/fakehost.h"

static guint peers_seen, allowed_seen, keys_seen;

/* Walks attributes as the kernel does: lengths must nest exactly. */
static void
walk (const guint8 *p, gsize len, guint depth)
{
    while (len) {
        guint16 header[2];
        gsize   step;

        g_assert_cmpuint (len, >=, 4);
        memcpy (header, p, 4);
        g_assert_cmpuint (header[0], >=, 4);
        step = (header[0] + 3u) & ~3u;
        g_assert_cmpuint (step, <=, len);
        if (depth == 1 && (header[1] & 0x8000))
            peers_seen++;
        if (depth == 2 && (header[1] & 0x3fff) == WIREGUARD_PEER_PRESHARED_KEY)
            keys_seen++;
        if (depth == 3)
            allowed_seen++;
        if (header[1] & 0x8000)
            walk (p + 4, header[0] - 4u, depth + 1);
        p += step;
        len -= step;
    }
}

static WireguardDevice *
device_with (FakeHost *host, guint peers, guint allowed)
{
    WireguardDevice *device  = wireguard_device_new (&host->base);
    guint8           key[32] = { 1 };

    wireguard_device_set_private_key (device, key);
    for (guint i = 0; i < peers; i++) {
        WireguardPeer *peer;

        key[1] = (guint8) (i >> 8);
        key[2] = (guint8) i;
        key[3] = 7;
        peer   = wireguard_device_add_peer (device, key);
        adit_endpoint_parse (i % 2 ? "192.0.2.1:5" : "[2001:db8::1%3]:5", &peer->endpoint);
        for (guint j = 0; j < allowed; j++) {
            AditPrefix prefix = { { 10, (guint8) i, (guint8) (j >> 8), (guint8) j }, 32, 4 };

            g_array_append_val (peer->allowed, prefix);
        }
    }
    return device;
}

static void
large_devices_take_several_messages (void)
{
    static const guint sizes[][2] = { { 0, 0 }, { 1, 0 },   { 1, 1 },
                                      { 3, 3 }, { 200, 2 }, { 2, 1000 } };

    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
        g_autoptr (FakeWire) wire    = fake_wire_new (1);
        g_autoptr (FakeHost) host    = fake_host_new (wire, "a", "192.0.2.1:1");
        WireguardDevice      *device = device_with (host, sizes[i][0], sizes[i][1]);
        WireguardNetlinkPlace place  = { 0 };
        guint8                out[WIREGUARD_NETLINK_MAX];
        gsize                 len;

        peers_seen = allowed_seen = keys_seen = 0;
        while ((len = wireguard_netlink_set_device (device, 0xca6c, 1, &place, out))) {
            g_assert_cmpuint (place.messages, <, 1000);
            walk (out, len, 0);
        }
        g_assert_cmpuint (place.messages, >, 0);
        g_assert_cmpuint (keys_seen, ==,
                          sizes[i][0]); /* else allowed IPs would be replaced again */
        g_assert_cmpuint (allowed_seen, ==, sizes[i][0] * sizes[i][1]);
        wireguard_device_free (device);
    }
}

/* ---- answers ---- */

static WireguardNetlinkPeer got;
static guint                n_got;

static void
on_peer (gpointer user G_GNUC_UNUSED, const WireguardNetlinkPeer *peer)
{
    got = *peer;
    n_got++;
}

static void
put (GByteArray *a, guint16 type, gconstpointer value, gsize len)
{
    static const guint8 zero[3];
    guint16             header[2] = { (guint16) (len + 4), type };

    g_byte_array_append (a, (const guint8 *) header, 4);
    g_byte_array_append (a, value, (guint) len);
    g_byte_array_append (a, zero, (guint) (-len & 3));
}

/* One peer, port 4660, 7 and 8 bytes, a handshake at 1.5 s. */
static GByteArray *
answer (void)
{
    g_autoptr (GByteArray) peer  = g_byte_array_new ();
    g_autoptr (GByteArray) peers = g_byte_array_new ();
    GByteArray *all              = g_byte_array_new ();
    guint8      key[32] = { 9 }, from[16] = { 2, 0, 0x12, 0x34, 192, 0, 2, 1 };
    gint64      when[2] = { 1, 500000000 };
    guint64     bytes[] = { 7, 8 };
    guint16     port    = 4660;

    put (peer, WIREGUARD_PEER_PUBLIC_KEY, key, 32);
    put (peer, WIREGUARD_PEER_ENDPOINT, from, 16);
    put (peer, WIREGUARD_PEER_LAST_HANDSHAKE, when, 16);
    put (peer, WIREGUARD_PEER_RX_BYTES, &bytes[0], 8);
    put (peer, WIREGUARD_PEER_TX_BYTES, &bytes[1], 8);
    put (peers, 0x8000, peer->data, peer->len);
    put (all, 2, "wg0", 4);
    put (all, WIREGUARD_DEVICE_LISTEN_PORT, &port, 2);
    put (all, 0x8000 | WIREGUARD_DEVICE_PEERS, peers->data, peers->len);
    return all;
}

static void
an_answer_is_understood (void)
{
    g_autoptr (GByteArray) a = answer ();
    guint16 port             = 0;

    n_got = 0;
    g_assert_true (wireguard_netlink_get_device (a->data, a->len, &port, on_peer, NULL));
    g_assert_cmpuint (n_got, ==, 1);
    g_assert_cmpuint (port, ==, 4660);
    g_assert_cmpuint (got.public_key[0], ==, 9);
    g_assert_cmpuint (got.endpoint.port, ==, 0x1234);
    g_assert_cmpint (got.last_handshake_us, ==, 1500000);
    g_assert_cmpuint (got.rx_bytes, ==, 7);
    g_assert_cmpuint (got.tx_bytes, ==, 8);
}

static void
damage_is_noticed_or_harmless (void)
{
    g_autoptr (GByteArray) a = answer ();
    guint16 port;

    for (gsize len = 0; len < a->len; len++) {
        g_autofree guint8 *exact = g_memdup2 (a->data, len + 1);

        /* only where an attribute ends, with or without padding, is a shorter answer a whole one */
        if (wireguard_netlink_get_device (exact, len, &port, on_peer, NULL))
            g_assert_true (len == 0 || len == 8 || (len >= 14 && len <= 16));
    }
    for (guint bit = 0; bit < 8 * a->len; bit++) {
        a->data[bit / 8] ^= (guint8) (1 << bit % 8);
        wireguard_netlink_get_device (a->data, a->len, &port, on_peer, NULL);
        a->data[bit / 8] ^= (guint8) (1 << bit % 8);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/netlink/large-devices-take-several-messages",
                     large_devices_take_several_messages);
    g_test_add_func ("/wireguard/netlink/an-answer-is-understood", an_answer_is_understood);
    g_test_add_func ("/wireguard/netlink/damage-is-noticed-or-harmless",
                     damage_is_noticed_or_harmless);
    return g_test_run ();
}
