/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-route.c - devices, addresses, routes and rules against the kernel, in a network namespace of
 * this test's own. */
#include "client/net/address.h"
#include "client/net/link.h"
#include "client/net/netlink.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum { TABLE = 7700, MARK = 77, MANY = 3000 };

static gboolean has_namespace;
static guint    device;

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
    return !has_namespace;
}

static AditPrefix
prefix_of (const char *text)
{
    AditPrefix prefix;

    g_assert_true (adit_prefix_parse (text, &prefix));
    return prefix;
}

static guint
leads_to (const char *address, guint32 mark, guint *mtu)
{
    AditPrefix     to = prefix_of (address);
    AditRouteFound found;

    if (!adit_route_find (to.family, to.address, mark, &found, NULL))
        return 0;
    if (mtu)
        *mtu = found.mtu;
    return found.index;
}

static void
test_addresses (void)
{
    AditPrefix four = prefix_of ("10.77.0.2/24"), six = prefix_of ("fd77::2/64");
    g_autoptr (GError) error = NULL;

    if (skipped ())
        return;
    g_assert_true (adit_address_add (device, &four, NULL));
    g_assert_true (adit_address_add (device, &six, NULL));
    /* They bring no route along. */
    g_assert_cmpuint (leads_to ("10.77.0.9", 0, NULL), ==, 0);
    g_assert_cmpuint (leads_to ("fd77::9", 0, NULL), ==, 0);
    g_assert_false (adit_address_add (device, &four, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_assert_nonnull (adit_error_cause (error));
    for (guint i = 0; i < 2; i++) { /* the second time it is gone already */
        g_assert_true (adit_address_remove (device, &four, NULL));
        g_assert_true (adit_address_remove (device, &six, NULL));
    }
}

static void
test_routes (void)
{
    static const char *const carried[] = { "10.78.0.0/16", "fd78::/32" };
    static const char *const probes[]  = { "10.78.1.1", "fd78::1" };

    if (skipped ())
        return;
    for (guint i = 0; i < 2; i++) {
        AditRoute route  = { .prefix = prefix_of (carried[i]), .table = TABLE, .index = device };
        AditRoute except = { .prefix = prefix_of (i ? "fd78:0:1::/48" : "10.78.9.0/24"),
                             .table  = TABLE };
        AditRule  rule = { .family = i ? 6 : 4, .mark = MARK, .table = TABLE, .preference = 10100 };
        guint     mtu  = 0;

        g_assert_true (adit_route_add (&route, NULL));
        g_assert_true (adit_route_add (&except, NULL));
        g_assert_cmpuint (leads_to (probes[i], 0, NULL), ==, 0);
        g_assert_true (adit_rule_add (&rule, NULL));
        g_assert_cmpuint (leads_to (probes[i], 0, &mtu), ==, device);
        g_assert_cmpuint (mtu, ==, 1400);
        g_assert_cmpuint (leads_to (probes[i], MARK, NULL), ==, 0); /* our own packets */
        g_assert_cmpuint (leads_to (i ? "fd78:0:1::1" : "10.78.9.1", 0, NULL), ==, 0);
        g_assert_false (adit_rule_add (&rule, NULL)); /* never twice */
        for (guint j = 0; j < 2; j++) {
            g_assert_true (adit_rule_remove (&rule, NULL));
            g_assert_true (adit_route_remove (&except, NULL));
            g_assert_true (adit_route_remove (&route, NULL));
        }
        g_assert_cmpuint (leads_to (probes[i], 0, NULL), ==, 0);
    }
}

/* Bits of a mark that lead past a table, in one family and in the other; and what is refused. */
static void
test_past (void)
{
    static const char *const nets[]   = { "10.81.0.0/16", "fd81::/32" };
    static const char *const others[] = { "10.81.9.0/24", "fd81:0:9::/48" };
    static const char *const probes[] = { "10.81.1.1", "fd81::1", "10.81.9.1", "fd81:0:9::1" };
    enum { BIT = 0x10000 };

    if (skipped ())
        return;
    for (guint i = 0; i < 2; i++) {
        const guint8 family = i ? 6 : 4;
        AditRoute    route  = { .prefix = prefix_of (nets[i]), .table = TABLE, .index = device };
        AditRoute refused = { .prefix = prefix_of (others[i]), .table = TABLE, .is_refused = TRUE };
        AditRule  rules[] = {
             { .family = family, .preference = 10202 },
             { .family     = family,
               .preference = 10200,
               .target     = 10202,
               .mark       = BIT,
               .mask       = BIT,
               .is_marked  = TRUE },
             { .family     = family,
               .preference = 10200,
               .target     = 10202,
               .has_users  = TRUE,
               .uid_first  = 4000,
               .uid_last   = 4001 },
             { .family = family, .preference = 10201, .table = TABLE, .mark = MARK },
        };

        g_assert_true (adit_route_add (&route, NULL));
        g_assert_true (adit_route_add (&refused, NULL));
        for (guint j = 0; j < G_N_ELEMENTS (rules); j++)
            g_assert_true (adit_rule_add (&rules[j], NULL));
        g_assert_cmpuint (leads_to (probes[i], 0, NULL), ==, device);
        g_assert_cmpuint (leads_to (probes[i], BIT, NULL), ==, 0);
        g_assert_cmpuint (leads_to (probes[i], BIT | 1, NULL), ==, 0); /* among other bits */
        g_assert_cmpuint (leads_to (probes[i], 2 * BIT, NULL), ==, device);
        g_assert_cmpuint (leads_to (probes[i + 2], 0, NULL), ==, 0);
        for (guint j = G_N_ELEMENTS (rules); j-- > 0;) {
            g_assert_true (adit_rule_remove (&rules[j], NULL));
            g_assert_true (adit_rule_remove (&rules[j], NULL));
        }
    }
    for (guint again = 0; again < 2; again++) { /* an empty table is no failure */
        AditRule rule = { .family = 4, .preference = 10201, .table = TABLE, .mark = MARK };

        g_assert_true (adit_route_flush (TABLE, NULL));
        g_assert_true (adit_rule_add (&rule, NULL));
        g_assert_cmpuint (leads_to (probes[0], 0, NULL), ==, 0);
        g_assert_true (adit_rule_remove (&rule, NULL));
    }
}

static void
test_on_link (void)
{
    AditRoute on_link = { .prefix = prefix_of ("10.79.0.0/24"), .table = 254, .index = device };
    AditRoute default_route  = { .prefix = prefix_of ("0.0.0.0/0"), .table = 254, .index = device };
    g_autoptr (GArray) found = NULL;

    if (skipped ())
        return;
    g_assert_true (adit_route_add (&on_link, NULL));
    g_assert_true (adit_route_add (&default_route, NULL));
    found = adit_route_on_link ();
    g_assert_cmpuint (found->len, >=, 1);
    g_assert_true (adit_prefix_equal (&g_array_index (found, AditPrefix, 0), &on_link.prefix));
    for (guint i = 0; i < found->len; i++) /* a default route is no network we are on */
        g_assert_cmpuint (g_array_index (found, AditPrefix, i).length, >, 0);
    g_assert_true (adit_route_remove (&on_link, NULL));
    g_assert_true (adit_route_remove (&default_route, NULL));
}

static void
test_devices (void)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *name    = NULL;
    gboolean         vnet    = TRUE;

    if (skipped ())
        return;
    name = adit_link_name (device);
    g_assert_cmpstr (name, ==, "toy0");
    g_assert_cmpuint (adit_link_mtu (device), ==, 1400);
    g_assert_cmpint (adit_tun_open ("toy0", FALSE, &vnet, &error), <, 0);
    g_assert_nonnull (strstr (error->message, "toy0"));
    g_clear_error (&error);
    g_assert_false (adit_link_create ("toy1", "no-such-kind", &error));
    g_assert_nonnull (adit_error_cause (error));
    g_assert_true (adit_link_delete ("toy0", device + 1, NULL)); /* not the one that is meant */
    g_assert_cmpuint (adit_link_index ("toy0"), ==, device);
    g_assert_true (adit_link_delete ("gone", 0, NULL));
}

static void
test_counts (void)
{
    enum { SENT = 100, HEADERS = 28 };
    const struct sockaddr_in to          = { .sin_family = AF_INET,
                                             .sin_port   = GUINT16_TO_BE (9),
                                             .sin_addr   = { GUINT32_TO_BE (INADDR_LOOPBACK) } };
    const guint8             bytes[SENT] = { 0 };
    AditLinkCounts           before, after;
    guint                    loopback = adit_link_index ("lo");
    int                      fd;

    if (skipped ())
        return;
    g_assert_true (adit_link_up (loopback, 0, NULL));
    before = adit_link_counts (loopback);
    fd     = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint (sendto (fd, bytes, sizeof bytes, 0, (const struct sockaddr *) &to, sizeof to),
                     ==, SENT);
    close (fd);
    after = adit_link_counts (loopback);
    g_assert_cmpuint (after.tx_packets, >, before.tx_packets);
    g_assert_cmpuint (after.rx_packets - before.rx_packets, ==,
                      after.tx_packets - before.tx_packets);
    g_assert_cmpuint (after.tx_bytes, >=, before.tx_bytes + SENT + HEADERS);
    g_assert_cmpuint (after.rx_bytes, >=, before.rx_bytes + SENT + HEADERS);
    after = adit_link_counts (0);
    g_assert_cmpuint (after.rx_packets, ==, 0);
}

static void
test_kernel_device (void)
{
    guint index;

    if (skipped ())
        return;
    if (!adit_link_create ("toy2", "dummy", NULL) && !adit_link_create ("toy2", "veth", NULL)) {
        g_test_skip ("needs a kernel with dummy or veth devices");
        return;
    }
    index = adit_link_index ("toy2");
    g_assert_cmpuint (index, !=, 0);
    g_assert_true (adit_link_up (index, 1300, NULL));
    g_assert_cmpuint (adit_link_mtu (index), ==, 1300);
    g_assert_true (adit_link_delete ("toy2", index, NULL));
    g_assert_cmpuint (adit_link_index ("toy2"), ==, 0);
}

static void
test_names (void)
{
    static const char *const bad[] = { "",  ".",   "..", "-x", "a/b", "a b", "sixteen-letters-x",
                                       "ä", "a:b", "a\n" };

    g_assert_true (adit_link_name_ok ("wg0"));
    g_assert_true (adit_link_name_ok ("fifteen-letters"));
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_false (adit_link_name_ok (bad[i]));
}

static int
on_part (const struct nlmsghdr *part G_GNUC_UNUSED, void *user)
{
    ++*(guint *) user;
    return MNL_CB_OK;
}

/* More than one datagram holds. */
static void
test_long_replies (void)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request;
    struct rtmsg    *body;
    guint            parts = 0;
    AditRoute        route = { .table = TABLE, .index = device, .prefix = { .family = 4 } };

    if (skipped ())
        return;
    route.prefix.length = 32;
    for (guint i = 0; i < MANY; i++) {
        memcpy (route.prefix.address, (guint8[]){ 10, 80, (guint8) (i >> 8), (guint8) i }, 4);
        g_assert_true (adit_route_add (&route, NULL));
    }
    request              = mnl_nlmsg_put_header (bytes);
    request->nlmsg_type  = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_DUMP;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->rtm_family     = AF_INET;
    g_assert_cmpint (adit_netlink_talk (NETLINK_ROUTE, request, on_part, &parts, NULL), ==, 0);
    g_assert_cmpuint (parts, >=, MANY);
}

static int
on_refused_part (const struct nlmsghdr *part G_GNUC_UNUSED, void *user G_GNUC_UNUSED)
{
    return MNL_CB_ERROR;
}

static void
test_refused_part (void)
{
    guint8           bytes[ADIT_NETLINK_BYTES];
    struct nlmsghdr *request = mnl_nlmsg_put_header (bytes);
    struct rtmsg    *body;

    request->nlmsg_type  = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_DUMP;
    body                 = mnl_nlmsg_put_extra_header (request, sizeof *body);
    body->rtm_family     = AF_INET;
    g_assert_cmpint (adit_netlink_talk (NETLINK_ROUTE, request, on_refused_part, NULL, NULL), ==,
                     has_namespace ? EBADMSG : 0);
}

int
main (int argc, char **argv)
{
    gboolean vnet = TRUE;

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    if (has_namespace) {
        g_assert_cmpint (adit_tun_open ("toy0", FALSE, &vnet, NULL), >=, 0);
        device = adit_link_index ("toy0");
        g_assert_true (adit_link_up (device, 1400, NULL));
    }
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/route/addresses-bring-no-route", test_addresses);
    g_test_add_func ("/route/a-table-for-all-but-the-marked", test_routes);
    g_test_add_func ("/route/past-a-table-and-refused", test_past);
    g_test_add_func ("/route/knows-the-networks-it-is-on", test_on_link);
    g_test_add_func ("/route/devices", test_devices);
    g_test_add_func ("/route/devices-of-the-kernels-own", test_kernel_device);
    g_test_add_func ("/route/what-a-device-counted", test_counts);
    g_test_add_func ("/route/names-of-devices", test_names);
    g_test_add_func ("/route/replies-of-many-parts", test_long_replies);
    g_test_add_func ("/route/a-refused-part-ends-it", test_refused_part);
    return g_test_run ();
}
