/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What test-aead.c does not reach: many threads, so that lanes are busy and the direct calls are
 * taken. */
#include "client/crypto/aead.h"
#include "client/crypto/random.h"
#include "client/crypto/xaead.h"

#include <string.h>

enum { THREADS = 4, ROUNDS = 400, BATCH = 70, LENGTH = 333 };

/* What went wrong, or NULL. */
static const char *
seal_and_open (const AditAeadEngine *engine)
{
    guint8                 secret[32], text[LENGTH], aad[11], expected[LENGTH + 16];
    g_autofree guint8     *bufs = g_malloc (BATCH * LENGTH), *tags = g_malloc (BATCH * 16);
    g_autofree AditAeadOp *ops = g_new0 (AditAeadOp, BATCH);

    adit_random (secret, sizeof secret);
    adit_random (text, sizeof text);
    adit_random (aad, sizeof aad);
    adit_chacha20_poly1305_seal (expected, secret, 3, aad, sizeof aad, text, sizeof text);

    g_autoptr (AditAeadKey) sealer =
        adit_aead_key_new (engine, ADIT_AEAD_CHACHA20_POLY1305, ADIT_AEAD_SEAL, secret);
    g_autoptr (AditAeadKey) opener =
        adit_aead_key_new (engine, ADIT_AEAD_CHACHA20_POLY1305, ADIT_AEAD_OPEN, secret);

    for (guint round = 0; round < ROUNDS; round++) {
        for (guint i = 0; i < BATCH; i++)
            ops[i] = (AditAeadOp){ text,       bufs + i * LENGTH, LENGTH,        aad,
                                   sizeof aad, { 0, 0, 0, 0, 3 }, tags + i * 16, FALSE };
        if (adit_aead_seal (sealer, ops, BATCH) != BATCH)
            return "not sealed";
        for (guint i = 0; i < BATCH; i++) {
            if (memcmp (ops[i].dst, expected, LENGTH) != 0 ||
                memcmp (ops[i].tag, expected + LENGTH, 16) != 0)
                return "sealed to something else";
            ops[i].src = ops[i].dst;
        }
        ops[round % BATCH].tag[round % 16] ^= 1;
        if (adit_aead_open (opener, ops, BATCH) != BATCH - 1)
            return "not opened";
        for (guint i = 0; i < BATCH; i++)
            if (ops[i].ok != (i != round % BATCH) ||
                (ops[i].ok && memcmp (ops[i].dst, text, LENGTH) != 0))
                return "opened to something else";
    }
    return NULL;
}

static gpointer
run (gpointer engine)
{
    return (gpointer) seal_and_open (engine);
}

static void
test_threads (gconstpointer name)
{
    const AditAeadEngine *engine = adit_aead_engine (name);
    GThread              *threads[THREADS];

    if (!engine) {
        g_test_skip (adit_aead_why_not ());
        return;
    }
    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new ("seal", run, (gpointer) engine);
    for (guint i = 0; i < THREADS; i++)
        g_assert_cmpstr (g_thread_join (threads[i]), ==, NULL);
}

/* Not being installed is no fault; being installed and wrong is, and would leave the other tests
 * without it. */
static void
test_nothing_is_wrong_with_it (void)
{
    if (adit_aead_engine ("ipsec-mb"))
        return;
    g_assert_null (strstr (adit_aead_why_not (), "different"));
    g_test_skip (adit_aead_why_not ());
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/engine-ipsec-mb/agrees-with-openssl-where-it-is-installed",
                     test_nothing_is_wrong_with_it);
    g_test_add_data_func ("/crypto/engine-ipsec-mb/threads-that-want-it-at-once-all-get-it-right",
                          "ipsec-mb", test_threads);
    g_test_add_data_func ("/crypto/engine-openssl/threads-that-want-it-at-once-all-get-it-right",
                          "openssl", test_threads);
    return g_test_run ();
}
