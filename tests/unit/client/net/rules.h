/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules.h - for tests of what is written for the packet filter. */
#pragma once
#include "client/base/prefix.h"
#include <string.h>

/* AditPrefix of "10.66.0.2/24 fd66::2/64". */
static inline GArray *
prefixes (const char *texts)
{
    g_auto (GStrv) words = g_strsplit (texts, " ", -1);
    GArray *out          = g_array_new (FALSE, FALSE, sizeof (AditPrefix));

    for (guint i = 0; words[i] && *words[i]; i++) {
        AditPrefix prefix;

        g_assert_true (adit_prefix_parse (words[i], &prefix));
        g_array_append_val (out, prefix);
    }
    return out;
}

static inline gboolean
says (const char *text, const char *rule)
{
    g_autofree char *line = g_strdup_printf ("add rule inet adit %s\n", rule);

    return strstr (text, line) != NULL;
}
