/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/random.h"
#include "client/crypto/xaead.h"

#include "tests/lib/vectors.h"
#include <string.h>

enum { MOST = 400 };

static const guint8 zeros[MOST];

/* The cases whose nonce begins with four zero bytes are under a counter. */
static void
test_counter_vectors (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("chacha20-poly1305.txt");
    guint used                  = 0;

    for (guint i = 0; i < cases->len; i++) {
        gsize         len, aad_len;
        const guint8 *nonce      = vector_exactly (cases->pdata[i], "nonce", 12);
        const guint8 *aad        = vector_bytes (cases->pdata[i], "aad", &aad_len);
        const guint8 *plaintext  = vector_bytes (cases->pdata[i], "plaintext", &len);
        const guint8 *key        = vector_exactly (cases->pdata[i], "key", 32);
        const guint8 *ciphertext = vector_exactly (cases->pdata[i], "ciphertext", len);
        guint64       counter;
        guint8        sealed[MOST], opened[MOST];

        if (memcmp (nonce, zeros, 4) != 0)
            continue;
        used++;
        memcpy (&counter, nonce + 4, 8);
        counter = GUINT64_FROM_LE (counter);
        adit_chacha20_poly1305_seal (sealed, key, counter, aad, aad_len, plaintext, len);
        g_assert_cmpmem (sealed, len, ciphertext, len);
        g_assert_cmpmem (sealed + len, 16, vector_exactly (cases->pdata[i], "tag", 16), 16);
        g_assert_true (
            adit_chacha20_poly1305_open (opened, key, counter, aad, aad_len, sealed, len + 16));
        g_assert_cmpmem (opened, len, plaintext, len);
    }
    g_assert_cmpuint (used, >, 0);
}

static void
test_hchacha20 (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("hchacha20.txt");

    for (guint i = 0; i < cases->len; i++) {
        guint8 subkey[32];

        adit_hchacha20 (subkey, vector_exactly (cases->pdata[i], "key", 32),
                        vector_exactly (cases->pdata[i], "nonce", 16));
        g_assert_cmpmem (subkey, sizeof subkey, vector_exactly (cases->pdata[i], "subkey", 32), 32);
    }
}

static void
test_long_nonce_vectors (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("xchacha20-poly1305.txt");

    for (guint i = 0; i < cases->len; i++) {
        gsize         len, aad_len;
        const guint8 *nonce     = vector_exactly (cases->pdata[i], "nonce", 24);
        const guint8 *aad       = vector_bytes (cases->pdata[i], "aad", &aad_len);
        const guint8 *plaintext = vector_bytes (cases->pdata[i], "plaintext", &len);
        const guint8 *key       = vector_exactly (cases->pdata[i], "key", 32);
        guint8        sealed[MOST], opened[MOST];

        adit_xchacha20_poly1305_seal (sealed, key, nonce, aad, aad_len, plaintext, len);
        g_assert_cmpmem (sealed, len, vector_exactly (cases->pdata[i], "ciphertext", len), len);
        g_assert_cmpmem (sealed + len, 16, vector_exactly (cases->pdata[i], "tag", 16), 16);
        g_assert_true (
            adit_xchacha20_poly1305_open (opened, key, nonce, aad, aad_len, sealed, len + 16));
        g_assert_cmpmem (opened, len, plaintext, len);
    }
}

/* What a handshake seals: nothing, a timestamp, a key. */
static void
test_round_trips_in_place (void)
{
    static const gsize lengths[] = { 0, 12, 16, 32, 33, 300 };
    guint8             key[32], aad[32], nonce[24], text[MOST], buf[MOST];

    for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
        gsize len = lengths[i];

        adit_random (key, sizeof key);
        adit_random (aad, sizeof aad);
        adit_random (nonce, sizeof nonce);
        adit_random (text, sizeof text);
        memcpy (buf, text, len);
        adit_chacha20_poly1305_seal (buf, key, i, aad, sizeof aad, buf, len);
        g_assert_true (adit_chacha20_poly1305_open (buf, key, i, aad, sizeof aad, buf, len + 16));
        g_assert_cmpmem (buf, len, text, len);
        adit_xchacha20_poly1305_seal (buf, key, nonce, aad, sizeof aad, buf, len);
        g_assert_true (
            adit_xchacha20_poly1305_open (buf, key, nonce, aad, sizeof aad, buf, len + 16));
        g_assert_cmpmem (buf, len, text, len);
    }
}

static void
test_every_flipped_bit_is_refused (void)
{
    guint8 key[32], aad[9], nonce[24], text[12], sealed[28], opened[12];

    adit_random (key, sizeof key);
    adit_random (aad, sizeof aad);
    adit_random (nonce, sizeof nonce);
    adit_random (text, sizeof text);
    for (guint bit = 0; bit < 8 * sizeof sealed; bit++) {
        adit_chacha20_poly1305_seal (sealed, key, 5, aad, sizeof aad, text, sizeof text);
        sealed[bit / 8] ^= (guint8) (1 << bit % 8);
        memset (opened, 0xff, sizeof opened);
        g_assert_false (
            adit_chacha20_poly1305_open (opened, key, 5, aad, sizeof aad, sealed, sizeof sealed));
        g_assert_cmpmem (opened, sizeof opened, zeros, sizeof opened);
        adit_xchacha20_poly1305_seal (sealed, key, nonce, aad, sizeof aad, text, sizeof text);
        sealed[bit / 8] ^= (guint8) (1 << bit % 8);
        memset (opened, 0xff, sizeof opened);
        g_assert_false (adit_xchacha20_poly1305_open (opened, key, nonce, aad, sizeof aad, sealed,
                                                      sizeof sealed));
        g_assert_cmpmem (opened, sizeof opened, zeros, sizeof opened);
    }
}

static void
test_anything_else_that_differs_is_refused (void)
{
    guint8 key[32], aad[9], nonce[24], sealed[28], opened[12];

    adit_random (key, sizeof key);
    adit_random (aad, sizeof aad);
    adit_random (nonce, sizeof nonce);
    adit_chacha20_poly1305_seal (sealed, key, 5, aad, sizeof aad, zeros, 12);
    g_assert_false (adit_chacha20_poly1305_open (opened, key, 6, aad, sizeof aad, sealed, 28));
    g_assert_false (adit_chacha20_poly1305_open (opened, key, 5, aad, sizeof aad - 1, sealed, 28));
    g_assert_false (adit_chacha20_poly1305_open (opened, key, 5, aad, sizeof aad, sealed, 27));
    aad[0] ^= 1;
    g_assert_false (adit_chacha20_poly1305_open (opened, key, 5, aad, sizeof aad, sealed, 28));
    aad[0] ^= 1;
    key[31] ^= 1;
    g_assert_false (adit_chacha20_poly1305_open (opened, key, 5, aad, sizeof aad, sealed, 28));

    adit_xchacha20_poly1305_seal (sealed, key, nonce, aad, sizeof aad, zeros, 12);
    for (guint i = 0; i < sizeof nonce; i++) {
        nonce[i] ^= 1;
        g_assert_false (
            adit_xchacha20_poly1305_open (opened, key, nonce, aad, sizeof aad, sealed, 28));
        nonce[i] ^= 1;
    }
    g_assert_true (adit_xchacha20_poly1305_open (opened, key, nonce, aad, sizeof aad, sealed, 28));
}

static void
test_too_short_is_refused (void)
{
    guint8 key[32] = { 1 }, nonce[24] = { 2 }, sealed[16], opened[1] = { 0x5a };

    adit_chacha20_poly1305_seal (sealed, key, 1, NULL, 0, NULL, 0);
    for (gsize len = 0; len < 16; len++) {
        g_assert_false (adit_chacha20_poly1305_open (opened, key, 1, NULL, 0, sealed, len));
        g_assert_false (adit_xchacha20_poly1305_open (opened, key, nonce, NULL, 0, sealed, len));
    }
    g_assert_true (adit_chacha20_poly1305_open (opened, key, 1, NULL, 0, sealed, 16));
    g_assert_cmpuint (opened[0], ==, 0x5a);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/xaead/gives-the-rfc-s-message-under-a-counter", test_counter_vectors);
    g_test_add_func ("/crypto/xaead/hchacha20-gives-the-draft-s-subkey", test_hchacha20);
    g_test_add_func ("/crypto/xaead/gives-the-draft-s-message-under-a-long-nonce",
                     test_long_nonce_vectors);
    g_test_add_func ("/crypto/xaead/opens-in-place-what-it-sealed-in-place",
                     test_round_trips_in_place);
    g_test_add_func ("/crypto/xaead/every-flipped-bit-is-refused-and-leaves-zeros",
                     test_every_flipped_bit_is_refused);
    g_test_add_func ("/crypto/xaead/another-key-nonce-or-aad-is-refused",
                     test_anything_else_that_differs_is_refused);
    g_test_add_func ("/crypto/xaead/less-than-a-tag-is-refused", test_too_short_is_refused);
    return g_test_run ();
}
