/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One use of each part makes it ready. */
#include "client/crypto/start.h"

#include "client/crypto/aead.h"
#include "client/crypto/blake2s.h"
#include "client/crypto/random.h"
#include "client/crypto/x25519.h"
#include "client/crypto/xaead.h"
#include <string.h>

static gboolean has_started;

gboolean
adit_crypto_has_started (void)
{
    return has_started;
}

void
adit_crypto_start (void)
{
    guint8 secret[32], out[32], message[16], nonce[ADIT_XAEAD_NONCE] = { 0 };

    adit_random (secret, sizeof secret);
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++)
        adit_aead_key_free (
            adit_aead_key_new (adit_aead_engine (NULL), alg, ADIT_AEAD_SEAL, secret));
    adit_blake2s_kdf1 (out, secret, NULL, 0);
    adit_blake2s_mac (out, 16, secret, sizeof secret, NULL, 0);
    adit_x25519_public (out, secret);
    adit_x25519 (out, secret, out);
    adit_xchacha20_poly1305_seal (message, secret, nonce, NULL, 0, NULL, 0);
    explicit_bzero (secret, sizeof secret);
    explicit_bzero (out, sizeof out);
    has_started = TRUE;
}
