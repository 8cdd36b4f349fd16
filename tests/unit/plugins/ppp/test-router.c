/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6: two ends, and a router that advertises. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-ends.h"

static const char prefix_option[]  = "0304 40c0 00015180 00003840 00000000 "
                                     "20010db8 00010000 00000000 00000000";
static const char servers_option[] = "1903 0000 000007d0 20010db8 00000000 00000000 00000053";

static PppWorld *
up (void)
{
    PppWorld *w = ppp_world_new (1);

    w->client.config.ipv6 = w->server.config.ipv6 = TRUE;
    ppp_world_start (w);
    ppp_world_run (w, 1500);
    g_assert_no_error (w->client.reason);
    g_assert_true (w->client.result.has_ipv6);
    return w;
}

/* FF 03 00 57, IPv6, ICMPv6 with a good check sequence, router lifetime 1800. */
static void
advertise (PppWorld *w, const char *options, guint8 hops, gboolean spoil)
{
    g_autofree char *hex     = g_strdup_printf ("86000000 40000708 00000000 00000000 %s", options);
    g_autoptr (GByteArray) b = g_byte_array_new ();
    guint8  head[44]         = { 0xff, 3, 0, 0x57, 0x60 };
    guint32 sum              = 58;

    g_byte_array_append (b, head, sizeof head);
    for (const char *p = hex; *p; p += *p == ' ' ? 1 : 2) {
        guint8 byte;

        if (*p == ' ')
            continue;
        byte = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
        g_byte_array_append (b, &byte, 1);
    }
    adit_poke (b->data + 8, 2, b->len - 44);
    b->data[10] = 58;
    b->data[11] = hops;
    adit_poke (b->data + 12, 2, 0xfe80);
    b->data[27] = 1;
    adit_poke (b->data + 28, 2, 0xff02);
    b->data[43] = 1;
    for (guint i = 12; i < b->len; i += 2)
        sum += (guint32) b->data[i] << 8 | b->data[i + 1];
    sum += b->len - 44;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    adit_poke (b->data + 46, 2, (guint16) (spoil ? sum : ~sum));
    fake_wire_send (w->wire, &w->server.host->at, &w->server.peer, b->data, b->len);
    ppp_world_run (w, 100);
}

static void
both_have_different_identifiers (void)
{
    g_autoptr (PppWorld) w = up ();

    g_assert_cmpmem (w->client.result.interface_id, 8, w->server.result.peer_interface_id, 8);
    g_assert_cmpint (memcmp (w->client.result.interface_id, w->client.result.peer_interface_id, 8),
                     !=, 0);
    g_assert_cmpstr (w->client.addresses[0], ==, "10.9.0.2/32");
    g_assert_true (g_str_has_prefix (w->client.addresses[1], "fe80::"));
    g_assert_null (w->client.addresses[2]);
}

/* RFC 4861 6.3.7: three times, then it is quiet. */
static void
solicits_three_times (void)
{
    g_autoptr (PppWorld) w = up ();
    guint n                = 0;

    ppp_world_run (w, 20000);
    for (GList *l = w->server.host->delivered.head; l; l = l->next) {
        const AditPacket *p = l->data;

        n += p->len == 48 && p->data[40] == 133 && p->data[7] == 255;
    }
    g_assert_cmpuint (n, ==, 3);
}

static void
an_advertisement_gives_address_route_and_name_server (void)
{
    g_autoptr (PppWorld) w = up ();
    g_autofree char *options =
        g_strdup_printf ("%s 0501 0000 00000514 %s", prefix_option, servers_option);

    guint ups = w->client.ups;

    advertise (w, options, 255, FALSE);
    g_assert_cmpuint (w->client.ups, ==, ups + 1);
    g_assert_true (g_str_has_prefix (w->client.addresses[2], "2001:db8:1:0:"));
    g_assert_true (g_str_has_suffix (w->client.addresses[2], "/64"));
    g_assert_cmpstr (w->client.routes[1], ==, "::/0");
    g_assert_cmpstr (w->client.dns[2], ==, "2001:db8::53");
    g_assert_cmpuint (w->client.mtu, ==, 1300);
    advertise (w, options, 255, FALSE); /* nothing new */
    g_assert_cmpuint (w->client.ups, ==, ups + 1);
}

static void
what_did_not_come_from_the_link_is_nothing (void)
{
    static const char *const broken[] = { "0300", "0305 40c0", "03", "0304 40c0 00015180" };
    g_autoptr (PppWorld) w            = up ();
    guint ups                         = w->client.ups;

    advertise (w, prefix_option, 64, FALSE); /* through a router */
    advertise (w, prefix_option, 255, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
        advertise (w, broken[i], 255, FALSE);
    g_assert_cmpuint (w->client.ups, ==, ups);
}

static void
prefixes_that_are_none_are_left_out (void)
{
    static const char *const none[] = {
        "0304 40c0 00000000 00000000 00000000 20010db8 00010000 00000000 00000000", /* lifetime */
        "0304 4080 00015180 00003840 00000000 20010db8 00010000 00000000 00000000", /* not ours */
        "0304 30c0 00015180 00003840 00000000 20010db8 00010000 00000000 00000000", /* length */
        "0304 40c0 00015180 00003840 00000000 fe800000 00000000 00000000 00000000",
        "0304 40c0 00015180 00003840 00000000 ff020000 00000000 00000000 00000000",
        "0304 40c0 00015180 00003840 00000000 00000000 00000000 00000000 00000000"
    };
    g_autoptr (PppWorld) w = up ();

    for (guint i = 0; i < G_N_ELEMENTS (none); i++) {
        advertise (w, none[i], 255, FALSE);
        g_assert_null (w->client.addresses[2]);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/router/both-have-different-identifiers",
                     both_have_different_identifiers);
    g_test_add_func ("/ppp/router/solicits-three-times", solicits_three_times);
    g_test_add_func ("/ppp/router/an-advertisement-gives-address-route-and-name-server",
                     an_advertisement_gives_address_route_and_name_server);
    g_test_add_func ("/ppp/router/what-did-not-come-from-the-link-is-nothing",
                     what_did_not_come_from_the_link_is_nothing);
    g_test_add_func ("/ppp/router/prefixes-that-are-none-are-left-out",
                     prefixes_that_are_none_are_left_out);
    return g_test_run ();
}
