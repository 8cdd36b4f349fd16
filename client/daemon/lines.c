/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lines.c - the end of a log. */
#include "client/daemon/lines.h"
#include "client/core/remote.h"
#include <string.h>

/* The last of them; 0: all. */
static const char *
last_lines (const char *text, guint lines)
{
    const char *at = text + strlen (text);

    if (lines == 0)
        return text;
    if (at > text && at[-1] == '\n')
        at--;
    while (at > text)
        if (at[-1] != '\n')
            at--;
        else if (--lines == 0)
            break;
        else
            at--;
    return at;
}

void
adit_log_return (AditCall *call, const char *name, guint lines)
{
    GError          *error = NULL;
    g_autofree char *kept  = adit_remote_log (name, &error);
    g_autofree char *text  = NULL;

    if (kept == NULL) {
        adit_call_fail (call, error);
        return;
    }
    text = adit_fault_text (last_lines (kept, lines));
    adit_call_return (call, g_variant_new ("(s)", text));
}
