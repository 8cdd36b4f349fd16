/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suffix.c - over libpsl, with the list that is built into it. */
#include "client/net/suffix.h"
#include <libpsl.h>
#include <string.h>

gboolean
adit_suffix_is_public (const char *domain)
{
    g_autofree char *name = g_ascii_strdown (domain, -1);
    gsize            len  = strlen (name);

    while (len && name[len - 1] == '.')
        name[--len] = '\0';
    if (len == 0)
        return TRUE;
    return psl_is_public_suffix2 (psl_builtin (), name, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}
