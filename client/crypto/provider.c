/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the implementation that a fetch chose and copies its function pointers. */
#include "client/crypto/provider.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>

/* A fetched algorithm holds its provider, so it is kept for as long as the process lives. */
static void
keep (gpointer algorithm)
{
    static GMutex     lock;
    static GPtrArray *kept;

    g_mutex_lock (&lock);
    if (!kept)
        kept = g_ptr_array_new ();
    g_ptr_array_add (kept, algorithm);
    g_mutex_unlock (&lock);
}

/* An algorithm's names are separated by colons and compared without case (OSSL_ALGORITHM(3)). */
static gboolean
is_named (const char *names, const char *name)
{
    gsize len = strlen (name);

    for (const char *at = names; at; at = strchr (at, ':')) {
        at += *at == ':';
        if (g_ascii_strncasecmp (at, name, len) == 0 && (at[len] == '\0' || at[len] == ':'))
            return TRUE;
    }
    return FALSE;
}

static const OSSL_DISPATCH *
find (const OSSL_PROVIDER *provider, int operation, const char *name)
{
    int                   no_cache = 0;
    const OSSL_ALGORITHM *algorithm =
        OSSL_PROVIDER_query_operation (provider, operation, &no_cache);

    if (no_cache) /* the table may change: EVP alone may use it */
        return NULL;
    for (; algorithm && algorithm->algorithm_names; algorithm++)
        if (is_named (algorithm->algorithm_names, name))
            return algorithm->implementation;
    return NULL;
}

static void
take_cipher (ProviderCipher *functions, const OSSL_DISPATCH *table)
{
    for (; table && table->function_id; table++) {
        switch (table->function_id) {
        case OSSL_FUNC_CIPHER_NEWCTX:
            functions->newctx = OSSL_FUNC_cipher_newctx (table);
            break;
        case OSSL_FUNC_CIPHER_FREECTX:
            functions->freectx = OSSL_FUNC_cipher_freectx (table);
            break;
        case OSSL_FUNC_CIPHER_ENCRYPT_INIT:
            functions->encrypt_init = OSSL_FUNC_cipher_encrypt_init (table);
            break;
        case OSSL_FUNC_CIPHER_DECRYPT_INIT:
            functions->decrypt_init = OSSL_FUNC_cipher_decrypt_init (table);
            break;
        case OSSL_FUNC_CIPHER_UPDATE:
            functions->update = OSSL_FUNC_cipher_update (table);
            break;
        case OSSL_FUNC_CIPHER_FINAL:
            functions->final = OSSL_FUNC_cipher_final (table);
            break;
        case OSSL_FUNC_CIPHER_GET_CTX_PARAMS:
            functions->get_ctx_params = OSSL_FUNC_cipher_get_ctx_params (table);
            break;
        case OSSL_FUNC_CIPHER_SET_CTX_PARAMS:
            functions->set_ctx_params = OSSL_FUNC_cipher_set_ctx_params (table);
            break;
        }
    }
}

static void
take_mac (ProviderMac *functions, const OSSL_DISPATCH *table)
{
    for (; table && table->function_id; table++) {
        switch (table->function_id) {
        case OSSL_FUNC_MAC_NEWCTX:
            functions->newctx = OSSL_FUNC_mac_newctx (table);
            break;
        case OSSL_FUNC_MAC_FREECTX:
            functions->freectx = OSSL_FUNC_mac_freectx (table);
            break;
        case OSSL_FUNC_MAC_INIT:
            functions->init = OSSL_FUNC_mac_init (table);
            break;
        case OSSL_FUNC_MAC_UPDATE:
            functions->update = OSSL_FUNC_mac_update (table);
            break;
        case OSSL_FUNC_MAC_FINAL:
            functions->final = OSSL_FUNC_mac_final (table);
            break;
        }
    }
}

gboolean
provider_cipher (ProviderCipher *functions, const char *name)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch (NULL, name, NULL);

    *functions = (ProviderCipher){ 0 };
    if (!cipher) {
        ERR_clear_error ();
        return FALSE;
    }
    take_cipher (functions, find (EVP_CIPHER_get0_provider (cipher), OSSL_OP_CIPHER, name));
    functions->provider_context =
        OSSL_PROVIDER_get0_provider_ctx (EVP_CIPHER_get0_provider (cipher));
    if (functions->newctx && functions->freectx && functions->encrypt_init &&
        functions->decrypt_init && functions->update && functions->final &&
        functions->get_ctx_params && functions->set_ctx_params) {
        keep (cipher);
        return TRUE;
    }
    *functions = (ProviderCipher){ 0 };
    EVP_CIPHER_free (cipher);
    return FALSE;
}

gboolean
provider_mac (ProviderMac *functions, const char *name)
{
    EVP_MAC *mac = EVP_MAC_fetch (NULL, name, NULL);

    *functions = (ProviderMac){ 0 };
    if (!mac) {
        ERR_clear_error ();
        return FALSE;
    }
    take_mac (functions, find (EVP_MAC_get0_provider (mac), OSSL_OP_MAC, name));
    functions->provider_context = OSSL_PROVIDER_get0_provider_ctx (EVP_MAC_get0_provider (mac));
    if (functions->newctx && functions->freectx && functions->init && functions->update &&
        functions->final) {
        keep (mac);
        return TRUE;
    }
    *functions = (ProviderMac){ 0 };
    EVP_MAC_free (mac);
    return FALSE;
}
