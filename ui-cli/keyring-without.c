/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyring-without.c - built without libsecret: nothing is kept. */
#include "ui-cli/keyring.h"
#include <glib/gi18n.h>

char *
cli_keyring_find (const char *profile G_GNUC_UNUSED, const char *key G_GNUC_UNUSED,
                  GError **error G_GNUC_UNUSED)
{
    return NULL;
}

gboolean
cli_keyring_keep (const char *profile G_GNUC_UNUSED, const char *key G_GNUC_UNUSED,
                  const char *secret G_GNUC_UNUSED, GError **error)
{
    return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("This adit was built without key rings."));
}

gboolean
cli_keyring_forget (const char *profile G_GNUC_UNUSED, const char *key G_GNUC_UNUSED,
                    GError **error G_GNUC_UNUSED)
{
    return TRUE;
}
