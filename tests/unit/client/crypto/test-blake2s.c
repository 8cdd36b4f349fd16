/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/blake2s.h"
#include "client/crypto/random.h"

#include "tests/lib/vectors.h"
#include <string.h>

static void
test_hashes (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("blake2s.txt");

    for (guint i = 0; i < cases->len; i++) {
        gsize         len;
        const guint8 *data = vector_bytes (cases->pdata[i], "data", &len);
        guint8        out[ADIT_BLAKE2S];

        adit_blake2s (out, data, len);
        g_assert_cmpmem (out, sizeof out, vector_exactly (cases->pdata[i], "hash", ADIT_BLAKE2S),
                         ADIT_BLAKE2S);
    }
}

static void
test_two_parts (void)
{
    guint8 data[200], whole[ADIT_BLAKE2S], parts[ADIT_BLAKE2S];

    adit_random (data, sizeof data);
    adit_blake2s (whole, data, sizeof data);
    for (gsize cut = 0; cut <= sizeof data; cut++) {
        adit_blake2s_two (parts, data, cut, data + cut, sizeof data - cut);
        g_assert_cmpmem (parts, sizeof parts, whole, sizeof whole);
    }
}

static void
test_macs (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("blake2s-mac.txt");

    for (guint i = 0; i < cases->len; i++) {
        gsize         key_len, len, mac_len;
        const guint8 *key  = vector_bytes (cases->pdata[i], "key", &key_len);
        const guint8 *data = vector_bytes (cases->pdata[i], "data", &len);
        const guint8 *mac  = vector_bytes (cases->pdata[i], "mac", &mac_len);
        guint8        out[ADIT_BLAKE2S];

        adit_blake2s_mac (out, mac_len, key, key_len, data, len);
        g_assert_cmpmem (out, mac_len, mac, mac_len);
    }
}

static void
test_hmacs (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("blake2s-hmac.txt");

    for (guint i = 0; i < cases->len; i++) {
        gsize         key_len, len;
        const guint8 *key  = vector_bytes (cases->pdata[i], "key", &key_len);
        const guint8 *data = vector_bytes (cases->pdata[i], "data", &len);
        guint8        out[ADIT_BLAKE2S];

        adit_blake2s_hmac (out, key, key_len, data, len);
        g_assert_cmpmem (out, sizeof out, vector_exactly (cases->pdata[i], "mac", ADIT_BLAKE2S),
                         ADIT_BLAKE2S);
    }
}

static void
test_kdf (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("wireguard-kdf.txt");

    for (guint i = 0; i < cases->len; i++) {
        gsize         len;
        const guint8 *chain   = vector_exactly (cases->pdata[i], "chaining-key", ADIT_BLAKE2S);
        const guint8 *input   = vector_bytes (cases->pdata[i], "input", &len);
        const guint8 *outs[3] = { vector_exactly (cases->pdata[i], "out1", ADIT_BLAKE2S),
                                  vector_exactly (cases->pdata[i], "out2", ADIT_BLAKE2S),
                                  vector_exactly (cases->pdata[i], "out3", ADIT_BLAKE2S) };
        guint8        made[3][3][ADIT_BLAKE2S];

        adit_blake2s_kdf1 (made[0][0], chain, input, len);
        adit_blake2s_kdf2 (made[1][0], made[1][1], chain, input, len);
        adit_blake2s_kdf3 (made[2][0], made[2][1], made[2][2], chain, input, len);
        for (guint n = 0; n < 3; n++)
            for (guint k = 0; k <= n; k++)
                g_assert_cmpmem (made[n][k], ADIT_BLAKE2S, outs[k], ADIT_BLAKE2S);
    }
}

static void
test_kdf_in_place (void)
{
    guint8 chain[ADIT_BLAKE2S], input[ADIT_BLAKE2S], expected[3][ADIT_BLAKE2S], third[ADIT_BLAKE2S];

    adit_random (chain, sizeof chain);
    adit_random (input, sizeof input);
    adit_blake2s_kdf3 (expected[0], expected[1], expected[2], chain, input, sizeof input);
    adit_blake2s_kdf3 (chain, input, third, chain, input, sizeof input);
    g_assert_cmpmem (chain, sizeof chain, expected[0], ADIT_BLAKE2S);
    g_assert_cmpmem (input, sizeof input, expected[1], ADIT_BLAKE2S);
    g_assert_cmpmem (third, sizeof third, expected[2], ADIT_BLAKE2S);
}

static gpointer
hash_much (gpointer expected)
{
    guint8 key[ADIT_BLAKE2S] = { 7 }, out[ADIT_BLAKE2S];

    for (guint i = 0; i < 2000; i++) {
        adit_blake2s_kdf1 (out, key, "x", 1);
        if (memcmp (out, expected, sizeof out) != 0)
            return GINT_TO_POINTER (1);
    }
    return NULL;
}

static void
test_threads (void)
{
    guint8   key[ADIT_BLAKE2S] = { 7 }, expected[ADIT_BLAKE2S];
    GThread *threads[4];

    adit_blake2s_kdf1 (expected, key, "x", 1);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("hash", hash_much, expected);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_assert_null (g_thread_join (threads[i]));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/blake2s/gives-the-published-hashes", test_hashes);
    g_test_add_func ("/crypto/blake2s/two-parts-are-one-message", test_two_parts);
    g_test_add_func ("/crypto/blake2s/gives-the-published-macs-of-16-and-32-bytes", test_macs);
    g_test_add_func ("/crypto/blake2s/hmac-agrees-with-another-implementation", test_hmacs);
    g_test_add_func ("/crypto/blake2s/kdf-1-to-3-agree-with-another-implementation", test_kdf);
    g_test_add_func ("/crypto/blake2s/kdf-may-overwrite-its-inputs", test_kdf_in_place);
    g_test_add_func ("/crypto/blake2s/threads-do-not-disturb-each-other", test_threads);
    return g_test_run ();
}
