/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* peer.h - one peer in the control half: who it is, how to reach it, its handshake and timers. */
#pragma once
#include "client/plugin.h"
#include "plugins/wireguard/cookie.h"
#include "plugins/wireguard/messages.h"

typedef struct WireguardDevice WireguardDevice;

typedef struct {
    WireguardDevice *device;
    guint32          id; /* in both halves */
    char            *name;
    WireguardMeter  *meter;

    WireguardHandshake handshake;
    WireguardCookie    cookie;
    guint32            session_index; /* of the last session begun; 0: none */
    gint64             session_born_us;
    guint8             sent_timestamp[WIREGUARD_TIMESTAMP];

    char       **servers;              /* "vpn.example.org:51820" as configured, or NULL */
    const char  *server;               /* the one of them to try now, or NULL */
    guint        nameless;             /* of them in a row that had no address */
    AditEndpoint endpoint;             /* family 0: not known */
    guint        mtu;                  /* of the route there, 0: not known */
    GArray      *allowed;              /* AditPrefix */
    guint16      persistent_keepalive; /* seconds; 0: off */

    AditTimer retransmit_handshake, traffic, persistent, zero_key_material;
    guint     handshake_attempts;
    gint64    zero_keys_us;           /* when zero_key_material is due; 0: it is not armed */
    gint64    last_sent_handshake_us; /* 0: never, or it does not count */
    gint64    handshake_traversal_us; /* last handshake message, either way */
    gint64    last_handshake_wall_us; /* 0: never */
    guint64   initiations_sent;
    guint     unanswered;         /* initiations since the last session */
    guint     calm;               /* initiations since there was a reason to hurry */
    guint     early;              /* handshakes begun by an early doubt; fewer as time passes */
    gint64    early_us;           /* the last of them, … */
    gint64    doubted_us;         /* … and the silence that it was about, by its beginning */
    guint64   tx_bytes, rx_bytes; /* of handshake messages; the kernel's total with its device */
} WireguardPeer;

/* A key of small order is kept and shown, but every handshake with it fails. */
WireguardPeer *wireguard_peer_new (WireguardDevice *device, guint32 id,
                                   const guint8 public_key[WIREGUARD_KEY]);
void           wireguard_peer_free (WireguardPeer *peer); /* wipes */

/* From configuration, look-up or an authentic handshake; the data half is told. */
void wireguard_peer_set_endpoint (WireguardPeer *peer, const AditEndpoint *endpoint);
/* Of the servers that are configured, the next to be tried.  FALSE: there is only one. */
gboolean wireguard_peer_next_server (WireguardPeer *peer);
/* An authentic packet came from there; the data half knows. */
void wireguard_peer_moved (WireguardPeer *peer, const AditEndpoint *endpoint);
/* `handshake` is done: its keys go to the data half. */
void wireguard_peer_begin_session (WireguardPeer *peer, WireguardHandshake *handshake);
/* Keys of both halves, and the handshake. */
void wireguard_peer_zero_keys (WireguardPeer *peer);
/* Is this receiver index one of ours, in whatever use? */
gboolean wireguard_peer_has_index (const WireguardPeer *peer, guint32 index);
guint64  wireguard_peer_tx_bytes (const WireguardPeer *peer);
guint64  wireguard_peer_rx_bytes (const WireguardPeer *peer);
