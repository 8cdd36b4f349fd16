/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pair.h - an initiator and a responder for tests of the handshake: the keys of the vector file. */
#pragma once
#include "plugins/wireguard/cookie.h"
#include "plugins/wireguard/noise.h"
#include "tests/lib/vectors.h"

typedef struct {
    GPtrArray         *cases;
    WireguardIdentity  identity[2]; /* initiator, responder */
    WireguardHandshake handshake[2];
    guint8             ephemeral[2][WIREGUARD_KEY];
    guint8             timestamp[WIREGUARD_TIMESTAMP];
} Pair;

static inline const guint8 *
pair_vector (const Pair *p, const char *name, gsize len)
{
    return vector_exactly (p->cases->pdata[0], name, len);
}

static inline Pair *
pair_new (void)
{
    Pair *p = g_new0 (Pair, 1);

    p->cases = vectors_load ("wireguard-handshake.txt");
    wireguard_noise_set_identity (&p->identity[0], pair_vector (p, "initiator_static", 32));
    wireguard_noise_set_identity (&p->identity[1], pair_vector (p, "responder_static", 32));
    memcpy (p->ephemeral[0], pair_vector (p, "initiator_ephemeral", 32), 32);
    memcpy (p->ephemeral[1], pair_vector (p, "responder_ephemeral", 32), 32);
    memcpy (p->timestamp, pair_vector (p, "timestamp", 12), 12);
    for (guint i = 0; i < 2; i++) {
        g_assert_true (wireguard_noise_set_remote (&p->handshake[i], &p->identity[i],
                                                   p->identity[!i].public_key));
        memcpy (p->handshake[i].preshared_key, pair_vector (p, "preshared_key", 32), 32);
    }
    return p;
}

static inline void
pair_free (Pair *p)
{
    g_ptr_array_unref (p->cases);
    g_free (p);
}

/* Finds the initiator, or nobody else. */
static inline WireguardHandshake *
pair_find (gpointer user, const guint8 remote_static[WIREGUARD_KEY])
{
    Pair *p = user;

    return memcmp (remote_static, p->identity[0].public_key, WIREGUARD_KEY) ? NULL
                                                                            : &p->handshake[1];
}

static inline void
pair_initiate (Pair *p, WireguardInitiation *out)
{
    g_assert_true (wireguard_noise_create_initiation (
        &p->handshake[0], &p->identity[0], p->ephemeral[0], p->timestamp, 0x04030201, out));
}

static inline gboolean
pair_consume (Pair *p, const WireguardInitiation *initiation, gint64 now_us,
              WireguardHandshake *out)
{
    return wireguard_noise_consume_initiation (&p->identity[1], initiation, now_us, pair_find, p,
                                               out);
}

/* Up to the response, which the initiator has not seen. */
static inline void
pair_respond (Pair *p, WireguardHandshake *responder, WireguardResponse *out)
{
    WireguardInitiation initiation;

    pair_initiate (p, &initiation);
    g_assert_true (pair_consume (p, &initiation, 1, responder));
    g_assert_true (wireguard_noise_create_response (responder, p->ephemeral[1], 0xa4a3a2a1, out));
}
