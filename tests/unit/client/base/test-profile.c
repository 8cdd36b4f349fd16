/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-profile.c - syntax: what a text holds, that it comes back as it was, and where it is wrong.
 */
#include "client/base/profile.h"
#include "client/base/secret.h"
#include <string.h>

static AditProfile *
parse (const char *text)
{
    g_autoptr (GError) error = NULL;
    AditProfile *profile     = adit_profile_parse (text, strlen (text), "office.conf", &error);

    g_assert_no_error (error);
    g_assert_nonnull (profile);
    return profile;
}

static void
refuses (const char *text, gsize len, const char *sentence)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (adit_profile_parse (text, len, "office.conf", &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    g_assert_cmpstr (error->message, ==, sentence);
}

static const char whole[] = "# mine\n"
                            "[connection]   # the first\n"
                            "name = office\n"
                            "\n"
                            "  # why\n"
                            "type =wireguard # a comment\n"
                            "[ wireguard   peer  hq ]\n"
                            "a=\"x # y\\\"\\\\\" # after\n"
                            "b = x#y\n"
                            "c =\n"
                            "d =   # nothing\n"
                            "e =#7\n"
                            "f = a \\ \"b\"\n"
                            "# end\n";

static void
test_reads (void)
{
    g_autoptr (AditProfile) p = parse (whole);
    g_auto (GStrv) sections   = adit_profile_sections (p, NULL);
    g_auto (GStrv) keys       = adit_profile_keys (p, "wireguard peer hq");
    g_autofree char *place    = adit_profile_place (p, "wireguard peer hq", "b");
    g_autofree char *lost     = adit_profile_place (p, "nowhere", "b");

    g_assert_cmpuint (g_strv_length (sections), ==, 2);
    g_assert_cmpstr (sections[1], ==, "wireguard peer hq");
    g_assert_cmpuint (g_strv_length (keys), ==, 6);
    g_assert_cmpstr (adit_profile_get (p, "connection", "type"), ==, "wireguard");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "a"), ==, "x # y\"\\");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "b"), ==, "x#y");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "c"), ==, "");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "d"), ==, "");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "e"), ==, "#7");
    g_assert_cmpstr (adit_profile_get (p, "wireguard peer hq", "f"), ==, "a \\ \"b\"");
    g_assert_null (adit_profile_get (p, "connection", "nothing"));
    g_assert_null (adit_profile_get (p, "nowhere", "name"));
    g_assert_cmpuint (adit_profile_line (p, "connection", "type"), ==, 6);
    g_assert_cmpuint (adit_profile_line (p, "connection", "mtu"), ==, 2);
    g_assert_cmpuint (adit_profile_line (p, "nowhere", "mtu"), ==, 0);
    g_assert_cmpstr (place, ==, "office.conf:9");
    g_assert_cmpstr (lost, ==, "office.conf");
}

/* The same keys, values, order; and printing what was read of the print changes nothing more. */
static void
comes_back (const AditProfile *p)
{
    g_autofree char *text        = adit_profile_format (p);
    g_autoptr (AditProfile) back = parse (text);
    g_autofree char *again       = adit_profile_format (back);
    g_auto (GStrv) names         = adit_profile_sections (p, NULL);
    g_auto (GStrv) names_back    = adit_profile_sections (back, NULL);

    g_assert_cmpstr (again, ==, text);
    g_assert_true (g_strv_equal ((const char *const *) names, (const char *const *) names_back));
    for (char **name = names; *name; name++) {
        g_auto (GStrv) keys      = adit_profile_keys (p, *name);
        g_auto (GStrv) keys_back = adit_profile_keys (back, *name);

        g_assert_true (g_strv_equal ((const char *const *) keys, (const char *const *) keys_back));
        for (char **key = keys; *key; key++)
            g_assert_cmpstr (adit_profile_get (p, *name, *key), ==,
                             adit_profile_get (back, *name, *key));
    }
}

static void
test_round_trip (void)
{
    g_autoptr (AditProfile) p = parse (whole);

    comes_back (p);
}

static void
test_awkward_values (void)
{
    static const char letters[] = " \t#\"\\=[];ab\xc3\xa4,";

    for (guint i = 0; i < 20000; i++) {
        g_autoptr (AditProfile) p = adit_profile_new ();
        GString *value            = g_string_new (NULL);

        for (int n = g_test_rand_int_range (0, 9); n > 0; n--) {
            int k = g_test_rand_int_range (0, sizeof letters - 1);

            if ((guchar) letters[k] >= 0x80)
                g_string_append (value, "\xc3\xa4");
            else
                g_string_append_c (value, letters[k]);
        }
        adit_profile_set (p, "connection", "name", value->str);
        adit_profile_set (p, "a b", "x", value->str);
        adit_profile_set (p, "a b", "y", "1");
        comes_back (p);
        g_string_free (value, TRUE);
    }
}

/* A value that would end its line cannot smuggle in a line of its own. */
static void
test_newline_fails_closed (void)
{
    static const char *const values[] = { "a\nb = c", "\"x\"\n[guard]\nmode = off\n",
                                          " \"\n[guard]\nmode = off", "a\rb", "a\x01" };

    for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
        g_autoptr (AditProfile) p    = adit_profile_new ();
        g_autoptr (AditProfile) back = NULL;
        g_autofree char *text        = NULL;

        adit_profile_set (p, "connection", "name", values[i]);
        text = adit_profile_format (p);
        back = adit_profile_parse (text, strlen (text), NULL, NULL);
        g_assert_null (back);
    }
}

static void
test_keeps_comments (void)
{
    g_autoptr (AditProfile) p =
        parse ("# top\n[a]\n# about x\nx = 1  # one\n\n[b]\ny = 2\n# end\n");
    g_autofree char *text = NULL;

    adit_profile_set (p, "a", "x", "3");
    adit_profile_set (p, "a", "z", "4");
    adit_profile_set (p, "b", "y", NULL);
    adit_profile_set (p, "c", "w", "a # b");
    text = adit_profile_format (p);
    g_assert_cmpstr (text, ==,
                     "# top\n[a]\n# about x\nx = 3  # one\nz = 4\n\n[c]\nw = \"a # b\"\n# end\n");
}

static void
test_removing (void)
{
    g_autoptr (AditProfile) p = parse ("[a]\nx = 1\ny = 2\n");

    adit_profile_set (p, "a", "x", NULL);
    adit_profile_set (p, "a", "nothing", NULL);
    adit_profile_set (p, "nowhere", "x", NULL);
    g_assert_null (adit_profile_get (p, "a", "x"));
    g_assert_cmpstr (adit_profile_get (p, "a", "y"), ==, "2");
    adit_profile_set (p, "a", "y", NULL);
    g_assert_cmpuint (adit_profile_line (p, "a", NULL), ==, 0);
    adit_profile_set (p, "a", "y", "5");
    g_assert_cmpstr (adit_profile_get (p, "a", "y"), ==, "5");
}

static void
test_refusals (void)
{
#define REFUSES(text, sentence) refuses (text, sizeof (text) - 1, "office.conf" sentence)
    REFUSES ("x = 1\n", ":1: `x` stands before the first [section]; begin with [connection].");
    REFUSES ("[a]\nx = 1\n\nx = 2\n", ":4: `x` is there already, in line 2; remove one of them.");
    REFUSES ("[a]\nx=1\n[ a ]\n", ":3: [a] is there already, in line 1; move its keys there.");
    REFUSES ("[a]\nhello\n", ":2: this line is neither a [section] nor a `key = value`.");
    REFUSES ("[a]\nx = \"1\n", ":2: the quoted value does not end, or has a backslash before "
                               "something other than \" and \\.");
    REFUSES ("[a]\nx = \"\\n\"\n", ":2: the quoted value does not end, or has a backslash before "
                                   "something other than \" and \\.");
    REFUSES ("[a]\nx = \"1\" y\n", ":2: only white space and a # comment may follow a "
                                   "quoted value.");
    REFUSES ("[a]\nx y = 1\n", ":2: a key is made of letters, digits and dashes, and stands alone "
                               "before the equals sign.");
    REFUSES ("[a]\n = 1\n", ":2: a key is made of letters, digits and dashes, and stands alone "
                            "before the equals sign.");
    REFUSES ("[a\n", ":1: a section is words in brackets, like [connection], alone on its line.");
    REFUSES ("[]\n", ":1: a section is words in brackets, like [connection], alone on its line.");
    REFUSES ("[a] x\n",
             ":1: a section is words in brackets, like [connection], alone on its line.");
    REFUSES ("[a]\nx = \0\n", ":2: a control character is in this line; profiles are text.");
    REFUSES ("[a]\nx = a\rb\n", ":2: a control character is in this line; profiles are text.");
    REFUSES ("[a]\n\nx = \x1b[2J\n", ":3: a control character is in this line; profiles are text.");
    REFUSES ("[a]\nx = \xff\n", ":2: this line is not UTF-8 text; save the file as UTF-8.");
#undef REFUSES
}

static void
test_too_large (void)
{
    g_autofree char *text = g_strnfill (ADIT_PROFILE_MAX + 1, '#');

    refuses (text, ADIT_PROFILE_MAX + 1,
             "office.conf: it is larger than 1 MiB, so it cannot be a profile.");
}

static void
test_as_editors_save (void)
{
    g_autoptr (AditProfile) p = parse ("\xef\xbb\xbf[a]\r\nx = 1\r\ny = \"2 \"\r\nz = 3");

    g_assert_cmpstr (adit_profile_get (p, "a", "x"), ==, "1");
    g_assert_cmpstr (adit_profile_get (p, "a", "y"), ==, "2 ");
    g_assert_cmpstr (adit_profile_get (p, "a", "z"), ==, "3");
}

static void
test_many_keys_are_quick (void)
{
    GString *text = g_string_new ("[a]\n");
    gint64   start;
    g_autoptr (AditProfile) p = NULL;

    for (guint i = 0; text->len < ADIT_PROFILE_MAX - 16; i++)
        g_string_append_printf (text, "%x=\n", i);
    start = g_get_monotonic_time ();
    p     = parse (text->str);
    g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
    g_string_free (text, TRUE);
}

static void
test_kinds (void)
{
    g_autoptr (AditProfile) p = parse ("[w]\nx=1\n[w peer a]\nx=1\n[w peer b]\nx=1\n[wx]\nx=1\n");
    g_auto (GStrv) all        = adit_profile_sections (p, NULL);
    g_auto (GStrv) own        = adit_profile_sections (p, "w");
    g_auto (GStrv) peer       = adit_profile_sections (p, "w peer");

    g_assert_cmpuint (g_strv_length (all), ==, 4);
    g_assert_cmpuint (g_strv_length (own), ==, 1);
    g_assert_cmpuint (g_strv_length (peer), ==, 2);
    g_assert_cmpstr (peer[1], ==, "w peer b");
}

static void
test_typed (void)
{
    g_autoptr (AditProfile) p =
        parse ("[a]\nn = 1420\nh = 0x10\nbig = 99999999999999999999\nw = auto\n"
               "y = yes\nq = maybe\nl = a,  b ,c\nempty =\n");
    g_auto (GStrv) l    = adit_profile_list (p, "a", "l");
    g_auto (GStrv) e    = adit_profile_list (p, "a", "empty");
    g_auto (GStrv) none = adit_profile_list (p, "a", "none");

    g_assert_cmpuint (adit_profile_number (p, "a", "n", 7), ==, 1420);
    g_assert_cmpuint (adit_profile_number (p, "a", "h", 7), ==, 16);
    g_assert_cmpuint (adit_profile_number (p, "a", "big", 7), ==, 7);
    g_assert_cmpuint (adit_profile_number (p, "a", "w", 7), ==, 7);
    g_assert_cmpuint (adit_profile_number (p, "a", "none", 7), ==, 7);
    g_assert_true (adit_profile_flag (p, "a", "y", FALSE));
    g_assert_true (adit_profile_flag (p, "a", "q", TRUE));
    g_assert_cmpuint (g_strv_length (l), ==, 3);
    g_assert_cmpstr (l[1], ==, "b");
    g_assert_cmpuint (g_strv_length (e), ==, 0);
    g_assert_cmpuint (g_strv_length (none), ==, 0);
}

static void
test_keys_in_base64 (void)
{
    for (gsize size = 1; size < 70; size++) {
        g_autoptr (AditProfile) p = adit_profile_new ();
        guint8           bytes[70], back[70];
        g_autofree char *text = NULL;

        for (gsize i = 0; i < size; i++)
            bytes[i] = (guint8) g_test_rand_int_range (0, 256);
        text = g_base64_encode (bytes, size);
        adit_profile_set (p, "a", "k", text);
        g_assert_true (adit_profile_key (p, "a", "k", back, size));
        g_assert_cmpmem (back, size, bytes, size);
        g_assert_false (adit_profile_key (p, "a", "none", back, size));
        for (guint round = 0; round < 20; round++) {
            gsize at  = (gsize) g_test_rand_int_range (0, (gint32) strlen (text));
            char  old = text[at];

            text[at] = "-_.* \t=\x7f\n"[g_test_rand_int_range (0, 9)];
            adit_profile_set (p, "a", "k", text);
            if (text[at] != old)
                g_assert_false (adit_profile_key (p, "a", "k", back, size));
            text[at] = old;
        }
    }
}

static void
test_no_second_spelling_of_a_key (void)
{
    g_autoptr (AditProfile) p = parse ("[a]\none = AA==\ntwo = AB==\nshort = AA=\nlong = AAAA\n");
    guint8 out[1];

    g_assert_true (adit_profile_key (p, "a", "one", out, 1));
    g_assert_false (adit_profile_key (p, "a", "two", out, 1)); /* bits that no byte has */
    g_assert_false (adit_profile_key (p, "a", "short", out, 1));
    g_assert_false (adit_profile_key (p, "a", "long", out, 1));
}

/* Flip, cut and repeat: never a crash, and what is accepted comes back. */
static void
test_mutations (void)
{
    for (guint i = 0; i < 20000; i++) {
        gsize            len      = (gsize) g_test_rand_int_range (0, sizeof whole);
        g_autofree char *text     = g_memdup2 (whole, sizeof whole);
        g_autoptr (AditProfile) p = NULL;

        for (int n = g_test_rand_int_range (0, 4); len && n > 0; n--)
            text[g_test_rand_int_range (0, (gint32) len)] =
                "\n\"\\#=[] x\xc3"[g_test_rand_int_range (0, 10)];
        p = adit_profile_parse (text, len, "office.conf", NULL);
        if (p)
            comes_back (p);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/profile/reads-sections-keys-quotes-and-comments", test_reads);
    g_test_add_func ("/profile/comes-back-as-it-was", test_round_trip);
    g_test_add_func ("/profile/awkward-values-come-back", test_awkward_values);
    g_test_add_func ("/profile/a-newline-in-a-value-fails-closed", test_newline_fails_closed);
    g_test_add_func ("/profile/set-keeps-comments-and-order", test_keeps_comments);
    g_test_add_func ("/profile/removing-the-last-key-removes-the-section", test_removing);
    g_test_add_func ("/profile/refusals-name-file-line-and-cure", test_refusals);
    g_test_add_func ("/profile/too-large", test_too_large);
    g_test_add_func ("/profile/files-as-editors-save-them", test_as_editors_save);
    g_test_add_func ("/profile/many-keys-are-read-quickly", test_many_keys_are_quick);
    g_test_add_func ("/profile/sections-of-a-kind", test_kinds);
    g_test_add_func ("/profile/typed-readers", test_typed);
    g_test_add_func ("/profile/base64-of-exactly-that-size", test_keys_in_base64);
    g_test_add_func ("/profile/one-spelling-per-key", test_no_second_spelling_of_a_key);
    g_test_add_func ("/profile/damaged-texts", test_mutations);
    return g_test_run ();
}
