/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two engines on a wire: how a link comes up, carries, and ends. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-ends.h"

static void
assert_up (PppWorld *w)
{
    g_assert_no_error (w->client.reason);
    g_assert_no_error (w->server.reason);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_cmpuint (w->server.ups, >=, 1);
}

static void
assert_carries (PppWorld *w)
{
    for (guint i = 0; i < 600; i++) {
        ppp_end_send (&w->client, i, 60 + i);
        ppp_end_send (&w->server, i, 60 + i);
        ppp_world_run (w, 5);
    }
    ppp_world_run (w, 1000);
    g_assert_cmpuint (ppp_end_take (&w->client), ==, 600);
    g_assert_cmpuint (ppp_end_take (&w->server), ==, 600);
}

static void
comes_up_with_address_and_name_servers (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    ppp_world_start (w);
    ppp_world_run (w, 1000);
    assert_up (w);
    g_assert_cmpstr (w->client.addresses[0], ==, "10.9.0.2/32");
    g_assert_cmpstr (w->client.dns[0], ==, "10.9.0.53");
    g_assert_cmpstr (w->client.dns[1], ==, "10.9.0.54");
    g_assert_cmpstr (w->client.routes[0], ==, "0.0.0.0/0");
    g_assert_cmpstr (w->client.result.auth, ==, "MS-CHAPv2");
    g_assert_cmpuint (w->client.mtu, ==, 1400);
    g_assert_cmpmem (w->client.result.peer, 4, ((guint8[]){ 10, 9, 0, 1 }), 4);
    assert_carries (w);
}

static void
comes_up_in_each_way (void)
{
    static const struct {
        guint       way;
        const char *name;
    } ways[] = { { ADIT_PPP_PAP, "PAP" },
                 { ADIT_PPP_CHAP, "CHAP" },
                 { ADIT_PPP_MSCHAPV2, "MS-CHAPv2" } };

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
        g_autoptr (PppWorld) w = ppp_world_new (i);

        w->client.config.auth = w->server.config.auth = ways[i].way;
        w->client.config.legacy = w->server.config.legacy = TRUE;
        ppp_world_start (w);
        ppp_world_run (w, 1000);
        assert_up (w);
        g_assert_cmpstr (w->client.result.auth, ==, ways[i].name);
    }
}

static void
carries_under_mppe (void)
{
    static const guint strengths[] = { ADIT_PPP_MPPE_40, ADIT_PPP_MPPE_56, ADIT_PPP_MPPE_128 };

    for (guint i = 0; i < G_N_ELEMENTS (strengths); i++) {
        g_autoptr (PppWorld) w = ppp_world_new (i);

        w->client.config.mppe = w->server.config.mppe = strengths[i];
        w->client.config.mppe_required = w->server.config.mppe_required = TRUE;
        w->client.config.legacy = w->server.config.legacy = TRUE;
        ppp_world_start (w);
        ppp_world_run (w, 1000);
        assert_up (w);
        g_assert_cmpuint (w->client.result.mppe, ==, strengths[i]);
        g_assert_cmpuint (w->client.mtu, ==, 1396);
        assert_carries (w);
    }
}

static void
says_goodbye (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    ppp_world_start (w);
    ppp_world_run (w, 1000);
    assert_up (w);
    adit_ppp_close (w->client.ppp);
    ppp_world_run (w, 200);
    g_assert_cmpuint (w->client.downs, ==, 1);
    g_assert_no_error (w->client.reason);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/engine/comes-up-with-address-and-name-servers",
                     comes_up_with_address_and_name_servers);
    g_test_add_func ("/ppp/engine/comes-up-in-each-way", comes_up_in_each_way);
    g_test_add_func ("/ppp/engine/carries-under-mppe", carries_under_mppe);
    g_test_add_func ("/ppp/engine/says-goodbye", says_goodbye);
    return g_test_run ();
}
