/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON of any shape. */
#include "client/core/json.h"

static void
test_shapes (void)
{
    static const char text[] =
        "{ \"a\": { \"b\": [ \"x\", 7 ] }, \"n\": 9, \"f\": true, \"z\": null }";
    g_autoptr (JsonNode) root = json_from_string (text, NULL);
    JsonNode  *inner          = adit_json_member (root, "a");
    JsonArray *array          = adit_json_array (adit_json_member (inner, "b"));
    gint64     number         = -1;

    g_assert_nonnull (array);
    g_assert_cmpstr (adit_json_text (json_array_get_element (array, 0)), ==, "x");
    g_assert_true (adit_json_number (json_array_get_element (array, 1), &number));
    g_assert_cmpint (number, ==, 7);
    g_assert_true (adit_json_flag (adit_json_member (root, "f")));
    g_assert_null (adit_json_text (adit_json_member (root, "n"))); /* of another type */
    g_assert_null (adit_json_text (adit_json_member (root, "z")));
    g_assert_null (adit_json_text (root));
    g_assert_null (adit_json_array (root));
    g_assert_null (adit_json_member (adit_json_member (root, "n"), "b"));
    g_assert_false (adit_json_number (adit_json_member (root, "f"), &number));
    g_assert_false (adit_json_flag (adit_json_member (root, "n")));
}

static void
test_nothing (void)
{
    gint64 number;

    g_assert_null (adit_json_member (NULL, "a"));
    g_assert_null (adit_json_array (NULL));
    g_assert_null (adit_json_text (NULL));
    g_assert_false (adit_json_number (NULL, &number));
    g_assert_false (adit_json_flag (NULL));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/json/of-any-shape", test_shapes);
    g_test_add_func ("/json/nothing-holds-nothing", test_nothing);
    return g_test_run ();
}
