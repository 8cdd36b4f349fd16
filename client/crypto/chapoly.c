/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of things per packet: keystream, then Poly1305 over the ciphertext and XOR with the
 * keystream, in the order that seal or open needs. */
#include "client/crypto/chapoly.h"

#include "client/crypto/provider.h"
#include <openssl/crypto.h>
#include <string.h>

/* One packet at a typical MTU needs one window; a longer one is continued by the cipher itself. */
enum { BLOCK = 64, WINDOW = 2048, MAC_KEY = 32, MAC_BLOCK = 16 };

typedef struct {
    guint8 bytes[WINDOW]; /* block 0, whose first half is the Poly1305 key, then the text's
                             keystream */
    gsize used;
} Stream;

typedef guint8 Vector __attribute__ ((vector_size (BLOCK), aligned (1), may_alias));

static const guint8   zeros[WINDOW];
static ProviderCipher chacha20;
static ProviderMac    poly1305;

static gboolean
find_functions (void)
{
    static gsize once;

    if (g_once_init_enter (&once)) {
        gboolean ok =
            provider_cipher (&chacha20, "ChaCha20") && provider_mac (&poly1305, "POLY1305");

        g_once_init_leave (&once, ok ? 1 : 2);
    }
    return once == 1;
}

/* dst may be src; a vector is read whole before it is written. */
static void
add_stream (guint8 *dst, const guint8 *src, const guint8 *stream, gsize len)
{
    gsize i = 0;

    for (; i + BLOCK <= len; i += BLOCK)
        *(Vector *) (dst + i) = *(const Vector *) (src + i) ^ *(const Vector *) (stream + i);
    for (; i < len; i++)
        dst[i] = src[i] ^ stream[i];
}

/* Blocks 0 and up of the packet's keystream, as many as the packet or the window needs. */
static gboolean
generate (ChaPoly *c, const AditAeadOp *op, Stream *stream)
{
    guint8 iv[16] = { 0 }; /* block counter 0, little-endian, and the nonce */
    gsize  want   = MIN (BLOCK + (gsize) op->len, WINDOW), made;

    want         = (want + BLOCK - 1) / BLOCK * BLOCK;
    stream->used = MAX (stream->used, want);
    memcpy (iv + 4, op->nonce, ADIT_AEAD_NONCE);
    return chacha20.encrypt_init (c->cipher, NULL, 0, iv, sizeof iv, NULL) &&
           chacha20.update (c->cipher, stream->bytes, &made, WINDOW, zeros, want);
}

/* Also what lies beyond the window: the cipher stands at the block after it. */
static gboolean
apply (ChaPoly *c, const AditAeadOp *op, const Stream *stream)
{
    gsize within = MIN (op->len, WINDOW - BLOCK), made;

    add_stream (op->dst, op->src, stream->bytes + BLOCK, within);
    return within == op->len ||
           chacha20.update (c->cipher, op->dst + within, &made, op->len - within, op->src + within,
                            op->len - within);
}

static gboolean
add_padded (ChaPoly *c, const guint8 *data, gsize len)
{
    guint8 last[MAC_BLOCK] = { 0 };
    gsize  rest            = len % MAC_BLOCK;

    if (len > rest && !poly1305.update (c->mac, data, len - rest))
        return FALSE;
    if (rest == 0)
        return TRUE;
    memcpy (last, data + len - rest, rest);
    return poly1305.update (c->mac, last, sizeof last);
}

/* RFC 8439 2.8: AAD, padding, ciphertext, padding, both lengths as little-endian 64-bit numbers. */
static gboolean
authenticate (ChaPoly *c, const AditAeadOp *op, const guint8 *text, const Stream *stream,
              guint8 tag[ADIT_AEAD_TAG])
{
    guint64 lengths[2] = { GUINT64_TO_LE ((guint64) op->aad_len),
                           GUINT64_TO_LE ((guint64) op->len) };
    gsize   made;

    return poly1305.init (c->mac, stream->bytes, MAC_KEY, NULL) &&
           (op->aad_len == 0 || add_padded (c, op->aad, op->aad_len)) &&
           add_padded (c, text, op->len) &&
           poly1305.update (c->mac, (const guint8 *) lengths, sizeof lengths) &&
           poly1305.final (c->mac, tag, &made, ADIT_AEAD_TAG);
}

static gboolean
open_one (ChaPoly *c, const AditAeadOp *op, Stream *stream)
{
    guint8 tag[ADIT_AEAD_TAG];

    return generate (c, op, stream) && authenticate (c, op, op->src, stream, tag) &&
           CRYPTO_memcmp (tag, op->tag, ADIT_AEAD_TAG) == 0 && apply (c, op, stream);
}

guint
chapoly_seal (ChaPoly *c, AditAeadOp *ops, guint n)
{
    Stream stream __attribute__ ((aligned (BLOCK)));
    guint  done = 0;

    stream.used = 0;
    for (guint i = 0; i < n; i++) {
        ops[i].ok = generate (c, &ops[i], &stream) && apply (c, &ops[i], &stream) &&
                    authenticate (c, &ops[i], ops[i].dst, &stream, ops[i].tag);
        done += ops[i].ok ? 1 : 0;
    }
    explicit_bzero (stream.bytes, stream.used);
    return done;
}

guint
chapoly_open (ChaPoly *c, AditAeadOp *ops, guint n)
{
    Stream stream __attribute__ ((aligned (BLOCK)));
    guint  done = 0;

    stream.used = 0;
    for (guint i = 0; i < n; i++) {
        ops[i].ok = open_one (c, &ops[i], &stream);
        if (ops[i].ok)
            done++;
        else if (ops[i].len)
            memset (ops[i].dst, 0, ops[i].len);
    }
    explicit_bzero (stream.bytes, stream.used);
    return done;
}

gboolean
chapoly_init (ChaPoly *c, const guint8 key[32])
{
    *c = (ChaPoly){ 0 };
    if (!find_functions ())
        return FALSE;
    c->cipher = chacha20.newctx (chacha20.provider_context);
    c->mac    = poly1305.newctx (poly1305.provider_context);
    return c->cipher && c->mac && chacha20.encrypt_init (c->cipher, key, 32, NULL, 0, NULL);
}

void
chapoly_clear (ChaPoly *c)
{
    if (c->cipher)
        chacha20.freectx (c->cipher);
    if (c->mac)
        poly1305.freectx (c->mac);
    *c = (ChaPoly){ 0 };
}
