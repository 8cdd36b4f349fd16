/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/random.h"
#include "client/crypto/x25519.h"

#include "tests/lib/vectors.h"
#include <string.h>

static void
test_shared_secrets (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("x25519.txt");

    for (guint i = 0; i < cases->len; i++) {
        const guint8 *expected = vector_exactly (cases->pdata[i], "shared", ADIT_X25519);
        guint8        shared[ADIT_X25519];

        g_assert_true (adit_x25519 (shared,
                                    vector_exactly (cases->pdata[i], "private", ADIT_X25519),
                                    vector_exactly (cases->pdata[i], "peer", ADIT_X25519)));
        g_assert_cmpmem (shared, sizeof shared, expected, ADIT_X25519);
    }
}

static void
test_public_keys (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("x25519-public.txt");

    for (guint i = 0; i < cases->len; i++) {
        guint8 pub[ADIT_X25519];

        adit_x25519_public (pub, vector_exactly (cases->pdata[i], "private", ADIT_X25519));
        g_assert_cmpmem (pub, sizeof pub, vector_exactly (cases->pdata[i], "public", ADIT_X25519),
                         ADIT_X25519);
    }
}

static void
test_iterations (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("x25519-iterated.txt");

    for (guint i = 0; i < cases->len; i++) {
        guint8        k[ADIT_X25519] = { 9 }, u[ADIT_X25519] = { 9 }, next[ADIT_X25519];
        gsize         len, rounds                            = 0;
        const guint8 *count = vector_bytes (cases->pdata[i], "iterations", &len);

        while (len--)
            rounds = rounds << 8 | *count++;
        for (; rounds; rounds--) {
            g_assert_true (adit_x25519 (next, k, u));
            memcpy (u, k, sizeof u);
            memcpy (k, next, sizeof k);
        }
        g_assert_cmpmem (k, sizeof k, vector_exactly (cases->pdata[i], "result", ADIT_X25519),
                         ADIT_X25519);
    }
}

static void
test_small_order_is_refused (void)
{
    g_autoptr (GPtrArray) cases = vectors_load ("x25519-small-order.txt");
    static const guint8 zero[ADIT_X25519];

    for (guint i = 0; i < cases->len; i++) {
        guint8 priv[ADIT_X25519], shared[ADIT_X25519];

        adit_random (priv, sizeof priv);
        memset (shared, 0xff, sizeof shared);
        g_assert_false (
            adit_x25519 (shared, priv, vector_exactly (cases->pdata[i], "peer", ADIT_X25519)));
        g_assert_cmpmem (shared, sizeof shared, zero, sizeof zero);
    }
}

static void
test_clamping_changes_no_result (void)
{
    guint8 priv[ADIT_X25519], clamped[ADIT_X25519], a[ADIT_X25519], b[ADIT_X25519];

    memset (priv, 0xff, sizeof priv);
    priv[31] = 0x80; /* every bit that clamping touches stands the wrong way */
    memcpy (clamped, priv, sizeof clamped);
    adit_x25519_clamp (clamped);
    g_assert_cmpuint (clamped[0], ==, 0xf8);
    g_assert_cmpuint (clamped[31], ==, 0x40);
    g_assert_cmpmem (clamped + 1, 30, priv + 1, 30);
    adit_x25519_public (a, priv);
    adit_x25519_public (b, clamped);
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
}

static void
test_both_sides_agree (void)
{
    for (guint round = 0; round < 20; round++) {
        guint8 priv[2][ADIT_X25519], pub[2][ADIT_X25519], shared[2][ADIT_X25519];

        for (guint i = 0; i < 2; i++) {
            adit_random (priv[i], ADIT_X25519);
            adit_x25519_public (pub[i], priv[i]);
        }
        g_assert_true (adit_x25519 (shared[0], priv[0], pub[1]));
        g_assert_true (adit_x25519 (shared[1], priv[1], pub[0]));
        g_assert_cmpmem (shared[0], ADIT_X25519, shared[1], ADIT_X25519);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/x25519/gives-the-rfc-s-shared-secrets", test_shared_secrets);
    g_test_add_func ("/crypto/x25519/gives-the-rfc-s-public-keys", test_public_keys);
    g_test_add_func ("/crypto/x25519/iterates-to-the-rfc-s-result", test_iterations);
    g_test_add_func ("/crypto/x25519/points-of-small-order-are-refused",
                     test_small_order_is_refused);
    g_test_add_func ("/crypto/x25519/clamping-changes-no-result", test_clamping_changes_no_result);
    g_test_add_func ("/crypto/x25519/both-sides-agree", test_both_sides_agree);
    return g_test_run ();
}
