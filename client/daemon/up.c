/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* up.c - Up: the parcel is judged, the caller allowed, the profile and the secrets that came with
 * it are read with the caller's rights, and only then there is a session. */
#include "client/base/secret.h"
#include "client/core/borrow.h"
#include "client/core/store.h"
#include "client/core/vault.h"
#include "client/daemon/parcel.h"
#include "client/daemon/service-parts.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>

enum { PROFILE_MAX = 256 << 10 };

typedef struct {
    AditService *service;
    char        *name;
    AditParcel  *parcel;
    AditProfile *profile;
    AditSchema  *schema;
    GHashTable  *given;
    guint        at; /* of the parcel's secrets */
} Up;

static void
up_free (gpointer data)
{
    Up *up = data;

    g_clear_pointer (&up->parcel, adit_parcel_free);
    g_clear_pointer (&up->given, g_hash_table_unref);
    adit_profile_free (up->profile);
    adit_schema_free (up->schema);
    g_free (up->name);
    g_free (up);
}

/* ---- the last step ---- */

static void
begin (AditCall *call)
{
    Up             *up    = call->data;
    GError         *error = NULL;
    AditSessionPlan plan  = { .name       = up->name,
                              .uid        = call->uid,
                              .is_private = up->parcel->profile >= 0,
                              .given      = up->given,
                              .asker      = call->sender };
    AditSession    *session;

    if (!service_may_begin (up->service, up->name, call->uid, &error)) {
        adit_call_fail (call, error);
        return;
    }
    plan.profile = g_steal_pointer (&up->profile);
    plan.schema  = g_steal_pointer (&up->schema);
    session      = service_begin_session (up->service, &plan);
    adit_call_return (call, g_variant_new ("(o)", adit_session_path (session)));
}

/* ---- secrets that came along, one after the other ---- */

static void read_next (AditCall *call);

static void
on_secret (gpointer data, AditKeyFile *file, GError *error)
{
    AditCall               *call = data;
    Up                     *up   = call->data;
    const AditParcelSecret *it   = &g_array_index (up->parcel->secrets, AditParcelSecret, up->at);

    if (error) {
        adit_call_fail (call, error);
        return;
    }
    g_hash_table_replace (up->given, g_strdup (it->key), g_strndup (file->text, file->len));
    adit_keyfile_clear (file);
    up->at++;
    read_next (call);
}

static void
read_next (AditCall *call)
{
    Up                     *up = call->data;
    const AditParcelSecret *it;
    GError                 *error = NULL;

    if (up->at == up->parcel->secrets->len) {
        begin (call);
        return;
    }
    it = &g_array_index (up->parcel->secrets, AditParcelSecret, up->at);
    if (!adit_borrow_fd (it->fd, ADIT_BORROW_STREAM, call->uid, it->key, ADIT_VAULT_SECRET_MAX,
                         on_secret, call, &error))
        adit_call_fail (call, error);
}

/* ---- the profile ---- */

/* What root may do, one user may not do to all others. */
static gboolean
judge_private (const Up *up, guint uid, GError **error)
{
    g_autofree char *place = adit_store_path (up->name);

    if (uid == 0)
        return TRUE;
    if (g_file_test (place, G_FILE_TEST_EXISTS))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s is a profile of this machine; give yours another name."),
                          up->name);
    return adit_parcel_judge_private (up->profile, error);
}

static void
take_profile (AditCall *call, AditProfile *profile, GError *error)
{
    Up *up = call->data;

    up->profile = profile;
    if (profile)
        adit_profile_set (profile, "connection", "name", up->name);
    if (profile == NULL || (up->parcel->profile >= 0 && !judge_private (up, call->uid, &error)))
        adit_call_fail (call, error);
    else
        read_next (call);
}

static void
on_profile (gpointer data, AditKeyFile *file, GError *error)
{
    AditCall    *call    = data;
    Up          *up      = call->data;
    AditProfile *profile = NULL;

    if (file) {
        profile = adit_store_take (file, up->name, &up->schema, &error);
        adit_keyfile_clear (file);
    }
    take_profile (call, profile, error);
}

static void
on_allowed (AditCall *call)
{
    Up     *up    = call->data;
    GError *error = NULL;

    if (!service_may_begin (up->service, up->name, call->uid, &error)) {
        adit_call_fail (call, error);
        return;
    }
    if (up->parcel->profile < 0) {
        AditProfile *profile = adit_store_load (up->name, &up->schema, &error);

        take_profile (call, profile, error);
        return;
    }
    if (!adit_borrow_fd (up->parcel->profile, ADIT_BORROW_FILE, call->uid, _ ("The profile"),
                         PROFILE_MAX, on_profile, call, &error))
        adit_call_fail (call, error);
}

/* ---- the parcel ---- */

static void
wipe (gpointer text)
{
    adit_wipe_string (text);
}

void
service_up (AditCall *call)
{
    Up *up                       = g_new0 (Up, 1);
    g_autoptr (GVariant) options = NULL;
    GError *error                = NULL;

    up->service     = call->data;
    call->data      = up;
    call->free_data = up_free;
    g_variant_get (adit_call_arguments (call), "(s@a{sv})", &up->name, &options);
    up->given = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, wipe);
    if (adit_store_name_ok (up->name, &error))
        up->parcel = adit_parcel_open (options, adit_call_fds (call), &error);
    if (up->parcel == NULL)
        adit_call_fail (call, error);
    else
        adit_call_check (call,
                         up->parcel->profile >= 0 ? ADIT_ACTION_UP_OWN : ADIT_ACTION_UP_SYSTEM,
                         on_allowed);
}
