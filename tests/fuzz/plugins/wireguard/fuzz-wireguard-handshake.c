/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wireguard-handshake.c - datagrams at a tunnel that listens, with mac1 put right, so that
 * they reach the handshake itself.  It must not answer, deliver or follow them. */
#include "client/crypto/blake2s.h"
#include "plugins/wireguard/cookie.h"
#include "tests/fuzz/plugins/wireguard/live.h"
#include "tests/fuzz/target.h"

static void
set_mac1 (const WireguardDevice *device, guint8 *message, gsize size)
{
    WireguardCookie ours;

    if (size < 2 * WIREGUARD_MAC)
        return;
    wireguard_cookie_init (&ours, device->identity.public_key);
    wireguard_cookie_add_macs (&ours, message, size, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    const AditEndpoint from = { { 192, 0, 2, 66 }, 0, 666, 4 };
    Live               live = live_new ();
    g_autofree guint8 *copy = g_memdup2 (data, size);
    WireguardPeer     *peer;
    guint64            sent;

    set_mac1 (live.tunnel->device, copy, size);
    sent = live.wire->sent;
    peer = g_ptr_array_index (live.tunnel->device->peers, 0);
    fake_host_arrived (live.host, &from, copy, size);
    fake_wire_run (live.wire, 20000);
    g_assert_cmpuint (live.wire->sent, ==, sent);
    g_assert_cmpuint (live.host->delivered.length, ==, 0);
    g_assert_cmpuint (peer->endpoint.family, ==, 0);
    live_free (&live);
    return 0;
}
