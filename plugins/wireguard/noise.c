/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* noise.c - Noise_IKpsk2: the tokens of both messages, in the paper's order.
 *
 *     <- s
 *     ...
 *     -> e, es, s, ss, {timestamp}
 *     <- e, ee, se, psk, {}                                                  */
#include "plugins/wireguard/noise.h"
#include "client/base/secret.h"
#include "client/crypto/blake2s.h"
#include "client/crypto/random.h"
#include "client/crypto/x25519.h"
#include "client/crypto/xaead.h"

/* Noise's symmetric state, always a local. */
typedef struct {
    guint8 chaining_key[WIREGUARD_HASH];
    guint8 hash[WIREGUARD_HASH];
    guint8 key[WIREGUARD_KEY];
} Symmetric;

#define TO(s) (1u << (s))
static const guint may_follow[WIREGUARD_N_STATES] = {
    [WIREGUARD_ZEROED] = TO (WIREGUARD_CREATED_INITIATION) | TO (WIREGUARD_CONSUMED_INITIATION),
    [WIREGUARD_CREATED_INITIATION]  = TO (WIREGUARD_CONSUMED_RESPONSE),
    [WIREGUARD_CONSUMED_INITIATION] = TO (WIREGUARD_CREATED_RESPONSE),
    [WIREGUARD_CREATED_RESPONSE]    = 0,
    [WIREGUARD_CONSUMED_RESPONSE]   = 0,
};

static gboolean
may (const WireguardHandshake *h, WireguardHandshakeState next)
{
    return (may_follow[h->state] & TO (next)) != 0;
}

/* The only writer of h->state but for wireguard_noise_clear(), which may always be called. */
static void
enter (WireguardHandshake *h, WireguardHandshakeState next, const Symmetric *s)
{
    g_return_if_fail (may (h, next));
    h->state = next;
    memcpy (h->chaining_key, s->chaining_key, sizeof h->chaining_key);
    memcpy (h->hash, s->hash, sizeof h->hash);
}

static void
mix_hash (Symmetric *s, const guint8 *data, gsize len)
{
    adit_blake2s_two (s->hash, s->hash, sizeof s->hash, data, len);
}

static void
begin (Symmetric *s, const guint8 responder_static[WIREGUARD_KEY])
{
    adit_blake2s (s->chaining_key, WIREGUARD_CONSTRUCTION, strlen (WIREGUARD_CONSTRUCTION));
    adit_blake2s_two (s->hash, s->chaining_key, sizeof s->chaining_key, WIREGUARD_IDENTIFIER,
                      strlen (WIREGUARD_IDENTIFIER));
    mix_hash (s, responder_static, WIREGUARD_KEY);
    memset (s->key, 0, sizeof s->key);
}

static Symmetric
resume (const WireguardHandshake *h)
{
    Symmetric s = { 0 };

    memcpy (s.chaining_key, h->chaining_key, sizeof s.chaining_key);
    memcpy (s.hash, h->hash, sizeof s.hash);
    return s;
}

static void
mix_key (Symmetric *s, const guint8 input[WIREGUARD_KEY])
{
    adit_blake2s_kdf2 (s->chaining_key, s->key, s->chaining_key, input, WIREGUARD_KEY);
}

static gboolean
mix_dh (Symmetric *s, const guint8 private_key[WIREGUARD_KEY],
        const guint8 public_key[WIREGUARD_KEY])
{
    guint8   shared[WIREGUARD_KEY];
    gboolean ok = adit_x25519 (shared, private_key, public_key);

    if (ok)
        mix_key (s, shared);
    adit_wipe (shared, sizeof shared);
    return ok;
}

static gboolean
mix_static_static (Symmetric *s, const WireguardHandshake *h)
{
    static const guint8 none[WIREGUARD_KEY];

    if (adit_same (h->static_static, none, sizeof none))
        return FALSE;
    mix_key (s, h->static_static);
    return TRUE;
}

/* An ephemeral key is hashed and, because of the psk, also mixed into the key (Noise 9.2). */
static void
mix_ephemeral (Symmetric *s, const guint8 public_key[WIREGUARD_KEY])
{
    mix_hash (s, public_key, WIREGUARD_KEY);
    adit_blake2s_kdf1 (s->chaining_key, s->chaining_key, public_key, WIREGUARD_KEY);
}

static void
mix_psk (Symmetric *s, const guint8 psk[WIREGUARD_KEY])
{
    guint8 tau[WIREGUARD_HASH];

    adit_blake2s_kdf3 (s->chaining_key, tau, s->key, s->chaining_key, psk, WIREGUARD_KEY);
    mix_hash (s, tau, sizeof tau);
    adit_wipe (tau, sizeof tau);
}

/* Every key is used once, so the counter is always 0. */
static void
encrypt_and_hash (Symmetric *s, guint8 *dst, const guint8 *src, gsize len)
{
    adit_chacha20_poly1305_seal (dst, s->key, 0, s->hash, sizeof s->hash, src, len);
    mix_hash (s, dst, len + WIREGUARD_TAG);
}

static gboolean
decrypt_and_hash (Symmetric *s, guint8 *dst, const guint8 *src, gsize len)
{
    if (!adit_chacha20_poly1305_open (dst, s->key, 0, s->hash, sizeof s->hash, src, len))
        return FALSE;
    mix_hash (s, src, len);
    return TRUE;
}

void
wireguard_noise_set_identity (WireguardIdentity *identity, const guint8 private_key[WIREGUARD_KEY])
{
    memcpy (identity->private_key, private_key, sizeof identity->private_key);
    adit_x25519_clamp (identity->private_key);
    adit_x25519_public (identity->public_key, identity->private_key);
}

gboolean
wireguard_noise_set_remote (WireguardHandshake *h, const WireguardIdentity *identity,
                            const guint8 remote_static[WIREGUARD_KEY])
{
    wireguard_noise_clear (h);
    memmove (h->remote_static, remote_static, sizeof h->remote_static);
    return adit_x25519 (h->static_static, identity->private_key, h->remote_static);
}

void
wireguard_noise_clear (WireguardHandshake *h)
{
    adit_wipe (h->ephemeral_private, sizeof h->ephemeral_private);
    adit_wipe (h->remote_ephemeral, sizeof h->remote_ephemeral);
    adit_wipe (h->hash, sizeof h->hash);
    adit_wipe (h->chaining_key, sizeof h->chaining_key);
    h->local_index = h->remote_index = 0;
    h->state                         = WIREGUARD_ZEROED;
}

void
wireguard_noise_timestamp (gint64 wall_us, guint8 latest[WIREGUARD_TIMESTAMP])
{
    const guint64 second  = G_GUINT64_CONSTANT (0x400000000000000a); /* TAI64 of 1970, 10 s ahead */
    const guint32 quantum = 1u << 24; /* ns; the power of two below a second / 50 */
    guint64       us      = (guint64) MAX (wall_us, 0);
    guint32       ns      = (guint32) (us % 1000000 * 1000);
    guint8        now[WIREGUARD_TIMESTAMP];
    AditWriter    w = adit_writer (now, sizeof now);
    AditReader    r = adit_reader (latest, WIREGUARD_TIMESTAMP);

    adit_put_u64 (&w, second + us / 1000000);
    adit_put_u32 (&w, ns & ~(quantum - 1));
    if (memcmp (now, latest, sizeof now) <= 0) {
        guint64 last_seconds = adit_get_u64 (&r);
        guint32 last_ns      = adit_get_u32 (&r) + quantum;

        w = adit_writer (now, sizeof now);
        adit_put_u64 (&w, last_seconds + last_ns / 1000000000);
        adit_put_u32 (&w, last_ns < 1000000000 ? last_ns : 0);
    }
    memcpy (latest, now, sizeof now);
}

gboolean
wireguard_noise_create_initiation (WireguardHandshake *h, const WireguardIdentity *identity,
                                   const guint8 ephemeral_private[WIREGUARD_KEY],
                                   const guint8 timestamp[WIREGUARD_TIMESTAMP], guint32 local_index,
                                   WireguardInitiation *out)
{
    Symmetric s;
    gboolean  ok = FALSE;

    wireguard_noise_clear (h);
    begin (&s, h->remote_static);

    /* e */
    adit_x25519_public (out->ephemeral, ephemeral_private);
    mix_ephemeral (&s, out->ephemeral);
    /* es */
    if (!mix_dh (&s, ephemeral_private, h->remote_static))
        goto out;
    /* s */
    encrypt_and_hash (&s, out->encrypted_static, identity->public_key, WIREGUARD_KEY);
    /* ss */
    if (!mix_static_static (&s, h))
        goto out;
    /* {timestamp} */
    encrypt_and_hash (&s, out->encrypted_timestamp, timestamp, WIREGUARD_TIMESTAMP);

    out->sender    = local_index;
    h->local_index = local_index;
    memcpy (h->ephemeral_private, ephemeral_private, sizeof h->ephemeral_private);
    enter (h, WIREGUARD_CREATED_INITIATION, &s);
    ok = TRUE;
out:
    adit_wipe (&s, sizeof s);
    return ok;
}

/* Only what is later than all before, and not faster than a peer of good will sends. */
static gboolean
is_fresh (const WireguardHandshake *h, const guint8 timestamp[WIREGUARD_TIMESTAMP], gint64 now_us)
{
    const gint64 apart_us = WIREGUARD_SECOND_US / WIREGUARD_INITIATIONS_PER_SECOND;

    if (memcmp (timestamp, h->latest_timestamp, WIREGUARD_TIMESTAMP) <= 0)
        return FALSE;
    return !h->last_consumption_us || now_us - h->last_consumption_us >= apart_us;
}

gboolean
wireguard_noise_consume_initiation (const WireguardIdentity   *identity,
                                    const WireguardInitiation *initiation, gint64 now_us,
                                    WireguardFindFn find, gpointer user, WireguardHandshake *out)
{
    guint8              remote_static[WIREGUARD_KEY], timestamp[WIREGUARD_TIMESTAMP];
    WireguardHandshake *found = NULL;
    gboolean            ok    = FALSE;
    Symmetric           s;

    begin (&s, identity->public_key);

    /* e */
    mix_ephemeral (&s, initiation->ephemeral);
    /* es */
    if (!mix_dh (&s, identity->private_key, initiation->ephemeral))
        goto out;
    /* s */
    if (!decrypt_and_hash (&s, remote_static, initiation->encrypted_static,
                           sizeof initiation->encrypted_static))
        goto out;
    found = find (user, remote_static);
    if (!found)
        goto out;
    /* ss */
    if (!mix_static_static (&s, found))
        goto out;
    /* {timestamp} */
    if (!decrypt_and_hash (&s, timestamp, initiation->encrypted_timestamp,
                           sizeof initiation->encrypted_timestamp))
        goto out;
    if (!is_fresh (found, timestamp, now_us))
        goto out;

    /* Success: commit. */
    memcpy (found->latest_timestamp, timestamp, sizeof found->latest_timestamp);
    found->last_consumption_us = now_us;
    *out                       = *found;
    wireguard_noise_clear (out);
    memcpy (out->remote_ephemeral, initiation->ephemeral, sizeof out->remote_ephemeral);
    out->remote_index = initiation->sender;
    enter (out, WIREGUARD_CONSUMED_INITIATION, &s);
    ok = TRUE;
out:
    adit_wipe (&s, sizeof s);
    adit_wipe (remote_static, sizeof remote_static);
    return ok;
}

gboolean
wireguard_noise_create_response (WireguardHandshake *h,
                                 const guint8 ephemeral_private[WIREGUARD_KEY], guint32 local_index,
                                 WireguardResponse *out)
{
    Symmetric s  = resume (h);
    gboolean  ok = FALSE;

    if (!may (h, WIREGUARD_CREATED_RESPONSE))
        goto out;
    /* e */
    adit_x25519_public (out->ephemeral, ephemeral_private);
    mix_ephemeral (&s, out->ephemeral);
    /* ee */
    if (!mix_dh (&s, ephemeral_private, h->remote_ephemeral))
        goto out;
    /* se */
    if (!mix_dh (&s, ephemeral_private, h->remote_static))
        goto out;
    /* psk */
    mix_psk (&s, h->preshared_key);
    /* {} */
    encrypt_and_hash (&s, out->encrypted_nothing, NULL, 0);

    out->sender    = local_index;
    out->receiver  = h->remote_index;
    h->local_index = local_index;
    enter (h, WIREGUARD_CREATED_RESPONSE, &s);
    ok = TRUE;
out:
    adit_wipe (&s, sizeof s);
    return ok;
}

gboolean
wireguard_noise_consume_response (WireguardHandshake *h, const WireguardIdentity *identity,
                                  const WireguardResponse *response)
{
    Symmetric s  = resume (h);
    gboolean  ok = FALSE;

    if (!may (h, WIREGUARD_CONSUMED_RESPONSE) || response->receiver != h->local_index)
        goto out;
    /* e */
    mix_ephemeral (&s, response->ephemeral);
    /* ee */
    if (!mix_dh (&s, h->ephemeral_private, response->ephemeral))
        goto out;
    /* se */
    if (!mix_dh (&s, identity->private_key, response->ephemeral))
        goto out;
    /* psk */
    mix_psk (&s, h->preshared_key);
    /* {} */
    if (!decrypt_and_hash (&s, NULL, response->encrypted_nothing,
                           sizeof response->encrypted_nothing))
        goto out;

    /* Success: commit. */
    memcpy (h->remote_ephemeral, response->ephemeral, sizeof h->remote_ephemeral);
    h->remote_index = response->sender;
    enter (h, WIREGUARD_CONSUMED_RESPONSE, &s);
    ok = TRUE;
out:
    adit_wipe (&s, sizeof s);
    return ok;
}

gboolean
wireguard_noise_begin_session (WireguardHandshake *h, WireguardSession *out)
{
    guint8 *first = out->send_key, *second = out->receive_key;

    if (h->state != WIREGUARD_CREATED_RESPONSE && h->state != WIREGUARD_CONSUMED_RESPONSE)
        return FALSE;
    out->initiator    = h->state == WIREGUARD_CONSUMED_RESPONSE;
    out->local_index  = h->local_index;
    out->remote_index = h->remote_index;
    if (!out->initiator) {
        first  = out->receive_key;
        second = out->send_key;
    }
    adit_blake2s_kdf2 (first, second, h->chaining_key, NULL, 0);
    wireguard_noise_clear (h);
    return TRUE;
}
