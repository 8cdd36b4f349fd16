/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/ppp/hdlc.h"

static GByteArray *got;
static guint       frames;

static void
on_frame (gpointer user G_GNUC_UNUSED, const guint8 *frame, gsize len)
{
    frames++;
    g_byte_array_set_size (got, 0);
    g_byte_array_append (got, frame, (guint) len);
}

static void
begin (void)
{
    g_clear_pointer (&got, g_byte_array_unref);
    got    = g_byte_array_new ();
    frames = 0;
}

/* The check sequence of an LCP Configure-Request with no options, worked out by hand. */
static void
is_as_on_other_wires (void)
{
    static const guint8 frame[]    = { 0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4 };
    static const guint8 expected[] = { 0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d, 0x21, 0x7d,
                                       0x21, 0x7d, 0x20, 0x7d, 0x24, 0xd1, 0xb5, 0x7e };
    guint8              buf[64];
    AditWriter          w = adit_writer (buf, sizeof buf);

    hdlc_encode (&w, frame, sizeof frame, 0xffffffff);
    g_assert_cmpmem (buf, adit_length (&w), expected, sizeof expected);
}

static void
any_frame_comes_back (void)
{
    static HdlcReader r;

    begin ();
    for (guint round = 1; round <= 500; round++) {
        guint8     frame[600], buf[2 * sizeof frame + 8];
        gsize      len = (gsize) g_test_rand_int_range (2, sizeof frame);
        AditWriter w   = adit_writer (buf, sizeof buf);

        for (gsize i = 0; i < len; i++)
            frame[i] = (guint8) g_test_rand_int ();
        hdlc_encode (&w, frame, len, (guint32) g_test_rand_int ());
        for (gsize at = 0; at < adit_length (&w);) {
            gsize piece = (gsize) g_test_rand_int_range (1, 50);
            gsize n     = MIN (adit_length (&w) - at, piece);

            hdlc_decode (&r, buf + at, n, on_frame, NULL);
            at += n;
        }
        g_assert_cmpuint (frames, ==, round);
        g_assert_cmpmem (got->data, got->len, frame, len);
    }
    g_assert_cmpuint (r.bad, ==, 0);
}

static void
damage_is_dropped_and_forgotten (void)
{
    static const guint8 frame[] = { 0xff, 0x03, 0xc0, 0x21, 1, 2, 3, 4, 5 };
    static HdlcReader   r;
    guint8              buf[64];
    AditWriter          w       = adit_writer (buf, sizeof buf);
    guint8              abort[] = { 0x7e, 1, 2, 0x7d, 0x7e, 0x7e };

    begin ();
    hdlc_encode (&w, frame, sizeof frame, 0);
    buf[5] ^= 1;
    hdlc_decode (&r, buf, adit_length (&w), on_frame, NULL);
    hdlc_decode (&r, abort, sizeof abort, on_frame, NULL);
    for (guint i = 0; i < 3000; i++) /* longer than any frame */
        hdlc_decode (&r, frame, 1, on_frame, NULL);
    g_assert_cmpuint (frames, ==, 0);
    buf[5] ^= 1;
    hdlc_decode (&r, buf, adit_length (&w), on_frame, NULL);
    g_assert_cmpuint (frames, ==, 1);
    g_assert_cmpuint (r.bad, ==, 3);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/hdlc/is-as-on-other-wires", is_as_on_other_wires);
    g_test_add_func ("/ppp/hdlc/any-frame-comes-back", any_frame_comes_back);
    g_test_add_func ("/ppp/hdlc/damage-is-dropped-and-forgotten", damage_is_dropped_and_forgotten);
    return g_test_run ();
}
