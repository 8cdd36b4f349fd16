/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-stats.c - every counter has a word of its own, and profiles know the words of offloads. */
#include "client/base/schema.h"
#include "client/base/stats.h"
#include <string.h>

static void
a_word_of_its_own (const char *(*name) (guint), guint n)
{
    for (guint i = 0; i < n; i++) {
        g_assert_nonnull (name (i));
        for (guint j = 0; j < i; j++)
            g_assert_cmpstr (name (i), !=, name (j));
    }
    g_assert_cmpstr (name (n), ==, "unknown");
}

static const char *
drop_name (guint i)
{
    return adit_drop_name ((AditDrop) i);
}

static const char *
offload_name (guint i)
{
    return adit_offload_name ((AditOffload) i);
}

static void
every_counter_has_a_word_of_its_own (void)
{
    a_word_of_its_own (drop_name, ADIT_N_DROPS);
    a_word_of_its_own (offload_name, ADIT_N_OFFLOADS);
}

static void
a_profile_can_switch_off_every_offload (void)
{
    const AditField *field = adit_common_fields;
    g_auto (GStrv) words   = NULL;

    while (field->key && strcmp (field->key, "offloads-off") != 0)
        field++;
    g_assert_nonnull (field->key);
    words = g_strsplit (field->range, "|", -1);
    g_assert_cmpuint (g_strv_length (words), ==, ADIT_N_OFFLOADS);
    for (guint i = 0; i < ADIT_N_OFFLOADS; i++)
        g_assert_true (g_strv_contains ((const char *const *) words, offload_name (i)));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/stats/every-counter-has-a-word-of-its-own",
                     every_counter_has_a_word_of_its_own);
    g_test_add_func ("/stats/a-profile-can-switch-off-every-offload",
                     a_profile_can_switch_off_every_offload);
    return g_test_run ();
}
