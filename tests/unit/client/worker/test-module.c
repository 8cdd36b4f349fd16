/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-module.c - names that could be paths, files that are no modules. */
#include "client/worker/module.h"

static void
names_are_no_paths (void)
{
    static const char *const good[] = { "wireguard", "l2tp", "a-b", "0" };
    static const char *const bad[]  = { "",
                                        "..",
                                        "a/b",
                                        "/etc/passwd",
                                        "A",
                                        "a b",
                                        "a.so",
                                        "a\n",
                                        "a-name-that-is-much-too-long-to-be-one" };

    for (guint i = 0; i < G_N_ELEMENTS (good); i++)
        g_assert_true (adit_module_is_name (good[i]));
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_false (adit_module_is_name (bad[i]));
        g_assert_null (adit_module_load (bad[i], &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    }
}

static void
other_files_are_no_modules (void)
{
    static const char *const paths[] = { "/nonexistent.so", "/etc/passwd", "libc.so.6" };

    for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_module_open (paths[i], &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
        g_assert_nonnull (adit_error_cause (error));
    }
}

static const AditField fields[] = {
    { "toy", "speed", "Speed", ADIT_FIELD_NUMBER, "3", "1..9", FALSE },
    { "toy peer", "key", "Key", ADIT_FIELD_SECRET_KEY, NULL, "32", TRUE },
    { NULL, NULL, NULL, 0, NULL, NULL, FALSE },
};

static const AditPlugin toy = {
    .abi = ADIT_PLUGIN_ABI, .name = "toy", .title = "Toy", .socket = "toy/%s.sock", .fields = fields
};

static void
description_reads_back (void)
{
    g_autoptr (AditSchema) schema = adit_module_schema (&toy);
    g_autofree char *text         = adit_schema_format (schema);
    g_autoptr (GError) error      = NULL;
    g_autoptr (AditSchema) back   = adit_schema_parse (text, strlen (text), NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (back->name, ==, "toy");
    g_assert_cmpstr (back->socket, ==, "toy/%s.sock");
    g_assert_false (back->imports || back->exports || back->ethernet);
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpstr (back->fields[i].section, ==, fields[i].section);
        g_assert_cmpstr (back->fields[i].key, ==, fields[i].key);
        g_assert_cmpstr (back->fields[i].fallback, ==, fields[i].fallback);
        g_assert_cmpstr (back->fields[i].range, ==, fields[i].range);
        g_assert_cmpint (back->fields[i].type, ==, fields[i].type);
        g_assert_true (back->fields[i].required == fields[i].required);
    }
    g_assert_null (back->fields[2].key);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/module/names-are-no-paths", names_are_no_paths);
    g_test_add_func ("/module/other-files-are-no-modules", other_files_are_no_modules);
    g_test_add_func ("/module/description-reads-back", description_reads_back);
    return g_test_run ();
}
