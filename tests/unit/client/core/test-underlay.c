/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-underlay.c - which changes of a host move a tunnel, in a namespace of this test's own. */
#include "client/core/underlay.h"
#include "client/net/address.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <unistd.h>

static gboolean has_namespace;

static AditPrefix
prefix_of (const char *text)
{
    AditPrefix prefix;

    g_assert_true (adit_prefix_parse (text, &prefix));
    return prefix;
}

static void
give (guint index, const char *address, const char *network)
{
    AditPrefix own   = prefix_of (address);
    AditRoute  route = { .prefix = prefix_of (network), .table = 254, .index = index };

    g_assert_true (adit_address_add (index, &own, NULL));
    g_assert_true (adit_route_add (&route, NULL));
}

static void
test_moves (void)
{
    AditEndpoint  peer     = { .family = 4, .address = { 10, 77, 0, 9 }, .port = 1 };
    AditUnderlay *underlay = adit_underlay_new (0);
    gboolean      vnet     = TRUE;
    int           fd[2];
    guint         wire, air, index, mtu;
    AditRoute     better = { .prefix = prefix_of ("10.77.0.9/32"), .table = 254 };
    AditRoute     first  = { .prefix = prefix_of ("10.77.0.0/24"), .table = 254 };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return;
    }
    fd[0] = adit_tun_open ("wire0", FALSE, &vnet, NULL);
    fd[1] = adit_tun_open ("air0", FALSE, &vnet, NULL);
    wire = first.index = adit_link_index ("wire0");
    air = better.index = adit_link_index ("air0");
    g_assert_true (adit_link_up (wire, 1400, NULL));
    g_assert_true (adit_link_up (air, 1300, NULL));

    g_assert_false (adit_underlay_is_known (underlay));
    g_assert_false (adit_underlay_note (underlay, &peer, &index, &mtu)); /* no way at all */
    g_assert_true (adit_underlay_is_known (underlay));
    g_assert_cmpuint (adit_underlay_device (underlay), ==, 0);
    give (wire, "10.77.0.2/24", "10.77.0.0/24");
    g_assert_true (adit_underlay_note (underlay, &peer, &index, &mtu));
    g_assert_cmpuint (index, ==, wire);
    g_assert_cmpuint (mtu, ==, 1400);
    g_assert_false (adit_underlay_moved (underlay));

    give (air, "10.88.0.2/24", "10.88.0.0/24"); /* another network, but not towards the peer */
    g_assert_false (adit_underlay_moved (underlay));

    g_assert_cmpuint (adit_underlay_device (underlay), ==, wire);
    g_assert_true (adit_route_add (&better, NULL));
    g_assert_true (adit_underlay_moved (underlay));
    g_assert_cmpuint (adit_underlay_device (underlay), ==, air);
    g_assert_false (adit_underlay_moved (underlay)); /* told once */

    g_assert_true (adit_route_remove (&better, NULL));
    g_assert_true (adit_route_remove (&first, NULL)); /* unplugged: nothing to try */
    g_assert_false (adit_underlay_moved (underlay));
    g_assert_true (adit_route_add (&first, NULL));
    g_assert_true (adit_underlay_moved (underlay));
    g_assert_false (adit_underlay_moved (underlay));
    g_assert_true (adit_route_remove (&first, NULL));
    g_assert_false (adit_underlay_moved (underlay));
    g_assert_true (adit_route_add (&first, NULL)); /* the same way, but it was cut */
    g_assert_true (adit_underlay_moved (underlay));
    g_assert_false (adit_underlay_moved (underlay));
    adit_underlay_free (underlay);
    close (fd[0]);
    close (fd[1]);
}

int
main (int argc, char **argv)
{
    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/underlay/only-another-way-to-the-peer-moves", test_moves);
    return g_test_run ();
}
