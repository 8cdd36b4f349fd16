/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domain.c - by whole labels from the end. */
#include "client/core/domain.h"
#include <string.h>

gboolean
adit_domain_holds (const char *domain, const char *name)
{
    gsize n = strlen (name), d;

    if (*domain == '.')
        domain++;
    d = strlen (domain);
    if (d && domain[d - 1] == '.')
        d--;
    return d && n >= d && g_ascii_strncasecmp (name + n - d, domain, d) == 0 &&
           (n == d || name[n - d - 1] == '.');
}
