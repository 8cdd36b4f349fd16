/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-schema.c - the description of a plugin; what is formatted parses to the same. */
#include "client/base/schema.h"
#include "tests/fuzz/target.h"
#include <string.h>

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GError) error      = NULL;
    g_autoptr (AditSchema) schema = adit_schema_parse ((const char *) data, size, "fuzz", &error);
    g_autofree char *once = NULL, *twice = NULL;

    g_assert_true ((schema == NULL) == (error != NULL));
    if (schema) {
        g_autoptr (AditSchema) again = NULL;

        once  = adit_schema_format (schema);
        again = adit_schema_parse (once, strlen (once), "again", NULL);
        twice = again ? adit_schema_format (again) : NULL;
        g_assert_cmpstr (once, ==, twice);
    }
    return 0;
}
