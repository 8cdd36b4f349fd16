/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.c - runs a fuzz target without libFuzzer: each seed as it is, then damaged, the same way
 * in every run.  Arguments: folders of seeds. */
#include "client/base/log.h"
#include "tests/fuzz/target.h"
#include <string.h>

enum { MUTATIONS = 10000, LONGEST = 1 << 16 };

typedef struct {
    GByteArray *bytes;
    guint32     seed;
} Seed;

static GPtrArray *seeds;

/* In a block of exactly that size, so that a sanitizer sees one byte too many. */
static void
run (const guint8 *data, gsize size)
{
    g_autofree guint8 *exact = g_malloc (size + !size);

    if (size)
        memcpy (exact, data, size);
    LLVMFuzzerTestOneInput (exact, size);
}

/* Up to `most` bytes that lie behind `from`. */
static guint
some (const GByteArray *a, guint from, GRand *rand, gint32 most)
{
    guint n = (guint) g_rand_int_range (rand, 1, most + 1);

    return MIN (n, a->len - from);
}

static void
flip_bit (GByteArray *a, GRand *rand)
{
    guint at = (guint) g_rand_int_range (rand, 0, (gint32) a->len);

    a->data[at] = (guint8) (a->data[at] ^ 1u << g_rand_int_range (rand, 0, 8));
}

static void
set_byte (GByteArray *a, GRand *rand)
{
    static const guint8 telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', ' ', '=', '"', ',' };

    a->data[g_rand_int_range (rand, 0, (gint32) a->len)] =
        telling[g_rand_int_range (rand, 0, G_N_ELEMENTS (telling))];
}

static void
cut (GByteArray *a, GRand *rand)
{
    guint from = (guint) g_rand_int_range (rand, 0, (gint32) a->len);

    if (g_rand_boolean (rand))
        g_byte_array_set_size (a, from);
    else
        g_byte_array_remove_range (a, from, some (a, from, rand, 16));
}

static void
repeat (GByteArray *a, GRand *rand)
{
    guint              from = (guint) g_rand_int_range (rand, 0, (gint32) a->len);
    guint              n    = some (a, from, rand, 64);
    g_autofree guint8 *part = g_memdup2 (a->data + from, n);

    if (a->len < LONGEST)
        g_byte_array_append (a, part, n);
}

/* The head of this one and the tail of another. */
static void
splice (GByteArray *a, GRand *rand)
{
    const Seed *other = seeds->pdata[g_rand_int_range (rand, 0, (gint32) seeds->len)];
    guint       keep  = (guint) g_rand_int_range (rand, 0, (gint32) a->len);
    guint       from  = MIN (keep, other->bytes->len);

    g_byte_array_set_size (a, keep);
    g_byte_array_append (a, other->bytes->data + from, other->bytes->len - from);
}

static void
damage (GByteArray *a, GRand *rand)
{
    static void (*const ways[]) (GByteArray *, GRand *) = { flip_bit, set_byte, cut, repeat,
                                                            splice };

    for (gint32 n = g_rand_int_range (rand, 1, 5); n > 0 && a->len; n--)
        ways[g_rand_int_range (rand, 0, G_N_ELEMENTS (ways))](a, rand);
}

static void
a_seed_and_its_damaged_copies (gconstpointer data)
{
    const Seed *seed = data;
    GRand      *rand = g_rand_new_with_seed (seed->seed);

    run (seed->bytes->data, seed->bytes->len);
    for (guint i = 0; i < MUTATIONS; i++) {
        g_autoptr (GByteArray) copy = g_byte_array_new ();

        g_byte_array_append (copy, seed->bytes->data, seed->bytes->len);
        damage (copy, rand);
        run (copy->data, copy->len);
    }
    g_rand_free (rand);
}

static void
add_seeds (const char *target, const char *folder)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GDir) dir     = g_dir_open (folder, 0, &error);
    const char *name;

    g_assert_no_error (error);
    while ((name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_autofree char *test = g_strdup_printf ("/fuzz/%s/%s", target, name);
        char            *text;
        gsize            size;
        Seed            *seed;

        g_file_get_contents (path, &text, &size, &error);
        g_assert_no_error (error);
        seed  = g_new (Seed, 1);
        *seed = (Seed){ g_byte_array_new_take ((guint8 *) text, size), g_str_hash (name) };
        g_ptr_array_add (seeds, seed);
        g_test_add_data_func (test, seed, a_seed_and_its_damaged_copies);
    }
}

static void
seed_free (gpointer data)
{
    Seed *seed = data;

    g_byte_array_unref (seed->bytes);
    g_free (seed);
}

static void
say_nothing (gpointer user G_GNUC_UNUSED, AditLogLevel level G_GNUC_UNUSED,
             const char *topic G_GNUC_UNUSED, const char *text G_GNUC_UNUSED)
{
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    adit_log_to (say_nothing, NULL, ADIT_LOG_ERROR);
    seeds = g_ptr_array_new_with_free_func (seed_free);
    for (int i = 2; i < argc; i++)
        add_seeds (argv[1], argv[i]);
    g_assert_cmpuint (seeds->len, >, 0);
    status = g_test_run ();
    g_ptr_array_unref (seeds);
    return status;
}
