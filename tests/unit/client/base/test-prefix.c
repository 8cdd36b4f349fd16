/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-prefix.c - what is read, how it is printed, and what must be refused. */
#include "client/base/prefix.h"

static void
test_refused (void)
{
    static const char *const texts[] = {
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "01.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x1.2.3.4",
        ":::",
        "::1::",
        ":1",
        "1:",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7",
        "1.2.3.4::",
        "fd00::g",
        "12345::",
        "",
        "x",
        "1::2::3",
        "fe80::1%3",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd"
    };
    AditPrefix prefix;

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
        g_assert_false (adit_prefix_parse (texts[i], &prefix));
}

/* Whatever is accepted prints, and the print reads as the same. */
static void
test_random_text (void)
{
    static const char letters[] = "0123456789abcf:::::....//[]%";

    for (guint i = 0; i < 200000; i++) {
        char         text[32];
        guint        len = (guint) g_test_rand_int_range (1, sizeof text - 1);
        AditPrefix   prefix, again;
        AditEndpoint endpoint, endpoint_again;

        for (guint k = 0; k < len; k++)
            text[k] = letters[g_test_rand_int_range (0, sizeof letters - 1)];
        text[len] = '\0';
        if (adit_prefix_parse (text, &prefix)) {
            g_autofree char *print = adit_prefix_format (&prefix);

            g_assert_true (adit_prefix_parse (print, &again));
            g_assert_true (adit_prefix_equal (&prefix, &again));
        }
        if (adit_endpoint_parse (text, &endpoint)) {
            g_autofree char *print = adit_endpoint_format (&endpoint);

            g_assert_true (adit_endpoint_parse (print, &endpoint_again));
            g_assert_true (adit_endpoint_equal (&endpoint, &endpoint_again));
        }
    }
}

static void
format_is (const char *text, const char *expected)
{
    AditPrefix       prefix;
    g_autofree char *back = NULL;

    g_assert_true (adit_prefix_parse (text, &prefix));
    back = adit_prefix_format (&prefix);
    g_assert_cmpstr (back, ==, expected);
}

static void
test_format (void)
{
    format_is ("10.0.0.7/24", "10.0.0.7/24");
    format_is ("10.0.0.7", "10.0.0.7/32");
    format_is ("0.0.0.0/0", "0.0.0.0/0");
    format_is ("fd00::1", "fd00::1/128");
    format_is ("::/0", "::/0");
    format_is ("2001:db8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64");  /* RFC 5952 4.2.3 */
    format_is ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1/128"); /* RFC 5952 4.2.2 */
    format_is ("::ffff:192.0.2.1", "::ffff:192.0.2.1/128");         /* RFC 5952 5 */
    format_is ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304/128");
    format_is ("ABCD::", "abcd::/128");
}

static void
test_lengths (void)
{
    static const char *const refused[] = { "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/-1",
                                           "10.0.0.0/08", "::/129",       "::/1 ",
                                           "/24",         "10.0.0.0/24/1" };
    AditPrefix               prefix    = { .length = 77 };

    for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
        g_assert_false (adit_prefix_parse (refused[i], &prefix));
    g_assert_cmpuint (prefix.length, ==, 77); /* untouched */
}

static AditPrefix
prefix_of (const char *text)
{
    AditPrefix prefix;

    g_assert_true (adit_prefix_parse (text, &prefix));
    return prefix;
}

static void
test_masks (void)
{
    AditPrefix       odd = prefix_of ("10.1.255.7/20"), six = prefix_of ("fd00::ffff/65");
    AditPrefix       all  = prefix_of ("255.255.255.255/0");
    g_autofree char *text = NULL, *text6 = NULL, *none = NULL;

    adit_prefix_mask (&odd);
    adit_prefix_mask (&six);
    adit_prefix_mask (&all);
    text  = adit_prefix_format (&odd);
    text6 = adit_prefix_format (&six);
    none  = adit_prefix_format (&all);
    g_assert_cmpstr (text, ==, "10.1.240.0/20");
    g_assert_cmpstr (text6, ==, "fd00::/65");
    g_assert_cmpstr (none, ==, "0.0.0.0/0");
}

static void
covers_is (const char *outer, const char *inner, gboolean expected)
{
    AditPrefix a = prefix_of (outer), b = prefix_of (inner);

    g_assert_cmpint (adit_prefix_covers (&a, &b), ==, expected);
}

static void
test_covers (void)
{
    AditPrefix half = prefix_of ("128.0.0.0/1"), host = prefix_of ("200.1.1.1");

    covers_is ("10.0.0.0/8", "10.9.0.0/16", TRUE);
    covers_is ("10.9.0.0/16", "10.0.0.0/8", FALSE);
    covers_is ("10.0.0.0/8", "11.0.0.0/16", FALSE);
    covers_is ("0.0.0.0/0", "fd00::/8", FALSE);
    covers_is ("::/0", "fd00::1", TRUE);
    covers_is ("10.1.240.0/20", "10.1.255.7", TRUE);
    covers_is ("10.1.240.0/20", "10.1.239.7", FALSE);
    covers_is ("10.0.0.7", "10.0.0.7", TRUE);
    g_assert_true (adit_prefix_contains (&half, 4, host.address));
    g_assert_false (adit_prefix_contains (&half, 6, host.address));
    g_assert_true (adit_prefix_equal (&host, &host));
    g_assert_false (adit_prefix_equal (&host, &half));
}

static void
test_endpoints (void)
{
    static const char *const same[] = { "192.0.2.1:51820", "[2001:db8::1]:1", "[fe80::1%3]:65535" };
    static const char *const refused[] = { "192.0.2.1",
                                           "192.0.2.1:",
                                           "192.0.2.1:0",
                                           "192.0.2.1:65536",
                                           "[192.0.2.1]:1",
                                           "2001:db8::1",
                                           "[2001:db8::1]",
                                           "2001:db8::1:443",
                                           "[fe80::1%0]:1",
                                           "[fe80::1%eth0]:1",
                                           "name:1",
                                           "[fe80::1%99999999999]:1",
                                           ":1",
                                           "[]:1",
                                           "192.0.2.1: 1",
                                           "" };
    AditEndpoint             a, b;

    for (guint i = 0; i < G_N_ELEMENTS (same); i++) {
        g_autofree char *text = NULL;

        g_assert_true (adit_endpoint_parse (same[i], &a));
        text = adit_endpoint_format (&a);
        g_assert_cmpstr (text, ==, same[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
        g_assert_false (adit_endpoint_parse (refused[i], &b));
    g_assert_cmpuint (a.scope, ==, 3);
    b = a;
    g_assert_true (adit_endpoint_equal (&a, &b));
    b.scope = 4;
    g_assert_false (adit_endpoint_equal (&a, &b));
}

static void
server_is (const char *text, guint16 fallback, const char *expected, guint16 expected_port)
{
    g_autofree char *host = NULL;
    guint16          port = 0;

    g_assert_cmpint (adit_server_parse (text, fallback, &host, &port), ==, expected != NULL);
    g_assert_cmpstr (host, ==, expected);
    g_assert_cmpuint (port, ==, expected_port);
}

static void
test_servers (void)
{
    g_autofree char *long_name = g_strnfill (254, 'a');

    server_is ("vpn.example.org:443", 1, "vpn.example.org", 443);
    server_is ("vpn.example.org", 1, "vpn.example.org", 1);
    server_is ("192.0.2.1", 1701, "192.0.2.1", 1701);
    server_is ("[fd00::1]:443", 0, "fd00::1", 443);
    server_is ("[fe80::1%2]", 5, "fe80::1%2", 5);
    server_is ("host_1.local.", 5, "host_1.local.", 5);
    server_is ("vpn.example.org", 0, NULL, 0);
    server_is ("1.2.3", 5, NULL, 0);
    server_is ("300.1.1.1", 5, NULL, 0);
    server_is ("a b", 5, NULL, 0);
    server_is ("a:b", 5, NULL, 0);
    server_is ("a:1:2", 5, NULL, 0);
    server_is ("-x", 5, NULL, 0);
    server_is ("a..b", 5, NULL, 0);
    server_is ("fd00::1", 5, NULL, 0);
    server_is ("[fd00::1", 5, NULL, 0);
    server_is ("[fd00::1]x", 5, NULL, 0);
    server_is ("ex\xc3\xa4mple", 5, NULL, 0);
    server_is ("", 5, NULL, 0);
    server_is (":5", 5, NULL, 0);
    server_is (long_name, 5, NULL, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/prefix/what-is-no-address-is-refused", test_refused);
    g_test_add_func ("/prefix/what-is-accepted-prints-and-reads-the-same", test_random_text);
    g_test_add_func ("/prefix/prints-as-rfc-5952-says", test_format);
    g_test_add_func ("/prefix/bad-lengths-are-refused-and-leave-all-alone", test_lengths);
    g_test_add_func ("/prefix/mask-clears-host-bits", test_masks);
    g_test_add_func ("/prefix/covers-and-contains", test_covers);
    g_test_add_func ("/prefix/endpoints-are-numbers-only", test_endpoints);
    g_test_add_func ("/prefix/servers", test_servers);
    return g_test_run ();
}
