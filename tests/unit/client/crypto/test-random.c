/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/random.h"

#include <string.h>

static void
test_fills_every_byte (void)
{
    guint8 buf[100], seen[100] = { 0 };

    memset (buf, 0, sizeof buf);
    for (guint round = 0; round < 32; round++) { /* a byte that is always zero: 256^-32 */
        adit_random (buf, sizeof buf);
        for (guint i = 0; i < sizeof buf; i++)
            seen[i] |= buf[i];
    }
    for (guint i = 0; i < sizeof buf; i++)
        g_assert_cmpuint (seen[i], !=, 0);
}

static void
test_writes_no_more_than_asked (void)
{
    guint8 buf[40];

    memset (buf, 0x5a, sizeof buf);
    adit_random (buf, 0);
    adit_random (buf + 4, 32);
    for (guint i = 0; i < 4; i++) {
        g_assert_cmpuint (buf[i], ==, 0x5a);
        g_assert_cmpuint (buf[36 + i], ==, 0x5a);
    }
}

static void
test_long_buffers_do_not_repeat (void)
{
    gsize              len = (1u << 20) + 4096; /* more than one request to the generator */
    g_autofree guint8 *buf = g_malloc0 (len);

    adit_random (buf, len);
    g_assert_false (adit_same (buf, buf + (1u << 20), 4096));
    g_assert_false (adit_same (buf + len - 32, (guint8[32]){ 0 }, 32));
}

static void
test_same_sees_every_bit (void)
{
    guint8 a[32], b[32];

    adit_random (a, sizeof a);
    memcpy (b, a, sizeof b);
    g_assert_true (adit_same (a, b, sizeof a));
    for (guint bit = 0; bit < sizeof a * 8; bit++) {
        b[bit / 8] ^= (guint8) (1 << bit % 8);
        g_assert_false (adit_same (a, b, sizeof a));
        b[bit / 8] ^= (guint8) (1 << bit % 8);
    }
    g_assert_true (adit_same (a, b, 0));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/random/fills-every-byte", test_fills_every_byte);
    g_test_add_func ("/crypto/random/writes-no-more-than-asked", test_writes_no_more_than_asked);
    g_test_add_func ("/crypto/random/long-buffers-do-not-repeat", test_long_buffers_do_not_repeat);
    g_test_add_func ("/crypto/random/comparison-sees-every-bit", test_same_sees_every_bit);
    return g_test_run ();
}
