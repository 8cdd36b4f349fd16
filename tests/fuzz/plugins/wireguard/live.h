/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* live.h - one tunnel that listens, with one peer, for targets that need a whole plugin. */
#pragma once
#include "plugins/wireguard/machine.h"
#include "tests/lib/fakehost.h"

extern const AditPlugin adit_plugin;

typedef struct {
    FakeWire    *wire;
    FakeHost    *host;
    AditProfile *profile;
    AditTunnel  *tunnel;
} Live;

static inline Live
live_new (void)
{
    static const char text[] = "[wireguard]\n"
                               "private-key = aGkWx6mjx0iulWrNpjIedQPprfCNQ+PepVnccDvRfm0=\n"
                               "address = 10.0.0.2/24\n"
                               "[wireguard peer hq]\n"
                               "public-key = 6ZR1KG8v6IqZfRKrcPcaNA1Kxg3yIARj5JoZnL1WnRA=\n"
                               "allowed-ips = 10.0.0.0/24\n";
    Live              l;

    l.wire    = fake_wire_new (1);
    l.host    = fake_host_new (l.wire, "live", "192.0.2.1:51820");
    l.profile = adit_profile_parse (text, sizeof text - 1, NULL, NULL);
    l.tunnel  = adit_plugin.open (&l.host->base, l.profile);
    adit_plugin.start (l.tunnel);
    fake_wire_run (l.wire, 1000);
    g_assert_cmpuint (l.host->ups, ==, 1);
    return l;
}

static inline void
live_free (Live *l)
{
    adit_plugin.stop (l->tunnel);
    adit_plugin.free (l->tunnel);
    adit_profile_free (l->profile);
    fake_host_free (l->host);
    fake_wire_free (l->wire);
}
