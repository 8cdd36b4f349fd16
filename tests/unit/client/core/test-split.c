/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-split.c - who is named, whose seats are taken, what bounds a tunnel, and routes of domains,
 * in a network namespace of this test's own. */
#include "client/core/learn.h"
#include "client/core/runtime.h"
#include "client/core/split.h"
#include "client/core/tunnel-parts.h"
#include "client/net/guard.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include "client/net/tun.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum { MORE = 20 };

static gboolean has_namespace;
static guint    device;

static AditSchema *
schema_of (void)
{
    AditSchema *schema = g_new0 (AditSchema, 1);

    schema->name              = g_strdup ("toy");
    schema->title             = g_strdup ("Toy");
    schema->fields            = g_new0 (AditField, 3);
    schema->fields[0].type    = ADIT_FIELD_PREFIXES;
    schema->fields[0].section = g_strdup ("toy peer");
    schema->fields[0].key     = g_strdup ("nets");
    schema->fields[0].range   = g_strdup ("limit");
    schema->fields[1].type    = ADIT_FIELD_PREFIXES;
    schema->fields[1].section = g_strdup ("toy");
    schema->fields[1].key     = g_strdup ("others");
    return schema;
}

static AditCoreTunnel *
tunnel_of (const char *routing, const char *more)
{
    static const AditCoreTunnelEvents none = { 0 };
    g_autofree char                  *text =
        g_strdup_printf ("[connection]\ntype = toy\n[routing]\n%s\n%s", routing, more);
    AditProfile    *profile = adit_profile_parse (text, strlen (text), "test", NULL);
    AditCoreTunnel *tunnel;

    g_assert_nonnull (profile);
    tunnel            = adit_core_tunnel_new (profile, schema_of (), &none, NULL);
    tunnel->name      = g_strdup ("toy");
    tunnel->interface = g_strdup ("toy0");
    tunnel->index     = device;
    return tunnel;
}

/* ---- users ---- */

typedef struct {
    const char *text;
    guint32     first, last;
    gboolean    is_user;
} User;

static const User users[] = {
    { "1000", 1000, 1000, TRUE },
    { "1000-1999", 1000, 1999, TRUE },
    { "0", 0, 0, TRUE },
    { "root", 0, 0, TRUE },
    { "7-7", 7, 7, TRUE },
    { "9-7", 0, 0, FALSE },
    { "no-such-user", 0, 0, FALSE },
    { "4294967295", 0, 0, FALSE },
    { "1000-", 0, 0, FALSE },
    { "-5", 0, 0, FALSE },
    { "1000-4294967295", 0, 0, FALSE },
    { "0x10", 0, 0, FALSE },
};

static void
test_users (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (users); i++) {
        g_autofree char *line       = g_strdup_printf ("include-uid = %s", users[i].text);
        AditCoreTunnel  *tunnel     = tunnel_of (line, "");
        g_autoptr (GError) error    = NULL;
        g_autoptr (AditSplit) split = adit_split_new (tunnel, &error);

        g_test_message ("%s", users[i].text);
        g_assert_cmpint (split != NULL, ==, users[i].is_user);
        if (split) {
            AditPlanFacts facts = { 0 };
            AditUidRange *range;

            adit_split_gather (split, &facts);
            g_assert_true (facts.has_seat);
            g_assert_cmpuint (facts.through_users->len, ==, 1);
            range = &g_array_index (facts.through_users, AditUidRange, 0);
            g_assert_cmpuint (range->first, ==, users[i].first);
            g_assert_cmpuint (range->last, ==, users[i].last);
            g_array_unref (facts.neighbours);
        } else {
            g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
        }
        g_clear_pointer (&split, adit_split_free);
        adit_core_tunnel_free (tunnel);
    }
}

/* ---- seats ---- */

static void
test_seats (void)
{
    AditCoreTunnel *tunnel                  = tunnel_of ("exclude-uid = 5", "");
    AditCoreTunnel *plain                   = tunnel_of ("", "");
    AditSplit      *splits[ADIT_PLAN_SEATS] = { NULL };
    g_autoptr (GError) error                = NULL;
    g_autoptr (AditSplit) nobody            = adit_split_new (plain, NULL);
    AditPlanFacts facts                     = { 0 };
    guint         seen                      = 0;

    for (guint i = 0; i < ADIT_PLAN_SEATS; i++) {
        splits[i] = adit_split_new (tunnel, NULL);
        g_assert_nonnull (splits[i]);
        adit_split_gather (splits[i], &facts);
        g_assert_cmpuint (seen & (1u << facts.seat), ==, 0); /* nobody else has it */
        seen |= 1u << facts.seat;
        g_array_unref (facts.neighbours);
    }
    g_assert_null (adit_split_new (tunnel, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    adit_split_gather (nobody, &facts); /* one that names nobody needs none */
    g_assert_false (facts.has_seat);
    g_array_unref (facts.neighbours);
    for (guint i = 0; i < ADIT_PLAN_SEATS; i++)
        adit_split_free (splits[i]);
    g_clear_pointer (&nobody, adit_split_free);
    adit_core_tunnel_free (plain);
    adit_core_tunnel_free (tunnel);
}

static void
test_marks_are_apart (void)
{
    guint32 all = ADIT_PLAN_MARK;

    for (guint i = 0; i < ADIT_PLAN_SEATS; i++) {
        g_assert_cmpuint (all & (adit_plan_mark_past (i) | adit_plan_mark_through (i)), ==, 0);
        g_assert_cmpuint (adit_plan_mark_past (i) & adit_plan_mark_through (i), ==, 0);
        all |= adit_plan_mark_past (i) | adit_plan_mark_through (i);
    }
}

/* ---- bounds ---- */

static void
test_limits (void)
{
    AditCoreTunnel *tunnel =
        tunnel_of ("", "[toy]\nothers = 192.0.2.0/24\n[toy peer a]\nnets = 10.1.2.3/16\n"
                       "[toy peer b]\nnets = fd99::/64, 10.2.0.0/16\n");
    g_autoptr (AditSplit) split = adit_split_new (tunnel, NULL);
    AditPlanFacts    facts      = { 0 };
    g_autofree char *first      = NULL;

    adit_split_gather (split, &facts);
    g_assert_cmpuint (facts.limits->len, ==, 3);
    first = adit_prefix_format (&g_array_index (facts.limits, AditPrefix, 0));
    g_assert_cmpstr (first, ==, "10.1.0.0/16");
    g_array_unref (facts.neighbours);
    g_clear_pointer (&split, adit_split_free);
    adit_core_tunnel_free (tunnel);
}

/* ---- routes of domains ---- */

static AditPrefix
host_of (const char *text)
{
    AditPrefix host;

    g_assert_true (adit_prefix_parse (text, &host));
    return host;
}

static void
test_may_learn (void)
{
    AditCoreTunnel *tunnel      = tunnel_of ("include = 10.1.0.0/16\nexclude = 10.2.0.0/16\n",
                                             "[toy peer a]\nnets = 10.0.0.0/8\n");
    g_autoptr (AditSplit) split = adit_split_new (tunnel, NULL);
    const AditPrefix in = host_of ("10.1.0.1"), out = host_of ("10.2.0.1"),
                     free = host_of ("10.3.0.1"), far = host_of ("192.0.2.1"),
                     local = host_of ("127.0.0.1"), gateway = host_of ("10.3.0.9");
    AditGuardGateway at = { 0 };

    g_assert_true (adit_endpoint_parse ("10.3.0.9:443", &at.endpoint));
    if (tunnel->gateways == NULL)
        tunnel->gateways = g_array_new (FALSE, TRUE, sizeof at);
    g_array_append_val (tunnel->gateways, at);
    g_assert_true (adit_split_may_learn (split, &in, FALSE));
    g_assert_false (adit_split_may_learn (split, &in, TRUE)); /* a network of the profile's */
    g_assert_true (adit_split_may_learn (split, &out, TRUE));
    g_assert_false (adit_split_may_learn (split, &out, FALSE));
    g_assert_true (adit_split_may_learn (split, &free, FALSE));
    g_assert_true (adit_split_may_learn (split, &far, TRUE));
    g_assert_false (adit_split_may_learn (split, &far, FALSE)); /* beyond its bounds */
    g_assert_false (adit_split_may_learn (split, &local, TRUE));
    g_assert_false (adit_split_may_learn (split, &local, FALSE));
    g_assert_false (adit_split_may_learn (split, &gateway, FALSE));
    g_clear_pointer (&split, adit_split_free);
    adit_core_tunnel_free (tunnel);
}

static AditPrefix
nth (guint i)
{
    AditPrefix host = { .family  = 4,
                        .length  = 32,
                        .address = { 10, 9, (guint8) (i >> 8), (guint8) i } };

    return host;
}

/* By device toy0, past it, or not at all. */
static guint
leads (const AditPrefix *host)
{
    AditRouteFound found;

    return adit_route_find (host->family, host->address, 0, &found, NULL) ? found.index : 0;
}

static void
test_learns (void)
{
    AditCoreTunnel   *tunnel;
    AditLearn        *learn;
    AditRule          rules[] = { { .family = 4, .mark = 1, .preference = 12000 }, { 0 } };
    AditPrefix        first = nth (0), last = nth (ADIT_LEARN_MAX + MORE - 1);
    AditPrefix        past = host_of ("10.9.200.1"), six = host_of ("fd99::1");
    const char *const texts[] = { "a10.66.0.2/32", NULL };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return;
    }
    tunnel        = tunnel_of ("include-domain = corp.example\nexclude-domain = not.corp.example",
                               "[toy peer a]\nnets = 10.0.0.0/8, fd99::/64\n");
    tunnel->offer = adit_plan_offer_parse ((char **) texts, 1400, NULL);
    tunnel->plan  = g_new0 (AditPlan, 1);
    tunnel->plan->warnings = g_ptr_array_new_with_free_func (g_free);
    tunnel->plan->steps    = g_ptr_array_new_with_free_func ((GDestroyNotify) adit_step_free);
    g_ptr_array_add (tunnel->plan->steps, adit_step_new (ADIT_STEP_TABLE));
    tunnel->split  = adit_split_new (tunnel, NULL);
    learn          = adit_learn_new (tunnel);
    rules[0].table = ADIT_PLAN_TABLE + device;
    g_assert_true (adit_rule_add (&rules[0], NULL));

    for (guint i = 0; i < ADIT_LEARN_MAX + MORE; i++) {
        AditPrefix host = nth (i);

        adit_learn_hear (learn, "www.corp.example", &host);
        adit_learn_hear (learn, "www.corp.example", &host); /* known */
        adit_learn_hear (learn, "www.other.example", &past);
    }
    g_assert_cmpuint (adit_learn_count (learn), ==, ADIT_LEARN_MAX);
    g_assert_cmpuint (leads (&first), ==, 0); /* the oldest are gone */
    g_assert_cmpuint (leads (&last), ==, device);
    g_assert_cmpuint (leads (&past), ==, 0);

    adit_learn_hear (learn, "x.not.corp.example", &last); /* the same server for both: past wins */
    g_assert_cmpuint (leads (&last), ==, 0);
    adit_learn_hear (learn, "www.corp.example", &last);
    g_assert_cmpuint (leads (&last), ==, 0);
    adit_learn_hear (learn, "www.corp.example", &six); /* the tunnel has no IPv6: refused */
    g_assert_cmpuint (adit_learn_count (learn), ==, ADIT_LEARN_MAX);

    g_assert_true (adit_route_flush (ADIT_PLAN_TABLE + device, NULL));
    last = nth (ADIT_LEARN_MAX + MORE - 2);
    g_assert_cmpuint (leads (&last), ==, 0);
    g_assert_true (adit_rule_remove (&rules[0], NULL));
    adit_learn_free (learn);
    adit_core_tunnel_free (tunnel);
}

int
main (int argc, char **argv)
{
    g_autofree char *dir  = test_folder_new ("split");
    gboolean         vnet = TRUE;

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    if (has_namespace) {
        g_assert_cmpint (adit_tun_open ("toy0", FALSE, &vnet, NULL), >=, 0);
        device = adit_link_index ("toy0");
        g_assert_true (adit_link_up (device, 1400, NULL));
    }
    adit_runtime_set_dir (dir);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/split/users", test_users);
    g_test_add_func ("/split/seats-are-taken-once", test_seats);
    g_test_add_func ("/split/marks-are-apart", test_marks_are_apart);
    g_test_add_func ("/split/bounds-of-the-profile", test_limits);
    g_test_add_func ("/split/what-a-domain-may-do", test_may_learn);
    g_test_add_func ("/split/addresses-of-domains-are-bounded", test_learns);
    return g_test_run ();
}
