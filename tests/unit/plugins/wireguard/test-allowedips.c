/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-allowedips.c - longest prefix, against a plain list that tries them all. */
#include "plugins/wireguard/allowedips.h"

enum { RULES = 300, PROBES = 4000 };

static void
insert (WireguardAllowedips *a, const char *text, guint32 peer)
{
    AditPrefix p;

    g_assert_true (adit_prefix_parse (text, &p));
    wireguard_allowedips_insert (a, &p, peer);
}

static guint32
lookup (const WireguardAllowedips *a, const char *text)
{
    AditPrefix p;

    g_assert_true (adit_prefix_parse (text, &p));
    return wireguard_allowedips_lookup (a, p.family, p.address);
}

static void
the_longest_prefix_wins (void)
{
    g_autoptr (WireguardAllowedips) a = wireguard_allowedips_new ();

    g_assert_cmpuint (lookup (a, "10.0.0.1"), ==, WIREGUARD_NO_PEER);
    insert (a, "10.0.0.0/8", 1);
    insert (a, "10.1.0.0/16", 2);
    insert (a, "10.1.2.3/32", 3);
    insert (a, "0.0.0.0/0", 4);
    insert (a, "2001:db8::/32", 5);
    insert (a, "2001:db8::7/128", 6);
    g_assert_cmpuint (lookup (a, "10.2.0.0"), ==, 1);
    g_assert_cmpuint (lookup (a, "10.1.2.4"), ==, 2);
    g_assert_cmpuint (lookup (a, "10.1.2.3"), ==, 3);
    g_assert_cmpuint (lookup (a, "11.0.0.0"), ==, 4);
    g_assert_cmpuint (lookup (a, "2001:db8:ffff::"), ==, 5);
    g_assert_cmpuint (lookup (a, "2001:db8::7"), ==, 6);
    g_assert_cmpuint (lookup (a, "::1"), ==, WIREGUARD_NO_PEER); /* IPv4's default is not IPv6's */
}

static void
the_same_prefix_moves (void)
{
    g_autoptr (WireguardAllowedips) a = wireguard_allowedips_new ();

    insert (a, "192.0.2.0/24", 1);
    insert (a, "192.0.2.99/24", 2); /* host bits are ignored */
    g_assert_cmpuint (lookup (a, "192.0.2.5"), ==, 2);
}

static void
headers_cut_short_belong_to_nobody (void)
{
    g_autoptr (WireguardAllowedips) a = wireguard_allowedips_new ();
    guint8 packet[40]                 = { 0x45 };

    insert (a, "0.0.0.0/0", 1);
    insert (a, "::/0", 2);
    for (gsize len = 0; len <= 40; len++) {
        packet[0] = 0x45;
        g_assert_cmpuint (wireguard_allowedips_lookup_src (a, packet, len), ==,
                          len >= 20 ? 1 : WIREGUARD_NO_PEER);
        packet[0] = 0x60;
        g_assert_cmpuint (wireguard_allowedips_lookup_dst (a, packet, len), ==,
                          len >= 40 ? 2 : WIREGUARD_NO_PEER);
        packet[0] = 0x50;
        g_assert_cmpuint (wireguard_allowedips_lookup_dst (a, packet, len), ==, WIREGUARD_NO_PEER);
    }
}

/* Few distinct bits, so that prefixes nest and collide. */
static AditPrefix
any_prefix (GRand *rand)
{
    AditPrefix p = { .family = g_rand_boolean (rand) ? 4 : 6 };
    guint      n = p.family == 4 ? 4 : 16;

    for (guint i = 0; i < n; i++)
        p.address[i] = (guint8) (g_rand_int (rand) & g_rand_int (rand) & g_rand_int (rand));
    p.length = (guint8) g_rand_int_range (rand, 0, (gint) (8 * n + 1));
    return p;
}

static guint32
slow_lookup (const AditPrefix *rules, guint n, const AditPrefix *probe)
{
    guint32 best   = WIREGUARD_NO_PEER;
    int     length = -1;

    for (guint i = 0; i < n; i++) {
        if (adit_prefix_contains (&rules[i], probe->family, probe->address) &&
            rules[i].length >= length) {
            length = rules[i].length;
            best   = i;
        }
    }
    return best;
}

static void
a_plain_list_agrees (void)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (42);

    for (guint round = 0; round < 10; round++) {
        g_autoptr (WireguardAllowedips) a = wireguard_allowedips_new ();
        AditPrefix rules[RULES];

        for (guint i = 0; i < RULES; i++) {
            rules[i] = any_prefix (rand);
            wireguard_allowedips_insert (a, &rules[i], i);
            adit_prefix_mask (&rules[i]);
        }
        for (guint i = 0; i < PROBES; i++) {
            AditPrefix probe = any_prefix (rand);

            g_assert_cmpuint (wireguard_allowedips_lookup (a, probe.family, probe.address), ==,
                              slow_lookup (rules, RULES, &probe));
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/allowedips/the-longest-prefix-wins", the_longest_prefix_wins);
    g_test_add_func ("/wireguard/allowedips/the-same-prefix-moves", the_same_prefix_moves);
    g_test_add_func ("/wireguard/allowedips/headers-cut-short-belong-to-nobody",
                     headers_cut_short_belong_to_nobody);
    g_test_add_func ("/wireguard/allowedips/a-plain-list-agrees", a_plain_list_agrees);
    return g_test_run ();
}
