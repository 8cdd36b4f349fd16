/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's BLAKE2s; algorithms are fetched once, and HMAC starts from a copy of one prepared
 * context, since naming its digest anew would fetch that each time. */
#include "client/crypto/blake2s.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

static struct {
    EVP_MD      *hash;
    EVP_MAC     *mac;
    EVP_MAC_CTX *hmac; /* of BLAKE2s, under a key of zeros; never used but to be copied */
} algorithms;

static EVP_MAC_CTX *
prepare_hmac (void)
{
    static const guint8 zeros[ADIT_BLAKE2S];
    char                name[]   = "BLAKE2S-256";
    EVP_MAC            *hmac     = EVP_MAC_fetch (NULL, "HMAC", NULL);
    EVP_MAC_CTX        *context  = hmac ? EVP_MAC_CTX_new (hmac) : NULL;
    OSSL_PARAM          digest[] = {
                 OSSL_PARAM_construct_utf8_string (OSSL_MAC_PARAM_DIGEST, name, 0),
                 OSSL_PARAM_construct_end (),
    };

    EVP_MAC_free (hmac);
    if (context && EVP_MAC_init (context, zeros, sizeof zeros, digest) == 1)
        return context;
    return NULL;
}

static void
fetch (void)
{
    static gsize once;

    if (g_once_init_enter (&once)) {
        algorithms.hash = EVP_MD_fetch (NULL, "BLAKE2S-256", NULL);
        algorithms.mac  = EVP_MAC_fetch (NULL, "BLAKE2SMAC", NULL);
        algorithms.hmac = prepare_hmac ();
        if (!algorithms.hash || !algorithms.mac || !algorithms.hmac)
            g_error ("OpenSSL has no BLAKE2s");
        g_once_init_leave (&once, 1);
    }
}

/* Takes context, keyed; wipes it. */
static void
finish (EVP_MAC_CTX *context, guint8 *out, gsize out_len, const void *a, gsize a_len, const void *b,
        gsize b_len)
{
    gsize made = 0;

    if ((a_len && EVP_MAC_update (context, a, a_len) != 1) ||
        (b_len && EVP_MAC_update (context, b, b_len) != 1) ||
        EVP_MAC_final (context, out, &made, out_len) != 1 || made != out_len)
        g_error ("OpenSSL has no BLAKE2s");
    EVP_MAC_CTX_free (context);
}

static void
hmac (guint8 out[ADIT_BLAKE2S], const guint8 *key, gsize key_len, const void *a, gsize a_len,
      const void *b, gsize b_len)
{
    static const guint8 none[1];
    EVP_MAC_CTX        *context;

    fetch ();
    context = EVP_MAC_CTX_dup (algorithms.hmac);
    if (!context || EVP_MAC_init (context, key_len ? key : none, key_len, NULL) != 1)
        g_error ("OpenSSL has no HMAC");
    finish (context, out, ADIT_BLAKE2S, a, a_len, b, b_len);
}

void
adit_blake2s_two (guint8 out[ADIT_BLAKE2S], const void *a, gsize a_len, const void *b, gsize b_len)
{
    EVP_MD_CTX *context;

    fetch ();
    context = EVP_MD_CTX_new ();
    if (!context || EVP_DigestInit_ex2 (context, algorithms.hash, NULL) != 1 ||
        (a_len && EVP_DigestUpdate (context, a, a_len) != 1) ||
        (b_len && EVP_DigestUpdate (context, b, b_len) != 1) ||
        EVP_DigestFinal_ex (context, out, NULL) != 1)
        g_error ("OpenSSL has no BLAKE2s");
    EVP_MD_CTX_free (context);
}

void
adit_blake2s (guint8 out[ADIT_BLAKE2S], const void *data, gsize len)
{
    adit_blake2s_two (out, data, len, NULL, 0);
}

void
adit_blake2s_mac (guint8 *out, gsize out_len, const guint8 *key, gsize key_len, const void *data,
                  gsize len)
{
    EVP_MAC_CTX *context;
    OSSL_PARAM   size[] = {
          OSSL_PARAM_construct_size_t (OSSL_MAC_PARAM_SIZE, &out_len),
          OSSL_PARAM_construct_end (),
    };

    fetch ();
    context = EVP_MAC_CTX_new (algorithms.mac);
    if (!context || EVP_MAC_init (context, key, key_len, size) != 1)
        g_error ("OpenSSL has no BLAKE2s");
    finish (context, out, out_len, data, len, NULL, 0);
}

void
adit_blake2s_hmac (guint8 out[ADIT_BLAKE2S], const guint8 *key, gsize key_len, const void *data,
                   gsize len)
{
    hmac (out, key, key_len, data, len, NULL, 0);
}

/* t0 = HMAC (key, input); t_i = HMAC (t0, t_(i-1) || i), the first of them without t_0. */
static void
kdf (guint8 *const outs[3], guint n, const guint8 chaining_key[ADIT_BLAKE2S], const void *input,
     gsize len)
{
    guint8 t0[ADIT_BLAKE2S];

    hmac (t0, chaining_key, ADIT_BLAKE2S, input, len, NULL, 0);
    for (guint8 i = 1; i <= n; i++)
        hmac (outs[i - 1], t0, sizeof t0, i > 1 ? outs[i - 2] : NULL, i > 1 ? ADIT_BLAKE2S : 0, &i,
              1);
    explicit_bzero (t0, sizeof t0);
}

void
adit_blake2s_kdf1 (guint8 out1[ADIT_BLAKE2S], const guint8 chaining_key[ADIT_BLAKE2S],
                   const void *input, gsize len)
{
    kdf ((guint8 *const[3]){ out1 }, 1, chaining_key, input, len);
}

void
adit_blake2s_kdf2 (guint8 out1[ADIT_BLAKE2S], guint8 out2[ADIT_BLAKE2S],
                   const guint8 chaining_key[ADIT_BLAKE2S], const void *input, gsize len)
{
    kdf ((guint8 *const[3]){ out1, out2 }, 2, chaining_key, input, len);
}

void
adit_blake2s_kdf3 (guint8 out1[ADIT_BLAKE2S], guint8 out2[ADIT_BLAKE2S], guint8 out3[ADIT_BLAKE2S],
                   const guint8 chaining_key[ADIT_BLAKE2S], const void *input, gsize len)
{
    kdf ((guint8 *const[3]){ out1, out2, out3 }, 3, chaining_key, input, len);
}
