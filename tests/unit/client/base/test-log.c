/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-log.c - lines reach the sink, or do not, by their level. */
#include "client/base/log.h"

static void
collect (gpointer user, AditLogLevel level, const char *topic, const char *text)
{
    g_string_append_printf (user, "%s|%s|%s;", adit_log_level_name (level), topic, text);
}

static void
lines_reach_the_sink_up_to_a_level (void)
{
    g_autoptr (GString) lines = g_string_new (NULL);

    adit_log_to (collect, lines, ADIT_LOG_NOTICE);
    adit_log (ADIT_LOG_ERROR, "core", "code %d", 7);
    adit_log (ADIT_LOG_NOTICE, "wireguard", "up");
    adit_log (ADIT_LOG_INFO, "wireguard", "not this");
    adit_log_to (collect, lines, ADIT_LOG_DEBUG);
    adit_log (ADIT_LOG_DEBUG, "path", "100%% of it");
    adit_log_to (NULL, NULL, ADIT_LOG_ERROR);
    g_assert_cmpstr (lines->str, ==,
                     "error|core|code 7;notice|wireguard|up;debug|path|100% of it;");
}

static void
levels_have_names (void)
{
    g_assert_cmpstr (adit_log_level_name (ADIT_LOG_WARNING), ==, "warning");
    g_assert_cmpstr (adit_log_level_name (ADIT_N_LOG_LEVELS), ==, "unknown");
}

static void
default_is_standard_error_from_notice (void)
{
    if (g_test_subprocess ()) {
        adit_log (ADIT_LOG_INFO, "core", "hidden");
        adit_log (ADIT_LOG_NOTICE, "core", "shown");
        return;
    }
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("notice: core: shown\n");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/log/default-is-standard-error-from-notice",
                     default_is_standard_error_from_notice);
    g_test_add_func ("/log/lines-reach-the-sink-up-to-a-level", lines_reach_the_sink_up_to_a_level);
    g_test_add_func ("/log/levels-have-names", levels_have_names);
    return g_test_run ();
}
