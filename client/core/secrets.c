/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secrets.c - fetches the secrets that a profile only names. */
#include "client/core/secrets.h"
#include "client/base/secret.h"
#include "client/base/value.h"
#include "client/core/keyfile.h"
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

/* One line of text, without its end. */
static gboolean
judge_text (AditKeyFile *file, const char *path, GError **error)
{
    if (file->len > 0 && file->text[file->len - 1] == '\n')
        file->text[--file->len] = '\0';
    if (file->len > 0 && file->text[file->len - 1] == '\r')
        file->text[--file->len] = '\0';
    if (file->len == 0)
        return adit_fail (error, ADIT_ERROR_SECRET, _ ("%s is empty; put the secret there."), path);
    for (gsize i = 0; i < file->len; i++)
        if (g_ascii_iscntrl (file->text[i]))
            return adit_fail (error, ADIT_ERROR_SECRET,
                              _ ("%s has more than one line of text; put only the secret there."),
                              path);
    if (!g_utf8_validate (file->text, (gssize) file->len, NULL))
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
from_file (const char *path, gboolean private, GError **error)
{
    AditKeyFile file;
    char       *secret = NULL;

    if (!adit_keyfile_read (path, SECRET_MAX, &file, error))
        return NULL;
    if ((!private || judge_owner (&file, path, error)) && judge_text (&file, path, error))
        secret = g_strdup (file.text);
    adit_keyfile_clear (&file);
    return secret;
}

/* systemd's own folder guards its files, whatever their modes are. */
static char *
from_credential (const char *name, GError **error)
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
    return from_file (path, FALSE, error);
}

static char *
fetch (const Resolver *r, const char *section, const AditField *field, const char *source,
       GError **error)
{
    if (g_str_has_prefix (source, "file:"))
        return from_file (source + strlen ("file:"), TRUE, error);
    if (g_str_has_prefix (source, "credential:"))
        return from_credential (source + strlen ("credential:"), error);
    if (r->ask)
        return r->ask (r->user, section, field, error);
    adit_fail (error, ADIT_ERROR_SECRET, _ ("`%s` is needed, and there is nobody to ask for it."),
               field->key);
    return NULL;
}

static gboolean
resolve (const Resolver *r, const char *section, const AditField *field, GError **error)
{
    g_autofree char *key     = g_strconcat (field->key, "-source", NULL);
    const char      *source  = adit_profile_get (r->profile, section, key);
    g_autofree char *place   = adit_profile_place (r->profile, section, key);
    g_autofree char *wrong   = NULL;
    g_autoptr (GError) cause = NULL;
    char *secret;

    if (source == NULL)
        return TRUE;
    secret = fetch (r, section, field, source, &cause);
    if (secret == NULL)
        return adit_fail (error, (AditError) cause->code, "%s: %s", place, cause->message);
    wrong = adit_value_judge (field, secret);
    if (wrong == NULL) {
        adit_profile_set (r->profile, section, field->key, secret);
        adit_profile_set (r->profile, section, key, NULL);
    }
    adit_wipe_string (secret);
    if (wrong)
        return adit_fail (error, ADIT_ERROR_SECRET, "%s: %s", place, wrong);
    return TRUE;
}

gboolean
adit_secrets_resolve (AditProfile *profile, const AditSchema *schema, AditSecretAskFn ask,
                      gpointer user, GError **error)
{
    const Resolver r        = { profile, schema, ask, user };
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **section = sections; *section; section++)
        for (const AditField *f = schema->fields; f && f->key; f++)
            if (adit_field_in (f, *section) && adit_field_is_secret (f) &&
                !resolve (&r, *section, f, error))
                return FALSE;
    return TRUE;
}
