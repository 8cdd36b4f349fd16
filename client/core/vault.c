/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vault.c - a key file per profile, in the profile's own syntax. */
#include "client/core/vault.h"
#include "client/base/secret.h"
#include "client/core/keyfile.h"
#include "client/core/store.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *fixed_dir;

void
adit_vault_set_dir (const char *dir)
{
    g_free (fixed_dir);
    fixed_dir = g_strdup (dir);
}

static const char *
vault_dir (void)
{
    return fixed_dir ? fixed_dir : "/etc/adit/secrets";
}

static char *
path_of (const char *name)
{
    return g_strdup_printf ("%s/%s.conf", vault_dir (), name);
}

/* Root's alone, and the file too. */
static gboolean
judge (const char *path, const AditKeyFile *file, GError **error)
{
    struct stat about;

    if (lstat (vault_dir (), &about) == 0 && S_ISDIR (about.st_mode) &&
        about.st_uid == geteuid () && !(about.st_mode & 077) && file->about.st_uid == geteuid () &&
        !adit_keyfile_is_open (file))
        return TRUE;
    return adit_fail (error, ADIT_ERROR_SECRET,
                      _ ("%s holds secrets, and others have rights to it; run: chmod 700 %s; chmod "
                         "600 %s"),
                      path, vault_dir (), path);
}

/* Empty when there is none; NULL on failure. */
static AditProfile *
load (const char *path, GError **error)
{
    AditProfile *kept = NULL;
    AditKeyFile  file;

    if (access (path, F_OK) < 0 && errno == ENOENT)
        return adit_profile_new ();
    if (!adit_keyfile_read (path, ADIT_PROFILE_MAX, &file, error))
        return NULL;
    if (judge (path, &file, error))
        kept = adit_profile_parse (file.text, file.len, path, error);
    adit_keyfile_clear (&file);
    return kept;
}

static gboolean
save (const char *path, const AditProfile *kept, GError **error)
{
    g_auto (GStrv) sections = adit_profile_sections (kept, NULL);
    char    *text;
    gboolean ok;

    if (sections[0] == NULL) {
        if (unlink (path) == 0 || errno == ENOENT)
            return TRUE;
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s cannot be removed."), path);
    }
    if (g_mkdir_with_parents (vault_dir (), 0700) < 0)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The folder of secrets, %s, cannot be made."), vault_dir ());
    text = adit_profile_format (kept);
    ok   = adit_keyfile_write (path, text, TRUE, error);
    adit_wipe_string (text);
    return ok;
}

char *
adit_vault_find (const AditProfile *profile, const char *section, const char *key, GError **error)
{
    const char      *name        = adit_profile_get (profile, "connection", "name");
    g_autofree char *place       = NULL;
    g_autofree char *path        = NULL;
    g_autoptr (AditProfile) kept = NULL;

    if (geteuid () != 0 || name == NULL || !adit_store_name_ok (name, NULL))
        return NULL;
    place = adit_store_path (name);
    if (g_strcmp0 (adit_profile_file (profile), place) != 0)
        return NULL;
    path = path_of (name);
    kept = load (path, error);
    return kept ? g_strdup (adit_profile_get (kept, section, key)) : NULL;
}

gboolean
adit_vault_keep (const char *name, const char *section, const char *key, const char *secret,
                 GError **error)
{
    g_autofree char *path        = NULL;
    g_autoptr (AditProfile) kept = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    path = path_of (name);
    kept = load (path, error);
    if (kept == NULL)
        return FALSE;
    adit_profile_set (kept, section, key, secret);
    return save (path, kept, error);
}

gboolean
adit_vault_forget (const char *name, const char *section, const char *key, GError **error)
{
    g_autofree char *path        = NULL;
    g_autoptr (AditProfile) kept = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    path = path_of (name);
    kept = section ? load (path, error) : adit_profile_new ();
    if (kept == NULL)
        return FALSE;
    if (section)
        adit_profile_set (kept, section, key, NULL);
    return save (path, kept, error);
}
