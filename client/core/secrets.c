/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secrets.c - fetches the secrets that a profile only names. */
#include "client/core/secrets.h"
#include "client/base/secret.h"
#include "client/base/value.h"
#include "client/core/keyfile.h"
#include "client/core/vault.h"
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_MAX = 64 * 1024 };

typedef struct {
    AditProfile      *profile;
    const AditSchema *schema;
    AditSecretAskFn   ask;
    gpointer          user;
} Resolver;

static gboolean
is_text (const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++)
        if (g_ascii_iscntrl (text[i]) && text[i] != '\t')
            return FALSE;
    return g_utf8_validate (text, (gssize) len, NULL);
}

/* Several lines become one. */
static gsize
fold_lines (char *text, gsize len)
{
    gsize n = 0;

    for (gsize i = 0; i < len; i++)
        if (text[i] != '\r' || text[i + 1] != '\n')
            text[n++] = text[i] == '\n' ? '\t' : text[i];
    text[n] = '\0';
    return n;
}

static gsize
drop_line_end (char *text, gsize len)
{
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
    return len;
}

/* One line of text, without its end. */
static gboolean
judge_text (const AditField *field, char *text, gsize len, const char *path, GError **error)
{
    gboolean has_lines = adit_field_has_lines (field);

    len = has_lines ? fold_lines (text, len) : drop_line_end (text, len);
    if (len == 0 && adit_field_is_secret (field))
        return adit_fail (error, ADIT_ERROR_SECRET, _ ("%s is empty; put the secret there."), path);
    if (len == 0)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is empty."), path);
    for (gsize i = 0; i < len && !has_lines; i++)
        if (g_ascii_iscntrl (text[i]))
            return adit_fail (error, ADIT_ERROR_SECRET,
                              _ ("%s has more than one line of text; put only the secret there."),
                              path);
    if (!is_text (text, len))
        return adit_fail (error, ADIT_ERROR_SECRET, _ ("%s is not UTF-8 text."), path);
    return TRUE;
}

static gboolean
judge_owner (const AditKeyFile *file, const char *path, GError **error)
{
    if (file->about.st_uid != geteuid () && file->about.st_uid != 0)
        return adit_fail (error, ADIT_ERROR_SECRET,
                          _ ("%s belongs to another user; a secret must be in a file of your own."),
                          path);
    if (adit_keyfile_is_open (file))
        return adit_fail (error, ADIT_ERROR_SECRET,
                          _ ("%s holds a secret, and others may read it; run: chmod 600 %s"), path,
                          path);
    return TRUE;
}

static char *
from_file (const AditField *field, const char *path, gboolean private, GError **error)
{
    AditKeyFile file;
    char       *secret = NULL;

    if (!adit_keyfile_read (path, SECRET_MAX, &file, error))
        return NULL;
    if ((!private || judge_owner (&file, path, error)) &&
        judge_text (field, file.text, file.len, path, error))
        secret = g_strdup (file.text);
    adit_keyfile_clear (&file);
    return secret;
}

/* systemd's own folder guards its files, whatever their modes are. */
char *
adit_secrets_credential (const AditField *field, const char *name, GError **error)
{
    const char      *dir  = g_getenv ("CREDENTIALS_DIRECTORY");
    g_autofree char *path = NULL;

    if (dir == NULL || !g_path_is_absolute (dir)) {
        adit_fail (
            error, ADIT_ERROR_SECRET,
            _ ("The credential %s is there only when systemd starts adit; name it in the unit "
               "with LoadCredential=."),
            name);
        return NULL;
    }
    path = g_build_filename (dir, name, NULL);
    return from_file (field, path, FALSE, error);
}

/* "office.toy-peer-hq.key": one that nobody has named, but that is meant for just this.  NULL
 * without an error: there is none. */
static char *
from_own_credential (const Resolver *r, const char *section, const AditField *field, GError **error)
{
    const char      *dir  = g_getenv ("CREDENTIALS_DIRECTORY");
    const char      *name = adit_profile_get (r->profile, "connection", "name");
    g_autofree char *own  = g_strdup_printf ("%s.%s.%s", name ? name : "", section, field->key);
    g_autofree char *path =
        dir ? g_build_filename (dir, g_strdelimit (own, " /", '-'), NULL) : NULL;

    if (path == NULL || !g_path_is_absolute (path) || !g_file_test (path, G_FILE_TEST_EXISTS))
        return NULL;
    return from_file (field, path, FALSE, error);
}

/* Where the value is still to be taken from, "file:/PATH" for a path; NULL: nowhere; g_free. */
static char *
source_of (const AditProfile *profile, const char *section, const AditField *field)
{
    g_autofree char *key  = g_strconcat (field->key, "-source", NULL);
    const char      *path = adit_profile_get (profile, section, field->key);

    if (adit_field_is_secret (field))
        return g_strdup (adit_profile_get (profile, section, key));
    if (field->type == ADIT_FIELD_FILE && path && g_path_is_absolute (path))
        return g_strconcat ("file:", path, NULL);
    return NULL;
}

static char *
fetch (const Resolver *r, const char *section, const AditField *field, const char *source,
       GError **error)
{
    char *secret;

    if (g_str_has_prefix (source, "file:"))
        return from_file (field, source + strlen ("file:"), adit_field_is_secret (field), error);
    if (g_str_has_prefix (source, "credential:"))
        return adit_secrets_credential (field, source + strlen ("credential:"), error);
    if ((secret = from_own_credential (r, section, field, error)) || (error && *error))
        return secret;
    if (g_str_equal (source, "keyring") &&
        (secret = adit_vault_find (r->profile, section, field->key, error)) != NULL)
        return secret;
    if (error && *error)
        return NULL;
    if (r->ask)
        return r->ask (r->user, section, field, error);
    adit_fail (error, ADIT_ERROR_SECRET, _ ("`%s` is needed, and there is nobody to ask for it."),
               field->key);
    return NULL;
}

static char *
place_of (const AditProfile *profile, const char *section, const AditField *field)
{
    g_autofree char *key = g_strconcat (field->key, "-source", NULL);

    return adit_profile_place (profile, section, adit_field_is_secret (field) ? key : field->key);
}

static gboolean
take (AditProfile *profile, const char *section, const AditField *field, const char *secret,
      GError **error)
{
    g_autofree char *key   = g_strconcat (field->key, "-source", NULL);
    g_autofree char *place = place_of (profile, section, field);
    g_autofree char *wrong = adit_value_judge (field, secret);

    if (wrong)
        return adit_fail (error, ADIT_ERROR_SECRET, "%s: %s", place, wrong);
    adit_profile_set (profile, section, field->key, secret);
    adit_profile_set (profile, section, key, NULL);
    return TRUE;
}

static gboolean
resolve (const Resolver *r, const char *section, const AditField *field, GError **error)
{
    g_autofree char *source  = source_of (r->profile, section, field);
    g_autofree char *place   = place_of (r->profile, section, field);
    g_autoptr (GError) cause = NULL;
    char    *secret;
    gboolean ok;

    if (source == NULL)
        return TRUE;
    secret = fetch (r, section, field, source, &cause);
    if (secret == NULL)
        return adit_fail (error, (AditError) cause->code, "%s: %s", place, cause->message);
    ok = take (r->profile, section, field, secret, error);
    adit_wipe_string (secret);
    return ok;
}

gboolean
adit_secrets_resolve (AditProfile *profile, const AditSchema *schema, AditSecretAskFn ask,
                      gpointer user, GError **error)
{
    const Resolver r        = { profile, schema, ask, user };
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **section = sections; *section; section++)
        for (const AditField *f = schema->fields; f && f->key; f++)
            if (adit_field_in (f, *section) && !resolve (&r, *section, f, error))
                return FALSE;
    return TRUE;
}

/* ---- in steps ---- */

static void
need_free (gpointer data)
{
    AditSecretNeed *need = data;

    g_free (need->section);
    g_free (need->source);
    g_free (need);
}

static void
add_need (GPtrArray *needs, const AditProfile *profile, const char *section, const AditField *field)
{
    char           *source = source_of (profile, section, field);
    AditSecretNeed *need;

    if (source == NULL)
        return;
    need          = g_new0 (AditSecretNeed, 1);
    need->section = g_strdup (section);
    need->field   = field;
    need->source  = source;
    g_ptr_array_add (needs, need);
}

GPtrArray *
adit_secrets_needs (const AditProfile *profile, const AditSchema *schema)
{
    GPtrArray *needs        = g_ptr_array_new_with_free_func (need_free);
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **section = sections; *section; section++)
        for (const AditField *f = schema->fields; f && f->key; f++)
            if (adit_field_in (f, *section))
                add_need (needs, profile, *section, f);
    return needs;
}

gboolean
adit_secrets_give (AditProfile *profile, const AditSecretNeed *need, char *text, GError **error)
{
    return judge_text (need->field, text, strlen (text), need->field->key, error) &&
           take (profile, need->section, need->field, text, error);
}
