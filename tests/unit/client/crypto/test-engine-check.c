/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The self-test must notice an engine that is wrong in any one way. */
#include "client/crypto/engine.h"

#include <string.h>

typedef enum { RIGHT, BAD_TEXT, BAD_TAG, BAD_PLAINTEXT, BELIEVES_ALL, BELIEVES_NONE } Fault;

typedef struct {
    AditAeadKey  head;
    AditAeadKey *real;
} Key;

static Fault fault;

static AditAeadKey *
key_new (AditAeadAlg alg, AditAeadUse use, const guint8 *secret)
{
    Key *key = g_new0 (Key, 1);

    key->real = adit_aead_key_new (&engine_openssl, alg, use, secret);
    return &key->head;
}

static void
key_free (AditAeadKey *key)
{
    adit_aead_key_free (((Key *) key)->real);
    g_free (key);
}

static guint
seal (AditAeadKey *key, AditAeadOp *ops, guint n)
{
    guint done = adit_aead_seal (((Key *) key)->real, ops, n);

    if (fault == BAD_TEXT && ops[0].len)
        ops[0].dst[ops[0].len - 1] ^= 1;
    if (fault == BAD_TAG)
        ops[0].tag[15] ^= 0x80;
    return done;
}

static guint
open_ops (AditAeadKey *key, AditAeadOp *ops, guint n)
{
    guint done = adit_aead_open (((Key *) key)->real, ops, n);

    if (fault == BAD_PLAINTEXT && ops[0].len)
        ops[0].dst[0] ^= 1;
    if (fault == BELIEVES_ALL)
        return n;
    return fault == BELIEVES_NONE ? 0 : done;
}

static const AditAeadEngine faulty = { "faulty", key_new, key_free, seal, open_ops };

static void
test_faults (void)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++)
        for (fault = RIGHT; fault <= BELIEVES_NONE; fault++)
            g_assert_true (engine_agrees (&faulty, alg) == (fault == RIGHT));
}

static void
test_openssl_agrees_with_itself (void)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++)
        g_assert_true (engine_agrees (&engine_openssl, alg));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/engine-check/every-kind-of-wrong-engine-is-noticed", test_faults);
    g_test_add_func ("/crypto/engine-check/openssl-agrees-with-itself",
                     test_openssl_agrees_with_itself);
    return g_test_run ();
}
