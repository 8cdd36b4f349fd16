/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-secret.c - the arena: apart, zeroed, wiped, locked, not inherited, not dumped. */
#include "client/base/secret.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
is_zero (const guint8 *p, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (p[i])
            return FALSE;
    return TRUE;
}

static void
blocks_are_apart_zeroed_and_aligned (void)
{
    guint8 *block[200];

    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < G_N_ELEMENTS (block); i++) {
            gsize size = 1 + (i * 37 + round * 11) % 300;

            block[i] = adit_secret_new (size);
            g_assert_true (is_zero (block[i], size));
            g_assert_cmpuint (GPOINTER_TO_SIZE (block[i]) % 16, ==, 0);
            memset (block[i], (int) i + 1, size);
        }
        for (guint i = 0; i < G_N_ELEMENTS (block); i++) {
            gsize size = 1 + (i * 37 + round * 11) % 300;

            for (gsize at = 0; at < size; at++)
                g_assert_cmpuint (block[i][at], ==, (guint8) (i + 1));
        }
        for (guint i = 0; i < G_N_ELEMENTS (block); i += 2)
            adit_secret_free (block[i]);
        for (guint i = 1; i < G_N_ELEMENTS (block); i += 2)
            adit_secret_free (block[i]);
    }
}

/* The arena stays mapped, so what was freed can be looked at. */
static void
freed_is_wiped (void)
{
    guint8 *key = adit_secret_new (32);

    memset (key, 0xa5, 32);
    adit_secret_free (key);
    g_assert_true (is_zero (key, 32));
    adit_secret_free (NULL);
    adit_wipe_string (NULL);
    adit_wipe (NULL, 0);
}

static void
larger_than_an_arena_and_many_arenas (void)
{
    guint8 *huge = adit_secret_new (300000), *many[5000];

    memset (huge, 1, 300000);
    for (guint i = 0; i < G_N_ELEMENTS (many); i++) {
        many[i] = adit_secret_new (64);
        g_assert_true (is_zero (many[i], 64));
        memset (many[i], 2, 64);
    }
    for (guint i = 0; i < G_N_ELEMENTS (many); i++)
        adit_secret_free (many[i]);
    g_assert_cmpuint (huge[299999], ==, 1);
    adit_secret_free (huge);
}

static void
child_inherits_nothing (void)
{
    guint8 *key = adit_secret_new (32);
    int     status;
    pid_t   child;

    memset (key, 0xa5, 32);
    child = fork ();
    if (child == 0)
        _exit (is_zero (key, 32) ? 0 : 1);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    adit_secret_free (key);
}

/* The flags of the mapping that holds `at`, from /proc/self/smaps. */
static char *
flags_of (gconstpointer at)
{
    g_autofree char *smaps = NULL;
    g_auto (GStrv) lines   = NULL;
    gboolean here          = FALSE;

    g_assert_true (g_file_get_contents ("/proc/self/smaps", &smaps, NULL, NULL));
    lines = g_strsplit (smaps, "\n", -1);
    for (char **line = lines; *line; line++) {
        unsigned long from, to;

        if (sscanf (*line, "%lx-%lx ", &from, &to) == 2)
            here = GPOINTER_TO_SIZE (at) >= from && GPOINTER_TO_SIZE (at) < to;
        else if (here && g_str_has_prefix (*line, "VmFlags:"))
            return g_strconcat (*line, " ", NULL);
    }
    g_assert_not_reached ();
}

static void
arena_is_locked_and_not_dumped (void)
{
    gpointer         key   = adit_secret_new (32);
    g_autofree char *flags = flags_of (key);

    g_assert_nonnull (strstr (flags, " dd "));
    g_assert_nonnull (strstr (flags, " wf "));
    if (geteuid () == 0)
        g_assert_nonnull (strstr (flags, " lo "));
    adit_secret_free (key);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/secret/blocks-are-apart-zeroed-and-aligned",
                     blocks_are_apart_zeroed_and_aligned);
    g_test_add_func ("/secret/freed-is-wiped", freed_is_wiped);
    g_test_add_func ("/secret/larger-than-an-arena-and-many-arenas",
                     larger_than_an_arena_and_many_arenas);
    g_test_add_func ("/secret/child-inherits-nothing", child_inherits_nothing);
    g_test_add_func ("/secret/arena-is-locked-and-not-dumped", arena_is_locked_and_not_dumped);
    return g_test_run ();
}
