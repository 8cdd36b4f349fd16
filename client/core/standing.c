/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* standing.c - DIR/NAME.guard: lines "host NAME ENDPOINT", and the step as a journal has it. */
#include "client/core/standing.h"
#include "client/core/apply.h"
#include "client/core/journal.h"
#include "client/core/keyfile.h"
#include "client/core/runtime.h"
#include "client/core/store.h"
#include "client/net/guard.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 8 << 20 };

#define ENDING ".guard"

static const char *folder = "/var/lib/adit";

void
adit_standing_set_dir (const char *dir)
{
    folder = dir;
}

static char *
path_of (const char *name)
{
    return g_strconcat (folder, "/", name, ENDING, NULL);
}

GHashTable *
adit_standing_hosts (void)
{
    return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* ---- one file ---- */

/* Of a process that was killed between writing a new version and giving it its name. */
static void
remove_halves (const char *name)
{
    g_autofree char *prefix = g_strdup_printf (".%s.guard.", name);
    g_autoptr (GDir) dir    = g_dir_open (folder, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir)))
        if (g_str_has_prefix (entry, prefix)) {
            g_autofree char *path = g_build_filename (folder, entry, NULL);

            unlink (path);
        }
}

gboolean
adit_standing_keep (const AditStep *guard, GHashTable *hosts, GError **error)
{
    g_autofree char *path = path_of (guard->name), *line = adit_step_format (guard);
    g_autoptr (GString) text = g_string_new (NULL);
    GHashTableIter at;
    gpointer       host, endpoint;

    g_hash_table_iter_init (&at, hosts);
    while (g_hash_table_iter_next (&at, &host, &endpoint)) {
        g_autofree char *address = adit_endpoint_format (endpoint);

        g_string_append_printf (text, "host %s %s\n", (const char *) host, address);
    }
    g_string_append_printf (text, "%s\n", line);
    if (mkdir (folder, 0700) < 0 && errno != EEXIST)
        return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                _ ("The folder %s could not be made."), folder);
    return adit_keyfile_write (path, text->str, TRUE, error);
}

static void
take_host (const char *line, GHashTable *hosts)
{
    g_auto (GStrv) words = g_strsplit (line, " ", 3);
    AditEndpoint endpoint;

    if (g_strv_length (words) == 3 && adit_endpoint_parse (words[2], &endpoint))
        g_hash_table_replace (hosts, g_strdup (words[1]), g_memdup2 (&endpoint, sizeof endpoint));
}

static AditStep *
parse (const char *text, GHashTable *hosts)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    AditStep *guard      = NULL;

    for (guint i = 0; lines[i]; i++) {
        if (g_str_has_prefix (lines[i], "host ")) {
            if (hosts)
                take_host (lines[i], hosts);
        } else if (*lines[i] && guard == NULL) {
            guard = adit_step_parse (lines[i]);
        }
    }
    return guard;
}

AditStep *
adit_standing_load (const char *name, GHashTable *hosts, GError **error)
{
    g_autofree char *path = path_of (name);
    AditKeyFile      file;
    AditStep        *guard;

    if (access (path, F_OK) < 0 && errno == ENOENT)
        return NULL;
    if (!adit_keyfile_read (path, FILE_MAX, &file, error))
        return NULL;
    guard = parse (file.text, hosts);
    adit_keyfile_clear (&file);
    if (guard && guard->kind == ADIT_STEP_GUARD && g_str_equal (guard->name, name))
        return guard;
    adit_step_free (guard);
    adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s is not a guard that adit wrote."), path);
    return NULL;
}

gboolean
adit_standing_forget (const char *name, GError **error)
{
    g_autofree char *path = path_of (name);

    remove_halves (name);
    if (unlink (path) == 0 || errno == ENOENT)
        return TRUE;
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be removed."), path);
}

/* ---- all of them ---- */

static GPtrArray *
kept_names (void)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    GPtrArray  *names    = g_ptr_array_new_with_free_func (g_free);
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir))) {
        g_autofree char *name = NULL;

        if (!g_str_has_suffix (entry, ENDING))
            continue;
        name = g_strndup (entry, strlen (entry) - strlen (ENDING));
        if (adit_store_name_ok (name, NULL))
            g_ptr_array_add (names, g_steal_pointer (&name));
    }
    return names;
}

static void
standing_free (gpointer data)
{
    AditStanding *standing = data;

    g_free (standing->name);
    g_free (standing);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
    const AditStanding *const *left = a, *const *right = b;

    return strcmp ((*left)->name, (*right)->name);
}

static void
list_one (GPtrArray *list, const char *name, gboolean always)
{
    AditStanding *standing = g_new0 (AditStanding, 1);

    standing->name   = g_strdup (name);
    standing->always = always;
    g_ptr_array_add (list, standing);
}

static gboolean
is_live (const char *name)
{
    g_auto (GStrv) live = adit_runtime_names ("journal");

    if (!g_strv_contains ((const char *const *) live, name))
        return FALSE;
    return adit_journal_is_locked (name);
}

/* Journals of the dead, once all but guards is undone. */
static void
list_left (GPtrArray *list)
{
    g_auto (GStrv) names = adit_runtime_names ("journal");

    for (guint i = 0; names[i]; i++) {
        g_autoptr (AditJournal) journal = adit_journal_inherit (names[i], NULL);

        for (guint j = 0; journal && j < adit_journal_steps (journal)->len; j++) {
            const AditStep *step = adit_journal_steps (journal)->pdata[j];

            if (step->kind == ADIT_STEP_GUARD && g_str_equal (step->mode, "tunnel")) {
                list_one (list, names[i], FALSE);
                break;
            }
        }
    }
}

GPtrArray *
adit_standing_list (void)
{
    GPtrArray *list              = g_ptr_array_new_with_free_func (standing_free);
    g_autoptr (GPtrArray) always = kept_names ();

    for (guint i = 0; i < always->len; i++)
        if (!is_live (always->pdata[i]))
            list_one (list, always->pdata[i], TRUE);
    list_left (list);
    g_ptr_array_sort (list, by_name);
    return list;
}

gboolean
adit_standing_find (const char *name, gboolean *always)
{
    g_autoptr (GPtrArray) list = adit_standing_list ();

    for (guint i = 0; i < list->len; i++) {
        const AditStanding *one = list->pdata[i];

        if (g_str_equal (one->name, name)) {
            *always = one->always;
            return TRUE;
        }
    }
    return FALSE;
}

static void
keep_first (GError **first, GError *one)
{
    if (*first)
        g_clear_error (&one);
    else
        *first = one;
}

gboolean
adit_standing_raise (GError **error)
{
    g_autoptr (GPtrArray) names = kept_names ();
    GError *first               = NULL;

    if (!adit_runtime_ensure (error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        GError *one                = NULL;
        g_autoptr (AditStep) guard = adit_standing_load (names->pdata[i], NULL, &one);

        if (!is_live (names->pdata[i]) && guard)
            adit_apply_do (guard, &one);
        keep_first (&first, one);
    }
    if (first)
        g_propagate_error (error, first);
    return first == NULL;
}

/* ---- lifting ---- */

gboolean
adit_standing_lift (const char *name, GError **error)
{
    g_autoptr (AditJournal) journal = NULL;
    g_autofree char *lock           = adit_runtime_path ("nft", "lock");

    if (!adit_store_name_ok (name, error) || !adit_runtime_ensure (error))
        return FALSE;
    if (is_live (name))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The tunnel %s is running; end it first with \"adit down %s\"."), name,
                          name);
    journal = adit_journal_inherit (name, NULL);
    return adit_standing_forget (name, error) && adit_guard_remove (lock, name, error) &&
           (journal == NULL || adit_journal_undo_all (journal, error));
}
