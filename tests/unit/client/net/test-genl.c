/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-genl.c - what a worker may put into a request, and the way to the kernel and back. */
#include "client/net/genl.h"
#include <linux/genetlink.h>
#include <string.h>

static gboolean
ok (const char *hex)
{
    guint8 bytes[64];
    gsize  n = 0;

    for (; hex[0] && hex[1]; hex += 2)
        bytes[n++] = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    return adit_genl_attributes_ok (bytes, n);
}

/* Host order: these are for little-endian machines, and so is their meaning. */
static void
test_attributes (void)
{
    if (G_BYTE_ORDER != G_LITTLE_ENDIAN) {
        g_test_skip ("needs a little-endian machine, like its vectors");
        return;
    }
    g_assert_true (ok (""));
    g_assert_true (ok ("0800020011223344"));
    g_assert_true (ok ("0500020011000000"));
    g_assert_true (ok ("04000300"));
    g_assert_true (ok ("0800020011223344"
                       "04000380"));
    g_assert_false (ok ("08000100"));         /* cut short */
    g_assert_false (ok ("0800010011223344")); /* the device is not theirs to say */
    g_assert_false (ok ("0800018011223344")); /* … not nested either */
    g_assert_false (ok ("0800014011223344")); /* … nor in network order */
    g_assert_false (ok ("0800020011223344"
                        "0800010011223344"));
    g_assert_false (ok ("0300020000"));       /* shorter than its own header */
    g_assert_false (ok ("0000020000000000")); /* length 0 must not loop */
    g_assert_false (ok ("0500020011"));       /* its padding is missing */
    g_assert_false (ok ("ff00020011223344"));
    g_assert_false (ok ("0800"));
}

typedef struct {
    guint parts;
    gsize bytes;
} Heard;

static void
on_reply (gpointer user, const guint8 *attributes G_GNUC_UNUSED, gsize len)
{
    Heard *heard = user;

    heard->parts++;
    heard->bytes += len;
}

/* nlctrl's attribute 1 is a family's number, so "device" 16 asks it about itself. */
static void
test_call (void)
{
    guint16 family           = adit_genl_family ("nlctrl", NULL);
    g_autoptr (GError) error = NULL;
    Heard heard              = { 0 };

    g_assert_cmpuint (family, ==, GENL_ID_CTRL);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN) {
        g_assert_true (adit_genl_call (family, CTRL_CMD_GETFAMILY, FALSE, GENL_ID_CTRL, NULL, 0,
                                       on_reply, &heard, &error));
        g_assert_no_error (error);
        g_assert_cmpuint (heard.parts, ==, 1);
        g_assert_cmpuint (heard.bytes, >, 16);
    }
    g_assert_false (adit_genl_call (family, 200, FALSE, 1, NULL, 0, on_reply, &heard, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

static void
test_no_such_family (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_cmpuint (adit_genl_family ("no-such-family", &error), ==, 0);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/genl/attributes-of-a-stranger", test_attributes);
    g_test_add_func ("/genl/asks-and-hears", test_call);
    g_test_add_func ("/genl/no-such-family", test_no_such_family);
    return g_test_run ();
}
