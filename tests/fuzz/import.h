/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import.h - any file as one of another program's; what comes of it can be written down, and what
 * does not is reported in words. */
#pragma once
#include "client/base/secret.h"
#include "client/plugin.h"
#include "tests/fuzz/target.h"

static void
on_import_report (gpointer user G_GNUC_UNUSED, guint line G_GNUC_UNUSED, const char *what,
                  const char *why)
{
    g_assert (what && why);
}

#define FUZZ_IMPORT(import)                                                              \
    int LLVMFuzzerTestOneInput (const guint8 *data, gsize size)                          \
    {                                                                                    \
        g_autoptr (AditProfile) profile = adit_profile_new ();                           \
        g_autoptr (GError) error        = NULL;                                          \
                                                                                         \
        if (size <= ADIT_PROFILE_MAX &&                                                  \
            import (profile, (const char *) data, size, on_import_report, NULL, &error)) \
            adit_wipe_string (adit_profile_format (profile));                            \
        return 0;                                                                        \
    }
