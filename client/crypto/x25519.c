/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's X25519 behind three calls. */
#include "client/crypto/x25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

static EVP_PKEY *
private_key (const guint8 priv[ADIT_X25519])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key (EVP_PKEY_X25519, NULL, priv, ADIT_X25519);

    if (!key)
        g_error ("OpenSSL has no X25519");
    return key;
}

void
adit_x25519_clamp (guint8 priv[ADIT_X25519])
{
    priv[0] &= 248;
    priv[31] = (priv[31] & 127) | 64;
}

void
adit_x25519_public (guint8 pub[ADIT_X25519], const guint8 priv[ADIT_X25519])
{
    EVP_PKEY *key = private_key (priv);
    gsize     len = ADIT_X25519;

    if (EVP_PKEY_get_raw_public_key (key, pub, &len) != 1 || len != ADIT_X25519)
        g_error ("OpenSSL has no X25519");
    EVP_PKEY_free (key); /* wipes */
}

gboolean
adit_x25519 (guint8 shared[ADIT_X25519], const guint8 priv[ADIT_X25519],
             const guint8 peer_pub[ADIT_X25519])
{
    static const guint8 zero[ADIT_X25519];
    EVP_PKEY           *key = private_key (priv);
    EVP_PKEY     *peer = EVP_PKEY_new_raw_public_key (EVP_PKEY_X25519, NULL, peer_pub, ADIT_X25519);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (key, NULL);
    gsize         len     = ADIT_X25519;
    gboolean      ok;

    if (!peer || !context || EVP_PKEY_derive_init (context) != 1 ||
        EVP_PKEY_derive_set_peer (context, peer) != 1)
        g_error ("OpenSSL has no X25519");
    /* Fails when the result is zero; checked again here, as a promise of ours. */
    ok = EVP_PKEY_derive (context, shared, &len) == 1 && len == ADIT_X25519 &&
         CRYPTO_memcmp (shared, zero, ADIT_X25519) != 0;
    if (!ok) {
        memset (shared, 0, ADIT_X25519);
        ERR_clear_error ();
    }
    EVP_PKEY_CTX_free (context);
    EVP_PKEY_free (peer);
    EVP_PKEY_free (key);
    return ok;
}
