/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-cookie.c - macs and cookies against an independent computation, and their limits in time. */
#include "client/base/prefix.h"
#include "plugins/wireguard/cookie.h"
#include "tests/unit/plugins/wireguard/pair.h"

typedef struct {
    Pair                  *pair;
    WireguardCookieChecker checker; /* the responder's */
    WireguardCookie        cookie;  /* the initiator's, for the responder */
    AditEndpoint           from;
    guint8                 message[WIREGUARD_INITIATION_SIZE];
} Ends;

static void
setup (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardInitiation initiation;

    e->pair = pair_new ();
    wireguard_cookie_checker_init (&e->checker, e->pair->identity[1].public_key);
    wireguard_cookie_init (&e->cookie, e->pair->identity[1].public_key);
    g_assert_true (adit_endpoint_parse ("192.0.2.7:51820", &e->from));
    pair_initiate (e->pair, &initiation);
    wireguard_wire_put_initiation (e->message, &initiation);
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 1);
}

static void
teardown (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    pair_free (e->pair);
}

static WireguardMacState
validate (const Ends *e)
{
    return wireguard_cookie_validate (&e->checker, e->message, sizeof e->message, &e->from);
}

static void
give_secret (Ends *e, gint64 now_us)
{
    g_assert_true (wireguard_cookie_needs_secret (&e->checker, now_us));
    wireguard_cookie_set_secret (&e->checker, pair_vector (e->pair, "secret", 32), now_us);
}

static void
reply (Ends *e, WireguardCookieReply *out)
{
    wireguard_cookie_create_reply (&e->checker, e->message, sizeof e->message, &e->from, 0x04030201,
                                   pair_vector (e->pair, "nonce", 24), out);
}

static void
the_vector_is_met (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardCookieReply r;
    guint8               bytes[WIREGUARD_COOKIE_REPLY_SIZE];

    g_assert_cmpmem (e->message, 148, pair_vector (e->pair, "initiation", 148), 148);
    give_secret (e, 1);
    reply (e, &r);
    wireguard_wire_put_cookie_reply (bytes, &r);
    g_assert_cmpmem (bytes, 64, pair_vector (e->pair, "cookie_reply", 64), 64);
    g_assert_true (wireguard_wire_get_cookie_reply (bytes, 64, &r));
    g_assert_true (wireguard_cookie_consume_reply (&e->cookie, &r, 1));
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 2);
    g_assert_cmpmem (e->message, 148, pair_vector (e->pair, "initiation_with_cookie", 148), 148);
    g_assert_cmpint (validate (e), ==, WIREGUARD_MAC_WITH_COOKIE);
}

static void
every_bit_counts (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardCookieReply r;

    give_secret (e, 1);
    reply (e, &r);
    g_assert_true (wireguard_cookie_consume_reply (&e->cookie, &r, 1));
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 2);
    for (guint bit = 0; bit < 8 * sizeof e->message; bit++) {
        WireguardMacState wanted =
            bit < 8 * (148 - 16) ? WIREGUARD_MAC_INVALID : WIREGUARD_MAC_WITHOUT_COOKIE;

        e->message[bit / 8] ^= (guint8) (1 << bit % 8);
        g_assert_cmpint (validate (e), ==, wanted);
        e->message[bit / 8] ^= (guint8) (1 << bit % 8);
    }
    g_assert_cmpint (validate (e), ==, WIREGUARD_MAC_WITH_COOKIE);
}

static void
a_cookie_is_bound_to_its_address (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardCookieReply r;

    give_secret (e, 1);
    reply (e, &r);
    g_assert_true (wireguard_cookie_consume_reply (&e->cookie, &r, 1));
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 2);
    e->from.port++;
    g_assert_cmpint (validate (e), ==, WIREGUARD_MAC_WITHOUT_COOKIE);
    e->from.port--;
    e->from.address[3]++;
    g_assert_cmpint (validate (e), ==, WIREGUARD_MAC_WITHOUT_COOKIE);
}

static void
a_damaged_reply_is_refused (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardCookieReply good, bad;
    guint8              *bytes = (guint8 *) &bad;

    give_secret (e, 1);
    reply (e, &good);
    for (guint bit = 8 * G_STRUCT_OFFSET (WireguardCookieReply, nonce);
         bit < 8 * (G_STRUCT_OFFSET (WireguardCookieReply, encrypted_cookie) + 32); bit++) {
        bad = good;
        bytes[bit / 8] ^= (guint8) (1 << bit % 8);
        g_assert_false (wireguard_cookie_consume_reply (&e->cookie, &bad, 1));
    }
    g_assert_true (wireguard_cookie_consume_reply (&e->cookie, &good, 1));
    g_assert_false (wireguard_cookie_consume_reply (&e->cookie, &good, 1)); /* answered already */
}

static void
a_reply_to_another_message_is_refused (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    WireguardCookieReply r;
    WireguardCookie      silent;

    give_secret (e, 1);
    reply (e, &r);
    e->message[8] ^= 1;
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 2);
    g_assert_false (wireguard_cookie_consume_reply (&e->cookie, &r, 3));
    wireguard_cookie_init (&silent, e->pair->identity[1].public_key);
    g_assert_false (wireguard_cookie_consume_reply (&silent, &r, 3));
}

static void
cookies_and_secrets_age (Ends *e, gconstpointer data G_GNUC_UNUSED)
{
    static const guint8  zero[16];
    WireguardCookieReply r;

    give_secret (e, 1000000);
    g_assert_false (wireguard_cookie_needs_secret (&e->checker, 120999999));
    g_assert_true (wireguard_cookie_needs_secret (&e->checker, 121000000));
    reply (e, &r);
    g_assert_true (wireguard_cookie_consume_reply (&e->cookie, &r, 1000000));
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 115999999);
    g_assert_cmpint (memcmp (e->message + 132, zero, 16), !=, 0);
    wireguard_cookie_add_macs (&e->cookie, e->message, sizeof e->message, 116000000);
    g_assert_cmpmem (e->message + 132, 16, zero, 16);
}

static void
add (const char *path, void (*fn) (Ends *, gconstpointer))
{
    g_test_add (path, Ends, NULL, setup, fn, teardown);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    add ("/wireguard/cookie/the-vector-is-met", the_vector_is_met);
    add ("/wireguard/cookie/every-bit-counts", every_bit_counts);
    add ("/wireguard/cookie/a-cookie-is-bound-to-its-address", a_cookie_is_bound_to_its_address);
    add ("/wireguard/cookie/a-damaged-reply-is-refused", a_damaged_reply_is_refused);
    add ("/wireguard/cookie/a-reply-to-another-message-is-refused",
         a_reply_to_another_message_is_refused);
    add ("/wireguard/cookie/cookies-and-secrets-age", cookies_and_secrets_age);
    return g_test_run ();
}
