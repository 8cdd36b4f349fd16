/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built with engine-without-ipsec-mb.c alone, whatever this machine has. */
#include "client/crypto/engine.h"

static void
test_it_says_so (void)
{
    const char *why_not = NULL;

    g_assert_null (engine_ipsec_mb_load (&why_not));
    g_assert_nonnull (why_not);
    for (AditAeadAlg alg = ADIT_AEAD_CHACHA20_POLY1305; alg <= ADIT_AEAD_AES_256_GCM; alg++)
        g_assert_false (engine_ipsec_mb_is_faster (alg));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/engine-without-ipsec-mb/it-says-why-it-is-not-there",
                     test_it_says_so);
    return g_test_run ();
}
