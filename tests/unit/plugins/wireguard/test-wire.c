/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-wire.c - messages of every length and type; what is written is read again. */
#include "plugins/wireguard/wire.h"

static void
only_exact_lengths_have_a_type (void)
{
    guint8 message[256] = { 0 };

    for (guint type = 0; type < 256; type++) {
        message[0] = (guint8) type;
        for (gsize len = 0; len <= sizeof message; len++) {
            gboolean fits = (type == 1 && len == 148) || (type == 2 && len == 92) ||
                            (type == 3 && len == 64) || (type == 4 && len >= 32);

            g_assert_cmpuint (wireguard_wire_type (message, len), ==, fits ? type : 0);
        }
    }
}

static void
reserved_octets_must_be_zero (void)
{
    guint8 message[148] = { 1 };

    for (guint i = 1; i < 4; i++) {
        message[i] = 1;
        g_assert_cmpuint (wireguard_wire_type (message, sizeof message), ==, 0);
        message[i] = 0;
    }
}

static void
no_truncation_is_read (void)
{
    guint8               message[148];
    WireguardInitiation  initiation;
    WireguardResponse    response;
    WireguardCookieReply reply;
    WireguardTransport   transport;

    for (guint type = 1; type <= 4; type++) {
        for (gsize len = 0; len <= sizeof message; len++) {
            g_autofree guint8 *exact = g_malloc0 (len + 1);

            exact[0] = (guint8) type;
            g_assert_cmpint (wireguard_wire_get_initiation (exact, len, &initiation), ==,
                             type == 1 && len == 148);
            g_assert_cmpint (wireguard_wire_get_response (exact, len, &response), ==,
                             type == 2 && len == 92);
            g_assert_cmpint (wireguard_wire_get_cookie_reply (exact, len, &reply), ==,
                             type == 3 && len == 64);
            g_assert_cmpint (wireguard_wire_get_transport (exact, len, &transport), ==,
                             type == 4 && len >= 32);
        }
    }
}

static void
integers_are_little_endian (void)
{
    static const guint8 wanted[16] = { 4, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1 };
    WireguardTransport  header     = { 0x01020304, G_GUINT64_CONSTANT (0x0102030405060708) };
    guint8              out[16];

    wireguard_wire_put_transport (out, &header);
    g_assert_cmpmem (out, 16, wanted, 16);
}

static void
what_is_written_is_read (void)
{
    guint8              bytes[148];
    WireguardInitiation a, b;
    WireguardResponse   c, d;

    memset (&a, 0x11, sizeof a);
    memset (&c, 0x22, sizeof c);
    wireguard_wire_put_initiation (bytes, &a);
    g_assert_true (wireguard_wire_get_initiation (bytes, 148, &b));
    g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
    wireguard_wire_put_response (bytes, &c);
    g_assert_true (wireguard_wire_get_response (bytes, 92, &d));
    g_assert_cmpmem (&c, sizeof c, &d, sizeof d);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/wire/only-exact-lengths-have-a-type",
                     only_exact_lengths_have_a_type);
    g_test_add_func ("/wireguard/wire/reserved-octets-must-be-zero", reserved_octets_must_be_zero);
    g_test_add_func ("/wireguard/wire/no-truncation-is-read", no_truncation_is_read);
    g_test_add_func ("/wireguard/wire/integers-are-little-endian", integers_are_little_endian);
    g_test_add_func ("/wireguard/wire/what-is-written-is-read", what_is_written_is_read);
    return g_test_run ();
}
