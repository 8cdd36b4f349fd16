/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions behind an OpenSSL cipher or MAC, taken from its provider (provider-cipher(7),
 * provider-mac(7): a stable interface), because EVP's checks around each call cost a packet of 1420
 * bytes 60 to 90 ns. OpenSSL's own fetch decides which provider serves an algorithm, so its
 * configuration is obeyed. */
#pragma once

#include <glib.h>
#include <openssl/core_dispatch.h>

typedef struct {
    void                               *provider_context;
    OSSL_FUNC_cipher_newctx_fn         *newctx;
    OSSL_FUNC_cipher_freectx_fn        *freectx;
    OSSL_FUNC_cipher_encrypt_init_fn   *encrypt_init;
    OSSL_FUNC_cipher_decrypt_init_fn   *decrypt_init;
    OSSL_FUNC_cipher_update_fn         *update;
    OSSL_FUNC_cipher_final_fn          *final;
    OSSL_FUNC_cipher_get_ctx_params_fn *get_ctx_params;
    OSSL_FUNC_cipher_set_ctx_params_fn *set_ctx_params;
} ProviderCipher;

typedef struct {
    void                     *provider_context;
    OSSL_FUNC_mac_newctx_fn  *newctx;
    OSSL_FUNC_mac_freectx_fn *freectx;
    OSSL_FUNC_mac_init_fn    *init;
    OSSL_FUNC_mac_update_fn  *update;
    OSSL_FUNC_mac_final_fn   *final;
} ProviderMac;

/* FALSE, and all of it NULL, when OpenSSL as configured does not have the algorithm.  Good for as
 * long as the process lives. */
gboolean provider_cipher (ProviderCipher *functions, const char *name);
gboolean provider_mac (ProviderMac *functions, const char *name);
