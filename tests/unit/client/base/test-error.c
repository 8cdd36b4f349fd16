/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-error.c - one sentence, causes beneath, names and exit statuses. */
#include "client/base/error.h"
#include <errno.h>

static void
causes_are_told_beneath (void)
{
    GError *root             = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) copy  = NULL;
    g_autofree char *told    = NULL;

    adit_fail_errno (&root, ENOENT, ADIT_ERROR_SYSTEM, "No %s.", "device");
    g_assert_false (adit_fail_because (&error, root, ADIT_ERROR_LOST, "It broke."));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_LOST);
    copy = g_error_copy (error);
    told = adit_error_explain (copy);
    g_assert_cmpstr (told, ==,
                     "It broke.\n  because: No device.\n  because: No such file or directory");
}

static void
nobody_asking_loses_nothing (void)
{
    GError *cause = NULL;

    adit_fail (&cause, ADIT_ERROR_BUG, "Cause.");
    g_assert_false (adit_fail_because (NULL, cause, ADIT_ERROR_BUG, "Freed."));
    g_assert_false (adit_fail (NULL, ADIT_ERROR_BUG, "Nothing."));
}

static void
chain_is_rebuilt_from_sentences (void)
{
    static const char *const sentences[] = { "First.", "100%s", "Root.", NULL };
    g_autoptr (GError) error             = adit_error_from_chain (ADIT_ERROR_LOGIN, sentences);
    g_autofree char *told                = adit_error_explain (error);

    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_LOGIN);
    g_assert_cmpstr (told, ==, "First.\n  because: 100%s\n  because: Root.");
}

static void
foreign_errors_have_no_cause (void)
{
    g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone");

    g_assert_null (adit_error_cause (error));
}

static void
names_go_there_and_back (void)
{
    static const int statuses[] = { 2, 3, 4, 4, 5, 3, 6, 7, 4, 8, 130, 70 };
    AditError        back;

    for (guint code = 0; code < ADIT_N_ERRORS; code++) {
        g_assert_true (adit_error_from_name (adit_error_name (code), &back));
        g_assert_cmpint (back, ==, code);
        g_assert_cmpint (adit_error_exit_status (code), ==, statuses[code]);
    }
    g_assert_false (adit_error_from_name ("nonsense", &back));
    g_assert_cmpstr (adit_error_name ((AditError) ADIT_N_ERRORS), ==, "bug");
    g_assert_cmpint (adit_error_exit_status ((AditError) ADIT_N_ERRORS), ==, 70);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/error/causes-are-told-beneath", causes_are_told_beneath);
    g_test_add_func ("/error/nobody-asking-loses-nothing", nobody_asking_loses_nothing);
    g_test_add_func ("/error/chain-is-rebuilt-from-sentences", chain_is_rebuilt_from_sentences);
    g_test_add_func ("/error/foreign-errors-have-no-cause", foreign_errors_have_no_cause);
    g_test_add_func ("/error/names-go-there-and-back", names_go_there_and_back);
    return g_test_run ();
}
