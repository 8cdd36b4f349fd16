/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crypto/provider.h"

#include <string.h>

static void
test_known_algorithms (void)
{
    static const char *const ciphers[] = { "ChaCha20", "chacha20", "AES-128-GCM", "id-aes256-GCM" };
    ProviderCipher           cipher;
    ProviderMac              mac;

    for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
        g_assert_true (provider_cipher (&cipher, ciphers[i]));
        g_assert_nonnull (cipher.newctx);
        g_assert_nonnull (cipher.set_ctx_params);
    }
    g_assert_true (provider_mac (&mac, "POLY1305"));
    g_assert_nonnull (mac.final);
}

static void
test_unknown_algorithms (void)
{
    static const char *const names[] = { "", "ChaCha", "AES-128-GCM:", "GCM", "ChaCha20-Poly1306" };
    ProviderCipher           cipher, empty = { 0 };
    ProviderMac              mac, none     = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        memset (&cipher, 0xff, sizeof cipher);
        memset (&mac, 0xff, sizeof mac);
        g_assert_false (provider_cipher (&cipher, names[i]));
        g_assert_false (provider_mac (&mac, names[i]));
        g_assert_cmpmem (&cipher, sizeof cipher, &empty, sizeof empty);
        g_assert_cmpmem (&mac, sizeof mac, &none, sizeof none);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crypto/provider/finds-an-algorithm-by-any-of-its-names",
                     test_known_algorithms);
    g_test_add_func ("/crypto/provider/an-unknown-algorithm-has-no-functions",
                     test_unknown_algorithms);
    return g_test_run ();
}
