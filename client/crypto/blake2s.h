/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BLAKE2s (RFC 7693) as handshakes in the Noise framework use it: hash, keyed MAC, HMAC (RFC 2104),
 * HKDF. Not for packets: each call makes and wipes its own context.  Any thread. */
#pragma once

#include <glib.h>

#define ADIT_BLAKE2S 32 /* bytes of a hash */

void adit_blake2s (guint8 out[ADIT_BLAKE2S], const void *data, gsize len);

/* Of a followed by b; out may be a or b. */
void adit_blake2s_two (guint8 out[ADIT_BLAKE2S], const void *a, gsize a_len, const void *b,
                       gsize b_len);

/* Keyed BLAKE2s; out_len from 1 to 32 is part of the function, not a truncation.
 * key_len is from 1 to 32. */
void adit_blake2s_mac (guint8 *out, gsize out_len, const guint8 *key, gsize key_len,
                       const void *data, gsize len);

void adit_blake2s_hmac (guint8 out[ADIT_BLAKE2S], const guint8 *key, gsize key_len,
                        const void *data, gsize len);

/* Noise 4.3, HKDF (chaining_key, input) with one, two or three outputs.  An out may be the chaining
 * key or the input, but no two outs the same. */
void adit_blake2s_kdf1 (guint8 out1[ADIT_BLAKE2S], const guint8 chaining_key[ADIT_BLAKE2S],
                        const void *input, gsize len);
void adit_blake2s_kdf2 (guint8 out1[ADIT_BLAKE2S], guint8 out2[ADIT_BLAKE2S],
                        const guint8 chaining_key[ADIT_BLAKE2S], const void *input, gsize len);
void adit_blake2s_kdf3 (guint8 out1[ADIT_BLAKE2S], guint8 out2[ADIT_BLAKE2S],
                        guint8 out3[ADIT_BLAKE2S], const guint8 chaining_key[ADIT_BLAKE2S],
                        const void *input, gsize len);
