/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every engine that can be used here, against published vectors, against OpenSSL's own one-shot
 * assembly of ChaCha20-Poly1305, and against forgery. */
#include "client/crypto/aead.h"
#include "client/crypto/random.h"
#include "client/crypto/xaead.h"

#include "tests/lib/vectors.h"
#include <string.h>

enum { MOST = 2000, BATCH = 128 };

static const char *const engines[] = { "openssl", "ipsec-mb", NULL }; /* NULL is a name, too */
static const guint8      zeros[MOST];

typedef void (*EngineTest) (const AditAeadEngine *engine);

static void
for_each_engine (gconstpointer test)
{
    for (guint i = 0; i < G_N_ELEMENTS (engines); i++) {
        const AditAeadEngine *engine = adit_aead_engine (engines[i]);

        if (engine)
            (*(const EngineTest *) test) (engine);
        else
            g_test_message ("%s: %s", engines[i], adit_aead_why_not ());
    }
}

/* Sealing then opening one case of a file. */
static void
check_case (const AditAeadEngine *engine, AditAeadAlg alg, const VectorCase *vector)
{
    gsize         len, aad_len, key_len = adit_aead_key_length (alg);
    const guint8 *plaintext        = vector_bytes (vector, "plaintext", &len);
    const guint8 *aad              = vector_bytes (vector, "aad", &aad_len);
    const guint8 *secret           = vector_exactly (vector, "key", key_len);
    g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
    g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);
    guint8     sealed[MOST], opened[MOST], tag[16];
    AditAeadOp op = { plaintext, sealed, (guint32) len, aad, (guint32) aad_len, { 0 }, tag, FALSE };

    memcpy (op.nonce, vector_exactly (vector, "nonce", 12), 12);
    g_assert_cmpuint (adit_aead_seal (sealer, &op, 1), ==, 1);
    g_assert_true (op.ok);
    g_assert_cmpmem (sealed, len, vector_exactly (vector, "ciphertext", len), len);
    g_assert_cmpmem (tag, 16, vector_exactly (vector, "tag", 16), 16);
    op.src = sealed;
    op.dst = opened;
    g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, 1);
    g_assert_cmpmem (opened, len, plaintext, len);
}

static void
test_vectors (const AditAeadEngine *engine)
{
    g_autoptr (GPtrArray) chacha = vectors_load ("chacha20-poly1305.txt");
    g_autoptr (GPtrArray) gcm    = vectors_load ("aes-gcm.txt");
    guint used[2]                = { 0 };

    for (guint i = 0; i < chacha->len; i++)
        check_case (engine, ADIT_AEAD_CHACHA20_POLY1305, chacha->pdata[i]);
    for (guint i = 0; i < gcm->len; i++) {
        gsize key_len;

        vector_bytes (gcm->pdata[i], "key", &key_len);
        used[key_len == 32]++;
        check_case (engine, key_len == 32 ? ADIT_AEAD_AES_256_GCM : ADIT_AEAD_AES_128_GCM,
                    gcm->pdata[i]);
    }
    g_assert_true (used[0] > 0 && used[1] > 0);
}

/* Lengths about every boundary of block, vector and window, and far beyond the window. */
static void
test_lengths (const AditAeadEngine *engine)
{
    static const guint32 around[] = { 0,    16,   64,   128,  256,  512,  1024,
                                      1408, 1472, 1984, 2048, 9000, 65535 };
    guint8               secret[32], aad[40], tag[16];
    g_autofree guint8   *text = g_malloc (65600), *sealed = g_malloc (65600),
                      *expected = g_malloc (65600);

    adit_random (secret, sizeof secret);
    adit_random (aad, sizeof aad);
    adit_random (text, 65600);

    g_autoptr (AditAeadKey) key =
        adit_aead_key_new (engine, ADIT_AEAD_CHACHA20_POLY1305, ADIT_AEAD_SEAL, secret);

    for (guint i = 0; i < G_N_ELEMENTS (around); i++) {
        for (guint32 len = around[i] > 17 ? around[i] - 17 : 0; len <= around[i] + 17; len++) {
            guint32    aad_len = len % sizeof aad;
            AditAeadOp op      = { text, sealed, len, aad, aad_len, { 0, 0, 0, 0, 9 }, tag, FALSE };

            adit_chacha20_poly1305_seal (expected, secret, 9, aad, aad_len, text, len);
            g_assert_cmpuint (adit_aead_seal (key, &op, 1), ==, 1);
            g_assert_true (memcmp (sealed, expected, len) == 0);
            g_assert_cmpmem (tag, 16, expected + len, 16);
        }
    }
}

typedef struct {
    guint8 text[BATCH][MOST], sealed[BATCH][MOST], opened[BATCH][MOST], aad[BATCH][24],
        tag[BATCH][16];
    AditAeadOp ops[BATCH];
} Batch;

static void
fill (Batch *batch, guint n, gboolean in_place)
{
    adit_random (batch->text, sizeof batch->text);
    adit_random (batch->aad, sizeof batch->aad);
    for (guint i = 0; i < n; i++) {
        guint32 len     = (guint32) g_test_rand_int_range (0, MOST + 1);
        guint32 aad_len = (guint32) g_test_rand_int_range (0, 25);

        memcpy (batch->sealed[i], batch->text[i], MOST);
        batch->ops[i] = (AditAeadOp){ in_place ? batch->sealed[i] : batch->text[i],
                                      batch->sealed[i],
                                      len,
                                      batch->aad[i],
                                      aad_len,
                                      { 0 },
                                      batch->tag[i],
                                      FALSE };
        adit_random (batch->ops[i].nonce, sizeof batch->ops[i].nonce);
    }
}

static void
turn_to_opening (Batch *batch, guint n, gboolean in_place)
{
    for (guint i = 0; i < n; i++) {
        batch->ops[i].src = batch->sealed[i];
        batch->ops[i].dst = in_place ? batch->sealed[i] : batch->opened[i];
        batch->ops[i].ok  = FALSE;
    }
}

/* Whatever one engine seals, another opens, and what a batch does is what single packets would get.
 */
static void
exchange (AditAeadKey *sealer, AditAeadKey *opener, Batch *batch, guint n, gboolean in_place)
{
    guint forged = (guint) g_test_rand_int_range (0, (gint) n);

    fill (batch, n, in_place);
    g_assert_cmpuint (adit_aead_seal (sealer, batch->ops, n), ==, n);
    turn_to_opening (batch, n, in_place);
    batch->tag[forged][3] ^= 0x10;
    g_assert_cmpuint (adit_aead_open (opener, batch->ops, n), ==, n - 1);
    for (guint i = 0; i < n; i++) {
        g_assert_true (batch->ops[i].ok == (i != forged));
        g_assert_true (memcmp (batch->ops[i].dst, i == forged ? zeros : batch->text[i],
                               batch->ops[i].len) == 0);
        /* Nothing is written beyond the packet. */
        g_assert_true (!in_place ||
                       memcmp (batch->sealed[i] + batch->ops[i].len,
                               batch->text[i] + batch->ops[i].len, MOST - batch->ops[i].len) == 0);
    }
}

static void
test_engines_agree (const AditAeadEngine *engine)
{
    static const guint    sizes[] = { 1, 2, 3, 45, 63, 64, 65, 127, 128 };
    const AditAeadEngine *openssl = adit_aead_engine ("openssl");
    g_autofree Batch     *batch   = g_new (Batch, 1);

    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32];

        adit_random (secret, sizeof secret);

        g_autoptr (AditAeadKey) seal_a = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) open_a = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);
        g_autoptr (AditAeadKey) seal_b = adit_aead_key_new (openssl, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) open_b = adit_aead_key_new (openssl, alg, ADIT_AEAD_OPEN, secret);

        for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
            exchange (seal_a, open_b, batch, sizes[i], i & 1);
            exchange (seal_b, open_a, batch, sizes[i], !(i & 1));
        }
    }
}

static void
refuse_flips (AditAeadKey *sealer, AditAeadKey *opener, guint32 len)
{
    guint8     text[64], buf[64], aad[4], tag[16];
    AditAeadOp op = { text, buf, len, aad, sizeof aad, { 1, 2, 3 }, tag, FALSE };

    adit_random (text, sizeof text);
    adit_random (aad, sizeof aad);
    for (guint bit = 0; bit < 8 * (16 + sizeof aad + 12 + MIN (len, 32)); bit++) {
        guint   byte = bit / 8;
        guint8 *at   = byte < 16   ? tag + byte
                       : byte < 20 ? aad + byte - 16
                       : byte < 32 ? op.nonce + byte - 20
                                   : buf + byte - 32;

        op.src = text;
        g_assert_cmpuint (adit_aead_seal (sealer, &op, 1), ==, 1);
        op.src = buf;
        *at ^= (guint8) (1 << bit % 8);
        g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, 0);
        g_assert_false (op.ok);
        g_assert_cmpmem (buf, len, zeros, len);
        if (byte < 32)
            *at ^= (guint8) (1 << bit % 8);
    }
}

static void
test_flips_are_refused (const AditAeadEngine *engine)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32];

        adit_random (secret, sizeof secret);

        g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);

        refuse_flips (sealer, opener, 0);
        refuse_flips (sealer, opener, 1);
        refuse_flips (sealer, opener, 64);
    }
}

static void
test_another_length_is_refused (const AditAeadEngine *engine)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32] = { 4 }, buf[100] = { 0 }, sealed[100] = { 0 }, tag[16];
        g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);
        AditAeadOp op                  = { buf, sealed, 64, NULL, 0, { 0 }, tag, FALSE };

        g_assert_cmpuint (adit_aead_seal (sealer, &op, 1), ==, 1);
        op.src = sealed;
        op.dst = buf;
        for (op.len = 0; op.len <= 80; op.len++)
            g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, op.len == 64 ? 1 : 0);
    }
}

static void
test_keepalives (const AditAeadEngine *engine)
{
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++) {
        guint8 secret[32]              = { 4 }, tag[16];
        g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
        g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);
        AditAeadOp op                  = { NULL, NULL, 0, NULL, 0, { 7 }, tag, FALSE };

        g_assert_cmpuint (adit_aead_seal (sealer, &op, 1), ==, 1);
        g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, 1);
        tag[0] ^= 1;
        g_assert_cmpuint (adit_aead_open (opener, &op, 1), ==, 0);
        g_assert_cmpuint (adit_aead_open (opener, &op, 0), ==, 0);
    }
}

static void
test_choice (void)
{
    guint8                secret[32] = { 1 };
    const AditAeadEngine *openssl    = adit_aead_engine ("openssl");
    const AditAeadEngine *ipsec_mb   = adit_aead_engine ("ipsec-mb");
    g_autoptr (AditAeadKey) best =
        adit_aead_key_new (adit_aead_engine (NULL), ADIT_AEAD_AES_256_GCM, ADIT_AEAD_SEAL, secret);

    g_assert_nonnull (openssl);
    g_assert_null (adit_aead_engine ("abacus"));
    g_assert_true ((ipsec_mb == NULL) == (adit_aead_why_not () != NULL));
    g_assert_cmpstr (adit_aead_key_engine (best), ==, ipsec_mb ? "ipsec-mb" : "openssl");
    adit_aead_key_free (NULL);
}

static void
test_preference (void)
{
    guint8 secret[32]            = { 1 };
    g_autoptr (AditAeadKey) slow = NULL;

    g_assert_true (adit_aead_prefer ("openssl"));
    g_assert_false (adit_aead_prefer ("abacus"));
    slow =
        adit_aead_key_new (adit_aead_engine (NULL), ADIT_AEAD_AES_256_GCM, ADIT_AEAD_SEAL, secret);
    g_assert_cmpstr (adit_aead_key_engine (slow), ==, "openssl");
    g_assert_true (adit_aead_prefer (NULL));
}

static void
add (const char *name, const EngineTest *test)
{
    g_autofree char *path = g_strconcat ("/crypto/aead/", name, NULL);

    g_test_add_data_func (path, test, for_each_engine);
}

int
main (int argc, char **argv)
{
    static const EngineTest vectors = test_vectors, lengths = test_lengths,
                            agree = test_engines_agree, flips = test_flips_are_refused,
                            length = test_another_length_is_refused, keepalives = test_keepalives;

    g_test_init (&argc, &argv, NULL);
    add ("every-engine-gives-the-published-messages", &vectors);
    add ("every-length-is-what-openssl-makes-of-it-in-one-shot", &lengths);
    add ("engines-open-each-other-s-batches-but-for-the-forged-packet", &agree);
    add ("every-flipped-bit-is-refused-and-leaves-zeros", &flips);
    add ("another-length-is-refused", &length);
    add ("an-empty-packet-is-still-authenticated", &keepalives);
    g_test_add_func ("/crypto/aead/the-best-engine-is-the-one-that-works", test_choice);
    g_test_add_func ("/crypto/aead/a-preferred-engine-makes-the-keys", test_preference);
    return g_test_run ();
}
