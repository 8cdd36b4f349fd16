/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keypair.c - how keys move through the three slots, so that a rekey loses nothing: packets of the
 * old key still open while those of the new one arrive. */
#include "plugins/wireguard/keypair.h"
#include "client/base/secret.h"

static WireguardKeypair **
bucket_of (WireguardKeypairTable *table, guint32 index)
{
    return &table->bucket[index % WIREGUARD_BUCKETS];
}

WireguardKeypair *
wireguard_keypair_find (const WireguardKeypairTable *table, guint32 index)
{
    WireguardKeypair *k = table->bucket[index % WIREGUARD_BUCKETS];

    while (k && k->local_index != index)
        k = k->next;
    return k;
}

static WireguardKeypair *
keypair_new (WireguardKeypairTable *table, struct WireguardCarrierPeer *peer,
             const WireguardKey *key)
{
    const AditAeadEngine *engine = adit_aead_engine (NULL);
    WireguardKeypair     *k      = g_new0 (WireguardKeypair, 1);
    WireguardKeypair    **bucket = bucket_of (table, key->session.local_index);

    k->peer         = peer;
    k->send         = adit_aead_key_new (engine, ADIT_AEAD_CHACHA20_POLY1305, ADIT_AEAD_SEAL,
                                         key->session.send_key);
    k->receive      = adit_aead_key_new (engine, ADIT_AEAD_CHACHA20_POLY1305, ADIT_AEAD_OPEN,
                                         key->session.receive_key);
    k->local_index  = key->session.local_index;
    k->remote_index = key->session.remote_index;
    k->initiator    = key->session.initiator;
    k->born_us      = key->born_us;
    k->next         = *bucket;
    *bucket         = k;
    return k;
}

static void
retire (WireguardKeypairTable *table, WireguardKeypair **slot)
{
    WireguardKeypair *k = *slot, **p;

    *slot = NULL;
    if (!k)
        return;
    for (p = bucket_of (table, k->local_index); *p != k;)
        p = &(*p)->next;
    *p = k->next;
    adit_aead_key_free (k->send);
    adit_aead_key_free (k->receive);
    adit_wipe (k, sizeof *k);
    g_free (k);
}

void
wireguard_keypairs_add (WireguardKeypairTable *table, WireguardKeypairs *slots,
                        struct WireguardCarrierPeer *peer, const WireguardKey *key)
{
    WireguardKeypair *k = keypair_new (table, peer, key);

    if (key->session.initiator) {
        /* The peer answered, so both ends have it.  An unconfirmed "next" is newer than "current"
         * and may be in use by the peer already. */
        retire (table, &slots->previous);
        if (slots->next) {
            slots->previous = g_steal_pointer (&slots->next);
            retire (table, &slots->current);
        } else {
            slots->previous = slots->current;
        }
        slots->current = k;
    } else {
        /* Not to be used before the peer proved that it has it.  So there is no "previous" while
         * there is a "next". */
        retire (table, &slots->next);
        retire (table, &slots->previous);
        slots->next = k;
    }
}

gboolean
wireguard_keypairs_received_with (WireguardKeypairs *slots, const WireguardKeypair *keypair)
{
    if (keypair != slots->next)
        return FALSE;
    slots->previous = slots->current;
    slots->current  = g_steal_pointer (&slots->next);
    return TRUE;
}

void
wireguard_keypairs_clear (WireguardKeypairTable *table, WireguardKeypairs *slots)
{
    retire (table, &slots->previous);
    retire (table, &slots->current);
    retire (table, &slots->next);
}

void
wireguard_keypairs_publish (const WireguardKeypairs *slots, WireguardMeter *meter)
{
    const WireguardKeypair *slot[] = { slots->previous, slots->current, slots->next };

    for (guint i = 0; i < G_N_ELEMENTS (slot); i++)
        wireguard_meter_set (meter->index[i], slot[i] ? slot[i]->local_index : 0);
}
