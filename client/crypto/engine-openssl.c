/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine that is always there.  A key is the provider's own context, keyed once; a packet sets
 * the IV only. */
#include "client/crypto/chapoly.h"
#include "client/crypto/engine.h"
#include "client/crypto/provider.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

typedef struct {
    AditAeadKey           head;
    const ProviderCipher *gcm;     /* NULL: the key is for ChaCha20-Poly1305 */
    void                 *context; /* of gcm */
    OSSL_PARAM            tag[2];  /* asks for or gives the tag; only the address changes */
    ChaPoly               chapoly;
} Key;

static const ProviderCipher *
find_gcm (AditAeadAlg alg)
{
    static gsize          once;
    static ProviderCipher gcm_128, gcm_256;

    if (g_once_init_enter (&once)) {
        provider_cipher (&gcm_128, "AES-128-GCM");
        provider_cipher (&gcm_256, "AES-256-GCM");
        g_once_init_leave (&once, 1);
    }
    return alg == ADIT_AEAD_AES_128_GCM ? &gcm_128 : &gcm_256;
}

/* The nonce, the AAD and the text; the tag is the caller's. */
static gboolean
start (Key *key, const AditAeadOp *op, OSSL_FUNC_cipher_encrypt_init_fn *init)
{
    gsize made;

    return init (key->context, NULL, 0, op->nonce, ADIT_AEAD_NONCE, NULL) &&
           (op->aad_len == 0 ||
            key->gcm->update (key->context, NULL, &made, op->aad_len, op->aad, op->aad_len));
}

static gboolean
run (Key *key, const AditAeadOp *op)
{
    guint8 none[1];
    gsize  made;

    return (op->len == 0 ||
            key->gcm->update (key->context, op->dst, &made, op->len, op->src, op->len)) &&
           key->gcm->final (key->context, none, &made, 0);
}

static guint
seal (AditAeadKey *head, AditAeadOp *ops, guint n)
{
    Key  *key  = (Key *) head;
    guint done = 0;

    if (!key->gcm)
        return chapoly_seal (&key->chapoly, ops, n);
    for (guint i = 0; i < n; i++) {
        key->tag[0].data = ops[i].tag;
        ops[i].ok        = start (key, &ops[i], key->gcm->encrypt_init) && run (key, &ops[i]) &&
                    key->gcm->get_ctx_params (key->context, key->tag);
        done += ops[i].ok ? 1 : 0;
    }
    return done;
}

static guint
open_ops (AditAeadKey *head, AditAeadOp *ops, guint n)
{
    Key  *key  = (Key *) head;
    guint done = 0;

    if (!key->gcm)
        return chapoly_open (&key->chapoly, ops, n);
    for (guint i = 0; i < n; i++) {
        key->tag[0].data = ops[i].tag;
        ops[i].ok        = start (key, &ops[i], key->gcm->decrypt_init) &&
                    key->gcm->set_ctx_params (key->context, key->tag) && run (key, &ops[i]);
        if (ops[i].ok)
            done++;
        else if (ops[i].len)
            memset (ops[i].dst, 0, ops[i].len);
    }
    return done;
}

static gboolean
init_gcm (Key *key, AditAeadAlg alg, AditAeadUse use, const guint8 *secret)
{
    const ProviderCipher *gcm = find_gcm (alg);

    if (!gcm->newctx || !(key->context = gcm->newctx (gcm->provider_context)))
        return FALSE;
    key->gcm = gcm;
    key->tag[0] =
        OSSL_PARAM_construct_octet_string (OSSL_CIPHER_PARAM_AEAD_TAG, NULL, ADIT_AEAD_TAG);
    key->tag[1] = OSSL_PARAM_construct_end ();
    return (use == ADIT_AEAD_SEAL ? gcm->encrypt_init : gcm->decrypt_init) (
        key->context, secret, adit_aead_key_length (alg), NULL, 0, NULL);
}

static void
key_free (AditAeadKey *head)
{
    Key *key = (Key *) head;

    if (key->gcm)
        key->gcm->freectx (key->context);
    chapoly_clear (&key->chapoly);
    explicit_bzero (key, sizeof *key);
    g_free (key);
}

static AditAeadKey *
key_new (AditAeadAlg alg, AditAeadUse use, const guint8 *secret)
{
    Key     *key = g_new0 (Key, 1);
    gboolean ok  = alg == ADIT_AEAD_CHACHA20_POLY1305 ? chapoly_init (&key->chapoly, secret)
                                                      : init_gcm (key, alg, use, secret);

    if (ok)
        return &key->head;
    key_free ((AditAeadKey *) key); /* not &key->head: all of it is wiped */
    return NULL;
}

const AditAeadEngine engine_openssl = { "openssl", key_new, key_free, seal, open_ops };
