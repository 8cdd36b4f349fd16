/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-learn.c - which names belong to a domain of the profile, and whose word counts. */
#include "client/core/learn.h"
#include <string.h>

typedef struct {
    const char  *name;
    AditLearnWay way;
} Named;

static const char profile_text[] =
    "[routing]\n"
    "include-domain = corp.example, shop.public.example, both.example\n"
    "exclude-domain = public.example, Guest.Corp.Example., both.example\n";

static const Named names[] = {
    { "corp.example", ADIT_LEARN_THROUGH },
    { "CORP.example", ADIT_LEARN_THROUGH },
    { "www.corp.example", ADIT_LEARN_THROUGH },
    { "notcorp.example", ADIT_LEARN_NOT },
    { "corp.example.evil", ADIT_LEARN_NOT },
    { "example", ADIT_LEARN_NOT },
    { "", ADIT_LEARN_NOT },
    { "public.example", ADIT_LEARN_PAST },
    { "a.b.public.example", ADIT_LEARN_PAST },
    { "shop.public.example", ADIT_LEARN_THROUGH }, /* the longest domain counts */
    { "x.shop.public.example", ADIT_LEARN_THROUGH },
    { "guest.corp.example", ADIT_LEARN_PAST },
    { "a.guest.corp.example", ADIT_LEARN_PAST },
    { "both.example", ADIT_LEARN_PAST },
};

static void
test_ways (void)
{
    g_autoptr (AditProfile) profile =
        adit_profile_parse (profile_text, strlen (profile_text), "test", NULL);

    g_assert_nonnull (profile);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        g_test_message ("%s", names[i].name);
        g_assert_cmpint (adit_learn_way (profile, names[i].name), ==, names[i].way);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/learn/the-way-of-a-name", test_ways);
    return g_test_run ();
}
