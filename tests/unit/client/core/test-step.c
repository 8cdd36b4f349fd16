/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-step.c - steps survive being written down, and nothing else reads as one. */
#include "client/core/step.h"
#include <string.h>

static void
test_survives_odd_text (void)
{
    g_autoptr (AditStep) step  = adit_step_new (ADIT_STEP_FILE);
    g_autoptr (AditStep) again = NULL;
    g_autofree char *line      = NULL;

    step->name = g_strdup ("/run/a b=c%d\nfile name=/etc/passwd\xc3\xa4");
    line       = adit_step_format (step);
    g_assert_null (strchr (line, '\n'));
    again = adit_step_parse (line);
    g_assert_nonnull (again);
    g_assert_cmpstr (again->name, ==, step->name);
}

static void
test_refuses (void)
{
    static const char *const bad[] = {
        "",
        "file",
        "file name",
        "nothing name=/x",
        "rule mark=1 table=2 prefix=0.0.0.0/0",        /* no preference: it would match others */
        "rule table=2 preference=3 prefix=0.0.0.0/0",  /* no mark */
        "rule target=2 preference=3 prefix=0.0.0.0/0", /* everybody would skip others' rules */
        "rule users=x preference=3 table=2 prefix=0.0.0.0/0",
        "table",
        "split name=toy",
        "split value=x",
        "group",
        "route prefix=10.0.0.0/8", /* no table: it would be somebody else's */
        "route table=1 prefix=10.0.0.0/99",
        "address index=1",
        "address index=x prefix=10.0.0.1/8",
        "address index=4294967296 prefix=10.0.0.1/8",
        "device name=x",
        "setting name=x value=1",
        "dns name=file",
        "link",
        "file name=/x color=red",
        "file name=%zz",
    };

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (AditStep) step = adit_step_parse (bad[i]);

        g_test_message ("%s", bad[i]);
        g_assert_null (step);
    }
}

/* Every number that a rule has, user 0 among them. */
static void
test_rules (void)
{
    g_autoptr (AditStep) rule  = adit_step_new (ADIT_STEP_RULE);
    g_autofree char *line      = NULL;
    g_autoptr (AditStep) again = NULL;

    rule->prefix.family = 6;
    rule->preference    = 12001;
    rule->target        = 12002;
    rule->mark          = 0x10000;
    rule->mask          = 0x10000;
    rule->is_marked     = TRUE;
    rule->has_users     = TRUE;
    rule->uid_last      = 7;
    line                = adit_step_format (rule);
    g_assert_cmpstr (line, ==,
                     "rule mark=65536 mask=65536 marked=1 target=12002 preference=12001 users=1 "
                     "uid-last=7 prefix=::/0");
    again = adit_step_parse (line);
    g_assert_nonnull (again);
    g_assert_true (adit_step_equal (rule, again));
    g_assert_true (again->has_users && again->is_marked);
    g_assert_cmpuint (again->uid_first, ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/step/survives-odd-text", test_survives_odd_text);
    g_test_add_func ("/step/rules", test_rules);
    g_test_add_func ("/step/refuses-what-it-did-not-write", test_refuses);
    return g_test_run ();
}
