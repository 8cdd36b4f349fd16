/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's ChaCha20-Poly1305 through EVP, once per call, and HChaCha20 over OpenSSL's ChaCha20. */
#include "client/crypto/xaead.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = 64, NONCE = 12, WORD = 4 };

static struct {
    EVP_CIPHER *chacha20, *chacha20_poly1305;
} algorithms;

static void
fetch (void)
{
    static gsize once;

    if (g_once_init_enter (&once)) {
        algorithms.chacha20          = EVP_CIPHER_fetch (NULL, "ChaCha20", NULL);
        algorithms.chacha20_poly1305 = EVP_CIPHER_fetch (NULL, "ChaCha20-Poly1305", NULL);
        if (!algorithms.chacha20 || !algorithms.chacha20_poly1305)
            g_error ("OpenSSL has no ChaCha20-Poly1305");
        g_once_init_leave (&once, 1);
    }
}

static EVP_CIPHER_CTX *
begin (EVP_CIPHER *cipher, const guint8 *key, const guint8 *iv, int enc, const void *aad,
       gsize aad_len)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
    int             made;

    if (!context || EVP_CipherInit_ex2 (context, cipher, key, iv, enc, NULL) != 1 ||
        (aad_len && EVP_CipherUpdate (context, NULL, &made, aad, (int) aad_len) != 1))
        g_error ("OpenSSL has no ChaCha20-Poly1305");
    return context;
}

static void
seal (guint8 *dst, const guint8 *key, const guint8 nonce[NONCE], const void *aad, gsize aad_len,
      const void *src, gsize len)
{
    EVP_CIPHER_CTX *context = begin (algorithms.chacha20_poly1305, key, nonce, 1, aad, aad_len);
    int             made    = 0;

    if ((len && EVP_EncryptUpdate (context, dst, &made, src, (int) len) != 1) ||
        EVP_EncryptFinal_ex (context, dst + len, &made) != 1 ||
        EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_GET_TAG, ADIT_XAEAD_TAG, dst + len) != 1)
        g_error ("OpenSSL did not seal a message");
    EVP_CIPHER_CTX_free (context); /* wipes */
}

static gboolean
open_message (guint8 *dst, const guint8 *key, const guint8 nonce[NONCE], const void *aad,
              gsize aad_len, const guint8 *src, gsize len)
{
    EVP_CIPHER_CTX *context;
    guint8          tag[ADIT_XAEAD_TAG], none[1];
    int             made = 0;
    gboolean        ok;

    if (len < ADIT_XAEAD_TAG)
        return FALSE;
    len -= ADIT_XAEAD_TAG;
    memcpy (tag, src + len, sizeof tag);
    context = begin (algorithms.chacha20_poly1305, key, nonce, 0, aad, aad_len);
    ok      = EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_SET_TAG, ADIT_XAEAD_TAG, tag) == 1 &&
         (len == 0 || EVP_DecryptUpdate (context, dst, &made, src, (int) len) == 1) &&
         EVP_DecryptFinal_ex (context, none, &made) == 1;
    EVP_CIPHER_CTX_free (context);
    if (!ok) {
        if (len)
            memset (dst, 0, len);
        ERR_clear_error ();
    }
    return ok;
}

static void
nonce_of (guint8 nonce[NONCE], guint64 counter)
{
    memset (nonce, 0, 4);
    counter = GUINT64_TO_LE (counter);
    memcpy (nonce + 4, &counter, sizeof counter);
}

/* The subkey and the 12-byte nonce that stand for a 24-byte one (draft-irtf-cfrg-xchacha-03 2.3).
 */
static void
extend (guint8 subkey[ADIT_XAEAD_KEY], guint8 nonce[NONCE], const guint8 *key,
        const guint8 *long_nonce)
{
    adit_hchacha20 (subkey, key, long_nonce);
    memset (nonce, 0, 4);
    memcpy (nonce + 4, long_nonce + 16, 8);
}

/* A ChaCha20 block is the permuted state plus the first state; HChaCha20 is words 0 to 3 and 12 to
 * 15 without that addition (draft-irtf-cfrg-xchacha-03 2.2).  OpenSSL's IV is those last four
 * words. */
void
adit_hchacha20 (guint8 out[ADIT_XAEAD_KEY], const guint8 key[ADIT_XAEAD_KEY],
                const guint8 nonce[16])
{
    static const guint8 zeros[BLOCK], constants[17] = "expand 32-byte k";
    guint8              block[BLOCK], first[32];
    EVP_CIPHER_CTX     *context;
    int                 made;

    fetch ();
    context = begin (algorithms.chacha20, key, nonce, 1, NULL, 0);
    if (EVP_EncryptUpdate (context, block, &made, zeros, BLOCK) != 1 || made != BLOCK)
        g_error ("OpenSSL has no ChaCha20");
    EVP_CIPHER_CTX_free (context);
    memmove (block + 16, block + 48, 16);
    memcpy (first, constants, 16);
    memcpy (first + 16, nonce, 16);
    for (guint i = 0; i < ADIT_XAEAD_KEY; i += WORD) {
        guint32 sum, addend;

        memcpy (&sum, block + i, WORD);
        memcpy (&addend, first + i, WORD);
        sum = GUINT32_TO_LE (GUINT32_FROM_LE (sum) - GUINT32_FROM_LE (addend));
        memcpy (out + i, &sum, WORD);
    }
    explicit_bzero (block, sizeof block);
}

void
adit_chacha20_poly1305_seal (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY], guint64 counter,
                             const void *aad, gsize aad_len, const void *src, gsize len)
{
    guint8 nonce[NONCE];

    fetch ();
    nonce_of (nonce, counter);
    seal (dst, key, nonce, aad, aad_len, src, len);
}

gboolean
adit_chacha20_poly1305_open (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY], guint64 counter,
                             const void *aad, gsize aad_len, const void *src, gsize len)
{
    guint8 nonce[NONCE];

    fetch ();
    nonce_of (nonce, counter);
    return open_message (dst, key, nonce, aad, aad_len, src, len);
}

void
adit_xchacha20_poly1305_seal (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY],
                              const guint8 nonce[ADIT_XAEAD_NONCE], const void *aad, gsize aad_len,
                              const void *src, gsize len)
{
    guint8 subkey[ADIT_XAEAD_KEY], short_nonce[NONCE];

    fetch ();
    extend (subkey, short_nonce, key, nonce);
    seal (dst, subkey, short_nonce, aad, aad_len, src, len);
    explicit_bzero (subkey, sizeof subkey);
}

gboolean
adit_xchacha20_poly1305_open (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY],
                              const guint8 nonce[ADIT_XAEAD_NONCE], const void *aad, gsize aad_len,
                              const void *src, gsize len)
{
    guint8   subkey[ADIT_XAEAD_KEY], short_nonce[NONCE];
    gboolean ok;

    fetch ();
    extend (subkey, short_nonce, key, nonce);
    ok = open_message (dst, subkey, short_nonce, aad, aad_len, src, len);
    explicit_bzero (subkey, sizeof subkey);
    return ok;
}
