/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contexts are kept from packet to packet; nothing of one may show in the next. */
#include "client/crypto/engine.h"
#include "client/crypto/random.h"

#include <string.h>

enum { LENGTH = 200 };

typedef struct {
    guint8     text[LENGTH], buf[LENGTH], aad[20], tag[16];
    AditAeadOp op;
} Packet;

static void
prepare (Packet *p, guint32 len, guint32 aad_len, guint8 nonce)
{
    p->op = (AditAeadOp){ p->text, p->buf, len, p->aad, aad_len, { [11] = nonce }, p->tag, FALSE };
}

/* The same packet from a key just made and from one that has done much else. */
static void
test_a_used_key_is_as_good_as_new (void)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32];
        Packet fresh, used;

        adit_random (secret, sizeof secret);
        adit_random (&fresh, sizeof fresh);
        used = fresh;

        g_autoptr (AditAeadKey) old =
            adit_aead_key_new (&engine_openssl, alg, ADIT_AEAD_SEAL, secret);

        for (guint i = 0; i < 64; i++) {
            g_autoptr (AditAeadKey) new =
                adit_aead_key_new (&engine_openssl, alg, ADIT_AEAD_SEAL, secret);
            guint32 len = i * 37 % (LENGTH + 1), aad_len = i * 5 % 21;

            prepare (&fresh, len, aad_len, (guint8) (i / 2));
            prepare (&used, len, aad_len, (guint8) (i / 2));
            g_assert_cmpuint (adit_aead_seal (new, &fresh.op, 1), ==, 1);
            g_assert_cmpuint (adit_aead_seal (old, &used.op, 1), ==, 1);
            g_assert_cmpmem (used.buf, len, fresh.buf, len);
            g_assert_cmpmem (used.tag, 16, fresh.tag, 16);
        }
    }
}

static void
test_a_key_opens_again_after_a_forgery (void)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32];
        Packet p;

        adit_random (secret, sizeof secret);
        adit_random (&p, sizeof p);

        g_autoptr (AditAeadKey) sealer =
            adit_aead_key_new (&engine_openssl, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) opener =
            adit_aead_key_new (&engine_openssl, alg, ADIT_AEAD_OPEN, secret);

        for (guint8 i = 0; i < 20; i++) {
            guint8 opened[LENGTH];

            prepare (&p, LENGTH, i, i);
            g_assert_cmpuint (adit_aead_seal (sealer, &p.op, 1), ==, 1);
            p.op.src = p.buf;
            p.op.dst = opened;
            p.tag[i % 16] ^= 1;
            g_assert_cmpuint (adit_aead_open (opener, &p.op, 1), ==, 0);
            p.tag[i % 16] ^= 1;
            g_assert_cmpuint (adit_aead_open (opener, &p.op, 1), ==, 1);
            g_assert_cmpmem (opened, LENGTH, p.text, LENGTH);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/engine-openssl/a-used-key-is-as-good-as-new",
                     test_a_used_key_is_as_good_as_new);
    g_test_add_func ("/crypto/engine-openssl/a-key-opens-again-after-a-forgery",
                     test_a_key_opens_again_after_a_forgery);
    return g_test_run ();
}
