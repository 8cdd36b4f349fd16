/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plans.h - plans for tests: from texts, as lines, and prefixes made up. */
#pragma once
#include "client/core/plan.h"
#include <string.h>

enum { INDEX = 7, GENERATED = 3000, PROBES = 40 };

static inline AditPlan *
plan_with (const char *profile_text, char **offer_texts, AditPlanFacts *facts, GError **error)
{
    g_autofree char *text = g_strconcat ("[connection]\ntype = toy\n", profile_text, NULL);
    g_autoptr (AditProfile) profile = adit_profile_parse (text, strlen (text), "test", NULL);
    g_autoptr (AditPlanOffer) offer = adit_plan_offer_parse (offer_texts, 1400, NULL);

    g_assert_nonnull (profile);
    g_assert_nonnull (offer);
    return adit_plan_new (profile, offer, facts, error);
}

static inline GArray *
prefixes_of (const char *const *texts)
{
    GArray *prefixes = g_array_new (FALSE, FALSE, sizeof (AditPrefix));

    for (guint i = 0; texts[i]; i++) {
        AditPrefix prefix;

        g_assert_true (adit_prefix_parse (texts[i], &prefix));
        adit_prefix_mask (&prefix);
        g_array_append_val (prefixes, prefix);
    }
    return prefixes;
}

static const char *const on_link_texts[] = { "192.168.1.0/24", "198.51.100.0/24", NULL };

#define OFFER(...) ((char **) (const char *const[]){ __VA_ARGS__, NULL })

static inline char *
lines_of (const AditPlan *plan)
{
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < plan->steps->len; i++) {
        g_autofree char *line = adit_step_format (plan->steps->pdata[i]);

        g_string_append_printf (text, "%s\n", line);
    }
    return g_string_free (text, FALSE);
}

static inline char *
any_prefix (void)
{
    if (g_test_rand_bit ())
        return g_strdup_printf ("%d.%d.%d.0/%d", g_test_rand_int_range (1, 240),
                                g_test_rand_int_range (0, 4), g_test_rand_int_range (0, 4),
                                g_test_rand_int_range (0, 33));
    return g_strdup_printf ("%x:%x::/%d", g_test_rand_int_range (1, 0x10000),
                            g_test_rand_int_range (0, 4), g_test_rand_int_range (0, 65));
}

static inline gboolean
in_any (char **prefixes, guint family, const guint8 *address)
{
    for (guint i = 0; prefixes[i]; i++) {
        AditPrefix prefix;

        g_assert_true (adit_prefix_parse (prefixes[i], &prefix));
        adit_prefix_mask (&prefix);
        if (adit_prefix_contains (&prefix, family, address))
            return TRUE;
    }
    return FALSE;
}

static inline char **
any_prefixes (guint most)
{
    guint  n    = (guint) g_test_rand_int_range (0, (int) most);
    char **list = g_new0 (char *, n + 1);

    for (guint i = 0; i < n; i++)
        list[i] = any_prefix ();
    return list;
}
