/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an AEAD engine is to aead.c.  Nobody outside this folder includes it. */
#pragma once

#include "client/crypto/aead.h"

struct AditAeadKey {
    const AditAeadEngine *engine; /* the one whose functions the key goes to */
};

struct AditAeadEngine {
    const char *name;
    AditAeadKey *(*key_new) (AditAeadAlg alg, AditAeadUse use, const guint8 *key);
    void (*key_free) (AditAeadKey *key); /* wipes */
    guint (*seal) (AditAeadKey *key, AditAeadOp *ops, guint n);
    guint (*open) (AditAeadKey *key, AditAeadOp *ops, guint n);
};

extern const AditAeadEngine engine_openssl;

/* Whether engine does to a few random packets what OpenSSL does, in both directions, and refuses a
 * forgery. */
gboolean engine_agrees (const AditAeadEngine *engine, AditAeadAlg alg);

/* NULL, and *why_not a sentence, when libipsec-mb cannot be used.  Called once. */
const AditAeadEngine *engine_ipsec_mb_load (const char **why_not);

/* Whether it is also the faster one for alg on this processor.  Only after it loaded. */
gboolean engine_ipsec_mb_is_faster (AditAeadAlg alg);
