/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A private library context with the default and the legacy provider, loaded once and kept. */
#include "client/crypto/legacy.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_Init and its like: see sha1() */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <string.h>

enum { N_DIGESTS = ADIT_MD5 + 1 }; /* that are fetched */

typedef struct {
    EVP_MD     *digest[N_DIGESTS];
    EVP_CIPHER *des;
} Legacy;

static Legacy *
load (void)
{
    static const char *const names[N_DIGESTS] = { "MD4", "MD5" };
    OSSL_LIB_CTX            *library          = OSSL_LIB_CTX_new ();
    Legacy                  *all              = g_new0 (Legacy, 1);
    gboolean                 complete         = library != NULL;

    complete = complete && OSSL_PROVIDER_load (library, "default") &&
               OSSL_PROVIDER_load (library, "legacy");
    for (guint i = 0; complete && i < N_DIGESTS; i++) {
        all->digest[i] = EVP_MD_fetch (library, names[i], NULL);
        complete       = all->digest[i] != NULL;
    }
    if (complete) {
        all->des = EVP_CIPHER_fetch (library, "DES-ECB", NULL);
        complete = all->des != NULL;
    }
    if (complete)
        return all;
    ERR_clear_error ();
    for (guint i = 0; i < N_DIGESTS; i++)
        EVP_MD_free (all->digest[i]);
    OSSL_LIB_CTX_free (library);
    g_free (all);
    return NULL;
}

static const Legacy *
legacy (void)
{
    static gsize   once;
    static Legacy *loaded;

    if (g_once_init_enter (&once)) {
        loaded = load ();
        g_once_init_leave (&once, 1);
    }
    return loaded;
}

/* For those who were told by adit_legacy_start() that it is there. */
static const Legacy *
surely (void)
{
    const Legacy *l = legacy ();

    if (!l)
        g_error ("OpenSSL's legacy provider is missing");
    return l;
}

gboolean
adit_legacy_start (void)
{
    guint8 out[ADIT_SHA1_SIZE], block[8] = { 0 };

    if (!legacy ())
        return FALSE;
    for (AditLegacyDigest alg = ADIT_MD4; alg <= ADIT_SHA1; alg++)
        adit_legacy_digest (alg, &(AditPiece){ block, sizeof block }, 1, out);
    adit_des_encrypt (out, block, block);
    return TRUE;
}

/* For keys that change with each packet: EVP would allocate for every one. */
static void
sha1 (const AditPiece *pieces, guint n, guint8 *out)
{
    SHA_CTX context;

    SHA1_Init (&context);
    for (guint i = 0; i < n; i++)
        if (pieces[i].len)
            SHA1_Update (&context, pieces[i].data, pieces[i].len);
    SHA1_Final (out, &context);
    explicit_bzero (&context, sizeof context);
}

void
adit_legacy_digest (AditLegacyDigest alg, const AditPiece *pieces, guint n, guint8 *out)
{
    EVP_MD_CTX *context = NULL;
    gboolean    ok;

    if (alg == ADIT_SHA1) {
        sha1 (pieces, n, out);
        return;
    }
    context = EVP_MD_CTX_new ();
    ok      = context && EVP_DigestInit_ex2 (context, surely ()->digest[alg], NULL);
    for (guint i = 0; ok && i < n; i++)
        if (pieces[i].len)
            ok = EVP_DigestUpdate (context, pieces[i].data, pieces[i].len);
    ok = ok && EVP_DigestFinal_ex (context, out, NULL);
    EVP_MD_CTX_free (context);
    if (!ok)
        g_error ("OpenSSL refused to digest");
}

/* Seven bits to a byte, the lowest is parity and ignored. */
static void
spread (guint8 out[8], const guint8 key[7])
{
    guint64 bits = 0;

    for (guint i = 0; i < 7; i++)
        bits = bits << 8 | key[i];
    for (guint i = 8; i-- > 0; bits >>= 7)
        out[i] = (guint8) (bits << 1);
}

void
adit_des_encrypt (guint8 out[8], const guint8 in[8], const guint8 key[7])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
    guint8          full[8];
    int             len = 0;
    gboolean        ok;

    spread (full, key);
    ok = context && EVP_CipherInit_ex2 (context, surely ()->des, full, NULL, 1, NULL) &&
         EVP_CIPHER_CTX_set_padding (context, 0) && EVP_CipherUpdate (context, out, &len, in, 8) &&
         len == 8;
    EVP_CIPHER_CTX_free (context);
    explicit_bzero (full, sizeof full);
    if (!ok)
        g_error ("OpenSSL refused DES");
}
