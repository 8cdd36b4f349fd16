/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gather.c - a list of needs, walked one by one; a wrong answer ends it as a missing one does. */
#include "client/daemon/gather.h"
#include "client/base/secret.h"
#include "client/core/borrow.h"
#include "client/core/secrets.h"
#include "client/core/vault.h"
#include <glib/gi18n.h>
#include <string.h>

struct AditGather {
    AditProfile     *profile;
    guint            uid;
    gboolean         is_private;
    GHashTable      *given;
    AditGatherEvents events;
    gpointer         user;
    GPtrArray       *needs; /* AditSecretNeed */
    guint            at;
    guint            idle; /* source */
    AditBorrow      *borrow;
};

static const AditSecretNeed *
need (const AditGather *gather)
{
    return g_ptr_array_index (gather->needs, gather->at);
}

static gboolean
give (AditGather *gather, char *text, GError **error)
{
    if (!adit_secrets_give (gather->profile, need (gather), text, error))
        return FALSE;
    gather->at++;
    return TRUE;
}

static void walk (AditGather *gather);

/* Takes error. */
static void
go_on (AditGather *gather, GError *error)
{
    if (error)
        gather->events.done (gather->user, error);
    else
        walk (gather);
}

static void
on_file (gpointer data, AditKeyFile *file, GError *error)
{
    AditGather *gather = data;

    gather->borrow = NULL;
    if (file && adit_field_is_secret (need (gather)->field) && adit_keyfile_is_open (file))
        adit_fail (&error, ADIT_ERROR_SECRET,
                   _ ("%s holds a secret, and others may read it; run: chmod 600 %s"),
                   need (gather)->source + strlen ("file:"),
                   need (gather)->source + strlen ("file:"));
    else if (file)
        give (gather, file->text, &error);
    if (file)
        adit_keyfile_clear (file);
    go_on (gather, error);
}

static void
ask (AditGather *gather)
{
    const AditSecretNeed *it  = need (gather);
    g_autofree char      *key = g_strdup_printf ("%s.%s", it->section, it->field->key);
    g_autofree char      *text =
        g_strdup_printf (_ ("%s for %s [%s]:"), _ (it->field->title),
                         adit_profile_get (gather->profile, "connection", "name"), it->section);

    gather->events.ask (gather->user, key, text);
}

/* What root keeps is for root's profiles. */
static char *
find (AditGather *gather, GError **error)
{
    const AditSecretNeed *it    = need (gather);
    g_autofree char      *key   = g_strdup_printf ("%s.%s", it->section, it->field->key);
    const char           *given = gather->given ? g_hash_table_lookup (gather->given, key) : NULL;

    if (given)
        return g_strdup (given);
    if (g_str_has_prefix (it->source, "credential:") && gather->is_private)
        adit_fail (error, ADIT_ERROR_SECRET,
                   _ ("`%s` is to come from a credential, which only profiles of this machine "
                      "have; use keyring or ask."),
                   key);
    else if (g_str_has_prefix (it->source, "credential:"))
        return adit_secrets_credential (it->field, it->source + strlen ("credential:"), error);
    else if (strcmp (it->source, "keyring") == 0 && !gather->is_private)
        return adit_vault_find (gather->profile, it->section, it->field->key, error);
    return NULL;
}

/* TRUE: go on with the next. */
static gboolean
step (AditGather *gather, GError **error)
{
    const AditSecretNeed *it     = need (gather);
    GError               *cause  = NULL;
    char                 *secret = find (gather, &cause);
    gboolean              ok;

    if (cause) {
        g_propagate_error (error, cause);
        return FALSE;
    }
    if (secret) {
        ok = give (gather, secret, error);
        adit_wipe_string (secret);
        return ok;
    }
    if (g_str_has_prefix (it->source, "file:"))
        gather->borrow =
            adit_borrow_path (it->source + strlen ("file:"), gather->is_private ? gather->uid : 0,
                              ADIT_VAULT_SECRET_MAX, on_file, gather, error);
    else
        ask (gather);
    return FALSE;
}

static void
walk (AditGather *gather)
{
    GError *error = NULL;

    while (gather->at < gather->needs->len && step (gather, &error))
        ;
    if (error || gather->at == gather->needs->len)
        gather->events.done (gather->user, error);
}

static gboolean
on_idle (gpointer user)
{
    AditGather *gather = user;

    gather->idle = 0;
    walk (gather);
    return G_SOURCE_REMOVE;
}

AditGather *
adit_gather_new (AditProfile *profile, const AditSchema *schema, guint uid, gboolean is_private,
                 GHashTable *given, const AditGatherEvents *events, gpointer user)
{
    AditGather *gather = g_new0 (AditGather, 1);

    gather->profile    = profile;
    gather->uid        = uid;
    gather->is_private = is_private;
    gather->given      = given ? g_hash_table_ref (given) : NULL;
    gather->events     = *events;
    gather->user       = user;
    gather->needs      = adit_secrets_needs (profile, schema);
    gather->idle       = g_idle_add (on_idle, gather);
    return gather;
}

void
adit_gather_answer (AditGather *gather, char *text)
{
    GError *error = NULL;

    if (text)
        give (gather, text, &error);
    else
        adit_fail (&error, ADIT_ERROR_SECRET, _ ("`%s` of [%s] is needed and was not given."),
                   need (gather)->field->key, need (gather)->section);
    go_on (gather, error);
}

void
adit_gather_free (AditGather *gather)
{
    if (gather == NULL)
        return;
    g_clear_handle_id (&gather->idle, g_source_remove);
    if (gather->borrow)
        adit_borrow_cancel (gather->borrow);
    if (gather->given)
        g_hash_table_unref (gather->given);
    g_ptr_array_unref (gather->needs);
    g_free (gather);
}
