/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* figures.h - numbers as people read them.  All results are g_freed. */
#pragma once
#include <glib.h>

char *cli_bytes (guint64 bytes);           /* "1.2 MiB" */
char *cli_count (guint64 count);           /* "12 345" */
char *cli_rate (double bytes_per_s);       /* "12.3 Mbit/s" */
char *cli_duration (guint64 seconds);      /* "3 min 12 s" */
char *cli_since (gint64 then, gint64 now); /* seconds since 1970: "12 s ago" */
