/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-bytes.c - the sticky reader and writer. */
#include "client/base/bytes.h"

/* PPP-style options: type, length including both bytes, value. */
static guint
count_options (const guint8 *data, gsize len, gboolean *good)
{
    AditReader r = adit_reader (data, len);
    guint      n = 0;

    while (adit_left (&r)) {
        adit_get_u8 (&r);
        adit_sub_counted (&r, adit_get_u8 (&r), 2);
        n++;
    }
    *good = adit_finish (&r);
    return n;
}

static void
zero_length_option_ends_the_loop (void)
{
    static const guint8 opts[] = { 1, 4, 5, 0xdc, 7, 0, 8, 2 };
    gboolean            good;

    g_assert_cmpuint (count_options (opts, 4, &good), ==, 1);
    g_assert_true (good);
    g_assert_cmpuint (count_options (opts, sizeof opts, &good), ==, 2);
    g_assert_false (good);
}

static void
length_is_patched_in (void)
{
    guint8     buf[8];
    AditWriter w = adit_writer (buf, sizeof buf);
    guint8    *mark;

    adit_put_u8 (&w, 7);
    mark = adit_open_u16 (&w);
    adit_put_bytes (&w, "abc", 3);
    adit_close_u16 (&w, mark, 3);
    g_assert_cmpmem (buf, adit_length (&w), "\7\0\6abc", 6);
}

static void
nothing_reads_as_nothing (void)
{
    AditReader r = adit_reader (NULL, 0);

    g_assert_true (adit_finish (&r));
    g_assert_cmpuint (adit_get_u8 (&r), ==, 0);
    g_assert_false (adit_finish (&r));
}

static void
overrun_is_sticky (void)
{
    guint8     buf[4];
    AditWriter w = adit_writer (buf, sizeof buf);
    AditReader r;

    adit_put_u8 (&w, 0xaa);
    adit_put_u32 (&w, 1);
    adit_put_u8 (&w, 0xbb);
    g_assert_cmpuint (adit_length (&w), ==, 0);

    w = adit_writer (buf, sizeof buf);
    adit_put_u32 (&w, 0x01020304);
    g_assert_cmpuint (adit_length (&w), ==, 4);
    r = adit_reader (buf, sizeof buf);
    g_assert_cmpuint (adit_get_u16 (&r), ==, 0x0102);
    g_assert_cmpuint (adit_get_u32 (&r), ==, 0);
    g_assert_cmpuint (adit_get_u16 (&r), ==, 0);
    g_assert_false (adit_finish (&r));
}

static void
little_endian_is_its_own_call (void)
{
    guint8     buf[8];
    AditWriter w = adit_writer (buf, sizeof buf);
    AditReader r = adit_reader (buf, sizeof buf);

    adit_put_le (&w, 4, 0x01020304);
    adit_put_u32 (&w, 0x01020304);
    g_assert_cmpmem (buf, adit_length (&w), "\4\3\2\1\1\2\3\4", 8);
    g_assert_cmphex (adit_get_le (&r, 4), ==, 0x01020304);
    g_assert_cmphex (adit_get_le (&r, 3), ==, 0x030201);
    g_assert_cmphex (adit_get_le (&r, 2), ==, 0);
    g_assert_false (adit_finish (&r));
}

static void
short_copies_read_as_zeroes (void)
{
    static const guint8 three[] = { 1, 2, 3 };
    guint8              out[4]  = { 9, 9, 9, 9 };
    AditReader          r       = adit_reader (three, sizeof three);

    adit_get_bytes (&r, out, 4);
    g_assert_cmpmem (out, 4, "\0\0\0\0", 4);
    g_assert_cmpuint (adit_left (&r), ==, 0);
    g_assert_false (adit_finish (&r));
}

static void
inside_cannot_outrun_outside (void)
{
    static const guint8 bytes[] = { 1, 2, 3, 4 };
    AditReader          outer   = adit_reader (bytes, sizeof bytes);
    AditReader          inner   = adit_sub (&outer, 2);

    g_assert_cmpuint (adit_get_u16 (&inner), ==, 0x0102);
    g_assert_true (adit_finish (&inner));
    g_assert_cmpuint (adit_get_u8 (&inner), ==, 0);
    g_assert_false (adit_finish (&inner));
    inner = adit_sub (&outer, 3);
    g_assert_cmpuint (adit_left (&inner), ==, 0);
    g_assert_false (adit_finish (&outer));
    g_assert_false (adit_finish (&inner));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/bytes/zero-length-option-ends-the-loop", zero_length_option_ends_the_loop);
    g_test_add_func ("/bytes/length-is-patched-in", length_is_patched_in);
    g_test_add_func ("/bytes/nothing-reads-as-nothing", nothing_reads_as_nothing);
    g_test_add_func ("/bytes/overrun-is-sticky", overrun_is_sticky);
    g_test_add_func ("/bytes/little-endian-is-its-own-call", little_endian_is_its_own_call);
    g_test_add_func ("/bytes/short-copies-read-as-zeroes", short_copies_read_as_zeroes);
    g_test_add_func ("/bytes/inside-cannot-outrun-outside", inside_cannot_outrun_outside);
    return g_test_run ();
}
