/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.h - the kernel's WireGuard interface (linux/wireguard.h) as attributes in a buffer, and
 * back.  Pure: kernel.c sends and receives them. */
#pragma once
#include "plugins/wireguard/device.h"

enum {
    WIREGUARD_CMD_GET_DEVICE = 0,
    WIREGUARD_CMD_SET_DEVICE = 1,

    WIREGUARD_DEVICE_PRIVATE_KEY = 3,
    WIREGUARD_DEVICE_FLAGS       = 5,
    WIREGUARD_DEVICE_LISTEN_PORT = 6,
    WIREGUARD_DEVICE_FWMARK      = 7,
    WIREGUARD_DEVICE_PEERS       = 8,

    WIREGUARD_PEER_PUBLIC_KEY     = 1,
    WIREGUARD_PEER_PRESHARED_KEY  = 2,
    WIREGUARD_PEER_FLAGS          = 3,
    WIREGUARD_PEER_ENDPOINT       = 4, /* struct sockaddr_in or sockaddr_in6 */
    WIREGUARD_PEER_KEEPALIVE      = 5,
    WIREGUARD_PEER_LAST_HANDSHAKE = 6, /* two 64-bit words: seconds, nanoseconds */
    WIREGUARD_PEER_RX_BYTES       = 7,
    WIREGUARD_PEER_TX_BYTES       = 8,
    WIREGUARD_PEER_ALLOWEDIPS     = 9,

    WIREGUARD_ALLOWEDIP_FAMILY  = 1,
    WIREGUARD_ALLOWEDIP_ADDRESS = 2,
    WIREGUARD_ALLOWEDIP_LENGTH  = 3,

    WIREGUARD_DEVICE_REPLACE_PEERS    = 1,
    WIREGUARD_PEER_REPLACE_ALLOWEDIPS = 2,
    WIREGUARD_PEER_UPDATE_ONLY        = 4,

    WIREGUARD_NETLINK_MAX = 8192, /* bytes of one message's attributes */
};

/* How much of a device has been written. */
typedef struct {
    guint messages, peer, allowed;
} WireguardNetlinkPlace;

/* The next message that sets the whole device; 0: all is said.  `nudge`: the keepalive, in seconds,
 * of peers that have an endpoint and no keepalive.  mark 0: none. */
gsize wireguard_netlink_set_device (const WireguardDevice *device, guint32 mark, guint16 nudge,
                                    WireguardNetlinkPlace *place,
                                    guint8                 out[WIREGUARD_NETLINK_MAX]);
/* Sets endpoint and keepalive of one peer that is there already. */
gsize wireguard_netlink_set_peer (const WireguardPeer *peer, guint16 keepalive,
                                  guint8 out[WIREGUARD_NETLINK_MAX]);

/* What the kernel says of one peer. */
typedef struct {
    guint8       public_key[WIREGUARD_KEY];
    AditEndpoint endpoint;
    gint64       last_handshake_us;
    guint64      rx_bytes, tx_bytes;
} WireguardNetlinkPeer;

typedef void (*WireguardNetlinkPeerFn) (gpointer user, const WireguardNetlinkPeer *peer);

/* One reply's attributes; FALSE: malformed, and fn was called for those before the damage.  A long
 * list of allowed IPs makes the kernel name a peer again, without its counters; fn is not called
 * for that. listen_port is only set when it is there. */
gboolean wireguard_netlink_get_device (const guint8 *data, gsize len, guint16 *listen_port,
                                       WireguardNetlinkPeerFn fn, gpointer user);
