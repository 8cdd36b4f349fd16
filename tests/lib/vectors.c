/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads tests/vectors. */
#include "tests/lib/vectors.h"

#include <string.h>

struct VectorCase {
    GHashTable *fields; /* name to GByteArray */
};

static void
case_free (gpointer data)
{
    VectorCase *vector = data;

    g_hash_table_unref (vector->fields);
    g_free (vector);
}

static VectorCase *
case_new (void)
{
    VectorCase *vector = g_new0 (VectorCase, 1);

    vector->fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) g_byte_array_unref);
    return vector;
}

static GByteArray *
from_hex (const char *text)
{
    GByteArray *bytes = g_byte_array_new ();

    for (; *text; text += 2) {
        guint8 byte;

        g_assert_true (g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1]));
        byte = (guint8) (g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));
        g_byte_array_append (bytes, &byte, 1);
    }
    return bytes;
}

static void
add_field (VectorCase *vector, char *line)
{
    char *colon = strchr (line, ':');

    g_assert_nonnull (colon);
    *colon = '\0';
    g_assert_true (
        g_hash_table_insert (vector->fields, g_strdup (line), from_hex (g_strstrip (colon + 1))));
}

GPtrArray *
vectors_load (const char *file)
{
    g_autofree char *path    = g_build_filename (TEST_VECTORS, file, NULL);
    g_autofree char *text    = NULL;
    g_autoptr (GError) error = NULL;
    GPtrArray  *cases        = g_ptr_array_new_with_free_func (case_free);
    VectorCase *vector       = NULL;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (g_str_has_prefix (text, "# "));

    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 1; lines[i]; i++) {
        if (lines[i][0] == '\0') {
            vector = NULL;
            continue;
        }
        if (!vector) {
            vector = case_new ();
            g_ptr_array_add (cases, vector);
        }
        add_field (vector, lines[i]);
    }
    g_assert_cmpuint (cases->len, >, 0);
    return cases;
}

const guint8 *
vector_bytes (const VectorCase *vector, const char *name, gsize *len)
{
    const GByteArray *bytes = g_hash_table_lookup (vector->fields, name);

    g_assert_nonnull (bytes);
    *len = bytes->len;
    return bytes->data;
}

const guint8 *
vector_exactly (const VectorCase *vector, const char *name, gsize len)
{
    gsize         found;
    const guint8 *bytes = vector_bytes (vector, name, &found);

    g_assert_cmpuint (found, ==, len);
    return bytes;
}
