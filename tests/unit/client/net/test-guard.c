/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-guard.c - what a guard's text says, and that the kernel takes every such text. */
#include "client/net/guard.h"
#include "client/net/nft.h"
#include "tests/lib/folder.h"
#include "tests/unit/client/net/rules.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

static char    *lock;
static gboolean has_namespace;

static GArray *
gateways (const char *endpoint, guint8 protocol)
{
    AditGuardGateway gateway = { .protocol = protocol };
    GArray          *out     = g_array_new (FALSE, FALSE, sizeof gateway);

    g_assert_true (adit_endpoint_parse (endpoint, &gateway.endpoint));
    g_array_append_val (out, gateway);
    return out;
}

static void
test_full (void)
{
    g_autoptr (GArray) addresses = prefixes ("10.66.0.2/24 fd66::2/64");
    g_autoptr (GArray) resolvers = prefixes ("10.66.0.1");
    g_autoptr (GArray) ways      = gateways ("192.0.2.1:51820", 17);
    AditGuardSpec    spec        = { .name      = "office",
                                     .device    = "wg0",
                                     .mark      = 0xad17,
                                     .blocks    = TRUE,
                                     .closed4   = TRUE,
                                     .closed6   = TRUE,
                                     .pinned    = TRUE,
                                     .addresses = addresses,
                                     .resolvers = resolvers,
                                     .gateways  = ways };
    g_autofree char *text        = adit_guard_text (&spec);
    const char      *stop, *pass;

    g_assert_true (says (text, "known oifname \"wg0\" accept comment \"office\""));
    g_assert_true (says (text, "known meta mark 0xad17 ip daddr 192.0.2.1 meta l4proto 17 th dport "
                               "51820 accept comment \"office\""));
    g_assert_true (says (text, "in-office iifname != { \"wg0\", \"lo\" } ip daddr { 10.66.0.2/32 } "
                               "fib saddr type != local counter drop"));
    g_assert_true (says (text, "in-office iifname != { \"wg0\", \"lo\" } ip6 daddr { fd66::2/128 } "
                               "fib saddr type != local counter drop"));
    g_assert_true (says (text, "out-office meta nfproto ipv4 counter reject with icmpx "
                               "admin-prohibited"));
    g_assert_true (says (text, "forward-office meta nfproto ipv6 counter reject with icmpx "
                               "admin-prohibited"));
    /* The tunnel's resolver is asked through the tunnel, another is not. */
    pass =
        strstr (text, "out-office oifname \"wg0\" meta l4proto { tcp, udp } th dport { 53, 853 } "
                      "ip daddr { 10.66.0.1/32 } accept");
    stop =
        strstr (text, "out-office oifname \"wg0\" meta l4proto { tcp, udp } th dport { 53, 853 } "
                      "counter reject");
    g_assert_nonnull (pass);
    g_assert_nonnull (stop);
    g_assert_true (pass < stop && stop < strstr (text, "out-office oifname \"wg0\" accept"));
}

static void
test_split (void)
{
    g_autoptr (GArray) carried = prefixes ("10.0.0.0/8 fd00:77::/32");
    g_autoptr (GArray) past    = prefixes ("10.9.0.0/16");
    AditGuardSpec spec         = {
                .name = "office", .device = "wg0", .blocks = TRUE, .carried = carried, .past = past
    };
    g_autofree char *text = adit_guard_text (&spec);

    g_assert_null (strstr (text, "nfproto ipv4 counter"));
    g_assert_null (strstr (text, "53"));
    g_assert_true (says (text, "out-office ip6 daddr { fd00:77::/32 } counter reject with icmpx "
                               "admin-prohibited"));
    g_assert_true (strstr (text, "out-office ip daddr { 10.9.0.0/16 } accept") <
                   strstr (text, "out-office ip daddr { 10.0.0.0/8 } counter reject"));
}

static void
test_programs (void)
{
    const AditGuardUsers some = { 1000, 1009 };
    g_autoptr (GArray) users  = g_array_new (FALSE, FALSE, sizeof some);
    AditGuardSpec    spec     = { .name        = "office",
                                  .device      = "wg0",
                                  .blocks      = TRUE,
                                  .closed4     = TRUE,
                                  .past_bit    = 0x10000,
                                  .through_bit = 0x20000,
                                  .past_users  = users };
    g_autofree char *text     = NULL;

    g_array_append_val (users, some);
    text = adit_guard_text (&spec);
    g_assert_true (says (text, "out-office meta mark & 0x10000 == 0x10000 accept"));
    g_assert_true (says (text, "out-office meta skuid 1000-1009 accept"));
    g_assert_true (says (text,
                         "out-office meta mark & 0x20000 == 0x20000 counter reject with icmpx "
                         "admin-prohibited"));
}

static void
test_off (void)
{
    g_autoptr (GArray) addresses = prefixes ("10.66.0.2/32");
    AditGuardSpec    spec        = { .name = "office", .device = "wg0", .addresses = addresses };
    g_autofree char *text        = adit_guard_text (&spec);

    g_assert_nonnull (strstr (text, "in-office iifname"));
    g_assert_null (strstr (text, "reject"));
    g_assert_nonnull (strstr (text, "delete chain inet adit out-office"));
}

static void
test_seeking (void)
{
    AditGuardSpec    spec = { .name    = "office",
                              .device  = "wg0",
                              .blocks  = TRUE,
                              .closed4 = TRUE,
                              .closed6 = TRUE,
                              .seeks   = TRUE,
                              .pinned  = TRUE };
    g_autofree char *open = adit_guard_text (&spec), *shut = NULL;

    spec.seeks = FALSE;
    shut       = adit_guard_text (&spec);
    g_assert_nonnull (
        strstr (open, "out-office meta l4proto { tcp, udp } th dport { 53, 853 } accept"));
    g_assert_null (strstr (shut, "{ 53, 853 } accept"));
}

/* Every choice at once and each alone. */
static void
test_kernel_takes_all (void)
{
    g_autoptr (GArray) addresses = prefixes ("10.66.0.2/24 fd66::2/64");
    g_autoptr (GArray) resolvers = prefixes ("10.66.0.1 fd66::1");
    g_autoptr (GArray) carried   = prefixes ("10.0.0.0/8 10.1.0.0/16 fd00:77::/32");
    g_autoptr (GArray) past      = prefixes ("192.168.0.0/16 192.168.1.0/24 fe80::/10");
    g_autoptr (GArray) ways      = gateways ("[2001:db8::1]:51820", 17);

    if (!has_namespace) {
        g_test_skip ("needs CAP_NET_ADMIN");
        return;
    }
    for (guint bits = 0; bits < 1u << 10; bits += bits < 32 ? 1 : 31) {
        AditGuardSpec    spec    = { .name      = "o.f-1_x",
                                     .device    = "wg0",
                                     .mark      = bits & 1 ? 7 : 0,
                                     .past_bit  = bits & 1 ? 0x10000 : 0,
                                     .blocks    = bits >> 1 & 1,
                                     .closed4   = bits >> 2 & 1,
                                     .closed6   = bits >> 3 & 1,
                                     .pinned    = bits >> 4 & 1,
                                     .resolvers = bits >> 5 & 1 ? resolvers : NULL,
                                     .addresses = bits >> 6 & 1 ? addresses : NULL,
                                     .carried   = bits >> 7 & 1 ? carried : NULL,
                                     .past      = bits >> 8 & 1 ? past : NULL,
                                     .gateways  = bits >> 9 & 1 ? ways : NULL };
        g_autofree char *text    = adit_guard_text (&spec);
        g_autoptr (GError) error = NULL;
        guint64 packets, bytes;

        adit_guard_apply (lock, spec.name, text, &error);
        g_assert_no_error (error);
        g_assert_true (adit_guard_counts (spec.name, &packets, &bytes) == spec.blocks);
    }
    for (guint i = 0; i < 2; i++) { /* the second time it is gone already */
        g_autoptr (GError) error = NULL;
        g_autofree char *list    = NULL;

        adit_guard_remove (lock, "o.f-1_x", &error);
        g_assert_no_error (error);
        list = adit_nft_list ("table " ADIT_NFT_TABLE, FALSE, &error);
        g_assert_no_error (error);
        g_assert_null (list);
    }
}

int
main (int argc, char **argv)
{
    g_autofree char *folder = test_folder_new ("guard");
    int              status;

    g_test_init (&argc, &argv, NULL);
    has_namespace = unshare (CLONE_NEWNET) == 0;
    lock          = g_build_filename (folder, "nft.lock", NULL);
    g_test_add_func ("/net/guard/a-full-tunnel-closes-the-rest", test_full);
    g_test_add_func ("/net/guard/a-split-tunnel-keeps-its-own", test_split);
    g_test_add_func ("/net/guard/programs-pass-or-are-kept-in", test_programs);
    g_test_add_func ("/net/guard/off-still-hides-the-addresses", test_off);
    g_test_add_func ("/net/guard/names-are-asked-only-while-one-is-sought", test_seeking);
    g_test_add_func ("/net/guard/the-kernel-takes-every-text", test_kernel_takes_all);
    status = g_test_run ();
    g_free (lock);
    return status;
}
