/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secrets.c - SetSecret and ForgetSecret: what root keeps for profiles of this machine.  Nothing
 * here gives one back. */
#include "client/base/value.h"
#include "client/core/borrow.h"
#include "client/core/store.h"
#include "client/core/vault.h"
#include "client/daemon/parcel.h"
#include "client/daemon/service-parts.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>

typedef struct {
    char *profile, *section, *key;
    int   fd;
} Secret;

static void
secret_free (gpointer data)
{
    Secret *secret = data;

    if (secret->fd >= 0)
        g_close (secret->fd, NULL);
    g_free (secret->profile);
    g_free (secret->section);
    g_free (secret->key);
    g_free (secret);
}

/* Does the profile take this secret from what root keeps? */
static const AditField *
find_field (const Secret *secret, const AditProfile *profile, const AditSchema *schema,
            GError **error)
{
    g_autofree char *source_key = g_strconcat (secret->key, "-source", NULL);
    const AditField *field      = adit_schema_field (schema, secret->section, secret->key);

    if (field == NULL || !adit_field_is_secret (field)) {
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s has no secret `%s` in [%s]."), secret->profile,
                   secret->key, secret->section);
        return NULL;
    }
    if (g_strcmp0 (adit_profile_get (profile, secret->section, source_key), "keyring") != 0) {
        adit_fail (error, ADIT_ERROR_PROFILE,
                   _ ("%s does not take `%s` from kept secrets; set `%s = keyring` in [%s] first."),
                   secret->profile, secret->key, source_key, secret->section);
        return NULL;
    }
    return field;
}

static gboolean
keep (const Secret *secret, AditKeyFile *file, GError **error)
{
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (secret->profile, &schema, error);
    const AditField *field;
    g_autofree char *wrong = NULL;

    if (profile == NULL)
        return FALSE;
    field = find_field (secret, profile, schema, error);
    if (field == NULL)
        return FALSE;
    adit_keyfile_drop_line_end (file);
    wrong =
        file->len ? adit_value_judge (field, file->text) : g_strdup (_ ("the secret is empty."));
    if (wrong)
        return adit_fail (error, ADIT_ERROR_SECRET, "%s: %s", secret->key, wrong);
    return adit_vault_keep (secret->profile, secret->section, secret->key, file->text, error);
}

static void
on_read (gpointer data, AditKeyFile *file, GError *error)
{
    AditCall *call = data;

    if (file)
        keep (call->data, file, &error);
    if (file)
        adit_keyfile_clear (file);
    if (error)
        adit_call_fail (call, error);
    else
        adit_call_return (call, NULL);
}

static void
on_set_allowed (AditCall *call)
{
    const Secret *secret = call->data;
    GError       *error  = NULL;

    if (!adit_borrow_fd (secret->fd, ADIT_BORROW_STREAM, call->uid, _ ("The secret"),
                         ADIT_VAULT_SECRET_MAX, on_read, call, &error))
        adit_call_fail (call, error);
}

static void
on_forget_allowed (AditCall *call)
{
    const Secret *secret = call->data;
    GError       *error  = NULL;

    if (adit_vault_forget (secret->profile, secret->section, secret->key, &error))
        adit_call_return (call, NULL);
    else
        adit_call_fail (call, error);
}

static gboolean
judge (Secret *secret, const char *profile, const char *whole, GError **error)
{
    secret->profile = g_strdup (profile);
    return adit_store_name_ok (profile, error) &&
           adit_parcel_split_key (whole, &secret->section, &secret->key, error);
}

/* In place of the service, which is behind every call of the manager. */
static Secret *
secret_of (AditCall *call)
{
    Secret *secret = g_new0 (Secret, 1);

    secret->fd      = -1;
    call->data      = secret;
    call->free_data = secret_free;
    return secret;
}

void
service_set_secret (AditCall *call)
{
    Secret     *secret = secret_of (call);
    const char *profile, *whole;
    gint32      handle = -1;
    GError     *error  = NULL;

    g_variant_get (adit_call_arguments (call), "(&s&sh)", &profile, &whole, &handle);
    if (judge (secret, profile, whole, &error))
        secret->fd = adit_parcel_take_fd (adit_call_fds (call), handle, &error);
    if (error)
        adit_call_fail (call, error);
    else
        adit_call_check (call, ADIT_ACTION_SECRET, on_set_allowed);
}

void
service_forget_secret (AditCall *call)
{
    Secret     *secret = secret_of (call);
    const char *profile, *whole;
    GError     *error = NULL;

    g_variant_get (adit_call_arguments (call), "(&s&s)", &profile, &whole);
    if (whole[0] == '\0') {
        secret->profile = g_strdup (profile);
        adit_store_name_ok (profile, &error);
    } else {
        judge (secret, profile, whole, &error);
    }
    if (error)
        adit_call_fail (call, error);
    else
        adit_call_check (call, ADIT_ACTION_SECRET, on_forget_allowed);
}
