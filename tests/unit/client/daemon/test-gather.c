/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets of one profile, from wherever it says. */
#include "client/daemon/gather.h"
#include "tests/lib/folder.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD "[connection]\nname = hq\ntype = toy\n[toy]\n"

/* clang-format off */
static AditField fields[] = {
    { "toy", "password", N_("Password"), ADIT_FIELD_SECRET, NULL, NULL, TRUE },
    { "toy", "pin", N_("Number"), ADIT_FIELD_SECRET, NULL, NULL, FALSE },
    { "toy", "ca", N_("CA"), ADIT_FIELD_FILE, NULL, NULL, FALSE },
    { NULL, NULL, NULL, ADIT_FIELD_TEXT, NULL, NULL, FALSE },
};
/* clang-format on */
static AditSchema toy = { .name = (char *) "toy", .fields = fields };

typedef struct {
    GMainLoop  *loop;
    AditGather *gather;
    GString    *asked;
    const char *answer; /* NULL: none */
    GError     *error;
} Run;

static void
on_ask (gpointer user, const char *key, const char *text)
{
    Run             *run    = user;
    g_autofree char *answer = g_strdup (run->answer);

    g_assert_nonnull (strstr (text, "hq"));
    g_string_append_printf (run->asked, "%s ", key);
    adit_gather_answer (run->gather, answer);
}

static void
on_done (gpointer user, GError *error)
{
    Run *run = user;

    run->error = error;
    g_main_loop_quit (run->loop);
}

/* The profile afterwards; the caller judges run. */
static AditProfile *
gather (Run *run, const char *text, gboolean is_private, GHashTable *given)
{
    static const AditGatherEvents events  = { on_ask, on_done };
    GError                       *error   = NULL;
    AditProfile                  *profile = adit_profile_parse (text, strlen (text), "hq", &error);

    g_assert_no_error (error);
    run->loop   = g_main_loop_new (NULL, FALSE);
    run->asked  = g_string_new (NULL);
    run->gather = adit_gather_new (profile, &toy, geteuid (), is_private, given, &events, run);
    g_main_loop_run (run->loop);
    g_clear_pointer (&run->gather, adit_gather_free);
    g_main_loop_unref (run->loop);
    return profile;
}

static void
run_clear (Run *run)
{
    g_string_free (run->asked, TRUE);
    g_clear_error (&run->error);
}

static void
test_asks (void)
{
    Run run = { .answer = "hunter2\n" };
    g_autoptr (AditProfile) profile =
        gather (&run, HEAD "password-source = ask\npin-source = keyring\n", TRUE, NULL);

    g_assert_no_error (run.error);
    g_assert_cmpstr (run.asked->str, ==, "toy.password toy.pin ");
    g_assert_cmpstr (adit_profile_get (profile, "toy", "password"), ==, "hunter2");
    g_assert_cmpstr (adit_profile_get (profile, "toy", "pin"), ==, "hunter2");
    g_assert_null (adit_profile_get (profile, "toy", "password-source"));
    run_clear (&run);
}

static void
test_given (void)
{
    g_autoptr (GHashTable) given    = g_hash_table_new (g_str_hash, g_str_equal);
    Run run                         = { 0 };
    g_autoptr (AditProfile) profile = NULL;

    g_hash_table_insert (given, (gpointer) "toy.password", (gpointer) "given");
    profile = gather (&run, HEAD "password-source = ask\n", TRUE, given);
    g_assert_no_error (run.error);
    g_assert_cmpstr (run.asked->str, ==, "");
    g_assert_cmpstr (adit_profile_get (profile, "toy", "password"), ==, "given");
    run_clear (&run);
}

static void
fails (const char *text, const char *answer, AditError code, const char *word)
{
    Run run                         = { .answer = answer };
    g_autoptr (AditProfile) profile = gather (&run, text, TRUE, NULL);

    g_assert_error (run.error, ADIT_ERROR, (gint) code);
    g_assert_nonnull (strstr (run.error->message, word));
    if (answer)
        g_assert_null (strstr (run.error->message, answer));
    run_clear (&run);
}

static void
test_failures (void)
{
    fails (HEAD "password-source = ask\n", NULL, ADIT_ERROR_SECRET, "password");
    fails (HEAD "password-source = ask\n", "two\nlines", ADIT_ERROR_SECRET, "one line");
    fails (HEAD "password-source = credential:x\n", NULL, ADIT_ERROR_SECRET, "this machine");
    fails (HEAD "password-source = file:/nowhere/at/all\n", NULL, ADIT_ERROR_PROFILE,
           "does not exist");
}

static void
test_files (void)
{
    g_autofree char *folder         = test_folder_new ("gather");
    g_autofree char *path           = g_build_filename (folder, "secret", NULL);
    g_autofree char *text           = g_strdup_printf (HEAD "password-source = file:%s\n", path);
    Run              run            = { 0 };
    g_autoptr (AditProfile) profile = NULL;

    g_assert_true (g_file_set_contents (path, "hunter2\n", -1, NULL));
    g_assert_cmpint (g_chmod (path, 0600), ==, 0);
    profile = gather (&run, text, TRUE, NULL);
    g_assert_no_error (run.error);
    g_assert_cmpstr (adit_profile_get (profile, "toy", "password"), ==, "hunter2");
    run_clear (&run);
    g_assert_cmpint (g_chmod (path, 0644), ==, 0);
    fails (text, NULL, ADIT_ERROR_SECRET, "chmod 600");
}

/* Nothing secret: others may read it, too. */
static void
test_public_files (void)
{
    g_autofree char *folder         = test_folder_new ("gather");
    g_autofree char *path           = g_build_filename (folder, "ca.pem", NULL);
    g_autofree char *text           = g_strdup_printf (HEAD "ca = %s\n", path);
    Run              run            = { 0 };
    g_autoptr (AditProfile) profile = NULL;

    g_assert_true (g_file_set_contents (path, "one\ntwo\n", -1, NULL));
    g_assert_cmpint (g_chmod (path, 0644), ==, 0);
    profile = gather (&run, text, TRUE, NULL);
    g_assert_no_error (run.error);
    g_assert_cmpstr (adit_profile_get (profile, "toy", "ca"), ==, "one\ttwo\t");
    run_clear (&run);
}

/* Nothing is called after it is freed, wherever it was. */
static void
test_free (void)
{
    static const AditGatherEvents events = { on_ask, on_done };
    const char                   *text   = HEAD "password-source = file:/etc/hostname\n";
    g_autoptr (AditProfile) profile      = adit_profile_parse (text, strlen (text), "hq", NULL);
    AditGather *early = adit_gather_new (profile, &toy, 0, FALSE, NULL, &events, NULL);
    AditGather *late  = adit_gather_new (profile, &toy, 0, FALSE, NULL, &events, NULL);

    adit_gather_free (early);
    g_main_context_iteration (NULL, FALSE);
    adit_gather_free (late);
    while (g_main_context_iteration (NULL, FALSE))
        ;
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/gather/asks-one-after-the-other", test_asks);
    g_test_add_func ("/gather/what-is-given-is-not-asked", test_given);
    g_test_add_func ("/gather/failures-name-no-secret", test_failures);
    g_test_add_func ("/gather/files", test_files);
    g_test_add_func ("/gather/public-files", test_public_files);
    g_test_add_func ("/gather/freed-at-any-time", test_free);
    return g_test_run ();
}
