/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c - finding, loading and describing a protocol module. */
#include "client/worker/module.h"
#include <dlfcn.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 32 };

gboolean
adit_module_is_name (const char *name)
{
    gsize len = strlen (name);

    return len > 0 && len <= NAME_MAX_LEN &&
           strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* ADIT_LIBEXEC_DIR and ADIT_PLUGIN_DIR are below the prefix, or absolute; the build passes them. */
static char *
place_of (const char *name, GError **error)
{
    g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
    g_autofree char *folder  = program ? g_path_get_dirname (program) : NULL;
    g_autofree char *file    = g_strconcat (name, ".so", NULL);
    g_autofree char *prefix  = NULL;

    if (!folder) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The worker cannot find its own folder in /proc."));
        return NULL;
    }
    if (g_str_has_suffix (folder, "/client/worker")) { /* in the build tree */
        prefix = g_strndup (folder, strlen (folder) - strlen ("/client/worker"));
        return g_build_filename (prefix, "plugins", name, file, NULL);
    }
    if (g_path_is_absolute (ADIT_PLUGIN_DIR))
        return g_build_filename (ADIT_PLUGIN_DIR, file, NULL);
    if (!g_str_has_suffix (folder, "/" ADIT_LIBEXEC_DIR)) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The worker was moved to %s; install it again."),
                   folder);
        return NULL;
    }
    prefix = g_strndup (folder, strlen (folder) - strlen ("/" ADIT_LIBEXEC_DIR));
    return g_build_filename (prefix, "/", ADIT_PLUGIN_DIR, file, NULL);
}

const AditPlugin *
adit_module_open (const char *path, GError **error)
{
    GError           *cause  = NULL;
    const AditPlugin *plugin = NULL;
    gpointer          handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);

    if (handle)
        plugin = dlsym (handle, "adit_plugin");
    if (!plugin) {
        adit_fail (&cause, ADIT_ERROR_SYSTEM, "%s", dlerror ());
        adit_fail_because (error, cause, ADIT_ERROR_SYSTEM, _ ("%s is no protocol module."), path);
        return NULL;
    }
    if (plugin->abi != ADIT_PLUGIN_ABI || !plugin->name || !adit_module_is_name (plugin->name)) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s belongs to another version of adit."), path);
        return NULL;
    }
    return plugin;
}

const AditPlugin *
adit_module_load (const char *name, GError **error)
{
    g_autofree char  *path   = NULL;
    const AditPlugin *plugin = NULL;

    if (!adit_module_is_name (name)) {
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("There is no protocol named %s."), name);
        return NULL;
    }
    path = place_of (name, error);
    if (!path)
        return NULL;
    if (access (path, F_OK) < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_PROFILE, _ ("The protocol %s is not installed."),
                         name);
        return NULL;
    }
    plugin = adit_module_open (path, error);
    if (plugin && !g_str_equal (plugin->name, name)) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("%s holds the protocol %s."), path, plugin->name);
        return NULL;
    }
    return plugin;
}

static AditField *
copy_fields (const AditField *fields)
{
    GArray *copy = g_array_new (TRUE, TRUE, sizeof (AditField));

    for (const AditField *f = fields; f && f->key; f++) {
        AditField mine = *f;

        mine.section  = g_strdup (f->section);
        mine.key      = g_strdup (f->key);
        mine.title    = g_strdup (f->title);
        mine.fallback = g_strdup (f->fallback);
        mine.range    = g_strdup (f->range);
        g_array_append_val (copy, mine);
    }
    return (AditField *) (gpointer) g_array_free (copy, FALSE);
}

AditSchema *
adit_module_schema (const AditPlugin *plugin)
{
    AditSchema *schema = g_new0 (AditSchema, 1);

    schema->name      = g_strdup (plugin->name);
    schema->title     = g_strdup (plugin->title);
    schema->warning   = g_strdup (plugin->warning);
    schema->socket    = g_strdup (plugin->socket);
    schema->kernel    = g_strdup (plugin->kernel);
    schema->family    = g_strdup (plugin->family);
    schema->kernel_if = g_strdup (plugin->kernel_if);
    schema->ethernet  = plugin->ethernet;
    schema->imports   = plugin->import != NULL;
    schema->exports   = plugin->export != NULL;
    schema->fields    = copy_fields (plugin->fields);
    return schema;
}
