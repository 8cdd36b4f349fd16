/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After the start nothing here opens a file: with no descriptor left to give out, all of it still
 * works. */
#include "client/crypto/start.h"

#include "client/crypto/aead.h"
#include "client/crypto/blake2s.h"
#include "client/crypto/random.h"
#include "client/crypto/x25519.h"
#include "client/crypto/xaead.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static void
use_packets (void)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8                secret[32], text[99] = { 0 }, tag[16];
        const AditAeadEngine *engine = adit_aead_engine (NULL);
        AditAeadOp            op     = { text, text, sizeof text, NULL, 0, { 0 }, tag, FALSE };

        adit_random (secret, sizeof secret);

        g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);

        g_assert_cmpuint (adit_aead_seal (sealer, &op, 1), ==, 1);
        g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, 1);
    }
}

static void
use_handshake (void)
{
    guint8 priv[32], pub[32], shared[32], out[48], nonce[24] = { 0 };

    adit_random (priv, sizeof priv);
    adit_x25519_public (pub, priv);
    g_assert_true (adit_x25519 (shared, priv, pub));
    adit_blake2s (out, pub, sizeof pub);
    adit_blake2s_mac (out, 16, shared, sizeof shared, pub, sizeof pub);
    adit_blake2s_kdf1 (out, shared, pub, sizeof pub);
    adit_chacha20_poly1305_seal (out, shared, 0, NULL, 0, pub, sizeof pub);
    g_assert_true (adit_chacha20_poly1305_open (out, shared, 0, NULL, 0, out, 48));
    adit_xchacha20_poly1305_seal (out, shared, nonce, NULL, 0, pub, sizeof pub);
    g_assert_true (adit_xchacha20_poly1305_open (out, shared, nonce, NULL, 0, out, 48));
}

static void
test_no_file_is_opened (void)
{
    struct rlimit old, none;

    adit_crypto_start ();
    g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old), ==, 0);
    none          = old;
    none.rlim_cur = 0;
    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
    g_assert_cmpint (open ("/dev/null", O_RDONLY), ==, -1);
    use_packets ();
    use_handshake ();
    g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/start/afterwards-no-file-is-opened", test_no_file_is_opened);
    return g_test_run ();
}
