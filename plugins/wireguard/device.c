/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - peers and what the data half must know of them. */
#include "plugins/wireguard/device.h"
#include "client/base/secret.h"
#include "client/crypto/random.h"

WireguardDevice *
wireguard_device_new (AditHost *host)
{
    WireguardDevice *device = adit_secret_new0 (WireguardDevice);
    guint64          seed;

    device->host   = host;
    device->shared = g_new0 (WireguardShared, 1);
    device->peers  = g_ptr_array_new_with_free_func ((GDestroyNotify) wireguard_peer_free);
    adit_random_from (host, &seed, sizeof seed);
    device->limiter = g_new (WireguardRatelimiter, 1);
    wireguard_ratelimiter_init (device->limiter, seed);
    return device;
}

void
wireguard_device_free (WireguardDevice *device)
{
    if (!device)
        return;
    g_ptr_array_unref (device->peers);
    g_slist_free_full (device->tries, (GDestroyNotify) wireguard_allowedips_free);
    g_free (device->shared);
    g_free (device->limiter);
    g_free (device->last_refusal);
    adit_secret_free (device);
}

void
wireguard_device_set_private_key (WireguardDevice *device, const guint8 key[WIREGUARD_KEY])
{
    static const guint8 none[WIREGUARD_KEY];

    device->who = adit_same (key, none, sizeof none) ? WIREGUARD_ANONYMOUS : WIREGUARD_IDENTIFIED;
    if (device->who == WIREGUARD_IDENTIFIED)
        wireguard_noise_set_identity (&device->identity, key);
    else
        adit_wipe (&device->identity, sizeof device->identity);
    wireguard_cookie_checker_init (&device->checker, device->identity.public_key);
    for (guint i = 0; i < device->peers->len; i++) {
        WireguardPeer *peer = g_ptr_array_index (device->peers, i);

        wireguard_peer_zero_keys (peer);
        wireguard_noise_set_remote (&peer->handshake, &device->identity,
                                    peer->handshake.remote_static);
    }
}

WireguardPeer *
wireguard_device_add_peer (WireguardDevice *device, const guint8 public_key[WIREGUARD_KEY])
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_PEER };
    WireguardPeer   *peer;

    if (device->peers->len == WIREGUARD_PEERS)
        return NULL;
    while (wireguard_device_find_id (device, device->next_id))
        device->next_id = (device->next_id + 1) % WIREGUARD_PEERS;
    m.peer          = device->next_id;
    device->next_id = (device->next_id + 1) % WIREGUARD_PEERS;
    peer            = wireguard_peer_new (device, m.peer, public_key);
    g_ptr_array_add (device->peers, peer);
    wireguard_device_tell (device, &m);
    return peer;
}

void
wireguard_device_remove_peer (WireguardDevice *device, WireguardPeer *peer)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_NO_PEER, .peer = peer->id };

    g_ptr_array_remove (device->peers, peer);
    wireguard_device_tell (device, &m);
    wireguard_device_publish_allowedips (device);
}

WireguardPeer *
wireguard_device_find_peer (const WireguardDevice *device, const guint8 public_key[WIREGUARD_KEY])
{
    for (guint i = 0; i < device->peers->len; i++) {
        WireguardPeer *peer = g_ptr_array_index (device->peers, i);

        if (adit_same (peer->handshake.remote_static, public_key, WIREGUARD_KEY))
            return peer;
    }
    return NULL;
}

WireguardPeer *
wireguard_device_find_index (const WireguardDevice *device, guint32 index)
{
    for (guint i = 0; index && i < device->peers->len; i++) {
        WireguardPeer *peer = g_ptr_array_index (device->peers, i);

        if (wireguard_peer_has_index (peer, index))
            return peer;
    }
    return NULL;
}

WireguardPeer *
wireguard_device_find_id (const WireguardDevice *device, guint32 id)
{
    for (guint i = 0; i < device->peers->len; i++) {
        WireguardPeer *peer = g_ptr_array_index (device->peers, i);

        if (peer->id == id)
            return peer;
    }
    return NULL;
}

guint32
wireguard_device_new_index (const WireguardDevice *device)
{
    guint32 index;

    do
        adit_random_from (device->host, &index, sizeof index);
    while (!index || wireguard_device_find_index (device, index));
    return index;
}

void
wireguard_device_allow (WireguardDevice *device, WireguardPeer *peer, const AditPrefix *prefix)
{
    AditPrefix wanted = *prefix;

    adit_prefix_mask (&wanted);
    for (guint i = 0; i < device->peers->len; i++) {
        GArray *allowed = ((WireguardPeer *) g_ptr_array_index (device->peers, i))->allowed;

        for (guint j = allowed->len; j-- > 0;) {
            if (adit_prefix_equal (&g_array_index (allowed, AditPrefix, j), &wanted))
                g_array_remove_index (allowed, j);
        }
    }
    g_array_append_val (peer->allowed, wanted);
}

static WireguardAllowedips *
build (const WireguardDevice *device)
{
    WireguardAllowedips *trie = wireguard_allowedips_new ();

    for (guint i = 0; i < device->peers->len; i++) {
        const WireguardPeer *peer = g_ptr_array_index (device->peers, i);

        for (guint j = 0; j < peer->allowed->len; j++)
            wireguard_allowedips_insert (trie, &g_array_index (peer->allowed, AditPrefix, j),
                                         peer->id);
    }
    return trie;
}

/* Once the carrier has taken a trie it never looks at an older one. */
static void
free_older_than_in_use (WireguardDevice *device)
{
    GSList *l = g_slist_find (device->tries, wireguard_meter_get (device->shared->in_use));

    if (!l)
        return;
    g_slist_free_full (l->next, (GDestroyNotify) wireguard_allowedips_free);
    l->next = NULL;
}

void
wireguard_device_publish_allowedips (WireguardDevice *device)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_ALLOWEDIPS };

    if (!device->path)
        return;
    free_older_than_in_use (device);
    device->tries = g_slist_prepend (device->tries, build (device));
    m.allowedips  = device->tries->data;
    wireguard_device_tell (device, &m);
}

void
wireguard_device_set_path (WireguardDevice *device, AditPath *path)
{
    device->path = path;
    if (!path)
        return;
    for (guint i = 0; i < device->peers->len; i++) {
        const WireguardPeer *peer = g_ptr_array_index (device->peers, i);
        WireguardMessage     m    = { .kind = WIREGUARD_TELL_PEER, .peer = peer->id };

        wireguard_device_tell (device, &m);
        m.kind     = WIREGUARD_TELL_ENDPOINT;
        m.endpoint = peer->endpoint;
        wireguard_device_tell (device, &m);
    }
    wireguard_device_set_mtu (device, device->mtu);
    wireguard_device_publish_allowedips (device);
}

void
wireguard_device_set_mtu (WireguardDevice *device, guint mtu)
{
    WireguardMessage m = { .kind = WIREGUARD_TELL_MTU, .mtu = mtu };

    device->mtu = mtu;
    wireguard_device_tell (device, &m);
}

void
wireguard_device_tell (WireguardDevice *device, const WireguardMessage *message)
{
    if (device->path)
        device->host->verbs->tell (device->path, 0, message, sizeof *message);
}

void
wireguard_device_refused (WireguardDevice *device, const char *why)
{
    g_free (device->last_refusal);
    device->last_refusal = g_strdup (why);
    adit_log (ADIT_LOG_DEBUG, "wireguard", "%s", why);
}
