/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel.c - drives the kernel's device.  The kernel starts a handshake only when it has something
 * to send, so until the first one is done peers get a keepalive of one second and the device is
 * asked four times a second; after that nothing is periodic. */
#include "plugins/wireguard/kernel.h"
#include "client/base/secret.h"
#include "plugins/wireguard/netlink.h"
#include <glib/gi18n.h>

typedef struct WireguardKernel {
    AditTunnel *tunnel;
    AditKernel *device; /* NULL: asked for */
    AditTimer   poll;
    GArray     *waiting; /* Waiting: for the next answer */
} WireguardKernel;

typedef struct {
    AditDoneFn done;
    gpointer   user;
} Waiting;

static const AditHostVerbs *
verbs (const WireguardKernel *k)
{
    return k->tunnel->host->verbs;
}

static void
on_set (gpointer user, const guint8 *data, gsize len G_GNUC_UNUSED, const GError *error)
{
    WireguardKernel *k       = user;
    GError          *failure = NULL;

    if (data || !error)
        return;
    adit_fail_because (&failure, g_error_copy (error), ADIT_ERROR_SYSTEM,
                       _ ("The kernel refused the configuration."));
    wireguard_machine_failed (k->tunnel, failure);
}

static void
set (WireguardKernel *k, guint8 *attributes, gsize len)
{
    verbs (k)->call (k->device, WIREGUARD_CMD_SET_DEVICE, FALSE, attributes, len, on_set, k);
    adit_wipe (attributes, WIREGUARD_NETLINK_MAX);
}

static void
set_device (WireguardKernel *k)
{
    WireguardNetlinkPlace place = { 0 };
    guint8                attributes[WIREGUARD_NETLINK_MAX];
    guint32 mark = (guint32) adit_profile_number (k->tunnel->profile, "routing", "mark", 0);
    gsize   len;

    while ((len = wireguard_netlink_set_device (k->tunnel->device, mark, WIREGUARD_KERNEL_NUDGE_SEC,
                                                &place, attributes)))
        set (k, attributes, len);
}

static void
set_peer (WireguardKernel *k, const WireguardPeer *peer, guint16 keepalive)
{
    guint8 attributes[WIREGUARD_NETLINK_MAX];

    set (k, attributes, wireguard_netlink_set_peer (peer, keepalive, attributes));
}

/* The first handshake is done: keepalives as configured. */
static void
stop_nudging (WireguardKernel *k)
{
    const GPtrArray *peers = k->tunnel->device->peers;

    for (guint i = 0; i < peers->len; i++) {
        const WireguardPeer *peer = g_ptr_array_index (peers, i);

        if (peer->endpoint.family && !peer->persistent_keepalive)
            set_peer (k, peer, 0);
    }
}

static void
on_peer (gpointer user, const WireguardNetlinkPeer *said)
{
    WireguardKernel *k    = user;
    WireguardPeer   *peer = wireguard_device_find_peer (k->tunnel->device, said->public_key);

    if (!peer)
        return;
    if (said->endpoint.family)
        peer->endpoint = said->endpoint;
    peer->last_handshake_wall_us = said->last_handshake_us;
    peer->rx_bytes               = said->rx_bytes;
    peer->tx_bytes               = said->tx_bytes;
}

static gboolean
has_session (const WireguardKernel *k)
{
    const GPtrArray *peers = k->tunnel->device->peers;

    for (guint i = 0; i < peers->len; i++) {
        if (((const WireguardPeer *) g_ptr_array_index (peers, i))->last_handshake_wall_us)
            return TRUE;
    }
    return FALSE;
}

static void
tell_waiting (WireguardKernel *k)
{
    GArray *waiting = k->waiting;

    k->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
    for (guint i = 0; i < waiting->len; i++) {
        Waiting *w = &g_array_index (waiting, Waiting, i);

        w->done (w->user);
    }
    g_array_unref (waiting);
}

static void
on_get (gpointer user, const guint8 *data, gsize len, const GError *error)
{
    WireguardKernel *k = user;

    if (data) {
        if (!wireguard_netlink_get_device (data, len, &k->tunnel->device->listen_port, on_peer, k))
            adit_log (ADIT_LOG_WARNING, "wireguard", "the kernel's answer was not understood");
        return;
    }
    if (error)
        adit_log (ADIT_LOG_WARNING, "wireguard", "the kernel's device: %s", error->message);
    tell_waiting (k);
    if (k->tunnel->state != WIREGUARD_CONTACTING)
        return;
    if (has_session (k)) {
        stop_nudging (k);
        wireguard_machine_connected (k->tunnel);
    } else {
        adit_arm (k->tunnel->host, &k->poll, WIREGUARD_KERNEL_POLL_MS);
    }
}

static void
on_poll (gpointer user)
{
    WireguardKernel *k = user;

    verbs (k)->call (k->device, WIREGUARD_CMD_GET_DEVICE, TRUE, NULL, 0, on_get, k);
}

static void
on_kernel (gpointer user, AditKernel *device, const GError *error)
{
    WireguardKernel *k       = user;
    GError          *failure = NULL;

    if (!device) {
        adit_fail_because (&failure, error ? g_error_copy (error) : NULL, ADIT_ERROR_SYSTEM,
                           _ ("The kernel has no WireGuard device for this tunnel."));
        wireguard_machine_failed (k->tunnel, failure);
        return;
    }
    k->device = device;
    set_device (k);
    wireguard_machine_contact (k->tunnel);
    on_poll (k);
}

void
wireguard_kernel_open (AditTunnel *t)
{
    WireguardKernel *k = t->kernel = g_new0 (WireguardKernel, 1);

    k->tunnel  = t;
    k->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
    k->poll    = (AditTimer){ .fn = on_poll, .user = k };
    verbs (k)->kernel (t->host, on_kernel, k);
}

void
wireguard_kernel_found (AditTunnel *t, const WireguardPeer *peer)
{
    guint16 keepalive = peer->persistent_keepalive;

    if (!t->kernel->device)
        return;
    if (!keepalive && t->state == WIREGUARD_CONTACTING)
        keepalive = WIREGUARD_KERNEL_NUDGE_SEC;
    set_peer (t->kernel, peer, keepalive);
}

void
wireguard_kernel_refresh (AditTunnel *t, AditDoneFn done, gpointer user)
{
    Waiting w = { done, user };

    if (!t->kernel->device) {
        done (user);
        return;
    }
    g_array_append_val (t->kernel->waiting, w);
    on_poll (t->kernel);
}

void
wireguard_kernel_close (AditTunnel *t)
{
    WireguardKernel *k = g_steal_pointer (&t->kernel);

    if (!k)
        return;
    adit_disarm (t->host, &k->poll);
    if (k->device)
        verbs (k)->unkernel (k->device);
    tell_waiting (k);
    g_array_unref (k->waiting);
    g_free (k);
}
