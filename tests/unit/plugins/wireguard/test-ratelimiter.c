/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-ratelimiter.c - buckets per source, load in total, and a table that cannot overflow. */
#include "client/base/prefix.h"
#include "plugins/wireguard/ratelimiter.h"

static WireguardRatelimiter limiter;

static AditEndpoint
from (const char *text)
{
    AditEndpoint e;

    g_assert_true (adit_endpoint_parse (text, &e));
    return e;
}

static guint
allowed (const AditEndpoint *e, guint tries, gint64 now_us)
{
    guint n = 0;

    while (tries--)
        n += wireguard_ratelimiter_allow (&limiter, e, now_us);
    return n;
}

static void
a_source_has_a_burst_and_a_rate (void)
{
    AditEndpoint a = from ("192.0.2.1:1000"), b = from ("192.0.2.2:1000");

    wireguard_ratelimiter_init (&limiter, 7);
    g_assert_cmpuint (allowed (&a, 100, 1000000), ==, 5);
    g_assert_cmpuint (allowed (&a, 1, 1049999), ==, 0);
    g_assert_cmpuint (allowed (&a, 100, 1050000), ==, 1);
    g_assert_cmpuint (allowed (&a, 100, 1150000), ==, 2);
    g_assert_cmpuint (allowed (&b, 100, 1150000), ==, 5);
    g_assert_cmpuint (allowed (&a, 100, 99000000), ==, 5);
}

static void
a_source_is_an_address_or_a_subnet (void)
{
    AditEndpoint a = from ("192.0.2.1:1"), same_host = from ("192.0.2.1:2");
    AditEndpoint c = from ("[2001:db8:0:1::1]:1"), same_net = from ("[2001:db8:0:1:ffff::9]:1");
    AditEndpoint other_net = from ("[2001:db8:0:2::1]:1");

    wireguard_ratelimiter_init (&limiter, 7);
    g_assert_cmpuint (allowed (&a, 5, 1), ==, 5);
    g_assert_cmpuint (allowed (&same_host, 5, 1), ==, 0);
    g_assert_cmpuint (allowed (&c, 5, 1), ==, 5);
    g_assert_cmpuint (allowed (&same_net, 5, 1), ==, 0);
    g_assert_cmpuint (allowed (&other_net, 5, 1), ==, 5);
}

static void
many_sources_push_out_the_oldest_only (void)
{
    AditEndpoint keep = from ("192.0.2.1:1"), e = from ("10.0.0.0:1");

    wireguard_ratelimiter_init (&limiter, 7);
    for (guint i = 0; i < 100000; i++) {
        e.address[1] = (guint8) (i >> 16);
        e.address[2] = (guint8) (i >> 8);
        e.address[3] = (guint8) i;
        wireguard_ratelimiter_allow (&limiter, &e, i);
        g_assert_cmpuint (allowed (&keep, 9, i), <=, 5);
    }
    g_assert_cmpuint (allowed (&keep, 9, 100000), <=, 2); /* heard all the time: never forgotten */
}

static void
load_begins_at_a_rate_and_lingers (void)
{
    gint64 now_us = 5000000;

    wireguard_ratelimiter_init (&limiter, 7);
    for (guint i = 0; i < WIREGUARD_LOAD_RATE; i++)
        g_assert_false (wireguard_ratelimiter_arrived (&limiter, now_us));
    g_assert_true (wireguard_ratelimiter_arrived (&limiter, now_us + 999999));
    g_assert_true (wireguard_ratelimiter_arrived (&limiter, now_us + 1999998));
    g_assert_false (wireguard_ratelimiter_arrived (&limiter, now_us + 1999999));
}

static void
a_clock_that_goes_back_does_no_harm (void)
{
    AditEndpoint a = from ("192.0.2.1:1");

    wireguard_ratelimiter_init (&limiter, 7);
    g_assert_cmpuint (allowed (&a, 9, 1000000000), ==, 5);
    g_assert_cmpuint (allowed (&a, 9, 1), ==, 0);
    g_assert_cmpuint (allowed (&a, 9, 50001), ==, 1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/ratelimiter/a-source-has-a-burst-and-a-rate",
                     a_source_has_a_burst_and_a_rate);
    g_test_add_func ("/wireguard/ratelimiter/a-source-is-an-address-or-a-subnet",
                     a_source_is_an_address_or_a_subnet);
    g_test_add_func ("/wireguard/ratelimiter/many-sources-push-out-the-oldest-only",
                     many_sources_push_out_the_oldest_only);
    g_test_add_func ("/wireguard/ratelimiter/load-begins-at-a-rate-and-lingers",
                     load_begins_at_a_rate_and_lingers);
    g_test_add_func ("/wireguard/ratelimiter/a-clock-that-goes-back-does-no-harm",
                     a_clock_that_goes_back_does_no_harm);
    return g_test_run ();
}
