/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Authenticated encryption of packets, a batch at a time, for the data thread.
 *
 * An engine is one way to do it; all engines give the same bytes.  A key belongs to one direction
 * and is used by one thread at a time; different keys may be used by different threads at once.
 * Sealing and opening allocate nothing, lock nothing and log nothing. */
#pragma once

#include <glib.h>

#define ADIT_AEAD_TAG 16   /* bytes */
#define ADIT_AEAD_NONCE 12 /* bytes */

typedef enum {
    ADIT_AEAD_CHACHA20_POLY1305, /* RFC 8439, 32-byte key */
    ADIT_AEAD_AES_128_GCM,       /* NIST SP 800-38D, 16-byte key */
    ADIT_AEAD_AES_256_GCM,       /* 32-byte key */
} AditAeadAlg;

typedef enum { ADIT_AEAD_SEAL, ADIT_AEAD_OPEN } AditAeadUse;

/* One packet.  `src` and `dst` are the same address or do not overlap; `tag` lies outside both and
 * outside `aad`.  `src`, `dst` and `aad` may be NULL when their length is 0. */
typedef struct {
    const guint8 *src;
    guint8       *dst;
    guint32       len; /* bytes of plaintext, and so of ciphertext */
    const guint8 *aad;
    guint32       aad_len;
    guint8        nonce[ADIT_AEAD_NONCE];
    guint8       *tag; /* ADIT_AEAD_TAG bytes, written by seal, read by open */
    gboolean      ok;  /* set by both; FALSE from open: forged, and dst is all zero */
} AditAeadOp;

typedef struct AditAeadEngine AditAeadEngine;
typedef struct AditAeadKey    AditAeadKey;

/* "openssl", "ipsec-mb", or NULL for the fastest that really works, chosen for each algorithm on
 * its own. NULL when the named engine cannot be used here.  The first call loads libraries and
 * compares the engines with each other: make it before the sandbox closes.  Any thread, never
 * freed. */
const AditAeadEngine *adit_aead_engine (const char *name_or_null);

/* What NULL means above from now on: the name of an engine, or NULL for the fastest again.  FALSE,
 * and nothing changed, when it cannot be used here. */
gboolean adit_aead_prefer (const char *name_or_null);

/* Why "ipsec-mb" is not used, as a sentence for the log; NULL when it is. */
const char *adit_aead_why_not (void);

gsize adit_aead_key_length (AditAeadAlg alg); /* bytes */

/* `key` is adit_aead_key_length() bytes and may be wiped by the caller at once.  NULL when the
 * engine does not have the algorithm (a restricted OpenSSL, for example).  An open key cannot seal,
 * nor the other way. */
AditAeadKey *adit_aead_key_new (const AditAeadEngine *engine, AditAeadAlg alg, AditAeadUse use,
                                const guint8 *key);
void         adit_aead_key_free (AditAeadKey *key);         /* wipes; NULL is fine */
const char  *adit_aead_key_engine (const AditAeadKey *key); /* which engine does this key's work */

/* How many of the n ops are ok.  After seal that is n unless memory is broken: drop the others. */
guint adit_aead_seal (AditAeadKey *key, AditAeadOp *ops, guint n);
guint adit_aead_open (AditAeadKey *key, AditAeadOp *ops, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditAeadKey, adit_aead_key_free)
