/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-store.c - profiles in a folder of the test's own: what is read, what is refused, what is on
 * the disk after a save. */
#include "client/base/secret.h"
#include "client/core/place.h"
#include "client/core/secrets.h"
#include "client/core/store.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define TOY "[connection]\ntype = toy\n[toy]\nuser = alice\n"
#define TOY_SECRET TOY "private-key = " KEY "\n"

static char *top, *profiles;

static void
write_file (const char *path, const char *text, int mode)
{
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    g_assert_cmpint (g_chmod (path, (mode_t) mode), ==, 0);
}

static char *
in_top (const char *name)
{
    return g_build_filename (top, name, NULL);
}

static void
write_description (const char *relative, const char *name)
{
    g_autofree char *path   = in_top (relative);
    g_autofree char *folder = g_path_get_dirname (path);
    g_autofree char *text   = g_strdup_printf (
          "[plugin]\nname = %s\ntitle = Toy\n"
            "[field 1]\nsection = toy\nkey = user\ntitle = User\ntype = text\n"
            "[field 2]\nsection = toy\nkey = private-key\ntitle = Key\ntype = secret-key\n"
            "range = 32\n"
            "[field 3]\nsection = toy\nkey = password\ntitle = Password\ntype = secret\n"
            "[field 4]\nsection = toy\nkey = ca\ntitle = CA\ntype = file\n"
            "[field 5]\nsection = toy\nkey = pem\ntitle = PEM\ntype = secret\nrange = lines\n",
          name);

    g_mkdir_with_parents (folder, 0700);
    write_file (path, text, 0644);
}

static AditProfile *
toy (void)
{
    return adit_profile_parse (TOY_SECRET, strlen (TOY_SECRET), NULL, NULL);
}

static void
refused (const char *name, const char *sentence)
{
    g_autoptr (GError) error        = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (name, NULL, &error);

    g_assert_null (profile);
    g_assert_nonnull (error);
    if (g_str_has_prefix (error->message, top))
        g_assert_cmpstr (error->message + strlen (top), ==, sentence);
    else
        g_assert_cmpstr (error->message, ==, sentence);
}

/* The same where the sentence names the path twice: %s stands for the folder. */
static void
refused_path (const char *path, const char *fmt)
{
    g_autoptr (GError) error        = NULL;
    g_autoptr (AditProfile) profile = adit_store_load (path, NULL, &error);
    g_auto (GStrv) parts            = g_strsplit (fmt, "%s", -1);
    g_autofree char *sentence       = g_strjoinv (path, parts);

    g_assert_null (profile);
    g_assert_nonnull (error);
    g_assert_cmpstr (error->message, ==, sentence);
}

static void
test_names (void)
{
    static const char *const bad[] = {
        "", ".x", "-x", "a/b", "a b", "a\nb", "..", "ä", "\xff\xfe"
    };
    g_autofree char *longest = g_strnfill (64, 'a');
    g_autofree char *longer  = g_strnfill (65, 'a');

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_false (adit_store_name_ok (bad[i], &error));
        g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
    g_assert_true (adit_store_name_ok ("Office-1.a_b", NULL));
    g_assert_true (adit_store_name_ok (longest, NULL));
    g_assert_false (adit_store_name_ok (longer, NULL));
}

static void
test_save_and_load (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (AditProfile) back    = NULL;
    g_autoptr (AditSchema) schema   = NULL;
    g_autoptr (GError) error        = NULL;
    g_autofree char *path           = adit_store_path ("office");
    g_auto (GStrv) names            = NULL;
    GStatBuf about;

    g_assert_true (adit_store_save ("office", profile, FALSE, &error));
    g_assert_no_error (error);
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpint (about.st_mode & 07777, ==, 0600);
    g_assert_cmpint (g_stat (profiles, &about), ==, 0);
    g_assert_cmpint (about.st_mode & 07777, ==, 0700);
    back = adit_store_load ("office", &schema, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (adit_profile_get (back, "toy", "private-key"), ==, KEY);
    g_assert_cmpstr (adit_profile_file (back), ==, path);
    g_assert_cmpstr (schema->name, ==, "toy");
    names = adit_store_list (NULL);
    g_assert_cmpuint (g_strv_length (names), ==, 1); /* nothing of the writing is left */
    g_assert_cmpstr (names[0], ==, "office");
}

static void
test_no_replace (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (AditProfile) back    = NULL;
    g_autoptr (GError) error        = NULL;

    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    adit_profile_set (profile, "toy", "user", "bob");
    g_assert_false (adit_store_save ("office", profile, FALSE, &error));
    g_assert_cmpstr (error->message, ==,
                     "There is a profile called office already; choose another name, or replace it "
                     "with --force.");
    back = adit_store_load ("office", NULL, NULL);
    g_assert_cmpstr (adit_profile_get (back, "toy", "user"), ==, "alice");
    g_clear_pointer (&back, adit_profile_free);
    g_assert_true (adit_store_save ("office", profile, TRUE, NULL));
    back = adit_store_load ("office", NULL, NULL);
    g_assert_cmpstr (adit_profile_get (back, "toy", "user"), ==, "bob");
}

static void
test_bad_profile_is_not_saved (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (AditProfile) back    = NULL;

    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    adit_profile_set (profile, "routing", "mtu", "1");
    g_assert_false (adit_store_save ("office", profile, TRUE, NULL));
    adit_profile_set (profile, "routing", "mtu", NULL);
    adit_profile_set (profile, "toy", "user", "a\n[guard]\nmode = off");
    g_assert_false (adit_store_save ("office", profile, TRUE, NULL));
    back = adit_store_load ("office", NULL, NULL);
    g_assert_cmpstr (adit_profile_get (back, "toy", "user"), ==, "alice");
}

/* The old or the new, whole, whatever the moment: many writers, one reader. */
static void
test_atomic (void)
{
    g_autoptr (AditProfile) profile = toy ();
    pid_t writer;
    int   status;

    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    writer = fork ();
    if (writer == 0) {
        g_autofree char *big = g_strnfill (100000, 'x');

        for (guint i = 0; i < 200; i++) {
            adit_profile_set (profile, "toy", "user", i % 2 ? big : "alice");
            if (!adit_store_save ("office", profile, TRUE, NULL))
                _exit (1);
        }
        _exit (0);
    }
    while (waitpid (writer, &status, WNOHANG) == 0) {
        g_autoptr (GError) error     = NULL;
        g_autoptr (AditProfile) back = adit_store_load ("office", NULL, &error);
        gsize len;

        g_assert_no_error (error);
        len = strlen (adit_profile_get (back, "toy", "user"));
        g_assert_true (len == 5 || len == 100000);
    }
    g_assert_cmpint (status, ==, 0);
}

/* Two processes that each read, change and save lose nothing of each other. */
static void
test_lock (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (AditProfile) back    = NULL;
    pid_t children[2];

    adit_profile_set (profile, "routing", "mtu", "1000");
    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    for (guint c = 0; c < 2; c++) {
        children[c] = fork ();
        if (children[c])
            continue;
        for (guint i = 0; i < 50; i++) {
            int lock                     = adit_store_lock (NULL);
            g_autoptr (AditProfile) mine = adit_store_load ("office", NULL, NULL);
            char next[24];

            g_snprintf (next, sizeof next, "%u",
                        (guint) adit_profile_number (mine, "routing", "mtu", 0) + 1);
            adit_profile_set (mine, "routing", "mtu", next);
            adit_store_save ("office", mine, TRUE, NULL);
            close (lock);
        }
        _exit (0);
    }
    for (guint c = 0; c < 2; c++)
        waitpid (children[c], NULL, 0);
    back = adit_store_load ("office", NULL, NULL);
    g_assert_cmpuint (adit_profile_number (back, "routing", "mtu", 0), ==, 1100);
}

static void
test_modes (void)
{
    g_autofree char *path          = in_top ("x.conf");
    g_autoptr (AditProfile) public = NULL;

    write_file (path, TOY_SECRET, 0644);
    refused_path (path, "%s holds a secret, and others may read it; run: chmod 600 %s");
    write_file (path, TOY_SECRET, 0640);
    refused_path (path, "%s holds a secret, and others may read it; run: chmod 600 %s");
    write_file (path, TOY, 0666);
    refused_path (path, "%s may be changed by everybody; run: chmod 600 %s");
    write_file (path, TOY, 0644);
    public = adit_store_load (path, NULL, NULL);
    g_assert_nonnull (public);
}

static void
test_kinds_of_file (void)
{
    g_autofree char *real = in_top ("real.conf"), *link = in_top ("link.conf"),
                    *fifo = in_top ("fifo.conf");
    g_autofree char *none = in_top ("none.conf"), *big = in_top ("big.conf");
    g_autofree char *much = g_strnfill (ADIT_PROFILE_MAX + 1, '#');

    write_file (real, TOY_SECRET, 0600);
    g_assert_cmpint (symlink (real, link), ==, 0);
    g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
    write_file (big, much, 0600);
    refused_path (link, "%s is a symbolic link; give the path of the file itself.");
    refused_path (fifo, "%s is not a regular file.");
    refused_path (top, "%s is a folder, not a file.");
    refused_path (none, "%s does not exist.");
    refused_path (big, "%s is larger than 1024 KiB.");
    refused_path ("/dev/zero", "%s is not a regular file.");
}

static void
test_unknown (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autofree char *path           = in_top ("x.conf");

    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    refused ("ofice", "There is no profile called ofice; did you mean office?");
    refused ("home", "There is no profile called home; `adit list` shows those there are.");
    write_file (path, "[connection]\ntype = toi\n", 0600);
    refused (path, "/x.conf:2: there is no protocol toi; did you mean toy?");
    write_file (path, "[connection]\ntype = openvpn\n", 0600);
    refused (path, "/x.conf:2: there is no protocol openvpn here; installed are: second, toy.");
    write_file (path, "[connection]\nname = x\n", 0600);
    refused (path, "/x.conf:1: [connection] lacks `type`, the protocol; add it.");
    write_file (path, "[connection]\ntype = toy\n[toy]\nusr = x\n", 0600);
    refused (path, "/x.conf:4: there is no key `usr` in [toy]; did you mean `user`?");
}

static void
test_forget (void)
{
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (GError) error        = NULL;

    g_assert_true (adit_store_save ("office", profile, FALSE, NULL));
    g_assert_true (adit_store_forget ("office", &error));
    g_assert_false (adit_store_forget ("office", &error));
    g_assert_cmpstr (error->message, ==,
                     "There is no profile called office; `adit list` shows those there are.");
}

static void
test_list (void)
{
    static const char *const names[] = { "b.conf", "a.conf", ".hidden.conf",
                                         "x.txt",  ".conf",  "c.conf~" };
    g_auto (GStrv) none              = adit_store_list (NULL);
    g_auto (GStrv) list              = NULL;

    g_assert_cmpuint (g_strv_length (none), ==, 0);
    g_mkdir_with_parents (profiles, 0700);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (profiles, names[i], NULL);

        write_file (path, TOY, 0600);
    }
    list = adit_store_list (NULL);
    g_assert_cmpuint (g_strv_length (list), ==, 2);
    g_assert_cmpstr (list[0], ==, "a");
    g_assert_cmpstr (list[1], ==, "b");
}

static void
test_plugins (void)
{
    g_auto (GStrv) names        = adit_store_plugins ();
    g_autoptr (GError) error    = NULL;
    g_autoptr (AditSchema) liar = NULL;

    g_assert_cmpuint (g_strv_length (names), ==, 2);
    g_assert_cmpstr (names[0], ==, "second");
    g_assert_cmpstr (names[1], ==, "toy");
    write_description ("plugins/liar.plugin", "toy");
    liar = adit_store_schema ("liar", &error);
    g_assert_null (liar);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

static void
test_places (void)
{
    g_autofree char *tree = in_top ("build"), *cli = in_top ("build/ui-cli/adit");
    g_autofree char *here = in_top ("build/client/worker"), *away = in_top ("usr/bin/adit");
    g_autofree char *meson = in_top ("build/meson-private"), *plugins = in_top ("build/plugins");

    g_mkdir_with_parents (here, 0700);
    g_mkdir_with_parents (meson, 0700);
    g_mkdir_with_parents (plugins, 0700);
    {
        g_autoptr (AditPlace) built     = adit_place_of (cli);
        g_autoptr (AditPlace) installed = adit_place_of (away);
        g_autofree char *prefix         = in_top ("usr");

        g_assert_cmpstr (built->libexec, ==, here);
        g_assert_cmpstr (built->plugins, ==, plugins);
        g_assert_true (g_str_has_prefix (installed->libexec, prefix));
        g_assert_true (g_str_has_suffix (installed->libexec, "/adit"));
        g_assert_true (g_str_has_suffix (installed->plugins, "/adit/plugins"));
        g_assert_true (g_str_has_prefix (installed->locale, prefix));
    }
}

static char *
answer (gpointer user, const char *section, const AditField *field, GError **error)
{
    g_assert_cmpstr (section, ==, "toy");
    g_assert_cmpstr (field->key, ==, "password");
    if (user == NULL)
        adit_fail (error, ADIT_ERROR_CANCELLED, "No.");
    return g_strdup (user);
}

static AditProfile *
with_source (const char *key, const char *source)
{
    AditProfile *profile = toy ();

    adit_profile_set (profile, "toy", "private-key", NULL);
    adit_profile_set (profile, "toy", key, source);
    return profile;
}

static void
resolves (const char *key, const char *source, gpointer user, const char *sentence)
{
    g_autoptr (AditProfile) profile = with_source (key, source);
    g_autoptr (AditSchema) schema   = adit_store_schema ("toy", NULL);
    g_autoptr (GError) error        = NULL;

    g_assert_cmpint (adit_secrets_resolve (profile, schema, answer, user, &error), ==,
                     sentence == NULL);
    if (sentence) {
        const char *path          = strstr (source, "/");
        g_auto (GStrv) parts      = g_strsplit (sentence, "%s", -1);
        g_autofree char *expected = g_strjoinv (path ? path : "", parts);

        g_assert_cmpstr (error->message, ==, expected);
        return;
    }
    g_assert_no_error (error);
    g_assert_null (adit_profile_get (profile, "toy", key));
}

static void
test_secrets (void)
{
    g_autofree char *path = in_top ("secret"), *source = g_strconcat ("file:", path, NULL);
    g_autofree char *link = in_top ("link"), *link_source = g_strconcat ("file:", link, NULL);

    write_file (path, KEY "\n", 0600);
    resolves ("private-key-source", source, NULL, NULL);
    write_file (path, KEY "\n", 0440);
    resolves ("private-key-source", source, NULL,
              "profile: %s holds a secret, and others may read it; run: chmod 600 %s");
    write_file (path, "short\n", 0400);
    resolves ("private-key-source", source, NULL,
              "profile: `private-key` is not a key; it must be 32 bytes in base64, 44 characters.");
    write_file (path, "one\ntwo\n", 0400);
    resolves ("password-source", source, NULL,
              "profile: %s has more than one line of text; put only the secret there.");
    write_file (path, "\n", 0400);
    resolves ("password-source", source, NULL, "profile: %s is empty; put the secret there.");
    g_assert_cmpint (symlink (path, link), ==, 0);
    resolves ("password-source", link_source, NULL,
              "profile: %s is a symbolic link; give the path of the file itself.");
    resolves ("password-source", "ask", (gpointer) "hunter2", NULL);
    resolves ("password-source", "ask", NULL, "profile: No.");
}

/* The protocol, which opens no file, gets what is in it. */
static void
test_texts_of_several_lines (void)
{
    g_autofree char *path = in_top ("ca.pem"), *source = g_strconcat ("file:", path, NULL);
    g_autofree char *own            = g_strconcat ("profile: ", path, " is empty.", NULL);
    g_autoptr (AditProfile) profile = toy ();
    g_autoptr (AditSchema) schema   = adit_store_schema ("toy", NULL);
    g_autoptr (GError) error        = NULL;

    write_file (path, "one\r\ntwo\n", 0644);
    adit_profile_set (profile, "toy", "ca", path);
    for (guint i = 0; i < 2; i++) { /* and is no path any more */
        g_assert_true (adit_secrets_resolve (profile, schema, NULL, NULL, &error));
        g_assert_cmpstr (adit_profile_get (profile, "toy", "ca"), ==, "one\ttwo\t");
    }
    adit_profile_set (profile, "toy", "pem-source", source);
    g_assert_false (adit_secrets_resolve (profile, schema, NULL, NULL, &error)); /* its mode */
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SECRET);
    g_clear_error (&error);
    g_chmod (path, 0600);
    g_assert_true (adit_secrets_resolve (profile, schema, NULL, NULL, &error));
    g_assert_cmpstr (adit_profile_get (profile, "toy", "pem"), ==, "one\ttwo\t");
    write_file (path, "", 0644);
    adit_profile_set (profile, "toy", "ca", path);
    g_assert_false (adit_secrets_resolve (profile, schema, NULL, NULL, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_assert_cmpstr (error->message, ==, own);
}

static void
test_credentials (void)
{
    g_autofree char *path = in_top ("office.password");

    g_unsetenv ("CREDENTIALS_DIRECTORY");
    resolves (
        "password-source", "credential:office.password", NULL,
        "profile: The credential office.password is there only when systemd starts adit; name "
        "it in the unit with LoadCredential=.");
    g_setenv ("CREDENTIALS_DIRECTORY", top, TRUE);
    write_file (path, "hunter2", 0440);
    resolves ("password-source", "credential:office.password", NULL, NULL);
    g_unsetenv ("CREDENTIALS_DIRECTORY");
}

static void
in_own_folder (gconstpointer test)
{
    g_autofree char *plugins = NULL;

    top      = test_folder_new ("store");
    profiles = in_top ("config/adit/profiles");
    plugins  = in_top ("plugins");
    {
        g_autofree char *folder = in_top ("plugins/toy");

        g_mkdir_with_parents (folder, 0700); /* as where it is built */
    }
    write_description ("plugins/toy.plugin", "toy");
    write_description ("plugins/second/second.plugin", "second");
    adit_store_set_dir (profiles);
    adit_store_set_plugin_dir (plugins);
    ((void (*) (void)) test) ();
    g_clear_pointer (&top, g_free);
    g_clear_pointer (&profiles, g_free);
}

#define ADD(name, test) g_test_add_data_func ("/store/" name, (gconstpointer) (test), in_own_folder)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("names", test_names);
    ADD ("what-is-saved-is-loaded-and-is-ours-alone", test_save_and_load);
    ADD ("an-existing-name-is-kept", test_no_replace);
    ADD ("a-bad-profile-is-not-saved", test_bad_profile_is_not_saved);
    ADD ("readers-see-the-old-or-the-new", test_atomic);
    ADD ("changes-of-two-processes-add-up", test_lock);
    ADD ("files-that-others-may-read-or-change", test_modes);
    ADD ("links-pipes-folders-and-large-files", test_kinds_of_file);
    ADD ("what-is-unknown-is-named", test_unknown);
    ADD ("forget", test_forget);
    ADD ("list-shows-profiles-only", test_list);
    ADD ("plugins-installed-and-built", test_plugins);
    ADD ("places-of-an-installation-and-a-build", test_places);
    ADD ("secrets-from-files-and-people", test_secrets);
    ADD ("secrets-from-systemd", test_credentials);
    ADD ("texts-of-several-lines", test_texts_of_several_lines);
    return g_test_run ();
}
