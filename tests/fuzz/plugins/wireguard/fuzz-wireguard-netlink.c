/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wireguard-netlink.c - a reply of the kernel's generic netlink family. */
#include "plugins/wireguard/netlink.h"
#include "tests/fuzz/target.h"

static void
on_peer (gpointer user, const WireguardNetlinkPeer *peer)
{
    guint *n = user;

    g_assert_true (peer->endpoint.family == 0 || peer->endpoint.family == 4 ||
                   peer->endpoint.family == 6);
    g_assert_cmpint (peer->last_handshake_us, >=, 0);
    ++*n;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    guint16 listen_port = 0;
    guint   n           = 0;

    wireguard_netlink_get_device (data, size, &listen_port, on_peer, &n);
    g_assert_cmpuint (n, <=, size / 60); /* a key and a time take that much */
    return 0;
}
