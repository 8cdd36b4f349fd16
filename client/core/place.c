/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place.c - where this installation's programs and plugins are, told from where the running program
 * is.  The environment has no say: whoever starts adit as root must not choose its parts. */
#include "client/core/place.h"
#include "client/core/store.h"
#include <string.h>

/* Set by the build, relative to the prefix unless absolute: ADIT_LIBEXEC_DIR, ADIT_PLUGIN_DIR,
 * ADIT_LOCALE_DIR. */

static char *fixed_plugin_dir;

static char *
below (const char *prefix, const char *dir)
{
    return g_path_is_absolute (dir) ? g_strdup (dir) : g_build_filename (prefix, dir, NULL);
}

static gboolean
has_dir (const char *top, const char *name)
{
    g_autofree char *dir = g_build_filename (top, name, NULL);

    return g_file_test (dir, G_FILE_TEST_IS_DIR);
}

/* A folder above `dir` where the program lies as it was built, or NULL. */
static char *
find_build_tree (const char *dir)
{
    g_autofree char *top = g_strdup (dir);

    while (strcmp (top, "/") != 0 && strcmp (top, ".") != 0) {
        char *up;

        if (has_dir (top, "meson-private") && has_dir (top, "client/worker") &&
            has_dir (top, "plugins"))
            return g_steal_pointer (&top);
        up = g_path_get_dirname (top);
        g_free (top);
        top = up;
    }
    return NULL;
}

AditPlace *
adit_place_of (const char *program_path)
{
    AditPlace       *place  = g_new0 (AditPlace, 1);
    g_autofree char *dir    = g_path_get_dirname (program_path);
    g_autofree char *build  = find_build_tree (dir);
    g_autofree char *prefix = NULL;

    if (build) {
        place->libexec = g_build_filename (build, "client/worker", NULL);
        place->plugins = g_build_filename (build, "plugins", NULL);
        place->locale  = g_build_filename (build, "po", NULL);
        return place;
    }
    prefix         = g_path_get_dirname (dir);
    place->libexec = below (prefix, ADIT_LIBEXEC_DIR);
    place->plugins = below (prefix, ADIT_PLUGIN_DIR);
    place->locale  = below (prefix, ADIT_LOCALE_DIR);
    return place;
}

void
adit_place_free (AditPlace *place)
{
    g_free (place->libexec);
    g_free (place->plugins);
    g_free (place->locale);
    g_free (place);
}

static AditPlace *
here (void)
{
    static AditPlace *found;

    if (g_once_init_enter (&found)) {
        g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

        g_once_init_leave (&found, adit_place_of (program ? program : "/usr/bin/adit"));
    }
    return found;
}

char *
adit_store_libexec (const char *program)
{
    return g_build_filename (here ()->libexec, program, NULL);
}

char *
adit_store_plugin_dir (void)
{
    return g_strdup (fixed_plugin_dir ? fixed_plugin_dir : here ()->plugins);
}

const char *
adit_store_locale_dir (void)
{
    return here ()->locale;
}

void
adit_store_set_plugin_dir (const char *dir)
{
    g_free (fixed_plugin_dir);
    fixed_plugin_dir = g_strdup (dir);
}
