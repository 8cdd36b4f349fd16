/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The self-test an engine has to pass before it is trusted on this machine. */
#include "client/crypto/engine.h"
#include "client/crypto/random.h"

#include <string.h>

enum { MOST = 1420, AAD = 12 };

typedef struct {
    guint8 text[MOST], aad[AAD], nonce[ADIT_AEAD_NONCE];
    guint8 sealed[2][MOST], tag[2][ADIT_AEAD_TAG], opened[MOST];
} Packet;

static gboolean
same_packet (AditAeadKey *reference, AditAeadKey *sealer, AditAeadKey *opener, guint32 len)
{
    Packet     p;
    AditAeadOp theirs = { p.text, p.sealed[0], len, p.aad, AAD, { 0 }, p.tag[0], FALSE };
    AditAeadOp ours   = { p.text, p.sealed[1], len, p.aad, AAD, { 0 }, p.tag[1], FALSE };
    AditAeadOp back   = { p.sealed[0], p.opened, len, p.aad, AAD, { 0 }, p.tag[0], FALSE };

    adit_random (&p, sizeof p);
    memcpy (theirs.nonce, p.nonce, ADIT_AEAD_NONCE);
    memcpy (ours.nonce, p.nonce, ADIT_AEAD_NONCE);
    memcpy (back.nonce, p.nonce, ADIT_AEAD_NONCE);
    if (adit_aead_seal (reference, &theirs, 1) != 1 || adit_aead_seal (sealer, &ours, 1) != 1 ||
        memcmp (p.sealed[0], p.sealed[1], len) != 0 ||
        memcmp (p.tag[0], p.tag[1], ADIT_AEAD_TAG) != 0)
        return FALSE;
    if (adit_aead_open (opener, &back, 1) != 1 || memcmp (p.opened, p.text, len) != 0)
        return FALSE;
    p.tag[0][len % ADIT_AEAD_TAG] ^= 1;
    return adit_aead_open (opener, &back, 1) == 0;
}

gboolean
engine_agrees (const AditAeadEngine *engine, AditAeadAlg alg)
{
    static const guint32 lengths[] = { 0, 1, 61, 608, MOST };
    guint8               secret[32];

    adit_random (secret, sizeof secret);

    g_autoptr (AditAeadKey) reference =
        adit_aead_key_new (&engine_openssl, alg, ADIT_AEAD_SEAL, secret);
    g_autoptr (AditAeadKey) sealer = adit_aead_key_new (engine, alg, ADIT_AEAD_SEAL, secret);
    g_autoptr (AditAeadKey) opener = adit_aead_key_new (engine, alg, ADIT_AEAD_OPEN, secret);

    if (!reference || !sealer || !opener)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
        if (!same_packet (reference, sealer, opener, lengths[i]))
            return FALSE;
    return TRUE;
}
