/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-keys.c - every type of field has words, and they say its range. */
#include "ui-cli/keys.h"
#include <string.h>

static void
words_are (AditFieldType type, const char *range, const char *expected)
{
    const AditField  field = { "s", "k", "T", type, NULL, range, FALSE };
    g_autofree char *words = cli_key_values (&field);

    g_assert_cmpstr (words, ==, expected);
}

static void
test_words (void)
{
    words_are (ADIT_FIELD_NUMBER, "0..65535", "0 to 65535");
    words_are (ADIT_FIELD_NUMBER, "auto|off|1..9", "auto, off, or 1 to 9");
    words_are (ADIT_FIELD_NUMBER, NULL, "a number");
    words_are (ADIT_FIELD_CHOICE, "a|b", "a, b");
    words_are (ADIT_FIELD_CHOICES, "a|b", "list of a, b");
    words_are (ADIT_FIELD_SERVER, "0", "name or address, with :port");
    words_are (ADIT_FIELD_SERVER, NULL, "name or address");
    words_are (ADIT_FIELD_SECRET_KEY, "32", "secret, 32 bytes in base64");
    words_are (ADIT_FIELD_TEXT, "15", "one word");
}

static void
test_all (void)
{
    for (guint type = 0; type < ADIT_N_FIELD_TYPES; type++) {
        const AditField  field = { "s", "k", "T", (AditFieldType) type, NULL, "32", FALSE };
        g_autofree char *words = cli_key_values (&field);

        g_assert_cmpuint (strlen (words), >, 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/keys/words-say-the-range", test_words);
    g_test_add_func ("/keys/every-type-has-words", test_all);
    return g_test_run ();
}
