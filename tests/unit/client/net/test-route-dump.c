/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-route-dump.c - rules and routes as the kernel lists them, in a network namespace of this
 * test's own, and rules in words. */
#include "client/net/link.h"
#include "client/net/route-dump.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include <linux/rtnetlink.h>
#include <sched.h>
#include <unistd.h>

enum { TABLE = 7700, MARK = 0x4d };

static gboolean has_namespace;
static guint    device;

static AditPrefix
prefix_of (const char *text)
{
    AditPrefix prefix;

    g_assert_true (adit_prefix_parse (text, &prefix));
    return prefix;
}

static const AditRouteRow *
find_route (const GArray *rows, const char *prefix, guint32 table)
{
    AditPrefix wanted = prefix_of (prefix);

    for (guint i = 0; i < rows->len; i++) {
        const AditRouteRow *row = &g_array_index (rows, AditRouteRow, i);

        if (row->table == table && adit_prefix_equal (&row->prefix, &wanted))
            return row;
    }
    return NULL;
}

static void
test_routes (void)
{
    static const char *const carried[] = { "10.78.0.0/16", "fd78::/32" };
    static const char *const thrown[]  = { "10.78.9.0/24", "fd78:9::/48" };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return;
    }
    for (guint i = 0; i < 2; i++) {
        AditRoute way = { .prefix = prefix_of (carried[i]), .table = TABLE, .index = device };
        AditRoute out = { .prefix = prefix_of (thrown[i]), .table = TABLE };
        g_autoptr (GArray) rows = NULL;
        const AditRouteRow *row;

        g_assert_true (adit_route_add (&way, NULL));
        g_assert_true (adit_route_add (&out, NULL));
        rows = adit_route_dump (i ? 6 : 4, NULL);
        g_assert_nonnull (rows);
        row = find_route (rows, carried[i], TABLE);
        g_assert_nonnull (row);
        g_assert_cmpint (row->kind, ==, ADIT_ROUTE_UNICAST);
        g_assert_cmpuint (row->index, ==, device);
        row = find_route (rows, thrown[i], TABLE);
        g_assert_nonnull (row);
        g_assert_cmpint (row->kind, ==, ADIT_ROUTE_THROW);
        g_assert_null (find_route (rows, carried[i], RT_TABLE_MAIN));
        for (guint r = 0; r < rows->len; r++)
            g_assert_cmpuint (g_array_index (rows, AditRouteRow, r).prefix.family, ==, i ? 6 : 4);
    }
}

/* In the kernel's order, which is that of preference. */
static void
test_rules (void)
{
    AditRule mine           = { .family = 4, .mark = MARK, .table = TABLE, .preference = 10050 };
    g_autoptr (GArray) rows = NULL;
    const AditRuleRow *row;
    g_autofree char   *text = NULL;

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return;
    }
    g_assert_true (adit_rule_add (&mine, NULL));
    rows = adit_rule_dump (4, NULL);
    g_assert_nonnull (rows);
    g_assert_cmpuint (rows->len, ==, 4);
    row = &g_array_index (rows, AditRuleRow, 1);
    g_assert_cmpuint (row->preference, ==, 10050);
    g_assert_cmpuint (row->table, ==, TABLE);
    g_assert_cmpuint (row->mark, ==, MARK);
    g_assert_cmpuint (row->mask, ==, G_MAXUINT32);
    g_assert_true (row->is_inverted);
    g_assert_false (row->has_more);
    text = adit_rule_format (row);
    g_assert_cmpstr (text, ==, "not from all fwmark 0x4d lookup 7700");
    g_assert_true (adit_rule_remove (&mine, NULL));
}

static void
test_words (void)
{
    AditRuleRow rule = { .family = 4, .uid_last = G_MAXUINT32, .suppress_group = -1 };
    char       *text;

    rule.table = RT_TABLE_MAIN;
    text       = adit_rule_format (&rule);
    g_assert_cmpstr (text, ==, "from all lookup main suppress_prefixlength 0");
    g_free (text);
    rule = (AditRuleRow){ .family          = 4,
                          .kind            = ADIT_RULE_GOTO,
                          .target          = 200,
                          .in              = "lo",
                          .from            = prefix_of ("10.0.0.0/8"),
                          .to              = prefix_of ("10.9.0.0/16"),
                          .mark            = 3,
                          .mask            = 0xff,
                          .uid_first       = 5,
                          .uid_last        = 9,
                          .protocol        = 17,
                          .to_port         = { 53, 53 },
                          .from_port       = { 1, 9 },
                          .suppress_length = -1,
                          .suppress_group  = 4 };
    text = adit_rule_format (&rule);
    g_assert_cmpstr (text, ==,
                     "from 10.0.0.0/8 to 10.9.0.0/16 fwmark 0x3/0xff iif lo uidrange 5-9 "
                     "ipproto 17 sport 1-9 dport 53 goto 200 suppress_ifgroup 4");
    g_free (text);
}

int
main (int argc, char **argv)
{
    gboolean vnet = FALSE;
    int      tun  = -1;

    g_test_init (&argc, &argv, NULL);
    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0;
    if (has_namespace)
        tun = adit_tun_open ("dump0", FALSE, &vnet, NULL);
    device        = has_namespace ? adit_link_index ("dump0") : 0;
    has_namespace = tun >= 0 && device && adit_link_up (device, 1400, NULL);
    g_test_add_func ("/route-dump/routes-of-all-tables", test_routes);
    g_test_add_func ("/route-dump/rules-in-the-order-of-the-kernel", test_rules);
    g_test_add_func ("/route-dump/rules-in-words", test_words);
    return g_test_run ();
}
