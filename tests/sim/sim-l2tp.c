/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-l2tp.c - what must hold for L2TP under every weather: the whole plugin against a server of
 * the same parts, in simulated time.  Each seed is one story; `--seed N` tells it again, `--seeds
 * N` the first N, from --first on. */
#include "tests/sim/lns.h"
#include "tests/sim/seeds.h"

extern const AditPlugin adit_plugin;

static const char profile_text[] = "[connection]\ntype = l2tp\nserver = 192.0.2.1:1701\n"
                                   "[l2tp]\nuser = alice\npassword = Wonder land 7#\nipsec = off\n";

typedef struct {
    guint64     seed;
    FakeWire   *wire;
    FakeHost   *client;
    Lns        *lns;
    AditTunnel *tunnel;
} World;

#define claim(w, truth)                                                              \
    do {                                                                             \
        if (!(truth))                                                                \
            g_error ("seed %" G_GUINT64_FORMAT ": %s (%s)", (w)->seed, #truth,       \
                     (w)->client->error ? (w)->client->error->message : "no error"); \
    } while (0)

static void
set_weather (World *w, guint loss)
{
    w->wire->weather = (FakeWeather){ .loss      = loss,
                                      .duplicate = fake_wire_below (w->wire, 100),
                                      .late      = fake_wire_below (w->wire, 200),
                                      .delay_us  = 1000 + fake_wire_below (w->wire, 50000),
                                      .jitter_us = fake_wire_below (w->wire, 20000),
                                      .late_us   = 1 + fake_wire_below (w->wire, 500000) };
}

static void
run (World *w, guint seconds)
{
    fake_wire_run (w->wire, seconds * (gint64) G_USEC_PER_SEC);
}

/* TRUE when an IPv4 packet came through, one way or the other. */
static gboolean
carries (World *w, FakeHost *from, FakeHost *to)
{
    guint8        packet[60] = { 0x45, 0, 0, 60, [9] = 17, [12] = 10, [16] = 10 };
    const guint8 *packets[]  = { packet };
    const gsize   lens[]     = { sizeof packet };
    gboolean      came;

    fake_host_send (from, packets, lens, 1);
    run (w, 1);
    came = to->delivered.length > 0;
    g_queue_clear_full (&to->delivered, (GDestroyNotify) adit_packet_free);
    return came;
}

static void
connect (World *w)
{
    adit_plugin.start (w->tunnel);
    run (w, 120);
}

static void
expect_up (World *w)
{
    claim (w, w->client->error == NULL);
    claim (w, w->client->ups >= 1);
    claim (w, w->lns->ups >= 1);
    claim (w, g_str_has_prefix (w->client->addresses[0], "10.0.0.7"));
    w->wire->weather = (FakeWeather){ .delay_us = 1000 };
    run (w, 2);
    claim (w, carries (w, w->client, w->lns->host));
    claim (w, carries (w, w->lns->host, w->client));
}

/* 30 % are lost, and it connects all the same; or says that nobody is there, now and then. */
static gboolean
tell_storm (World *w)
{
    set_weather (w, 300);
    connect (w);
    w->wire->weather = (FakeWeather){ .delay_us = 1000 };
    run (w, 30);
    if (w->client->error) {
        claim (w, w->client->error->code != ADIT_ERROR_BUG &&
                      w->client->error->code != ADIT_ERROR_IDENTITY);
        return FALSE;
    }
    expect_up (w);
    return TRUE;
}

static guint hang_ups, followed;

/* The server drops the call: the next one is placed in the same tunnel, in any weather. */
static void
tell_next_call (World *w)
{
    guint calls = w->lns->calls, ups = w->client->ups;

    run (w, 15);
    set_weather (w, fake_wire_below (w->wire, 100));
    lns_end (w->lns, L2TP_CDN, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    run (w, 60);
    hang_ups++;
    if (w->client->error) { /* neither ICRQ nor ICRP came through in time */
        claim (w, w->client->error->code == ADIT_ERROR_LOST);
        return;
    }
    claim (w, w->lns->calls > calls && w->client->ups > ups);
    claim (w, w->lns->messages[L2TP_STOPCCN] == 0);
    expect_up (w);
    followed++;
}

static void
tell_calm (World *w)
{
    w->lns->secret  = w->seed & 4 ? "between us" : NULL;
    w->lns->numbers = (w->seed & 8) != 0;
    set_weather (w, 0);
    w->wire->weather.late = 0;
    connect (w);
    if (w->lns->secret) { /* it challenges, and the profile has no secret */
        claim (w, w->client->error && w->client->error->code == ADIT_ERROR_SECRET);
        claim (w, w->client->ups == 0);
    } else {
        expect_up (w);
        tell_next_call (w);
    }
}

/* Ends in the middle, from either side: nothing is left behind. */
static void
tell_end (World *w)
{
    set_weather (w, fake_wire_below (w->wire, 100));
    adit_plugin.start (w->tunnel);
    fake_wire_run (w->wire, fake_wire_below (w->wire, 3000000));
    if (w->seed & 4) {
        adit_plugin.stop (w->tunnel);
        run (w, 1);
        return;
    }
    if (!w->lns->peer_tunnel)
        return; /* too early for it to know whom to tell */
    lns_end (w->lns, w->seed & 8 && w->lns->peer_session ? L2TP_CDN : L2TP_STOPCCN, 1, 0, NULL);
    run (w, 200);
    claim (w, w->client->error != NULL);
}

/* Noise of any kind on the wire, from the server's address. */
static void
tell_noise (World *w)
{
    set_weather (w, 0);
    adit_plugin.start (w->tunnel);
    for (guint i = 0; i < 300; i++) {
        guint8 bytes[64];
        gsize  len = fake_wire_below (w->wire, sizeof bytes);

        for (gsize j = 0; j < len; j++)
            bytes[j] = (guint8) fake_wire_random (w->wire);
        if (len > 2 && w->seed & 4) { /* at least it looks like a control message */
            bytes[0] = 0xc8;
            bytes[1] = 2;
        }
        fake_wire_send (w->wire, &w->lns->host->at, &w->client->at, bytes, len);
        fake_wire_run (w->wire, 10000);
    }
    run (w, 60);
    expect_up (w);
}

static World *
world_new (guint64 seed, AditProfile *profile)
{
    World *w = g_new0 (World, 1);

    w->seed   = seed;
    w->wire   = fake_wire_new (seed);
    w->client = fake_host_new (w->wire, "client", "192.0.2.2:5000");
    w->lns    = lns_new (w->wire, "192.0.2.1:1701");
    lns_start (w->lns, "192.0.2.2:5000");
    run (w, 1);
    w->tunnel = adit_plugin.open (&w->client->base, profile);
    return w;
}

static void
world_free (World *w)
{
    adit_plugin.stop (w->tunnel);
    adit_plugin.free (w->tunnel);
    fake_wire_run (w->wire, 100000);
    lns_free (w->lns);
    fake_host_free (w->client);
    fake_wire_free (w->wire);
    g_free (w);
}

static AditProfile *profile;
static guint        storms, through;

static void
tell (guint64 seed)
{
    World *w = world_new (seed, profile);

    if (seed % 4 == 0) {
        storms++;
        through += tell_storm (w);
    } else if (seed % 4 == 1) {
        tell_calm (w);
    } else if (seed % 4 == 2) {
        tell_end (w);
    } else {
        tell_noise (w);
    }
    world_free (w);
}

/* A message and its acknowledgement pass with 0.49; five that must, in eight tries each. */
static void
judge (void)
{
    g_print ("# %u of %u storms were weathered\n", through, storms);
    g_print ("# %u of %u calls were followed by another\n", followed, hang_ups);
    if (storms >= 100)
        g_assert_cmpuint (through, >=, storms * 85 / 100);
    if (hang_ups >= 100)
        g_assert_cmpuint (followed, >=, hang_ups * 95 / 100);
}

int
main (int argc, char **argv)
{
    int status;

    profile = adit_profile_parse (profile_text, sizeof profile_text - 1, "sim", NULL);
    adit_plugin.prepare ();
    status = sim_seeds (argc, argv, tell, judge);
    adit_profile_free (profile);
    return status;
}
