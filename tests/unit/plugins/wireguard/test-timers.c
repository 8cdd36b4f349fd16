/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-timers.c - the paper's numbers, measured on the wire. */
#include "plugins/wireguard/machine.h"
#include "tests/sim/machines.h"

enum { SEEN = 1024 };

typedef struct {
    guint  from, type; /* 5: an empty transport message, a keepalive */
    gint64 at_us;
} Message;

static World  *w;
static Message seen[SEEN];
static guint   n_seen;
static guint   deaf; /* a bit for each machine that hears nothing */

static gboolean
on_datagram (gpointer user G_GNUC_UNUSED, const AditEndpoint *from, const AditEndpoint *to,
             const guint8 *data, gsize len)
{
    guint type = wireguard_wire_type (data, len);

    g_assert_cmpuint (n_seen, <, SEEN);
    seen[n_seen++] =
        (Message){ from->address[3] - 1u, type == 4 && len == 32 ? 5 : type, w->wire->now_us };
    return !(deaf & 1u << (to->address[3] - 1));
}

static void
setup (guint keepalive)
{
    w                    = world_new (1, 2, keepalive);
    w->wire->on_datagram = on_datagram;
    deaf                 = 0;
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    g_assert_cmpuint (w->machine[0].host->ups, ==, 1);
    n_seen = 0;
}

static void
teardown (void)
{
    world_free (w);
}

static void
claim_seen (guint i, guint from, guint type, gint64 ms, gint64 within_ms)
{
    g_assert_cmpuint (i, <, n_seen);
    g_assert_cmpuint (seen[i].from, ==, from);
    g_assert_cmpuint (seen[i].type, ==, type);
    g_assert_cmpint (seen[i].at_us / 1000, >=, ms);
    g_assert_cmpint (seen[i].at_us / 1000, <=, ms + within_ms);
}

/* 6.5: data received and nothing to say for ten seconds. */
static void
data_is_acknowledged_after_ten_seconds (void)
{
    gint64 ms;

    setup (0);
    ms = w->wire->now_us / 1000;
    world_send (w, 0, 1, 1);
    world_run (w, 400);
    world_send (w, 0, 1, 1);
    world_run (w, 60000);
    g_assert_cmpuint (n_seen, ==, 3);
    claim_seen (0, 0, 4, ms, 0);
    claim_seen (1, 0, 4, ms + 400, 0);
    claim_seen (2, 1, 5, ms + 10000, 30);
    teardown ();
}

/* 6.5: a keepalive is not answered by one. */
static void
keepalives_do_not_echo (void)
{
    setup (0);
    world_run (w, 60000);
    g_assert_cmpuint (n_seen, ==, 0);
    teardown ();
}

/* 6.5 and 6.4: data sent and nothing heard for 10 + 5 s, then every 5 s, for 90 s. */
static void
silence_brings_a_handshake_and_ninety_seconds_of_them (void)
{
    gint64 ms;

    setup (0);
    ms   = w->wire->now_us / 1000;
    deaf = 1u << 0;
    world_send (w, 0, 1, 1);
    world_run (w, 9000);
    n_seen = 0; /* what the other end says meanwhile is for nobody */
    world_run (w, 200000);
    for (guint i = 0, initiations = 0; i < n_seen; i++) {
        if (seen[i].from == 0) {
            g_assert_cmpuint (seen[i].type, ==, 1);
            g_assert_cmpint (seen[i].at_us / 1000, >=, ms + 15000 + 5000 * initiations);
            g_assert_cmpint (seen[i].at_us / 1000, <=,
                             ms + 15000 + 5000 * initiations + 340 * (initiations + 1));
            initiations++;
            g_assert_cmpuint (initiations, <=, 19);
        }
        g_assert_cmpint (seen[i].at_us / 1000, <=, ms + 15000 + 19 * 5340);
    }
    teardown ();
}

static guint
n_initiations (guint from)
{
    guint n = 0;

    for (guint i = 0; i < n_seen; i++)
        n += seen[i].from == from && seen[i].type == 1;
    return n;
}

/* Asked and answered each 200 ms; then the other end starts anew and knows nothing. */
static void
a_lively_peer_that_forgot_us_is_found_out (void)
{
    setup (0);
    for (guint i = 0; i < 10; i++) {
        world_send (w, 0, 1, 1);
        world_send (w, 1, 0, 1);
        world_run (w, 200);
    }
    world_forgive (w);
    machine_stop (w, 1);
    machine_start (w, 1);
    for (guint i = 0; i < 15; i++) {
        world_send (w, 0, 1, 1);
        world_run (w, 200);
    }
    world_forgive (w);
    for (guint i = 0; i < 5; i++) { /* by now, the more so as it knows no way to us by itself */
        world_send (w, 0, 1, 1);
        world_send (w, 1, 0, 1);
        world_run (w, 200);
    }
    g_assert_cmpuint (world_missing (w), ==, 0);
    teardown ();
}

/* Nothing goes out any more: that the other end stopped in the middle of it is all there is. */
static void
a_download_that_stops_is_looked_after_once (void)
{
    setup (0);
    for (guint i = 0; i < 10; i++) {
        world_send (w, 1, 0, 5);
        world_run (w, 50);
        world_send (w, 0, 1, 1);
        world_run (w, 50);
    }
    n_seen = 0;
    deaf   = 1u << 0;
    world_run (w, 1000);
    g_assert_cmpuint (n_initiations (0), ==, 0);
    world_run (w, 1000);
    g_assert_cmpuint (n_initiations (0), ==, 1);
    deaf = 0; /* the next one is heard, and more are not needed */
    world_run (w, 20000);
    g_assert_cmpuint (n_initiations (0), ==, 2);
    teardown ();
}

/* While it is away it is called soon, then in the paper's time; never in a storm. */
static void
a_peer_that_is_away_is_called_with_less_and_less_hurry (void)
{
    gint64 last_us = 0;
    guint  n       = 0;

    setup (0);
    world_send (w, 0, 1, 1);
    world_send (w, 1, 0, 1);
    world_run (w, 200);
    deaf   = 1u << 0 | 1u << 1;
    n_seen = 0;
    for (guint i = 0; i < 60; i++) {
        world_send (w, 0, 1, 1);
        world_run (w, 1000);
    }
    for (guint i = 0; i < n_seen; i++) {
        if (seen[i].from != 0 || seen[i].type != 1)
            continue;
        if (last_us)
            g_assert_cmpint (seen[i].at_us - last_us, >=,
                             n < 3    ? 1000000
                             : n < 13 ? 2000000
                                      : 5000000);
        last_us = seen[i].at_us;
        n++;
    }
    g_assert_cmpuint (n, >=, 14);
    g_assert_cmpuint (n, <=, 22);
    teardown ();
}

/* A stream that goes one way only, for five minutes, with a report back each five seconds: doubts
 * that turn out to be vain become rare. */
static void
a_stream_one_way_brings_no_storm (void)
{
    for (guint reports = 0; reports < 2; reports++) {
        setup (0);
        for (guint i = 0; i < 1500; i++) {
            world_send (w, 0, 1, 1);
            if (reports && i % 25 == 0)
                world_send (w, 1, 0, 1);
            world_run (w, 200);
            n_seen = n_seen > SEEN / 2 ? 0 : n_seen;
        }
        g_assert_cmpuint (
            ((WireguardPeer *) g_ptr_array_index (w->machine[0].tunnel->device->peers, 0))
                ->initiations_sent,
            <=, 3 + 4 + 5); /* rekeys, the first doubts, one a minute */
        g_assert_cmpuint (world_missing (w), ==, 0);
        teardown ();
    }
}

/* 6.2: the initiator's first data after 120 s brings a handshake; the responder's does not. */
static void
sessions_are_renewed_by_the_initiator (void)
{
    setup (0);
    world_run (w, 121000);
    world_send (w, 1, 0, 1);
    world_run (w, 1000);
    g_assert_cmpuint (n_seen, ==, 1);
    world_send (w, 0, 1, 1);
    world_run (w, 1000);
    claim_seen (1, 0, 4, 0, G_MAXINT64 / 2);
    claim_seen (2, 0, 1, 0, G_MAXINT64 / 2);
    claim_seen (3, 1, 2, 0, G_MAXINT64 / 2);
    claim_seen (4, 0, 5, 0, G_MAXINT64 / 2);
    g_assert_cmpuint (world_missing (w), ==, 0);
    teardown ();
}

/* 6.2: the responder's turn comes when there is no key at all, after 180 s. */
static void
after_180_seconds_either_end_begins_anew (void)
{
    setup (0);
    world_run (w, 181000);
    world_send (w, 1, 0, 1);
    world_run (w, 1000);
    claim_seen (0, 1, 1, 0, G_MAXINT64 / 2);
    g_assert_cmpuint (world_missing (w), ==, 0);
    teardown ();
}

/* 6.3: nothing of a key is left after three times 180 s. */
static void
keys_are_zeroed_after_540_seconds (void)
{
    const WireguardPeer *peer;

    setup (0);
    peer = g_ptr_array_index (w->machine[0].tunnel->device->peers, 0);
    world_run (w, 530000);
    g_assert_cmpuint (peer->session_index, !=, 0);
    g_assert_cmpuint (peer->meter->index[1], !=, 0);
    world_run (w, 11000);
    g_assert_cmpuint (peer->session_index, ==, 0);
    g_assert_cmpuint (peer->meter->index[1], ==, 0);
    teardown ();
}

static void
persistent_keepalives_keep_their_distance (void)
{
    setup (25);
    world_run (w, 24000);
    g_assert_cmpuint (n_seen, ==, 0);
    world_run (w, 26000);
    g_assert_cmpuint (n_seen, ==, 2);
    g_assert_cmpint (seen[1].at_us - seen[0].at_us, >=, 24990000);
    g_assert_cmpint (seen[1].at_us - seen[0].at_us, <=, 25010000);
    n_seen = 0;
    for (guint i = 0; i < 50; i++) { /* both ways: no keepalive is needed at all */
        world_send (w, 0, 1, 1);
        world_send (w, 1, 0, 1);
        world_run (w, 1000);
    }
    for (guint i = 0; i < n_seen; i++)
        g_assert_cmpuint (seen[i].type, ==, 4);
    teardown ();
}

/* A peer that nobody knows how to reach costs nothing until it calls; then it is kept up. */
static void
persistent_keepalives_wait_for_an_endpoint (void)
{
    w                    = world_new (1, 2, 0);
    w->wire->on_datagram = on_datagram;
    deaf                 = 0;
    n_seen               = 0;
    adit_profile_set (w->machine[1].profile, "wireguard peer m0", "persistent-keepalive", "25");
    machine_start (w, 1);
    world_run (w, 100000);
    g_assert_cmpuint (w->machine[1].host->wakeups, ==, 0);
    machine_start (w, 0);
    world_run (w, 1000);
    n_seen = 0;
    world_run (w, 26000);
    g_assert_cmpuint (n_seen, ==, 1);
    claim_seen (0, 1, 5, 0, G_MAXINT64 / 2);
    teardown ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/timers/data-is-acknowledged-after-ten-seconds",
                     data_is_acknowledged_after_ten_seconds);
    g_test_add_func ("/wireguard/timers/keepalives-do-not-echo", keepalives_do_not_echo);
    g_test_add_func ("/wireguard/timers/silence-brings-a-handshake-and-ninety-seconds-of-them",
                     silence_brings_a_handshake_and_ninety_seconds_of_them);
    g_test_add_func ("/wireguard/timers/a-lively-peer-that-forgot-us-is-found-out",
                     a_lively_peer_that_forgot_us_is_found_out);
    g_test_add_func ("/wireguard/timers/a-download-that-stops-is-looked-after-once",
                     a_download_that_stops_is_looked_after_once);
    g_test_add_func ("/wireguard/timers/a-peer-that-is-away-is-called-with-less-and-less-hurry",
                     a_peer_that_is_away_is_called_with_less_and_less_hurry);
    g_test_add_func ("/wireguard/timers/a-stream-one-way-brings-no-storm",
                     a_stream_one_way_brings_no_storm);
    g_test_add_func ("/wireguard/timers/sessions-are-renewed-by-the-initiator",
                     sessions_are_renewed_by_the_initiator);
    g_test_add_func ("/wireguard/timers/after-180-seconds-either-end-begins-anew",
                     after_180_seconds_either_end_begins_anew);
    g_test_add_func ("/wireguard/timers/keys-are-zeroed-after-540-seconds",
                     keys_are_zeroed_after_540_seconds);
    g_test_add_func ("/wireguard/timers/persistent-keepalives-keep-their-distance",
                     persistent_keepalives_keep_their_distance);
    g_test_add_func ("/wireguard/timers/persistent-keepalives-wait-for-an-endpoint",
                     persistent_keepalives_wait_for_an_endpoint);
    return g_test_run ();
}
