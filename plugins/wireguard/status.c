/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - what `adit status` shows of a tunnel.  No key but the public ones. */
#include "plugins/wireguard/kernel.h"
#include "plugins/wireguard/machine.h"

typedef struct {
    AditNoteFn fn;
    gpointer   user;
} Notes;

static void G_GNUC_PRINTF (3, 4) put (const Notes *notes, const char *key, const char *fmt, ...)
{
    g_autofree char *value = NULL;
    va_list          args;

    va_start (args, fmt);
    value = g_strdup_vprintf (fmt, args);
    va_end (args);
    notes->fn (notes->user, key, value);
}

static char *
allowed_ips (const WireguardPeer *peer)
{
    GString *list = g_string_new (NULL);

    for (guint i = 0; i < peer->allowed->len; i++) {
        g_autofree char *text = adit_prefix_format (&g_array_index (peer->allowed, AditPrefix, i));

        g_string_append_printf (list, "%s%s", i ? ", " : "", text);
    }
    return g_string_free (list, FALSE);
}

/* peer.NAME.KEY, with what a key of a note may not hold made a dash. */
static char *
peer_key (const WireguardPeer *peer, const char *key)
{
    g_autofree char *name = g_ascii_strdown (peer->name ? peer->name : "unnamed", -1);

    g_strcanon (name, "abcdefghijklmnopqrstuvwxyz0123456789-", '-');
    return g_strdup_printf ("peer.%s.%s", name, key);
}

static void
note_peer (const Notes *notes, const WireguardPeer *peer)
{
    g_autofree char *public_key =
        g_base64_encode (peer->handshake.remote_static, sizeof peer->handshake.remote_static);
    g_autofree char *endpoint =
        peer->endpoint.family ? adit_endpoint_format (&peer->endpoint) : NULL;
    g_autofree char *allowed = allowed_ips (peer);
    g_autofree char *key     = peer_key (peer, "public-key");
    g_autofree char *where   = peer_key (peer, "endpoint");
    g_autofree char *when    = peer_key (peer, "last-handshake");
    g_autofree char *rx      = peer_key (peer, "rx-bytes");
    g_autofree char *tx      = peer_key (peer, "tx-bytes");
    g_autofree char *ips     = peer_key (peer, "allowed-ips");

    put (notes, key, "%s", public_key);
    if (endpoint)
        put (notes, where, "%s", endpoint);
    if (peer->last_handshake_wall_us)
        put (notes, when, "%" G_GINT64_FORMAT, peer->last_handshake_wall_us / WIREGUARD_SECOND_US);
    put (notes, rx, "%" G_GUINT64_FORMAT, wireguard_peer_rx_bytes (peer));
    put (notes, tx, "%" G_GUINT64_FORMAT, wireguard_peer_tx_bytes (peer));
    put (notes, ips, "%s", allowed);
}

void
wireguard_refresh (AditTunnel *t, AditDoneFn done, gpointer user)
{
    if (t->kernel)
        wireguard_kernel_refresh (t, done, user);
    else
        done (user);
}

void
wireguard_status (AditTunnel *t, AditNoteFn fn, gpointer user)
{
    const Notes          notes  = { fn, user };
    const WireguardPeer *latest = NULL;

    for (guint i = 0; i < t->device->peers->len; i++) {
        const WireguardPeer *peer = g_ptr_array_index (t->device->peers, i);

        if (!latest || peer->last_handshake_wall_us > latest->last_handshake_wall_us)
            latest = peer;
    }
    if (latest && latest->endpoint.family) {
        g_autofree char *endpoint = adit_endpoint_format (&latest->endpoint);

        put (&notes, "endpoint", "%s", endpoint);
    }
    put (&notes, "cipher", "ChaCha20-Poly1305");
    if (latest && latest->last_handshake_wall_us)
        put (&notes, "last-handshake", "%" G_GINT64_FORMAT,
             latest->last_handshake_wall_us / WIREGUARD_SECOND_US);
    if (t->device->listen_port)
        put (&notes, "listen-port", "%u", t->device->listen_port);
    put (&notes, "peers", "%u", t->device->peers->len);
    for (guint i = 0; i < t->device->peers->len; i++)
        note_peer (&notes, g_ptr_array_index (t->device->peers, i));
}
