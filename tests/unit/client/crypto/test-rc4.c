/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/rc4.h"
#include "tests/lib/vectors.h"
#include <string.h>

static void
rfc_6229 (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("rc4.txt");

    g_assert_cmpuint (cases->len, ==, 4);
    for (guint i = 0; i < cases->len; i++) {
        gsize         len, n;
        const guint8 *key      = vector_bytes (cases->pdata[i], "key", &len);
        const guint8 *stream   = vector_bytes (cases->pdata[i], "stream", &n);
        guint8        data[32] = { 0 };
        AditRc4       rc4;

        adit_rc4_set_key (&rc4, key, len);
        adit_rc4 (&rc4, data, 5);
        adit_rc4 (&rc4, data + 5, n - 5);
        g_assert_cmpmem (data, n, stream, n);
    }
}

/* Lanes of all lengths do what one stream after the other does. */
static void
lanes_agree_with_one (void)
{
    guint8  key[ADIT_RC4_LANES][16], data[ADIT_RC4_LANES][300], same[ADIT_RC4_LANES][300];
    AditRc4 many[ADIT_RC4_LANES], one[ADIT_RC4_LANES];

    for (guint round = 0; round < 200; round++) {
        const guint8 *keys[ADIT_RC4_LANES];
        guint8       *at[ADIT_RC4_LANES];
        gsize         len[ADIT_RC4_LANES], key_len = round & 1 ? 8 : 16;

        for (guint l = 0; l < ADIT_RC4_LANES; l++) {
            for (guint i = 0; i < 16; i++)
                key[l][i] = (guint8) g_test_rand_int ();
            for (guint i = 0; i < 300; i++)
                same[l][i] = data[l][i] = (guint8) g_test_rand_int ();
            keys[l] = key[l];
            at[l]   = data[l];
            len[l]  = (gsize) g_test_rand_int_range (0, 300);
            adit_rc4_set_key (&one[l], key[l], key_len);
            adit_rc4 (&one[l], same[l], len[l]);
        }
        adit_rc4_set_keys (many, keys, key_len);
        adit_rc4_lanes (many, at, len);
        g_assert_cmpmem (data, sizeof data, same, sizeof same);
        g_assert_cmpmem (many, sizeof many, one, sizeof one);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/rc4/rfc-6229", rfc_6229);
    g_test_add_func ("/crypto/rc4/lanes-agree-with-one", lanes_agree_with_one);
    return g_test_run ();
}
