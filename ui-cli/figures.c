/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* figures.c - numbers as people read them: three digits and a unit. */
#include "ui-cli/figures.h"
#include <glib/gi18n.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* "9.87", "98.7", "987" */
static char *
three_digits (double value, const char *unit)
{
    return g_strdup_printf (value < 9.995   ? "%.2f %s"
                            : value < 99.95 ? "%.1f %s"
                                            : "%.0f %s",
                            value, unit);
}

char *
cli_bytes (guint64 bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double                   value   = (double) bytes / 1024;
    guint                    i       = 0;

    if (bytes < 1024)
        return g_strdup_printf ("%" G_GUINT64_FORMAT " B", bytes);
    for (; value >= 999.5 && i < G_N_ELEMENTS (units) - 1; i++)
        value /= 1024;
    return three_digits (value, units[i]);
}

char *
cli_rate (double bytes_per_s)
{
    static const char *const units[] = { "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };
    double                   value   = bytes_per_s * 8 / 1000;
    guint                    i       = 0;

    if (value < 0.0005)
        return g_strdup ("0 bit/s");
    if (value < 0.9995)
        return g_strdup_printf ("%.0f bit/s", value * 1000);
    for (; value >= 999.5 && i < G_N_ELEMENTS (units) - 1; i++)
        value /= 1000;
    return three_digits (value, units[i]);
}

char *
cli_count (guint64 count)
{
    g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, count);
    GString         *text   = g_string_new (digits);

    for (gssize at = (gssize) text->len - 3; at > 0; at -= 3)
        g_string_insert (text, at, "\u2009"); /* thin space */
    return g_string_free (text, FALSE);
}

char *
cli_duration (guint64 seconds)
{
    guint64 s = seconds % 60, min = seconds / MINUTE % 60, h = seconds / HOUR % 24;

    if (seconds < MINUTE)
        return g_strdup_printf (_ ("%u s"), (guint) s);
    if (seconds < HOUR)
        return g_strdup_printf (_ ("%u min %u s"), (guint) min, (guint) s);
    if (seconds < DAY)
        return g_strdup_printf (_ ("%u h %u min"), (guint) h, (guint) min);
    return g_strdup_printf (_ ("%u d %u h"), (guint) (seconds / DAY), (guint) h);
}

char *
cli_since (gint64 then, gint64 now)
{
    g_autofree char *duration = NULL;

    if (then <= 0)
        return g_strdup (_ ("never"));
    if (then >= now)
        return g_strdup (_ ("just now"));
    duration = cli_duration ((guint64) (now - then));
    return g_strdup_printf (_ ("%s ago"), duration);
}
