/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test vectors as text.  The first line is `# ` and the source; then `name: hex` lines, with a
 * blank line between cases.  A file that is not like that, or a name that is missing, ends the
 * test. */
#pragma once

#include <glib.h>

typedef struct VectorCase VectorCase;

/* Every case of the file in tests/vectors; free with g_ptr_array_unref. */
GPtrArray *vectors_load (const char *file);

/* Borrowed from the case; *len may be 0. */
const guint8 *vector_bytes (const VectorCase *vector, const char *name, gsize *len);

/* The same, of a length known beforehand. */
const guint8 *vector_exactly (const VectorCase *vector, const char *name, gsize len);
