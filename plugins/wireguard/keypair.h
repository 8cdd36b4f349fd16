/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keypair.h - the three key slots of a peer in the data half, and the table that finds a slot by
 * its index on the wire.  Carrier only. */
#pragma once
#include "client/base/replay.h"
#include "client/crypto/aead.h"
#include "plugins/wireguard/messages.h"

enum { WIREGUARD_BUCKETS = 1024 }; /* indices are random, so the low bits are hash enough */

typedef struct WireguardKeypair WireguardKeypair;

struct WireguardKeypair {
    WireguardKeypair            *next; /* in its bucket */
    struct WireguardCarrierPeer *peer;
    AditAeadKey                 *send, *receive;
    guint32                      local_index, remote_index;
    gboolean                     initiator;
    gint64                       born_us;
    guint64                      sent; /* next counter */
    AditReplay                   replay;
};

/* Paper 6.3: "previous" still decrypts, "current" does both, "next" is ours as responder and waits
 * for the first packet under it. */
typedef struct {
    WireguardKeypair *previous, *current, *next;
} WireguardKeypairs;

typedef struct {
    WireguardKeypair *bucket[WIREGUARD_BUCKETS];
} WireguardKeypairTable;

WireguardKeypair *wireguard_keypair_find (const WireguardKeypairTable *table, guint32 index);
/* Installs a finished handshake's keys and retires what they replace. */
void wireguard_keypairs_add (WireguardKeypairTable *table, WireguardKeypairs *slots,
                             struct WireguardCarrierPeer *peer, const WireguardKey *key);
/* A packet proved authentic under `keypair`.  TRUE: it was "next" and is "current" now. */
gboolean wireguard_keypairs_received_with (WireguardKeypairs      *slots,
                                           const WireguardKeypair *keypair);
void     wireguard_keypairs_clear (WireguardKeypairTable *table, WireguardKeypairs *slots);
/* Tells the control half which indices are taken. */
void wireguard_keypairs_publish (const WireguardKeypairs *slots, WireguardMeter *meter);

static inline gboolean
wireguard_keypair_expired (const WireguardKeypair *k, gint64 now_us)
{
    return now_us - k->born_us >= WIREGUARD_REJECT_AFTER_TIME * WIREGUARD_SECOND_US;
}

/* Paper 6.1 and 6.2: may it still send? */
static inline gboolean
wireguard_keypair_can_send (const WireguardKeypair *k, gint64 now_us)
{
    return k && k->sent < WIREGUARD_REJECT_AFTER_MESSAGES && !wireguard_keypair_expired (k, now_us);
}

/* Paper 6.2: sending under it is a reason for a new handshake. */
static inline gboolean
wireguard_keypair_send_is_stale (const WireguardKeypair *k, gint64 now_us)
{
    return k->sent > WIREGUARD_REKEY_AFTER_MESSAGES ||
           (k->initiator &&
            now_us - k->born_us >= WIREGUARD_REKEY_AFTER_TIME * WIREGUARD_SECOND_US);
}

/* Paper 6.2: receiving under it is one, so near its end that no answer would come in time. */
static inline gboolean
wireguard_keypair_receive_is_stale (const WireguardKeypair *k, gint64 now_us)
{
    const gint64 left = WIREGUARD_KEEPALIVE_TIMEOUT + WIREGUARD_REKEY_TIMEOUT;

    return k->initiator &&
           now_us - k->born_us >= (WIREGUARD_REJECT_AFTER_TIME - left) * WIREGUARD_SECOND_US;
}
