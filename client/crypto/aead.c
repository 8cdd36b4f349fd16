/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the engine and hands batches to it. */
#include "client/crypto/aead.h"

#include "client/crypto/engine.h"
#include <string.h>

static const AditAeadEngine *ipsec_mb; /* NULL: why_not says it */
static const char           *why_not;

static void
load (void)
{
    static gsize once;

    if (g_once_init_enter (&once)) {
        ipsec_mb = engine_ipsec_mb_load (&why_not);
        g_once_init_leave (&once, 1);
    }
}

static AditAeadKey *
best_key_new (AditAeadAlg alg, AditAeadUse use, const guint8 *secret)
{
    AditAeadKey *key = NULL;

    if (ipsec_mb && engine_ipsec_mb_is_faster (alg))
        key = adit_aead_key_new (ipsec_mb, alg, use, secret);
    return key ? key : adit_aead_key_new (&engine_openssl, alg, use, secret);
}

/* Only makes keys; each then belongs to a real engine. */
static const AditAeadEngine best = { "best", best_key_new, NULL, NULL, NULL };

static const AditAeadEngine *preferred = &best;

gboolean
adit_aead_prefer (const char *name_or_null)
{
    const AditAeadEngine *engine = name_or_null ? adit_aead_engine (name_or_null) : &best;

    if (engine)
        preferred = engine;
    return engine != NULL;
}

const AditAeadEngine *
adit_aead_engine (const char *name_or_null)
{
    load ();
    if (!name_or_null)
        return preferred;
    if (strcmp (name_or_null, engine_openssl.name) == 0)
        return &engine_openssl;
    return ipsec_mb && strcmp (name_or_null, ipsec_mb->name) == 0 ? ipsec_mb : NULL;
}

const char *
adit_aead_why_not (void)
{
    load ();
    return why_not;
}

gsize
adit_aead_key_length (AditAeadAlg alg)
{
    return alg == ADIT_AEAD_AES_128_GCM ? 16 : 32;
}

AditAeadKey *
adit_aead_key_new (const AditAeadEngine *engine, AditAeadAlg alg, AditAeadUse use,
                   const guint8 *key)
{
    AditAeadKey *made = engine->key_new (alg, use, key);

    if (made && !made->engine)
        made->engine = engine;
    return made;
}

void
adit_aead_key_free (AditAeadKey *key)
{
    if (key)
        key->engine->key_free (key);
}

const char *
adit_aead_key_engine (const AditAeadKey *key)
{
    return key->engine->name;
}

guint
adit_aead_seal (AditAeadKey *key, AditAeadOp *ops, guint n)
{
    return key->engine->seal (key, ops, n);
}

guint
adit_aead_open (AditAeadKey *key, AditAeadOp *ops, guint n)
{
    return key->engine->open (key, ops, n);
}
