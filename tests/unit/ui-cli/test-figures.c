/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-figures.c - numbers at the edges of their units. */
#include "ui-cli/figures.h"

static void
is (char *found, const char *expected)
{
    g_assert_cmpstr (found, ==, expected);
    g_free (found);
}

static void
test_bytes (void)
{
    is (cli_bytes (0), "0 B");
    is (cli_bytes (1023), "1023 B");
    is (cli_bytes (1024), "1.00 KiB");
    is (cli_bytes (10 * 1024), "10.0 KiB");
    is (cli_bytes (999 * 1024), "999 KiB");
    is (cli_bytes (1023 * 1024), "1.00 MiB");
    is (cli_bytes ((guint64) 5 << 30), "5.00 GiB");
    is (cli_bytes (G_MAXUINT64), "16.0 EiB");
}

static void
test_rates (void)
{
    is (cli_rate (0), "0 bit/s");
    is (cli_rate (10), "80 bit/s");
    is (cli_rate (125), "1.00 kbit/s");
    is (cli_rate (125e3), "1.00 Mbit/s");
    is (cli_rate (1.2345e8), "988 Mbit/s");
    is (cli_rate (1.25e9), "10.0 Gbit/s");
    is (cli_rate (1e18), "8000000 Tbit/s");
}

static void
test_counts (void)
{
    is (cli_count (0), "0");
    is (cli_count (999), "999");
    is (cli_count (1000), "1\u2009000");
    is (cli_count (1234567), "1\u2009234\u2009567");
    is (cli_count (G_MAXUINT64), "18\u2009446\u2009744\u2009073\u2009709\u2009551\u2009615");
}

static void
test_times (void)
{
    is (cli_duration (0), "0 s");
    is (cli_duration (59), "59 s");
    is (cli_duration (60), "1 min 0 s");
    is (cli_duration (3599), "59 min 59 s");
    is (cli_duration (3600), "1 h 0 min");
    is (cli_duration (86399), "23 h 59 min");
    is (cli_duration (90000), "1 d 1 h");
    is (cli_since (0, 1000), "never");
    is (cli_since (988, 1000), "12 s ago");
    is (cli_since (1000, 1000), "just now");
    is (cli_since (2000, 1000), "just now"); /* the clock was set back */
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/figures/bytes-have-three-digits", test_bytes);
    g_test_add_func ("/figures/rates-have-three-digits", test_rates);
    g_test_add_func ("/figures/counts-are-grouped", test_counts);
    g_test_add_func ("/figures/durations-and-moments", test_times);
    return g_test_run ();
}
