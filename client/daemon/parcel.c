/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parcel.c - a stranger's dictionary of options. */
#include "client/daemon/parcel.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

static void
clear_secret (gpointer data)
{
    AditParcelSecret *secret = data;

    g_free (secret->key);
    g_close (secret->fd, NULL);
}

void
adit_parcel_free (AditParcel *parcel)
{
    if (parcel->profile >= 0)
        g_close (parcel->profile, NULL);
    g_array_unref (parcel->secrets);
    g_free (parcel);
}

static gboolean
is_printable (const char *text)
{
    for (const char *c = text; *c; c++)
        if ((guchar) *c < 0x20 || *c == 0x7f)
            return FALSE;
    return TRUE;
}

gboolean
adit_parcel_split_key (const char *whole, char **section, char **key, GError **error)
{
    const char *dot = strrchr (whole, '.');

    if (dot == NULL || dot == whole || dot[1] == '\0' || strlen (whole) > ADIT_PARCEL_KEY_MAX ||
        !is_printable (whole))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("A secret is named by its section and key, as in `section.key`."));
    *section = g_strndup (whole, (gsize) (dot - whole));
    *key     = g_strdup (dot + 1);
    return TRUE;
}

int
adit_parcel_take_fd (GUnixFDList *fds, gint32 handle, GError **error)
{
    g_autoptr (GError) cause = NULL;
    int fd                   = -1;

    if (fds && handle >= 0 && handle < g_unix_fd_list_get_length (fds))
        fd = g_unix_fd_list_get (fds, handle, &cause);
    if (fd < 0)
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("A descriptor is missing from the call."));
    return fd;
}

static gboolean
take_secret (AditParcel *parcel, const char *key, gint32 handle, GUnixFDList *fds, GError **error)
{
    AditParcelSecret secret   = { 0 };
    g_autofree char *section  = NULL;
    g_autofree char *its_name = NULL;

    if (parcel->secrets->len >= ADIT_PARCEL_SECRETS)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("A call may bring at most %u secrets."),
                          ADIT_PARCEL_SECRETS);
    if (!adit_parcel_split_key (key, &section, &its_name, error))
        return FALSE;
    secret.fd = adit_parcel_take_fd (fds, handle, error);
    if (secret.fd < 0)
        return FALSE;
    secret.key = g_strdup (key);
    g_array_append_val (parcel->secrets, secret);
    return TRUE;
}

static gboolean
take_option (AditParcel *parcel, const char *name, GVariant *value, GUnixFDList *fds,
             GError **error)
{
    GVariantIter iter;
    const char  *key;
    gint32       handle;

    if (strcmp (name, "profile") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_HANDLE) &&
        parcel->profile < 0) {
        parcel->profile = adit_parcel_take_fd (fds, g_variant_get_handle (value), error);
        return parcel->profile >= 0;
    }
    if (strcmp (name, "secrets") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE ("a{sh}"))) {
        g_variant_iter_init (&iter, value);
        while (g_variant_iter_next (&iter, "{&sh}", &key, &handle))
            if (!take_secret (parcel, key, handle, fds, error))
                return FALSE;
        return TRUE;
    }
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("The call has an option that is unknown, there twice, or of a wrong "
                         "type; known are profile (h) and secrets (a{sh})."));
}

AditParcel *
adit_parcel_open (GVariant *options, GUnixFDList *fds, GError **error)
{
    g_autoptr (AditParcel) parcel = g_new0 (AditParcel, 1);
    GVariantIter iter;
    const char  *name;
    GVariant    *value;

    parcel->profile = -1;
    parcel->secrets = g_array_new (FALSE, TRUE, sizeof (AditParcelSecret));
    g_array_set_clear_func (parcel->secrets, clear_secret);
    g_variant_iter_init (&iter, options);
    while (g_variant_iter_next (&iter, "{&sv}", &name, &value)) {
        gboolean ok = take_option (parcel, name, value, fds, error);

        g_variant_unref (value);
        if (!ok)
            return NULL;
    }
    return g_steal_pointer (&parcel);
}

/* ---- the profile in it ---- */

static gboolean
is_auto (const AditProfile *profile, const char *key)
{
    const char *value = adit_profile_get (profile, "routing", key);

    return value == NULL || strcmp (value, "auto") == 0;
}

gboolean
adit_parcel_judge_private (const AditProfile *profile, GError **error)
{
    if (!is_auto (profile, "table") || !is_auto (profile, "mark"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("routing.table and routing.mark are for profiles of this machine; "
                             "leave them out."));
    if (g_strcmp0 (adit_profile_get (profile, "guard", "mode"), "always") == 0)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("A guard that outlives its tunnel (guard.mode = always) is for "
                             "profiles of this machine; take guard.mode = tunnel."));
    return TRUE;
}
