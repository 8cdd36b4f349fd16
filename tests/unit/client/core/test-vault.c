/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets that root keeps: kept, found, forgotten, and refused when others may read them. */
#include "client/base/secret.h"
#include "client/core/store.h"
#include "client/core/vault.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *folder, *secrets;

static AditProfile *
stored (const char *name)
{
    g_autofree char *path    = adit_store_path (name);
    g_autofree char *text    = g_strdup_printf ("[connection]\nname = %s\ntype = toy\n", name);
    GError          *error   = NULL;
    AditProfile     *profile = adit_profile_parse (text, strlen (text), path, &error);

    g_assert_no_error (error);
    return profile;
}

static void
finds (const AditProfile *profile, const char *section, const char *key, const char *wanted)
{
    GError *error = NULL;
    char   *found = adit_vault_find (profile, section, key, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (found, ==, wanted);
    adit_wipe_string (found);
}

static gboolean
is_root (void)
{
    if (geteuid () == 0)
        return TRUE;
    g_test_skip ("needs root");
    return FALSE;
}

static void
test_life (void)
{
    g_autoptr (AditProfile) office  = stored ("office");
    g_autoptr (AditProfile) private = NULL;
    g_autofree char *path           = g_build_filename (secrets, "office.conf", NULL);
    GError          *error          = NULL;
    GStatBuf         about;
    const char      *text = "[connection]\nname = office\ntype = toy\n";

    if (!is_root ())
        return;
    private = adit_profile_parse (text, strlen (text), "office", &error);
    finds (office, "toy", "password", NULL);
    g_assert_true (adit_vault_keep ("office", "toy", "password", "a \"b\" # c\\", &error));
    g_assert_true (adit_vault_keep ("office", "toy peer hq", "key", "second", &error));
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpuint (about.st_mode & 07777, ==, 0600);
    finds (office, "toy", "password", "a \"b\" # c\\");
    finds (office, "toy peer hq", "key", "second");
    finds (office, "toy", "key", NULL);
    finds (private, "toy", "password", NULL); /* not the one that lies in the store */
    g_assert_true (adit_vault_forget ("office", "toy", "password", &error));
    finds (office, "toy", "password", NULL);
    finds (office, "toy peer hq", "key", "second");
    g_assert_true (adit_vault_forget ("office", NULL, NULL, &error));
    g_assert_cmpint (g_access (path, F_OK), ==, -1);
    g_assert_true (adit_vault_forget ("office", NULL, NULL, &error));
    g_assert_no_error (error);
}

static void
test_open_to_others (void)
{
    g_autoptr (AditProfile) office = stored ("office");
    g_autofree char *path          = g_build_filename (secrets, "office.conf", NULL);
    g_autoptr (GError) error       = NULL;

    if (!is_root ())
        return;
    g_assert_true (adit_vault_keep ("office", "toy", "password", "hunter2", NULL));
    g_assert_cmpint (g_chmod (path, 0640), ==, 0);
    g_assert_null (adit_vault_find (office, "toy", "password", &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SECRET);
    g_assert_null (strstr (error->message, "hunter2"));
    g_assert_cmpint (g_chmod (path, 0600), ==, 0);
    finds (office, "toy", "password", "hunter2");
    g_assert_cmpint (g_chmod (secrets, 0755), ==, 0);
    g_clear_error (&error);
    g_assert_null (adit_vault_find (office, "toy", "password", &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SECRET);
    g_assert_cmpint (g_chmod (secrets, 0700), ==, 0);
    g_assert_true (adit_vault_forget ("office", NULL, NULL, NULL));
}

static void
test_names (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (adit_vault_keep ("../office", "toy", "password", "x", &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_clear_error (&error);
    g_assert_false (adit_vault_forget ("a/b", NULL, NULL, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    folder  = test_folder_new ("vault");
    secrets = g_build_filename (folder, "secrets", NULL);
    adit_store_set_dir (folder);
    adit_vault_set_dir (secrets);
    g_test_add_func ("/vault/kept-found-forgotten", test_life);
    g_test_add_func ("/vault/open-to-others-is-refused", test_open_to_others);
    g_test_add_func ("/vault/names", test_names);
    status = g_test_run ();
    g_free (secrets);
    g_free (folder);
    return status;
}
