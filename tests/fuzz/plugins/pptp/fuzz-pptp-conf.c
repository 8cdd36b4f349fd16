/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-pptp-conf.c - any file as one to be imported; what comes of it can be written down. */
#include "client/base/secret.h"
#include "plugins/pptp/conf-import.h"
#include "tests/fuzz/target.h"

static void
on_report (gpointer user G_GNUC_UNUSED, guint line G_GNUC_UNUSED, const char *what, const char *why)
{
    g_assert (what && why);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (AditProfile) profile = adit_profile_new ();
    g_autoptr (GError) error        = NULL;

    if (size <= ADIT_PROFILE_MAX &&
        pptp_conf_import (profile, (const char *) data, size, on_report, NULL, &error))
        adit_wipe_string (adit_profile_format (profile));
    return 0;
}
