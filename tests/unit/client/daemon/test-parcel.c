/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes with a call: good parcels, wrong ones, and thousands made at random. */
#include "client/daemon/fault.h"
#include "client/daemon/parcel.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 20000 };

static GUnixFDList *
some_fds (guint n)
{
    GUnixFDList *fds = g_unix_fd_list_new ();
    int          fd  = open ("/dev/null", O_RDONLY | O_CLOEXEC);

    for (guint i = 0; i < n; i++)
        g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, (int) i);
    close (fd);
    return fds;
}

static AditParcel *
open_text (const char *text, GUnixFDList *fds, GError **error)
{
    g_autoptr (GVariant) options = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

    g_assert_nonnull (options);
    return adit_parcel_open (options, fds, error);
}

static guint
open_files (void)
{
    g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
    guint n              = 0;

    while (g_dir_read_name (dir))
        n++;
    return n;
}

static void
test_good (void)
{
    g_autoptr (GUnixFDList) fds   = some_fds (3);
    g_autoptr (AditParcel) parcel = open_text (
        "{'profile': <handle 0>, 'secrets': <{'toy.password': handle 1, 'toy peer hq.key': "
        "handle 2}>}",
        fds, NULL);
    g_autoptr (AditParcel) empty = open_text ("{}", NULL, NULL);

    g_assert_nonnull (parcel);
    g_assert_cmpint (parcel->profile, >=, 0);
    g_assert_cmpuint (parcel->secrets->len, ==, 2);
    g_assert_nonnull (empty);
    g_assert_cmpint (empty->profile, ==, -1);
}

static void
test_wrong (void)
{
    static const char *const wrong[] = {
        "{'profile': <handle 3>}",
        "{'profile': <handle -1>}",
        "{'profile': <'/etc/shadow'>}",
        "{'profile': <uint32 0>}",
        "{'profil': <handle 0>}",
        "{'': <handle 0>}",
        "{'secrets': <handle 0>}",
        "{'secrets': <{'toy.password': 'hunter2'}>}",
        "{'secrets': <{'password': handle 0}>}",
        "{'secrets': <{'.password': handle 0}>}",
        "{'secrets': <{'toy.': handle 0}>}",
        "{'secrets': <{'toy\\n.password': handle 0}>}",
        "{'secrets': <{'toy.pass\\u007fword': handle 0}>}",
        "{'secrets': <{'toy.password': handle 9}>}",
        "{'profile': <handle 0>, 'profile': <handle 1>}",
    };
    g_autoptr (GUnixFDList) fds = some_fds (3);
    guint before                = open_files ();

    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autoptr (GError) error = NULL;

        if (open_text (wrong[i], fds, &error))
            g_error ("%s was taken", wrong[i]);
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
        g_clear_error (&error);
        if (strstr (wrong[i], "handle"))
            g_assert_null (open_text (wrong[i], NULL, &error));
    }
    g_assert_cmpuint (open_files (), ==, before);
}

static void
test_too_many (void)
{
    g_autoptr (GUnixFDList) fds = some_fds (1);
    g_autoptr (GError) error    = NULL;
    g_autoptr (GString) text    = g_string_new ("{'secrets': <{");

    for (guint i = 0; i <= ADIT_PARCEL_SECRETS; i++)
        g_string_append_printf (text, "%s'toy.key%u': handle 0", i ? ", " : "", i);
    g_string_append (text, "}>}");
    g_assert_null (open_text (text->str, fds, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

/* ---- at random ---- */

static char *
random_text (GRand *dice)
{
    static const char *const texts[] = { "profile", "secrets", "toy.password",    "a.b", ".",    "",
                                         "\x01.b",  "x",       "toy peer hq.key", "é.é", "a.b.c" };

    return g_strdup (texts[g_rand_int_range (dice, 0, G_N_ELEMENTS (texts))]);
}

static GVariant *
random_value (GRand *dice)
{
    GVariantBuilder secrets;

    switch (g_rand_int_range (dice, 0, 5)) {
    case 0:
        return g_variant_new_handle (g_rand_int_range (dice, -2, 6));
    case 1:
        return g_variant_new_string ("x");
    case 2:
        return g_variant_new_variant (g_variant_new_uint32 (7));
    default:
        g_variant_builder_init (&secrets, G_VARIANT_TYPE ("a{sh}"));
        for (gint n = g_rand_int_range (dice, 0, 40); n > 0; n--) {
            g_autofree char *key = random_text (dice);

            g_variant_builder_add (&secrets, "{sh}", key, g_rand_int_range (dice, -2, 6));
        }
        return g_variant_builder_end (&secrets);
    }
}

static void
test_random (void)
{
    g_autoptr (GRand) dice      = g_rand_new_with_seed (20220);
    g_autoptr (GUnixFDList) fds = some_fds (4);
    guint before = open_files (), taken = 0;

    for (guint i = 0; i < ROUNDS; i++) {
        g_autoptr (GVariant) options  = NULL;
        g_autoptr (AditParcel) parcel = NULL;
        g_autoptr (GError) error      = NULL;
        GVariantBuilder builder;

        g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
        for (gint n = g_rand_int_range (dice, 0, 4); n > 0; n--) {
            g_autofree char *name = random_text (dice);

            g_variant_builder_add (&builder, "{sv}", name, random_value (dice));
        }
        options = g_variant_ref_sink (g_variant_builder_end (&builder));
        parcel  = adit_parcel_open (options, fds, &error);
        g_assert_true ((parcel == NULL) == (error != NULL));
        taken += parcel != NULL;
    }
    g_assert_cmpuint (taken, >, ROUNDS / 100);
    g_assert_cmpuint (taken, <, ROUNDS);
    g_assert_cmpuint (open_files (), ==, before);
}

/* ---- private profiles ---- */

static void
test_private (void)
{
    static const struct {
        const char *text, *word; /* NULL: nothing is wrong */
    } cases[] = {
        { "[connection]\ntype = toy\n", NULL },
        { "[routing]\ntable = auto\nmark = auto\n[guard]\nmode = tunnel\n", NULL },
        { "[toy]\npassword-source = file:/etc/shadow\n", NULL }, /* read with its user's rights */
        { "[routing]\ntable = 254\n", "routing.table" },
        { "[routing]\nmark = off\n", "routing.mark" },
        { "[guard]\nmode = always\n", "guard.mode" },
        { "[toy peer hq]\nca = /etc/shadow\n", NULL }, /* so is this */
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        const char *text                = cases[i].text;
        g_autoptr (GError) error        = NULL;
        g_autoptr (AditProfile) profile = adit_profile_parse (text, strlen (text), "x", NULL);

        g_assert_cmpint (adit_parcel_judge_private (profile, &error), ==, cases[i].word == NULL);
        if (cases[i].word)
            g_assert_nonnull (strstr (error->message, cases[i].word));
    }
}

static void
test_fault_names (void)
{
    for (guint code = 0; code < ADIT_N_ERRORS; code++) {
        g_autofree char *name = adit_fault_name ((AditError) code);

        g_assert_true (g_str_has_prefix (name, "org.adit.Error."));
        g_assert_true (g_ascii_isupper (name[strlen ("org.adit.Error.")]));
        g_assert_cmpint (g_ascii_strcasecmp (name + strlen ("org.adit.Error."),
                                             adit_error_name ((AditError) code)),
                         ==, 0);
    }
}

static void
test_fault_text (void)
{
    g_autofree char *broken = adit_fault_text ("a\xff\xc3z");
    g_autofree char *none   = adit_fault_text (NULL);

    g_assert_true (g_utf8_validate (broken, -1, NULL));
    g_assert_cmpstr (none, ==, "");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/parcel/good", test_good);
    g_test_add_func ("/parcel/wrong-ones-leave-no-descriptor", test_wrong);
    g_test_add_func ("/parcel/too-many-secrets", test_too_many);
    g_test_add_func ("/parcel/at-random", test_random);
    g_test_add_func ("/parcel/private-profiles", test_private);
    g_test_add_func ("/fault/one-name-per-code", test_fault_names);
    g_test_add_func ("/fault/text-of-any-origin", test_fault_text);
    return g_test_run ();
}
