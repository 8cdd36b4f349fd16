/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-plan-guard.c - what a profile and an offer hold back: known cases, and of many generated
 * ones, that what the tunnel carries never leaves past it. */
#include "client/core/plan.h"
#include "client/net/guard.h"
#include <string.h>

enum { INDEX = 7, GENERATED = 2000 };

static GArray *
on_link (void)
{
    static const char *const nets[] = { "192.168.1.0/24", "198.51.100.0/24" };
    GArray                  *out    = g_array_new (FALSE, FALSE, sizeof (AditPrefix));

    for (guint i = 0; i < G_N_ELEMENTS (nets); i++) {
        AditPrefix prefix;

        adit_prefix_parse (nets[i], &prefix);
        g_array_append_val (out, prefix);
    }
    return out;
}

static AditProfile *
profile_of (const char *keys)
{
    g_autofree char *text    = g_strconcat ("[connection]\ntype = toy\n", keys, NULL);
    AditProfile     *profile = adit_profile_parse (text, strlen (text), "test", NULL);

    g_assert_nonnull (profile);
    return profile;
}

static AditPlanFacts
facts_with (GArray *nets)
{
    return (AditPlanFacts){ .interface   = "toy0",
                            .index       = INDEX,
                            .ipv6        = TRUE,
                            .dns_backend = "file",
                            .on_link     = nets,
                            .name        = "office" };
}

/* The guard's text, or NULL; with an offer it is the first of all steps. */
static char *
guard_for (const char *keys, char **offer_texts)
{
    g_autoptr (AditProfile) profile = profile_of (keys);
    g_autoptr (GArray) nets         = on_link ();
    AditPlanFacts facts             = facts_with (nets);
    g_autoptr (AditPlanOffer) offer = NULL;
    g_autoptr (AditPlan) plan       = NULL;
    const AditStep *step;

    if (offer_texts == NULL) {
        g_autoptr (AditStep) first = adit_plan_first_guard (profile, &facts);

        return first ? g_strdup (first->value) : NULL;
    }
    offer = adit_plan_offer_parse (offer_texts, 1400, NULL);
    plan  = adit_plan_new (profile, offer, &facts, NULL);
    step  = plan->steps->pdata[0];
    for (guint i = 1; i < plan->steps->len; i++)
        g_assert_true (((const AditStep *) plan->steps->pdata[i])->kind != ADIT_STEP_GUARD);
    return step->kind == ADIT_STEP_GUARD ? g_strdup (step->value) : NULL;
}

#define OFFER(...) ((char **) (const char *const[]){ __VA_ARGS__, NULL })
#define CLOSED4 "out-office meta nfproto ipv4 counter reject"
#define CLOSED6 "out-office meta nfproto ipv6 counter reject"
#define ON "[guard]\nmode = tunnel\n"

static gboolean
has (const char *text, const char *word)
{
    return text && strstr (text, word);
}

static void
test_full (void)
{
    g_autofree char *both  = guard_for (ON, OFFER ("a10.0.0.7/32", "r0.0.0.0/0", "r::/0"));
    g_autofree char *four  = guard_for (ON, OFFER ("a10.0.0.7/32", "r0.0.0.0/1", "r128.0.0.0/1"));
    g_autofree char *six   = guard_for (ON, OFFER ("afd00::7/128", "r::/0"));
    g_autofree char *other = guard_for (ON, OFFER ("a10.0.0.7/32", "r10.1.0.0/16"));

    g_assert_true (has (both, CLOSED4) && has (both, CLOSED6));
    g_assert_true (has (four, CLOSED4) && has (four, CLOSED6)); /* nothing else carries IPv6 */
    g_assert_true (!has (six, CLOSED4) && has (six, CLOSED6));
    g_assert_true (!has (other, CLOSED4) && !has (other, CLOSED6));
    g_assert_true (has (other, "out-office ip daddr { 10.1.0.0/16 } counter reject"));
}

static void
test_off (void)
{
    g_autofree char *text = guard_for ("", OFFER ("a10.0.0.7/24", "r0.0.0.0/0"));
    g_autofree char *none = guard_for ("", OFFER ("r10.0.0.0/8"));

    g_assert_true (has (text, "ip daddr { 10.0.0.7/32 } fib saddr type != local counter drop"));
    g_assert_false (has (text, "reject"));
    g_assert_null (none); /* no address to speak to */
    g_assert_null (guard_for ("", NULL));
}

static void
test_first (void)
{
    g_autofree char *open =
        guard_for (ON "[routing]\ndefault-route = no\ninclude = 10.0.0.0/8\n", NULL);
    g_autofree char *shut  = guard_for (ON "[routing]\ndefault-route = yes\n", NULL);
    g_autofree char *maybe = guard_for (ON, NULL);

    g_assert_true (!has (open, CLOSED4) && has (open, "ip daddr { 10.0.0.0/8 } counter reject"));
    g_assert_true (has (shut, CLOSED4) && has (shut, CLOSED6));
    g_assert_true (has (maybe, CLOSED4) && has (maybe, CLOSED6));
}

static void
test_past (void)
{
    g_autofree char *text =
        guard_for (ON "[routing]\nlan = on\nexclude = 203.0.113.0/24\n", OFFER ("r0.0.0.0/0"));
    g_autofree char *off = guard_for (ON, OFFER ("r0.0.0.0/0"));

    g_assert_true (has (text, "192.168.1.0/24") && has (text, "203.0.113.0/24"));
    g_assert_true (has (text, "239.255.255.250/32"));
    g_assert_false (has (text, "198.51.100.0/24")); /* a public network is never excepted */
    g_assert_false (has (off, "192.168.1.0/24") || has (off, "169.254"));
}

static void
test_resolvers (void)
{
    static const char ask[] =
        "out-office oifname \"toy0\" meta l4proto { tcp, udp } th dport { 53, "
        "853 } ip daddr { 10.0.0.53/32 } accept";
    g_autofree char *full = guard_for (ON, OFFER ("r0.0.0.0/0", "d10.0.0.53"));
    g_autofree char *split =
        guard_for (ON "[dns]\nmode = split\n", OFFER ("r0.0.0.0/0", "d10.0.0.53", "scorp.example"));

    g_assert_true (has (full, ask));
    g_assert_false (has (split, "53, 853"));
}

/* ---- generated ---- */

static void
random_net (GRand *rand, AditPrefix *out)
{
    *out        = (AditPrefix){ .family = 4 };
    out->length = (guint8) g_rand_int_range (rand, 2, 33);
    for (guint i = 0; i < 4; i++)
        out->address[i] = (guint8) g_rand_int_range (rand, 0, 256);
    adit_prefix_mask (out);
}

/* Every prefix that the plan routes into the tunnel is held back outside of it, before any rule
 * could let it pass but one for what was excluded. */
static void
check_routes (const AditPlan *plan)
{
    const AditStep *guard = plan->steps->pdata[0];

    g_assert_true (guard->kind == ADIT_STEP_GUARD);
    for (guint i = 1; i < plan->steps->len; i++) {
        const AditStep  *step = plan->steps->pdata[i];
        g_autofree char *text = NULL;
        const char      *held;

        if (step->kind != ADIT_STEP_ROUTE || step->index == 0)
            continue;
        text = adit_prefix_format (&step->prefix);
        held = strstr (guard->value, "out-office ip daddr { ");
        while (held && !g_strstr_len (held, (gssize) strcspn (held, "\n"), " counter reject"))
            held = strstr (held + 1, "out-office ip daddr { ");
        g_assert_nonnull (held);
        g_assert_nonnull (g_strstr_len (held, (gssize) strcspn (held, "\n"), text));
    }
}

static void
test_generated (void)
{
    g_autoptr (GArray) nets = on_link ();
    AditPlanFacts facts     = facts_with (nets);
    GRand        *rand      = g_rand_new_with_seed (20);

    for (guint i = 0; i < GENERATED; i++) {
        g_autoptr (GString) keys        = g_string_new (ON "[routing]\n");
        g_autoptr (GPtrArray) texts     = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (AditProfile) profile = NULL;
        g_autoptr (AditPlanOffer) offer = NULL;
        g_autoptr (AditPlan) plan       = NULL;
        guint n                         = (guint) g_rand_int_range (rand, 1, 6);

        for (guint j = 0; j < n; j++) {
            AditPrefix       net;
            g_autofree char *text = NULL;

            random_net (rand, &net);
            text = adit_prefix_format (&net);
            g_ptr_array_add (texts, g_strconcat ("r", text, NULL));
            random_net (rand, &net);
            g_free (text);
            text = adit_prefix_format (&net);
            if (j == 0)
                g_string_append_printf (keys, "exclude = %s\nlan = %s\n", text,
                                        i % 2 ? "on" : "off");
        }
        g_ptr_array_add (texts, NULL);
        profile = profile_of (keys->str);
        offer   = adit_plan_offer_parse ((char **) texts->pdata, 1400, NULL);
        plan    = adit_plan_new (profile, offer, &facts, NULL);
        check_routes (plan);
    }
    g_rand_free (rand);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plan/guard/everything-closes-its-families", test_full);
    g_test_add_func ("/plan/guard/off-hides-the-addresses-all-the-same", test_off);
    g_test_add_func ("/plan/guard/before-the-offer-what-could-be", test_first);
    g_test_add_func ("/plan/guard/past-it-only-what-is-excepted", test_past);
    g_test_add_func ("/plan/guard/names-are-asked-of-its-resolvers", test_resolvers);
    g_test_add_func ("/plan/guard/what-is-routed-is-held-back", test_generated);
    return g_test_run ();
}
