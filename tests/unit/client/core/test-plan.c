/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-plan.c - profile, offer and facts to steps: known cases, and what holds for all of many
 * generated ones. */
#include "tests/unit/client/core/plans.h"
#include <string.h>

static AditPlan *
plan_for (const char *profile_text, char **offer_texts, gboolean ipv6, GError **error)
{
    g_autoptr (GArray) on_link = prefixes_of (on_link_texts);
    AditPlanFacts facts        = { .interface   = "toy0",
                                   .index       = INDEX,
                                   .ipv6        = ipv6,
                                   .setting     = (char *) "net/ipv4/conf/eth0/rp_filter",
                                   .strict      = (char *) "1",
                                   .dns_backend = "file",
                                   .on_link     = on_link };

    return plan_with (profile_text, offer_texts, &facts, error);
}

static void
test_split (void)
{
    g_autoptr (AditPlan) plan = plan_for (
        "", OFFER ("a10.0.0.7/24", "r10.1.0.0/16", "d10.0.0.1", "scorp.example"), TRUE, NULL);
    g_autofree char *lines = lines_of (plan);

    g_assert_cmpstr (lines, ==,
                     "link index=7 mtu=1400\n"
                     "address index=7 prefix=10.0.0.7/24\n"
                     "route index=7 table=181469191 prefix=10.0.0.0/24\n"
                     "route index=7 table=181469191 prefix=10.1.0.0/16\n"
                     "setting name=net/ipv4/conf/eth0/rp_filter value=2 before=1\n"
                     "rule mark=44311 table=181469191 preference=12017 prefix=0.0.0.0/0\n"
                     "dns index=7 name=file value=toy0 server=10.0.0.1 domain=corp.example "
                     "zone=0.0.10.in-addr.arpa zone=1.10.in-addr.arpa\n");
}

static void
test_everything (void)
{
    g_autoptr (AditPlan) plan = plan_for ("[routing]\ndefault-route = yes\nlan = on\n",
                                          OFFER ("a10.0.0.7/32", "d10.0.0.1"), TRUE, NULL);
    g_autofree char *lines    = lines_of (plan);

    g_assert_nonnull (strstr (lines, "route index=7 table=181469191 prefix=0.0.0.0/0\n"));
    g_assert_nonnull (strstr (lines, "route index=7 table=181469191 prefix=::/0\n"));
    g_assert_nonnull (strstr (lines, "route table=181469191 prefix=224.0.0.0/4\n"));
    g_assert_nonnull (strstr (lines, "route table=181469191 prefix=fe80::/10\n"));
    g_assert_nonnull (strstr (lines, "route table=181469191 prefix=192.168.1.0/24\n"));
    g_assert_null (strstr (lines, "198.51.100.0")); /* a public network is never excepted */
    g_assert_nonnull (strstr (lines, "preference=12017 prefix=::/0\n"));
    g_assert_nonnull (strstr (lines, "exclusive=1"));
}

static void
test_no_default (void)
{
    g_autoptr (AditPlan) plan =
        plan_for ("[routing]\ndefault-route = no\n",
                  OFFER ("a10.0.0.7/0", "r0.0.0.0/0", "r10.0.0.0/8"), TRUE, NULL);
    g_autofree char *lines = lines_of (plan);

    g_assert_null (strstr (lines, "table=181469191 prefix=0.0.0.0/0"));
    g_assert_nonnull (strstr (lines, "route index=7 table=181469191 prefix=10.0.0.0/8\n"));
}

static void
test_refuses_special (void)
{
    g_autoptr (AditPlan) plan =
        plan_for ("", OFFER ("r127.0.0.0/8", "r224.0.0.5/32", "rfe80::/64"), TRUE, NULL);

    g_assert_cmpuint (plan->steps->len, ==, 1);
    g_assert_cmpuint (plan->warnings->len, ==, 3);
    g_assert_nonnull (strstr (plan->warnings->pdata[0], "127.0.0.0/8 was refused"));
}

static void
test_without_ipv6 (void)
{
    g_autoptr (AditPlan) plan = plan_for ("[routing]\ndefault-route = yes\n",
                                          OFFER ("a10.0.0.7/24", "afd00::7/64"), FALSE, NULL);
    g_autofree char *lines    = lines_of (plan);

    g_assert_null (strstr (lines, "::"));
    g_assert_cmpuint (plan->warnings->len, ==, 1);
    g_assert_nonnull (strstr (plan->warnings->pdata[0], "IPv6 is switched off"));
}

/* Which of the domains are asked through a split tunnel, and whether all names are. */
static void
test_domains (void)
{
    g_autoptr (AditPlan) plan = plan_for ("",
                                          OFFER ("a10.0.0.7/12", "afd00::7/33", "d10.0.0.1",
                                                 "sCorp.Example.", "scom", "scorp.example"),
                                          TRUE, NULL);
    g_autofree char *lines    = lines_of (plan);

    g_assert_nonnull (strstr (lines, "server=10.0.0.1 domain=corp.example zone=0.10.in-addr.arpa"));
    g_assert_nonnull (strstr (lines, "zone=15.10.in-addr.arpa"));
    g_assert_null (strstr (lines, "zone=16.10.in-addr.arpa"));
    g_assert_nonnull (strstr (lines, "zone=7.0.0.0.0.0.0.d.f.ip6.arpa"));
    g_assert_null (strstr (lines, "exclusive"));
    g_assert_nonnull (strstr (plan->warnings->pdata[0], "The domain com is not"));
    g_assert_nonnull (strstr (plan->warnings->pdata[1], "cannot ask by domain"));
}

/* What a resolver's configuration would read as more than a name. */
static void
test_domains_that_are_none (void)
{
    g_autoptr (AditPlan) plan = plan_for (
        "[dns]\ndomains = a#b, *.com, a/9.9.9.9, ~ok.example, .dot.example, b\xc3\xbc.example\n",
        OFFER ("a10.0.0.7/24", "d10.0.0.1"), TRUE, NULL);
    g_autofree char *lines = lines_of (plan);

    g_assert_nonnull (
        strstr (lines, "domain=ok.example domain=dot.example domain=xn--b-eha.example zone="));
    g_assert_null (strstr (lines, "exclusive"));
}

/* Refusing must not widen: what was to be asked by one domain is not asked for all. */
static void
test_only_a_public_domain (void)
{
    g_autoptr (AditPlan) plan =
        plan_for ("", OFFER ("a10.0.0.7/24", "d10.0.0.1", "sco.uk"), TRUE, NULL);
    g_autofree char *lines = lines_of (plan);

    g_assert_null (strstr (lines, "dns"));
}

static void
test_public_domain_of_a_full_tunnel (void)
{
    g_autoptr (AditPlan) plan = plan_for ("[routing]\ndefault-route = yes\n",
                                          OFFER ("a10.0.0.7/24", "d10.0.0.1", "scom"), TRUE, NULL);
    g_autofree char *lines    = lines_of (plan);

    g_assert_nonnull (strstr (lines, "exclusive=1"));
    g_assert_nonnull (strstr (lines, "domain=com"));
    g_assert_cmpuint (plan->warnings->len, ==, 0);
}

typedef struct {
    const char *profile;
    const char *has, *lacks;
} Table;

static const Table tables[] = {
    { "[routing]\ntable = off\n", "address", "route" },
    { "[routing]\ntable = off\n", "link", "rule" },
    { "[routing]\ntable = 1234\n", "table=1234 prefix=10.1.0.0/16", "rule" },
    { "[routing]\nmark = off\n", "table=254 prefix=10.1.0.0/16", "rule" },
    { "[routing]\nmark = 99\n", "rule mark=99", "44311" },
    { "[routing]\npriority = 5\n", "preference=10117", "12017" },
    { "[routing]\nmtu = 1300\n", "mtu=1300", "mtu=1400" },
    { "[dns]\nmode = off\n", "rule", "dns" },
    { "[dns]\nservers = 192.0.2.53\n", "server=192.0.2.53", "server=10.0.0.1" },
    { "[dns]\nmode = full\n", "exclusive=1", "exclusive=0" },
    { "[dns]\nmode = split\n", "domain=corp.example", "exclusive" },
    { "[dns]\ndomains = b.example\n", "domain=b.example domain=corp.example", "exclusive" },
    { "[routing]\ninclude = 10.9.1.1/16\n", "prefix=10.9.0.0/16", "10.9.1.1" },
    { "[routing]\nexclude = 10.1.0.0/16\n", "10.0.0.0/24", "prefix=10.1.0.0/16" },
    { "[routing]\nexclude = 10.1.7.0/24\n", "route table=181469191 prefix=10.1.7.0/24",
      "index=7 table=181469191 prefix=10.1.7.0/24" },
};

static void
test_table (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
        g_autoptr (AditPlan) plan = plan_for (
            tables[i].profile, OFFER ("a10.0.0.7/24", "r10.1.0.0/16", "d10.0.0.1", "scorp.example"),
            TRUE, NULL);
        g_autofree char *lines = lines_of (plan);

        g_test_message ("%s→ %s", tables[i].profile, lines);
        g_assert_nonnull (strstr (lines, tables[i].has));
        g_assert_null (strstr (lines, tables[i].lacks));
    }
}

static void
test_refuses_a_loop (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (plan_for ("[routing]\nmark = off\n", OFFER ("r0.0.0.0/0"), TRUE, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

static void
test_least_mtu (void)
{
    g_autoptr (AditPlan) four =
        plan_for ("[routing]\nmtu = 600\n", OFFER ("a10.0.0.7/24"), TRUE, NULL);
    g_autoptr (AditPlan) six =
        plan_for ("[routing]\nmtu = 600\n", OFFER ("afd00::7/64"), TRUE, NULL);

    g_assert_cmpuint (four->mtu, ==, 600);
    g_assert_cmpuint (six->mtu, ==, 1280);
    g_assert_cmpuint (six->warnings->len, ==, 1);
}

/* ---- what always holds ---- */

/* The table's answer: TRUE into the tunnel, FALSE on to the next rule. */
static gboolean
carried (const AditPlan *plan, guint family, const guint8 *address)
{
    int      best = -1;
    gboolean into = FALSE;

    for (guint i = 0; i < plan->steps->len; i++) {
        const AditStep *step = plan->steps->pdata[i];

        if (step->kind == ADIT_STEP_ROUTE &&
            adit_prefix_contains (&step->prefix, family, address) && step->prefix.length > best) {
            best = step->prefix.length;
            into = step->index != 0;
        }
    }
    return into;
}

static void
check_address (const AditPlan *plan, char **offered, char **excluded)
{
    static char *special[]   = { (char *) "127.0.0.0/8",
                                 (char *) "169.254.0.0/16",
                                 (char *) "224.0.0.0/4",
                                 (char *) "::1/128",
                                 (char *) "fe80::/10",
                                 (char *) "ff00::/8",
                                 NULL };
    guint        family      = g_test_rand_bit () ? 4 : 6;
    guint8       address[16] = { 0 };
    gboolean     expected;

    address[0] = (guint8) g_test_rand_int ();
    address[1] = (guint8) g_test_rand_int_range (0, family == 4 ? 4 : 256);
    address[2] = (guint8) g_test_rand_int_range (0, 4);
    address[3] = (guint8) g_test_rand_int ();
    expected   = in_any (offered, family, address) && !in_any (excluded, family, address) &&
               !in_any (special, family, address);
    g_assert_cmpint (carried (plan, family, address), ==, expected);
}

static void
check_steps (const AditPlan *plan)
{
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    AditStepKind last           = ADIT_STEP_LINK;

    for (guint i = 0; i < plan->steps->len; i++) {
        const AditStep *step       = plan->steps->pdata[i];
        char           *line       = adit_step_format (step);
        g_autoptr (AditStep) again = adit_step_parse (line);

        g_assert_nonnull (again);
        g_assert_true (adit_step_equal (step, again));
        g_assert_true (g_hash_table_add (seen, line));
        if (step->kind != ADIT_STEP_SETTING) {
            g_assert_cmpint (step->kind, >=, last); /* rules after routes, DNS last */
            last = step->kind;
        }
        if (step->kind == ADIT_STEP_ROUTE || step->kind == ADIT_STEP_RULE)
            g_assert_cmpuint (step->table, ==, ADIT_PLAN_TABLE + INDEX);
    }
}

static void
test_generated (void)
{
    for (guint i = 0; i < GENERATED; i++) {
        g_auto (GStrv) offered    = any_prefixes (6);
        g_auto (GStrv) excluded   = any_prefixes (4);
        g_autofree char *list     = g_strjoinv (", ", excluded);
        g_autofree char *text     = g_strdup_printf ("[routing]\nexclude = %s\n", list);
        g_auto (GStrv) texts      = g_strdupv (offered);
        g_autoptr (AditPlan) plan = NULL;

        for (guint j = 0; texts[j]; j++) {
            g_free (texts[j]);
            texts[j] = g_strconcat ("r", offered[j], NULL);
        }
        plan = plan_for (excluded[0] ? text : "", texts, TRUE, NULL);
        g_assert_nonnull (plan);
        check_steps (plan);
        for (guint j = 0; j < PROBES; j++)
            check_address (plan, offered, excluded);
    }
}

static void
test_offer_refuses (void)
{
    static char *bad[] = { (char *) "a10.0.0.300/8",
                           (char *) "r",
                           (char *) "r10.0.0.0/33",
                           (char *) "d10.0.0.1/8",
                           (char *) "dname",
                           (char *) "s",
                           (char *) "s.a",
                           (char *) "sa b",
                           (char *) "s-a",
                           (char *) "sa..b",
                           (char *) "x10.0.0.0/8",
                           (char *) "a0.0.0.0/0",
                           (char *) "a127.0.0.1/8",
                           (char *) "a224.0.0.1/32",
                           (char *) "a255.255.255.255/32",
                           (char *) "a::/64",
                           (char *) "a::1/128",
                           (char *) "aff02::1/64" };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_plan_offer_parse (OFFER (bad[i]), 1400, &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_MALFORMED);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plan/domains", test_domains);
    g_test_add_func ("/plan/domains-that-are-none", test_domains_that_are_none);
    g_test_add_func ("/plan/only-a-public-domain", test_only_a_public_domain);
    g_test_add_func ("/plan/a-public-domain-of-a-full-tunnel", test_public_domain_of_a_full_tunnel);
    g_test_add_func ("/plan/split-tunnel", test_split);
    g_test_add_func ("/plan/everything-through-the-tunnel", test_everything);
    g_test_add_func ("/plan/no-default-route", test_no_default);
    g_test_add_func ("/plan/refuses-special-routes", test_refuses_special);
    g_test_add_func ("/plan/leaves-ipv6-out", test_without_ipv6);
    g_test_add_func ("/plan/obeys-the-profile", test_table);
    g_test_add_func ("/plan/refuses-a-loop", test_refuses_a_loop);
    g_test_add_func ("/plan/least-mtu", test_least_mtu);
    g_test_add_func ("/plan/holds-for-generated-cases", test_generated);
    g_test_add_func ("/plan/offer-refuses-what-is-not-one", test_offer_refuses);
    return g_test_run ();
}
