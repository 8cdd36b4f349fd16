/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One message at a time for handshakes: ChaCha20-Poly1305 (RFC 8439) under a counter, and
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a 24-byte nonce.  Packets go through
 * aead.h.
 *
 * seal writes len + 16 bytes, ciphertext and then tag.  open takes len bytes with the tag at the
 * end, writes len - 16, and on a forgery returns FALSE with those bytes all zero.  dst is src or
 * does not overlap it. Any thread. */
#pragma once

#include <glib.h>

#define ADIT_XAEAD_KEY 32   /* bytes */
#define ADIT_XAEAD_TAG 16   /* bytes */
#define ADIT_XAEAD_NONCE 24 /* bytes, of the X variant */

/* The nonce is four zero bytes and the counter, little-endian (Noise 12.3). */
void adit_chacha20_poly1305_seal (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY], guint64 counter,
                                  const void *aad, gsize aad_len, const void *src, gsize len);
gboolean adit_chacha20_poly1305_open (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY],
                                      guint64 counter, const void *aad, gsize aad_len,
                                      const void *src, gsize len);

void     adit_xchacha20_poly1305_seal (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY],
                                       const guint8 nonce[ADIT_XAEAD_NONCE], const void *aad,
                                       gsize aad_len, const void *src, gsize len);
gboolean adit_xchacha20_poly1305_open (guint8 *dst, const guint8 key[ADIT_XAEAD_KEY],
                                       const guint8 nonce[ADIT_XAEAD_NONCE], const void *aad,
                                       gsize aad_len, const void *src, gsize len);

/* draft-irtf-cfrg-xchacha-03 2.2: the subkey for the first 16 bytes of a 24-byte nonce. */
void adit_hchacha20 (guint8 out[ADIT_XAEAD_KEY], const guint8 key[ADIT_XAEAD_KEY],
                     const guint8 nonce[16]);
