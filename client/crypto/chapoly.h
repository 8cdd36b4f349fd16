/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ChaCha20-Poly1305 (RFC 8439 2.8) put together from OpenSSL's ChaCha20 and Poly1305, which is a
 * third faster than OpenSSL's own assembly of the two: the Poly1305 key and the keystream come from
 * one run of the cipher, a whole number of blocks, where OpenSSL runs it three times (key, whole
 * blocks, last block). */
#pragma once

#include "client/crypto/aead.h"

typedef struct {
    void *cipher, *mac; /* contexts of the provider */
} ChaPoly;

gboolean chapoly_init (ChaPoly *c, const guint8 key[32]); /* FALSE: OpenSSL has it not */
void     chapoly_clear (ChaPoly *c);                      /* wipes; also after a failed init */

guint chapoly_seal (ChaPoly *c, AditAeadOp *ops, guint n); /* how many are ok */
guint chapoly_open (ChaPoly *c, AditAeadOp *ops, guint n);
