/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugins/ppp/mppe-keys.h"

#include "client/base/secret.h"
#include "client/crypto/legacy.h"
#include "client/crypto/rc4.h"
#include "plugins/ppp/wire.h"
#include <string.h>

static guint8 pad1[40]; /* all zero */
static guint8 pad2[40] = { 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
                           0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
                           0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2,
                           0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2, 0xf2 };

/* GetAsymmetricStartKey */
static void
start_key (const guint8 master[16], gboolean client_sends, guint8 out[MPPE_KEY])
{
    static const char magic2[] = "On the client side, this is the send key; "
                                 "on the server side, it is the receive key.";
    static const char magic3[] = "On the client side, this is the receive key; "
                                 "on the server side, it is the send key.";
    const char       *magic    = client_sends ? magic2 : magic3;
    const AditPiece   pieces[] = {
          { master, 16 }, { pad1, sizeof pad1 }, { magic, strlen (magic) }, { pad2, sizeof pad2 }
    };
    guint8 digest[ADIT_SHA1_SIZE];

    adit_legacy_digest (ADIT_SHA1, pieces, G_N_ELEMENTS (pieces), digest);
    memcpy (out, digest, MPPE_KEY);
    adit_wipe (digest, sizeof digest);
}

void
mppe_keys_from_mschapv2 (const guint8 hash_hash[16], const guint8 nt_response[24],
                         gboolean is_server, MppeKeys *out)
{
    static const char magic1[] = "This is the MPPE Master Key";
    const AditPiece   pieces[] = { { hash_hash, 16 },
                                   { nt_response, 24 },
                                   { magic1, sizeof magic1 - 1 } };
    guint8            digest[ADIT_SHA1_SIZE];

    adit_legacy_digest (ADIT_SHA1, pieces, G_N_ELEMENTS (pieces), digest);
    start_key (digest, !is_server, out->send);
    start_key (digest, is_server, out->receive);
    adit_wipe (digest, sizeof digest);
}

/* GetNewKeyFromSHA */
static void
new_key (const MppeSession *s, const guint8 *current, guint8 *out)
{
    const AditPiece pieces[] = { { s->start, s->key_len },
                                 { pad1, sizeof pad1 },
                                 { current, s->key_len },
                                 { pad2, sizeof pad2 } };
    guint8          digest[ADIT_SHA1_SIZE];

    adit_legacy_digest (ADIT_SHA1, pieces, G_N_ELEMENTS (pieces), digest);
    ppp_copy (out, digest, s->key_len);
    adit_wipe (digest, sizeof digest);
}

static void
weaken (MppeSession *s)
{
    static const guint8 salt[] = { 0xd1, 0x26, 0x9e };

    if (s->bits == 40)
        ppp_copy (s->session, salt, 3);
    else if (s->bits == 56)
        ppp_copy (s->session, salt, 1);
}

void
mppe_session_begin (MppeSession *s, const guint8 start[MPPE_KEY], guint bits)
{
    s->bits    = (guint8) bits;
    s->key_len = bits == 128 ? 16 : 8;
    memcpy (s->start, start, MPPE_KEY);
    new_key (s, s->start, s->session);
    weaken (s);
}

void
mppe_session_change (MppeSession *s)
{
    guint8  interim[MPPE_KEY];
    AditRc4 rc4;

    new_key (s, s->session, interim);
    ppp_copy (s->session, interim, s->key_len);
    adit_rc4_set_key (&rc4, interim, s->key_len);
    adit_rc4 (&rc4, s->session, s->key_len);
    weaken (s);
    adit_wipe (interim, sizeof interim);
    adit_wipe (&rc4, sizeof rc4);
}
