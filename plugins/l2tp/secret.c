/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secret.c - what the tunnel secret is used for: to prove that both ends know it, and to hide AVPs.
 * Both are MD5 with the secret in the middle; neither protects more than that. */
#include "client/base/secret.h"
#include "client/crypto/legacy.h"
#include "plugins/l2tp/wire.h"

void
l2tp_challenge_response (L2tpMessageType type, const char *secret, const guint8 *challenge,
                         gsize size, guint8 out[L2TP_SECRET_BLOCK])
{
    const guint8    id       = (guint8) type;
    const AditPiece pieces[] = { { &id, 1 }, { secret, strlen (secret) }, { challenge, size } };

    adit_legacy_digest (ADIT_MD5, pieces, G_N_ELEMENTS (pieces), out);
}

static void
xor_block (guint8 *data, gsize size, const guint8 *block)
{
    for (gsize i = 0; i < size; i++)
        data[i] ^= block[i];
}

/* b(1) = MD5 (type, secret, vector); b(i) = MD5 (secret, c(i-1)): the hidden text of the block
 * before. */
static void
first_block (guint16 type, const char *secret, const guint8 *vector, gsize vector_size, guint8 *out)
{
    guint8          word[2]  = { (guint8) (type >> 8), (guint8) type };
    const AditPiece pieces[] = { { word, sizeof word },
                                 { secret, strlen (secret) },
                                 { vector, vector_size } };

    adit_legacy_digest (ADIT_MD5, pieces, G_N_ELEMENTS (pieces), out);
}

static void
next_block (const char *secret, const guint8 *hidden, guint8 *out)
{
    const AditPiece pieces[] = { { secret, strlen (secret) }, { hidden, L2TP_SECRET_BLOCK } };

    adit_legacy_digest (ADIT_MD5, pieces, G_N_ELEMENTS (pieces), out);
}

void
l2tp_hide (guint16 type, const char *secret, const guint8 *vector, gsize vector_size, guint8 *data,
           gsize size)
{
    guint8 block[L2TP_SECRET_BLOCK];

    first_block (type, secret, vector, vector_size, block);
    for (gsize at = 0; at < size; at += sizeof block) {
        xor_block (data + at, MIN (size - at, sizeof block), block);
        if (size - at > sizeof block)
            next_block (secret, data + at, block);
    }
    adit_wipe (block, sizeof block);
}

void
l2tp_open (guint16 type, const char *secret, const guint8 *vector, gsize vector_size, guint8 *data,
           gsize size)
{
    guint8 block[L2TP_SECRET_BLOCK], next[L2TP_SECRET_BLOCK];

    first_block (type, secret, vector, vector_size, block);
    for (gsize at = 0; at < size; at += sizeof block) {
        if (size - at > sizeof block)
            next_block (secret, data + at, next);
        xor_block (data + at, MIN (size - at, sizeof block), block);
        memcpy (block, next, sizeof block);
    }
    adit_wipe (block, sizeof block);
    adit_wipe (next, sizeof next);
}
