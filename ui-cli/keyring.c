/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyring.c - libsecret: one item per secret, found by the profile and the key. */
#include "ui-cli/keyring.h"
#include <glib/gi18n.h>
#include <libsecret/secret.h>

static const SecretSchema schema = { .name       = "org.adit.Secret",
                                     .flags      = SECRET_SCHEMA_NONE,
                                     .attributes = {
                                         { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING },
                                         { "key", SECRET_SCHEMA_ATTRIBUTE_STRING },
                                     } };

static gboolean
fail (GError *cause, GError **error)
{
    g_dbus_error_strip_remote_error (cause);
    return adit_fail_because (error, cause, ADIT_ERROR_SECRET,
                              _ ("Your key ring does not answer; is one running and unlocked?"));
}

/* No session bus or nobody on it who keeps secrets: as if nothing were kept. */
static gboolean
is_absence (const GError *error)
{
    return error->domain == G_IO_ERROR ||
           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_EXEC_FAILED);
}

char *
cli_keyring_find (const char *profile, const char *key, GError **error)
{
    GError *cause  = NULL;
    char   *found  = secret_password_lookup_nonpageable_sync (&schema, NULL, &cause, "profile",
                                                              profile, "key", key, NULL);
    char   *secret = g_strdup (found);

    secret_password_free (found);
    if (cause && is_absence (cause))
        g_error_free (cause);
    else if (cause)
        fail (cause, error);
    return secret;
}

gboolean
cli_keyring_keep (const char *profile, const char *key, const char *secret, GError **error)
{
    g_autofree char *label = g_strdup_printf (_ ("%s of the VPN %s"), key, profile);
    GError          *cause = NULL;

    if (secret_password_store_sync (&schema, SECRET_COLLECTION_DEFAULT, label, secret, NULL, &cause,
                                    "profile", profile, "key", key, NULL))
        return TRUE;
    return fail (cause, error);
}

gboolean
cli_keyring_forget (const char *profile, const char *key, GError **error)
{
    GError *cause = NULL;

    if (key)
        secret_password_clear_sync (&schema, NULL, &cause, "profile", profile, "key", key, NULL);
    else
        secret_password_clear_sync (&schema, NULL, &cause, "profile", profile, NULL);
    return cause == NULL || fail (cause, error);
}
