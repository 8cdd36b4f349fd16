/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* store.c - profiles by name, and the descriptions of plugins. */
#include "client/core/store.h"
#include "client/base/secret.h"
#include "client/base/value.h"
#include "client/core/keyfile.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { NAME_MOST = 64, DESCRIPTION_MAX = 1 << 20 };

static char *fixed_dir;

void
adit_store_set_dir (const char *dir)
{
    g_free (fixed_dir);
    fixed_dir = g_strdup (dir);
}

static char *
profile_dir (void)
{
    if (fixed_dir)
        return g_strdup (fixed_dir);
    if (geteuid () == 0)
        return g_strdup ("/etc/adit/profiles");
    return g_build_filename (g_get_user_config_dir (), "adit", "profiles", NULL);
}

gboolean
adit_store_name_ok (const char *name, GError **error)
{
    g_autofree char *valid = NULL;

    if (adit_value_word (name, NAME_MOST))
        return TRUE;
    valid = g_utf8_make_valid (name, (gssize) strnlen (name, NAME_MOST));
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("“%s” cannot name a profile; take 1 to 64 letters, digits, dots, dashes "
                         "and underscores, not a dot or dash first."),
                      valid);
}

char *
adit_store_path (const char *name)
{
    g_autofree char *dir  = profile_dir ();
    g_autofree char *file = g_strconcat (name, ".conf", NULL);

    return g_build_filename (dir, file, NULL);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

static char **
finish_list (GPtrArray *names)
{
    g_ptr_array_sort (names, by_name);
    g_ptr_array_add (names, NULL);
    return (char **) g_ptr_array_free (names, FALSE);
}

/* "office.conf" and ".conf" give "office"; NULL: it is none of those. */
static char *
stem (const char *file, const char *ending)
{
    g_autofree char *name = NULL;

    if (!g_str_has_suffix (file, ending))
        return NULL;
    name = g_strndup (file, strlen (file) - strlen (ending));
    return adit_value_word (name, NAME_MOST) ? g_steal_pointer (&name) : NULL;
}

char **
adit_store_list (GError **error)
{
    g_autofree char *folder  = profile_dir ();
    g_autoptr (GError) cause = NULL;
    g_autoptr (GDir) dir     = g_dir_open (folder, 0, &cause);
    GPtrArray  *names;
    const char *file;

    if (dir == NULL && !g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        adit_fail_because (error, g_steal_pointer (&cause), ADIT_ERROR_SYSTEM,
                           _ ("The folder of profiles, %s, cannot be read."), folder);
        return NULL;
    }
    names = g_ptr_array_new ();
    while (dir && (file = g_dir_read_name (dir))) {
        char *name = stem (file, ".conf");

        if (name)
            g_ptr_array_add (names, name);
    }
    return finish_list (names);
}

static gboolean
fail_unknown_type (const AditProfile *profile, const char *type, GError **error)
{
    g_autofree char *place = adit_profile_place (profile, "connection", "type");
    g_auto (GStrv) known   = adit_store_plugins ();
    g_autofree char *list  = g_strjoinv (", ", known);
    const char      *near  = adit_profile_nearest (type, (const char *const *) known);

    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: there is no protocol %s; did you mean %s?"), place, type, near);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("%s: there is no protocol %s here; installed are: %s."), place, type,
                      list);
}

static AditSchema *
schema_for (const AditProfile *profile, GError **error)
{
    const char      *type  = adit_profile_get (profile, "connection", "type");
    g_autofree char *place = adit_profile_place (profile, "connection", NULL);
    g_auto (GStrv) known   = NULL;

    if (type == NULL) {
        adit_fail (error, ADIT_ERROR_PROFILE,
                   _ ("%s: [connection] lacks `type`, the protocol; add it."), place);
        return NULL;
    }
    known = adit_store_plugins ();
    if (!g_strv_contains ((const char *const *) known, type)) {
        fail_unknown_type (profile, type, error);
        return NULL;
    }
    return adit_store_schema (type, error);
}

static gboolean
holds_secret (const AditProfile *profile, const AditSchema *schema)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (char **section = sections; *section; section++) {
        g_auto (GStrv) keys = adit_profile_keys (profile, *section);

        for (char **key = keys; *key; key++) {
            const AditField *field = adit_schema_field (schema, *section, *key);

            if (field && adit_field_is_secret (field))
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean
judge_access (const char *path, const AditKeyFile *file, gboolean secret, GError **error)
{
    if (file->about.st_mode & S_IWOTH)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s may be changed by everybody; run: chmod 600 %s"), path, path);
    if (secret && adit_keyfile_is_open (file))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s holds a secret, and others may read it; run: chmod 600 %s"), path,
                          path);
    return TRUE;
}

static gboolean
judge (const AditProfile *profile, const AditSchema *schema, const char *path,
       const AditKeyFile *file, GError **error)
{
    return judge_access (path, file, holds_secret (profile, schema), error) &&
           adit_profile_check (profile, schema, error);
}

AditProfile *
adit_store_take (const AditKeyFile *file, const char *path, AditSchema **schema, GError **error)
{
    g_autoptr (AditProfile) profile = adit_profile_parse (file->text, file->len, path, error);
    g_autoptr (AditSchema) found    = profile ? schema_for (profile, error) : NULL;

    if (found == NULL || !judge (profile, found, path, file, error))
        return NULL;
    if (schema)
        *schema = g_steal_pointer (&found);
    return g_steal_pointer (&profile);
}

static AditProfile *
load_path (const char *path, AditSchema **schema, GError **error)
{
    AditProfile *profile;
    AditKeyFile  file;

    if (!adit_keyfile_read (path, ADIT_PROFILE_MAX, &file, error))
        return NULL;
    profile = adit_store_take (&file, path, schema, error);
    adit_keyfile_clear (&file);
    return profile;
}

static gboolean
fail_unknown_name (const char *name, GError **error)
{
    g_auto (GStrv) known = adit_store_list (NULL);
    const char *near     = known ? adit_profile_nearest (name, (const char *const *) known) : NULL;

    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("There is no profile called %s; did you mean %s?"), name, near);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("There is no profile called %s; `adit list` shows those there are."),
                      name);
}

static gboolean
find_profile (const char *name, char **path, GError **error)
{
    GStatBuf about;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    *path = adit_store_path (name);
    if (g_lstat (*path, &about) < 0 && errno == ENOENT)
        return fail_unknown_name (name, error);
    return TRUE;
}

AditProfile *
adit_store_load (const char *name_or_path, AditSchema **schema, GError **error)
{
    g_autofree char *path = NULL;

    if (strchr (name_or_path, '/'))
        return load_path (name_or_path, schema, error);
    if (!find_profile (name_or_path, &path, error))
        return NULL;
    return load_path (path, schema, error);
}

/* What would be read back, from the same place, must pass. */
static gboolean
check_text (const char *text, const char *path, GError **error)
{
    g_autoptr (AditProfile) profile = adit_profile_parse (text, strlen (text), path, error);
    g_autoptr (AditSchema) schema   = profile ? schema_for (profile, error) : NULL;

    return schema && adit_profile_check (profile, schema, error);
}

static gboolean
ensure_dir (GError **error)
{
    g_autofree char *dir = profile_dir ();

    if (g_mkdir_with_parents (dir, 0700) == 0)
        return TRUE;
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                            _ ("The folder of profiles, %s, cannot be made."), dir);
}

static gboolean
write_profile (const char *name, const char *text, gboolean replace, GError **error)
{
    g_autofree char *path    = adit_store_path (name);
    g_autoptr (GError) cause = NULL;

    if (!check_text (text, path, error) || !ensure_dir (error))
        return FALSE;
    if (adit_keyfile_write (path, text, replace, &cause))
        return TRUE;
    if (!replace && g_file_test (path, G_FILE_TEST_EXISTS))
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("There is a profile called %s already; choose another name, or replace "
               "it with --force."),
            name);
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
}

gboolean
adit_store_save (const char *name, const AditProfile *profile, gboolean replace, GError **error)
{
    g_autoptr (AditSchema) schema = NULL;
    char    *text;
    gboolean ok;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    schema = schema_for (profile, error); /* before the text is, whose lines nobody has seen */
    if (schema == NULL || !adit_profile_check (profile, schema, error))
        return FALSE;
    text = adit_profile_format (profile);
    ok   = write_profile (name, text, replace, error);
    adit_wipe_string (text);
    return ok;
}

gboolean
adit_store_forget (const char *name, GError **error)
{
    g_autofree char *path = NULL;

    if (!find_profile (name, &path, error))
        return FALSE;
    if (g_unlink (path) == 0)
        return TRUE;
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s cannot be removed."), path);
}

int
adit_store_lock (GError **error)
{
    g_autofree char *dir = profile_dir ();
    int              fd;

    if (!ensure_dir (error))
        return -1;
    fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock (fd, LOCK_EX) < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("The folder of profiles, %s, cannot be locked."), dir);
        if (fd >= 0)
            close (fd);
        return -1;
    }
    return fd;
}

/* Installed, descriptions lie side by side; in a build tree each in the folder of its plugin. */
static char *
description_path (const char *plugin)
{
    g_autofree char *dir    = adit_store_plugin_dir ();
    g_autofree char *file   = g_strconcat (plugin, ".plugin", NULL);
    char            *beside = g_build_filename (dir, file, NULL);

    if (g_file_test (beside, G_FILE_TEST_EXISTS))
        return beside;
    g_free (beside);
    return g_build_filename (dir, plugin, file, NULL);
}

static char *
plugin_of (const char *folder, const char *entry)
{
    char            *name = stem (entry, ".plugin");
    g_autofree char *file = g_strconcat (entry, ".plugin", NULL);
    g_autofree char *path = g_build_filename (folder, entry, file, NULL);

    if (name)
        return name;
    return adit_value_word (entry, NAME_MOST) && g_file_test (path, G_FILE_TEST_IS_REGULAR)
               ? g_strdup (entry)
               : NULL;
}

char **
adit_store_plugins (void)
{
    g_autofree char *folder = adit_store_plugin_dir ();
    g_autoptr (GDir) dir    = g_dir_open (folder, 0, NULL);
    GPtrArray  *names       = g_ptr_array_new ();
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir))) {
        char *name = plugin_of (folder, entry);

        if (name)
            g_ptr_array_add (names, name);
    }
    return finish_list (names);
}

AditSchema *
adit_store_schema (const char *plugin, GError **error)
{
    g_autofree char *path         = NULL;
    g_autoptr (AditSchema) schema = NULL;
    AditKeyFile file;

    if (!adit_store_name_ok (plugin, error))
        return NULL;
    path = description_path (plugin);
    if (!adit_keyfile_read (path, DESCRIPTION_MAX, &file, error))
        return NULL;
    schema = adit_schema_parse (file.text, file.len, path, error);
    adit_keyfile_clear (&file);
    if (schema && strcmp (schema->name, plugin) != 0) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s describes another plugin; install it again."),
                   path);
        return NULL;
    }
    return g_steal_pointer (&schema);
}
