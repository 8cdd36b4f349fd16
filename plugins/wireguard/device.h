/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.h - one WireGuard interface in the control half: its identity, its peers, and its side of
 * the data path.  Configuration changes come through here, from a profile or from `wg`. */
#pragma once
#include "plugins/wireguard/peer.h"
#include "plugins/wireguard/ratelimiter.h"

struct WireguardDevice {
    AditHost         *host;
    WireguardIdentity identity;
    enum { WIREGUARD_ANONYMOUS, WIREGUARD_IDENTIFIED } who; /* anonymous: no private key */
    WireguardCookieChecker checker;
    WireguardRatelimiter  *limiter;

    GPtrArray       *peers; /* WireguardPeer, owned */
    guint32          next_id;
    WireguardShared *shared;
    GSList          *tries; /* WireguardAllowedips, newest first; those not in use go at the next */

    AditLink *link;
    AditPath *path; /* NULL: not laid yet, or the kernel's */
    guint16   listen_port;
    guint     mtu; /* of the device; 0: not known */

    /* A session with this peer was proved by it. */
    void (*on_session) (gpointer user, WireguardPeer *peer);
    /* An initiation got no answer; the next one is on its way. */
    void (*on_unanswered) (gpointer user, WireguardPeer *peer);
    gpointer user;
    char    *last_refusal; /* why the last handshake message was of no use, for people; or NULL */
};

WireguardDevice *wireguard_device_new (AditHost *host);
void             wireguard_device_free (WireguardDevice *device); /* wipes; after unpath */

void wireguard_device_set_private_key (WireguardDevice *device, const guint8 key[WIREGUARD_KEY]);
/* NULL: there are too many. */
WireguardPeer *wireguard_device_add_peer (WireguardDevice *device,
                                          const guint8     public_key[WIREGUARD_KEY]);
void           wireguard_device_remove_peer (WireguardDevice *device, WireguardPeer *peer);
WireguardPeer *wireguard_device_find_peer (const WireguardDevice *device,
                                           const guint8           public_key[WIREGUARD_KEY]);
WireguardPeer *wireguard_device_find_index (const WireguardDevice *device, guint32 index);
WireguardPeer *wireguard_device_find_id (const WireguardDevice *device, guint32 id);
/* Of nobody: random, unique, not 0. */
guint32 wireguard_device_new_index (const WireguardDevice *device);

/* This prefix is this peer's and nobody else's. */
void wireguard_device_allow (WireguardDevice *device, WireguardPeer *peer,
                             const AditPrefix *prefix);
/* After the last of a row of changes: hands the data half what it needs to know. */
void wireguard_device_publish_allowedips (WireguardDevice *device);

/* A path was laid: tells the data half everything. */
void wireguard_device_set_path (WireguardDevice *device, AditPath *path);
void wireguard_device_set_mtu (WireguardDevice *device, guint mtu);
void wireguard_device_tell (WireguardDevice *device, const WireguardMessage *message);
void wireguard_device_refused (WireguardDevice *device, const char *why);
