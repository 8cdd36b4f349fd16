/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-foreign.c - another program's file through a real sandboxed worker and back. */
#include "client/base/secret.h"
#include "client/core/foreign.h"
#include "client/core/store.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static char *
write_file (const char *name, const char *text, gssize len)
{
    char *path = g_build_filename (dir, name, NULL);

    g_assert_true (g_file_set_contents (path, text, len, NULL));
    g_assert_cmpint (g_chmod (path, 0600), ==, 0);
    return path;
}

static gboolean
no_importer (void)
{
    g_auto (GStrv) plugins = adit_store_plugins ();

    for (guint i = 0; plugins[i]; i++) {
        g_autoptr (AditSchema) schema = adit_store_schema (plugins[i], NULL);

        if (schema && schema->imports)
            return FALSE;
    }
    g_test_skip ("needs a plugin that imports in this build");
    return TRUE;
}

/* Files that are nobody's, and one that is as long as none may be. */
static void
test_nobodys_files (void)
{
    g_autofree char  *huge    = g_strnfill (ADIT_PROFILE_MAX + 1, '\n');
    const char *const texts[] = { "", "hello",
                                  "\x7f"
                                  "ELF\1\1",
                                  "[Unit]\nExecStart=/bin/sh\n" };

    if (no_importer ())
        return;
    for (guint i = 0; i <= G_N_ELEMENTS (texts); i++) {
        g_autofree char *path =
            write_file ("strange.conf", i < G_N_ELEMENTS (texts) ? texts[i] : huge, -1);
        g_autoptr (GError) error = NULL;
        GPtrArray *report        = NULL;

        g_assert_null (adit_foreign_import (path, NULL, &report, &error));
        g_test_message ("%s", error->message);
        g_assert_true (error->domain == ADIT_ERROR && error->code != ADIT_ERROR_BUG);
        g_assert_null (report);
        g_unlink (path);
    }
}

static void
test_no_such_importer (void)
{
    g_autofree char *path    = write_file ("a.conf", "x", -1);
    g_autoptr (GError) error = NULL;

    g_assert_null (adit_foreign_import (path, "no-such", NULL, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_unlink (path);
}

static void
test_no_such_file (void)
{
    g_autofree char *path    = g_build_filename (dir, "none.conf", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (adit_foreign_import (path, NULL, NULL, &error));
    g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
    int result;

    g_test_init (&argc, &argv, NULL);
    dir = test_folder_new ("foreign");
    g_test_add_func ("/foreign/nobodys-files", test_nobodys_files);
    g_test_add_func ("/foreign/no-such-importer", test_no_such_importer);
    g_test_add_func ("/foreign/no-such-file", test_no_such_file);
    result = g_test_run ();
    g_free (dir);
    return result;
}
