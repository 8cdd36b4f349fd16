/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-wireguard.c - what must hold for WireGuard under every weather: whole plugins, both halves,
 * in simulated time.  Each seed is one story; `--seed N` tells it again, `--seeds N` tells the
 * first N, from --first on. */
#include "client/crypto/blake2s.h"
#include "plugins/wireguard/wire.h"
#include "tests/sim/machines.h"
#include "tests/sim/seeds.h"

extern const AditPlugin adit_plugin;

static guint
below (World *w, guint limit)
{
    return fake_wire_below (w->wire, limit);
}

static void
set_storm (World *w)
{
    w->wire->weather = (FakeWeather){ .loss      = below (w, 301),
                                      .duplicate = below (w, 100),
                                      .corrupt   = below (w, 100),
                                      .late      = below (w, 200),
                                      .delay_us  = 1000 + below (w, 100000),
                                      .jitter_us = below (w, 50000),
                                      .late_us   = 1 + below (w, 2000000) };
}

/* Nothing is lost, much is overtaken. */
static void
set_calm (World *w)
{
    w->wire->weather = (FakeWeather){ .duplicate = below (w, 50),
                                      .delay_us  = 1000 + below (w, 100000),
                                      .jitter_us = below (w, 30000) };
}

static void
start_all (World *w)
{
    for (guint i = w->n; i-- > 0;)
        machine_start (w, i);
}

/* Machine 0 is up; then both ends can talk, since it speaks first. */
static void
connect_all (World *w)
{
    start_all (w);
    world_run (w, 3000);
    claim (w, w->machine[0].host->ups >= 1);
    claim (w, !w->machine[0].host->error);
    world_chat (w, 1000, 500);
    world_run (w, 1000);
    if (w->n == 2)
        claim (w, world_missing (w) == 0);
    world_forgive (w);
}

/* Whatever was, after the storm a bounded time is enough. */
static void
claim_recovery (World *w)
{
    set_calm (w);
    w->wire->weather.duplicate = 0;
    world_chat (w, 40000, 1000);
    world_run (w, 3000);
    world_forgive (w);
    world_chat (w, 3000, 500);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
}

/* ---- stories ---- */

/* The first packets wait for their key; a rekey in full flight loses nothing. */
static void
tell_calm (World *w)
{
    set_calm (w);
    start_all (w);
    world_run (w, 300);
    world_send (w, 0, 1, 1 + below (w, 20));
    world_run (w, 5000);
    claim (w, world_missing (w) == 0);
    world_chat (w, 130000, 1000 + below (w, 1000));
    world_send (w, 0, 1, 100);
    world_send (w, 1, 0, 100);
    world_chat (w, 10000, 100 + below (w, 400));
    world_run (w, 2000);
    claim (w, world_missing (w) == 0);
}

static void
tell_storm (World *w)
{
    set_storm (w);
    start_all (w);
    world_chat (w, 150000 + below (w, 100000), 500 + below (w, 3000));
    claim_recovery (w);
}

static void
tell_roaming (World *w)
{
    set_calm (w);
    connect_all (w);
    for (guint i = 0; i < 2; i++) {
        AditEndpoint *at = &w->machine[0].host->at;

        at->address[3] = (guint8) (100 + below (w, 100));
        at->port       = (guint16) (1024 + below (w, 60000));
        if (below (w, 2))
            adit_plugin.moved (w->machine[0].tunnel);
        else
            world_send (w, 0, 1, 1);
        world_run (w, 500);
        world_forgive (w);
        world_chat (w, 2000, 200);
        world_run (w, 1000);
        claim (w, world_missing (w) == 0);
    }
}

/* One end forgets everything; the other finds out because nothing comes back. */
static void
tell_restart (World *w)
{
    guint who = below (w, 2);

    set_calm (w);
    connect_all (w);
    world_run (w, below (w, 2) * 60000); /* nobody watches any more */
    machine_stop (w, who);
    world_run (w, 1000 + below (w, 4000));
    if (who == 0)
        w->machine[0].host->at.port++; /* a fresh socket */
    fake_host_clear (w->machine[who].host);
    machine_start (w, who);
    claim_recovery (w);
    claim (w, w->machine[who].host->ups == 1);
}

/* The server forgets everything while a person is at work: seen, and mended, within three seconds
 * of its return. */
static void
tell_swift (World *w)
{
    guint away = below (w, 15);

    set_calm (w);
    connect_all (w);
    world_chat (w, 3000, 200);
    machine_stop (w, 1);
    for (guint i = 0; i < away; i++) {
        world_send (w, 0, 1, 1);
        world_run (w, 200);
    }
    machine_start (w, 1);
    for (guint i = 0; i < 15; i++) {
        world_send (w, 0, 1, 1);
        world_run (w, 200);
    }
    world_forgive (w);
    world_chat (w, 2000, 200);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
}

/* Sleep, a set clock, or both. */
static void
tell_suspend (World *w)
{
    FakeHost *host = w->machine[below (w, 2)].host;
    guint     ms   = 1000 + below (w, 900000);

    set_calm (w);
    connect_all (w);
    if (below (w, 2))
        host->wall_offset_us -= below (w, 1000000) * G_GINT64_CONSTANT (1000000);
    fake_host_suspend (host, ms * G_GINT64_CONSTANT (1000));
    world_run (w, ms);
    if (host == w->machine[0].host)
        adit_plugin.moved (w->machine[0].tunnel);
    claim_recovery (w);
}

/* Initiations by strangers, with a right mac1: anyone who knows the public key can make these. */
static void
flood (World *w, guint n)
{
    guint8       message[WIREGUARD_INITIATION_SIZE], key[32];
    AditEndpoint from = w->machine[0].host->at;

    adit_blake2s_two (key, WIREGUARD_LABEL_MAC1, WIREGUARD_LABEL, w->machine[1].public_key, 32);
    for (guint i = 0; i < n; i++) {
        WireguardInitiation junk = { .sender = i };

        from.address[3] = (guint8) (200 + below (w, 50));
        wireguard_wire_put_initiation (message, &junk);
        adit_blake2s_mac (message + WIREGUARD_INITIATION_SIZE - 32, 16, key, 32, message,
                          WIREGUARD_INITIATION_SIZE - 32);
        fake_wire_send (w->wire, &from, &w->machine[1].host->at, message, sizeof message);
    }
}

static gboolean
count_cookies (gpointer user, const AditEndpoint *from G_GNUC_UNUSED, const AditEndpoint *to,
               const guint8 *data, gsize len)
{
    World *w = user;

    if (wireguard_wire_type (data, len) == WIREGUARD_COOKIE_REPLY &&
        to->address[3] == w->machine[0].host->at.address[3])
        w->cookie_replies++;
    return TRUE;
}

/* Under load a peer gets in with a cookie, and only with one. */
static void
tell_load (World *w)
{
    set_calm (w);
    w->wire->weather.duplicate = 0;
    w->wire->on_datagram       = count_cookies;
    w->wire->user              = w;
    machine_start (w, 1);
    world_run (w, 10);
    flood (w, 110);
    world_run (w, w->wire->weather.delay_us / 1000 + 50);
    machine_start (w, 0);
    for (guint i = 0; i < 20 && !w->machine[0].host->ups; i++) {
        flood (w, 110);
        world_run (w, 500);
    }
    claim (w, w->cookie_replies >= 1);
    claim (w, w->machine[0].host->ups == 1);
    world_chat (w, 2000, 500);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
}

/* No traffic, no keepalive: after the last key is wiped nothing ever wakes us again. */
static void
tell_quiet (World *w)
{
    set_calm (w);
    connect_all (w);
    world_run (w, 700000);
    for (guint i = 0; i < w->n; i++)
        w->machine[i].host->wakeups = 0;
    world_run (w, 5000000);
    claim (w, world_wakeups (w) == 0);
    world_send (w, 0, 1, 1);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
}

/* Machine 0 behind a translator that forgets it after half a minute of silence. */
static gboolean
translate (gpointer user, const AditEndpoint *from, const AditEndpoint *to,
           const guint8 *data G_GNUC_UNUSED, gsize len G_GNUC_UNUSED)
{
    World              *w      = user;
    const AditEndpoint *inside = &w->machine[0].host->at;

    if (from->address[3] == inside->address[3])
        w->translated_us = w->wire->now_us;
    return to->address[3] != inside->address[3] ||
           w->wire->now_us - w->translated_us < G_GINT64_CONSTANT (30000000);
}

/* With a persistent keepalive: one wake-up for each, and a way in for the other end at any time. */
static void
tell_keepalive (World *w)
{
    guint seconds = 1000 + below (w, 30);

    set_calm (w);
    w->wire->on_datagram = translate;
    w->wire->user        = w;
    connect_all (w);
    world_run (w, 20000);
    for (guint i = 0; i < w->n; i++)
        w->machine[i].host->wakeups = 0;
    world_run (w, seconds * 1000);
    claim (w, w->machine[0].host->wakeups <= 2 * (seconds / 25) + 20);
    world_send (w, 1, 0, 3);
    world_run (w, 1000);
    claim (w, world_missing (w) == 0);
}

/* Machine 1 speaks in the name of machine 2. */
static void
tell_spoofing (World *w)
{
    set_calm (w);
    start_all (w);
    world_run (w, 3000);
    world_chat (w, 2000, 500);
    world_run (w, 2000);
    claim (w, world_missing (w) == 0);
    for (guint i = 0; i < 10; i++) {
        world_spoof (w, 1, 2, 0);
        world_run (w, 300);
    }
    claim (w, w->machine[0].host->drops[ADIT_DROP_POLICY] == 10);
    claim (w, world_missing (w) == 10);
}

/* The ring to the control half is full now and then: requests are made again. */
static void
tell_full_ring (World *w)
{
    set_calm (w);
    connect_all (w);
    for (guint i = 0; i < w->n; i++)
        w->machine[i].host->lane_full = 500;
    world_chat (w, 200000, 2000);
    claim_recovery (w);
}

static const struct {
    const char *name;
    guint       machines, keepalive;
    void (*tell) (World *);
} stories[] = {
    { "calm", 2, 0, tell_calm },           { "storm", 2, 0, tell_storm },
    { "roaming", 2, 0, tell_roaming },     { "restart", 2, 0, tell_restart },
    { "suspend", 2, 0, tell_suspend },     { "load", 2, 0, tell_load },
    { "quiet", 2, 0, tell_quiet },         { "keepalive", 2, 25, tell_keepalive },
    { "three", 3, 0, tell_calm },          { "three in a storm", 3, 25, tell_storm },
    { "full ring", 2, 0, tell_full_ring }, { "spoofing", 3, 0, tell_spoofing },
    { "swift restart", 2, 0, tell_swift },
};

static void
tell (guint64 seed)
{
    guint  which = (guint) (seed % G_N_ELEMENTS (stories));
    World *w     = world_new (seed, stories[which].machines, stories[which].keepalive);

    stories[which].tell (w);
    world_free (w);
}

int
main (int argc, char **argv)
{
    return sim_seeds (argc, argv, tell, NULL);
}
