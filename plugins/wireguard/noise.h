/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* noise.h - Noise_IKpsk2 as both ends of it play (white paper 5.4.2 to 5.4.5).  Pure: randomness
 * and time are given.  Every consume decodes into locals, judges, and touches the handshake only
 * when the message proved authentic; every exit wipes. */
#pragma once
#include "plugins/wireguard/wire.h"

/* Our static key pair. */
typedef struct {
    guint8 private_key[WIREGUARD_KEY];
    guint8 public_key[WIREGUARD_KEY];
} WireguardIdentity;

typedef enum {
    WIREGUARD_ZEROED,
    WIREGUARD_CREATED_INITIATION,
    WIREGUARD_CONSUMED_INITIATION,
    WIREGUARD_CREATED_RESPONSE,
    WIREGUARD_CONSUMED_RESPONSE,
    WIREGUARD_N_STATES,
} WireguardHandshakeState;

/* One peer's handshake: what is fixed, and what one exchange adds. */
typedef struct {
    guint8 remote_static[WIREGUARD_KEY];
    guint8 static_static[WIREGUARD_KEY]; /* DH of both static keys */
    guint8 preshared_key[WIREGUARD_KEY]; /* all zero: none */
    guint8 latest_timestamp[WIREGUARD_TIMESTAMP];
    gint64 last_consumption_us; /* of an initiation */

    WireguardHandshakeState state;
    guint32                 local_index, remote_index;
    guint8                  ephemeral_private[WIREGUARD_KEY];
    guint8                  remote_ephemeral[WIREGUARD_KEY];
    guint8                  hash[WIREGUARD_HASH];
    guint8                  chaining_key[WIREGUARD_HASH];
} WireguardHandshake;

/* What a finished handshake leaves; the caller wipes it. */
typedef struct {
    guint8   send_key[WIREGUARD_KEY], receive_key[WIREGUARD_KEY];
    guint32  local_index, remote_index;
    gboolean initiator;
} WireguardSession;

/* Whose initiation is it?  NULL: nobody's. */
typedef WireguardHandshake *(*WireguardFindFn) (gpointer     user,
                                                const guint8 remote_static[WIREGUARD_KEY]);

void wireguard_noise_set_identity (WireguardIdentity *identity,
                                   const guint8       private_key[WIREGUARD_KEY]);
/* A new peer, or the same one after our identity changed.  FALSE: the key is of small order, and no
 * handshake with it will succeed. */
gboolean wireguard_noise_set_remote (WireguardHandshake      *handshake,
                                     const WireguardIdentity *identity,
                                     const guint8             remote_static[WIREGUARD_KEY]);
/* Forgets the exchange, not the peer. */
void wireguard_noise_clear (WireguardHandshake *handshake);

/* TAI64N of a wall clock, whitened to INITIATIONS_PER_SECOND and always later than `latest`, which
 * it replaces: a clock set back must not make the peer deaf to us (5.1). */
void wireguard_noise_timestamp (gint64 wall_us, guint8 latest[WIREGUARD_TIMESTAMP]);

gboolean wireguard_noise_create_initiation (WireguardHandshake      *handshake,
                                            const WireguardIdentity *identity,
                                            const guint8 ephemeral_private[WIREGUARD_KEY],
                                            const guint8 timestamp[WIREGUARD_TIMESTAMP],
                                            guint32 local_index, WireguardInitiation *out);
/* The found handshake learns only the timestamp; what follows is played in `out`, a copy that the
 * caller wipes.  An initiation of our own that is under way at the same time is not touched: the
 * caller decides what becomes of it.  FALSE: not for us, not authentic, not known, replayed, or too
 * soon after the last. */
gboolean wireguard_noise_consume_initiation (const WireguardIdentity   *identity,
                                             const WireguardInitiation *initiation, gint64 now_us,
                                             WireguardFindFn find, gpointer user,
                                             WireguardHandshake *out);
gboolean wireguard_noise_create_response (WireguardHandshake *handshake,
                                          const guint8        ephemeral_private[WIREGUARD_KEY],
                                          guint32 local_index, WireguardResponse *out);
gboolean wireguard_noise_consume_response (WireguardHandshake      *handshake,
                                           const WireguardIdentity *identity,
                                           const WireguardResponse *response);
/* FALSE unless a response was created or consumed. */
gboolean wireguard_noise_begin_session (WireguardHandshake *handshake, WireguardSession *out);
