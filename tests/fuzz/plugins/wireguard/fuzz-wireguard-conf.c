/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wireguard-conf.c - a wg-quick file; what is taken is a sound profile, and comes back from
 * its own export unchanged. */
#include "client/base/schema.h"
#include "plugins/wireguard/machine.h"
#include "tests/fuzz/target.h"

static void
on_report (gpointer user G_GNUC_UNUSED, guint line G_GNUC_UNUSED, const char *what G_GNUC_UNUSED,
           const char *why G_GNUC_UNUSED)
{
}

static AditProfile *
import (const char *text, gsize len)
{
    g_autoptr (AditProfile) p = adit_profile_new ();
    g_autoptr (GError) error  = NULL;

    return wireguard_import (p, text, len, on_report, NULL, &error) ? g_steal_pointer (&p) : NULL;
}

static void
is_sound (const AditProfile *profile)
{
    const AditSchema schema         = { .name   = (char *) "wireguard",
                                        .title  = (char *) "WireGuard",
                                        .fields = (AditField *) (gpointer) wireguard_fields };
    g_autofree char *text           = adit_profile_format (profile);
    g_autoptr (GError) error        = NULL;
    g_autoptr (AditProfile) written = adit_profile_parse (text, strlen (text), "import", &error);

    g_assert_no_error (error);
    adit_profile_check (written, &schema, &error);
    g_assert_no_error (error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (AditProfile) once  = import ((const char *) data, size);
    g_autoptr (AditProfile) twice = NULL;
    g_autofree char *first = NULL, *second = NULL;

    if (!once)
        return 0;
    is_sound (once);
    first = wireguard_export (once, on_report, NULL, NULL);
    g_assert_nonnull (first);
    twice = import (first, strlen (first));
    g_assert_nonnull (twice);
    second = wireguard_export (twice, on_report, NULL, NULL);
    g_assert_cmpstr (first, ==, second);
    return 0;
}
