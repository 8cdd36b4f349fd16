/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-machine.c - a tunnel's life: how it comes up, how it does not, and what it leaves behind. */
#include "plugins/wireguard/machine.h"
#include "tests/sim/machines.h"

extern const AditPlugin adit_plugin;

static World *w;

static void
claim_error (AditError code, const char *text)
{
    const GError *error = w->machine[0].host->error;

    g_assert_error (error, ADIT_ERROR, (gint) code);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, text));
}

static void
silence_is_told_after_twenty_seconds (void)
{
    g_autofree char *why = NULL;

    w = world_new (1, 2, 0);
    machine_start (w, 0);
    world_run (w, 19900);
    g_assert_null (w->machine[0].host->error);
    g_assert_cmpuint (w->machine[0].host->phases, ==, 1);
    world_run (w, 200);
    claim_error (ADIT_ERROR_UNREACHABLE, "m1.example did not answer on UDP port 51820.");
    why = adit_error_explain (w->machine[0].host->error);
    g_assert_nonnull (strstr (why, "11 handshake initiations were sent"));
    g_assert_cmpuint (w->machine[0].host->ups, ==, 0);
    world_free (w);
}

static void
a_different_preshared_key_is_named (void)
{
    g_autofree char *why = NULL;

    w = world_new (1, 2, 0);
    adit_profile_set (w->machine[1].profile, "wireguard peer m0", "preshared-key", NULL);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 21000);
    claim_error (ADIT_ERROR_UNREACHABLE, "m1.example");
    why = adit_error_explain (w->machine[0].host->error);
    g_assert_nonnull (strstr (why, "preshared-key may differ"));
    world_free (w);
}

static void
names_without_an_address_end_it_at_once (void)
{
    w = world_new (1, 2, 0);
    adit_profile_set (w->machine[0].profile, "wireguard peer m1", "endpoint", "nowhere.example:1");
    machine_start (w, 0);
    world_run (w, 100);
    claim_error (ADIT_ERROR_LOOKUP, "nowhere.example");
    world_free (w);
}

static void
a_missing_private_key_is_asked_for (void)
{
    w = world_new (1, 2, 0);
    adit_profile_set (w->machine[0].profile, "wireguard", "private-key", NULL);
    machine_start (w, 0);
    claim_error (ADIT_ERROR_SECRET, "private key");
    world_free (w);
}

static void
who_has_nobody_to_call_is_up_at_once (void)
{
    FakeHost *host;

    w    = world_new (1, 2, 0);
    host = w->machine[1].host;
    machine_start (w, 1);
    world_run (w, 1);
    g_assert_cmpuint (host->ups, ==, 1);
    g_assert_cmpstr (host->addresses[0], ==, "10.0.0.2/24");
    g_assert_cmpstr (host->routes[0], ==, "10.0.0.1/32");
    g_assert_null (host->routes[1]);
    g_assert_cmpuint (host->mtu, ==, 1420);
    world_run (w, 100000);
    g_assert_null (host->error);
    world_free (w);
}

static void
mtu_follows_the_path_and_the_profile (void)
{
    w = world_new (1, 2, 0);
    machine_start (w, 1);
    world_run (w, 1);
    fake_host_path_mtu (w->machine[1].host, 1492);
    g_assert_cmpuint (w->machine[1].host->mtu, ==, 1412);
    g_assert_cmpuint (w->machine[1].host->ups, ==, 2);
    fake_host_path_mtu (w->machine[1].host, 1492);
    g_assert_cmpuint (w->machine[1].host->ups, ==, 2); /* no news */
    fake_host_path_mtu (w->machine[1].host, 300);
    g_assert_cmpuint (w->machine[1].host->mtu, ==, 576);
    machine_stop (w, 1);
    adit_profile_set (w->machine[1].profile, "wireguard", "address", "10.0.0.2/24, fd00::2/64");
    machine_start (w, 1);
    world_run (w, 1);
    fake_host_path_mtu (w->machine[1].host, 1300);
    g_assert_cmpuint (w->machine[1].host->mtu, ==, 1280); /* RFC 8200 5 */
    machine_stop (w, 1);
    adit_profile_set (w->machine[1].profile, "routing", "mtu", "1399");
    machine_start (w, 1);
    world_run (w, 1);
    fake_host_path_mtu (w->machine[1].host, 1300);
    g_assert_cmpuint (w->machine[1].host->mtu, ==, 1399);
    world_free (w);
}

static void
once_up_it_never_gives_up (void)
{
    w = world_new (1, 2, 25);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    g_assert_cmpuint (w->machine[0].host->ups, ==, 1);
    machine_stop (w, 1);
    world_run (w, 3600000);
    g_assert_null (w->machine[0].host->error);
    machine_start (w, 1);
    world_run (w, 30000);
    world_chat (w, 1000, 500);
    world_run (w, 100);
    g_assert_cmpuint (world_missing (w), ==, 0);
    g_assert_cmpuint (w->machine[0].host->ups, ==, 1);
    world_free (w);
}

static void
a_name_is_asked_again_when_nobody_answers (void)
{
    w = world_new (1, 2, 0);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    adit_endpoint_parse ("192.0.2.77:51820", &w->machine[1].host->at);
    fake_host_name (w->machine[0].host, "m1.example:51820", "192.0.2.77:51820");
    world_send (w, 0, 1, 1);
    world_run (w, 50000); /* 15 s without an answer, then three initiations */
    world_forgive (w);
    g_assert_cmpuint (w->machine[0].host->lookups, ==, 2);
    world_send (w, 0, 1, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 0);
    world_free (w);
}

/* A name without an address, a machine that is silent, and one that answers. */
static void
several_servers_are_tried_in_order (void)
{
    w = world_new (1, 2, 0);
    adit_profile_set (w->machine[0].profile, "wireguard peer m1", "endpoint",
                      "nowhere.example, 192.0.2.66:51820, m1.example:51820");
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    g_assert_cmpuint (w->machine[0].host->ups, ==, 0);
    world_run (w, 500);
    g_assert_cmpuint (w->machine[0].host->ups, ==, 1);
    world_send (w, 0, 1, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 0);
    world_free (w);
}

/* None of them has an address: it ends at once, as with one. */
static void
several_names_without_an_address_end_it_at_once (void)
{
    w = world_new (1, 2, 0);
    adit_profile_set (w->machine[0].profile, "wireguard peer m1", "endpoint",
                      "nowhere.example, neither.example");
    machine_start (w, 0);
    world_run (w, 100);
    claim_error (ADIT_ERROR_LOOKUP, "example");
    world_free (w);
}

/* The same while packets keep asking for a key. */
static void
a_name_is_asked_again_under_traffic (void)
{
    w = world_new (1, 2, 0);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    adit_endpoint_parse ("192.0.2.77:51820", &w->machine[1].host->at);
    fake_host_name (w->machine[0].host, "m1.example:51820", "192.0.2.77:51820");
    for (guint i = 0; i < 45; i++) {
        world_send (w, 0, 1, 1);
        world_run (w, 1000);
    }
    world_forgive (w);
    world_send (w, 0, 1, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 0);
    world_free (w);
}

/* Two peers; the name of one has no address until later. */
static void
a_name_without_an_address_is_asked_again_when_needed (void)
{
    FakeHost *host;

    w    = world_new (1, 3, 0);
    host = w->machine[0].host;
    adit_profile_set (w->machine[0].profile, "wireguard peer m2", "endpoint", "late.example:1");
    for (guint i = 3; i-- > 0;)
        machine_start (w, i);
    world_run (w, 1000);
    g_assert_cmpuint (host->ups, ==, 1);
    g_assert_cmpuint (host->lookups, ==, 2);
    fake_host_name (host, "late.example:1", "192.0.2.3:51820");
    world_run (w, 60000);
    g_assert_cmpuint (host->lookups, ==, 2); /* not before it is needed */
    world_send (w, 0, 2, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 0);
    world_free (w);
}

static void
moving_says_so_at_once (void)
{
    w = world_new (1, 2, 0);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    w->machine[0].host->at.address[3] = 99;
    adit_plugin.moved (w->machine[0].tunnel);
    world_run (w, 100);
    world_send (w, 1, 0, 1); /* the other end speaks first, to the new place */
    world_run (w, 100);
    g_assert_cmpuint (world_missing (w), ==, 0);
    world_free (w);
}

/* The fake host claims that no timer, path or link is left. */
static void
stopping_leaves_nothing_at_any_time (void)
{
    for (guint ms = 0; ms < 400; ms++) {
        w                          = world_new (ms, 2, 25);
        w->wire->weather.delay_us  = 20000;
        w->wire->weather.jitter_us = 5000;
        machine_start (w, 1);
        machine_start (w, 0);
        world_run (w, ms);
        world_free (w);
    }
}

static void
a_lost_socket_ends_it (void)
{
    GError *cause = NULL;

    w = world_new (1, 2, 0);
    machine_start (w, 0);
    world_run (w, 10);
    adit_fail (&cause, ADIT_ERROR_SYSTEM, "It broke.");
    fake_host_lose (w->machine[0].host, cause);
    claim_error (ADIT_ERROR_LOST, "socket");
    world_free (w);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/machine/silence-is-told-after-twenty-seconds",
                     silence_is_told_after_twenty_seconds);
    g_test_add_func ("/wireguard/machine/a-different-preshared-key-is-named",
                     a_different_preshared_key_is_named);
    g_test_add_func ("/wireguard/machine/names-without-an-address-end-it-at-once",
                     names_without_an_address_end_it_at_once);
    g_test_add_func ("/wireguard/machine/a-missing-private-key-is-asked-for",
                     a_missing_private_key_is_asked_for);
    g_test_add_func ("/wireguard/machine/who-has-nobody-to-call-is-up-at-once",
                     who_has_nobody_to_call_is_up_at_once);
    g_test_add_func ("/wireguard/machine/mtu-follows-the-path-and-the-profile",
                     mtu_follows_the_path_and_the_profile);
    g_test_add_func ("/wireguard/machine/once-up-it-never-gives-up", once_up_it_never_gives_up);
    g_test_add_func ("/wireguard/machine/several-servers-are-tried-in-order",
                     several_servers_are_tried_in_order);
    g_test_add_func ("/wireguard/machine/several-names-without-an-address-end-it-at-once",
                     several_names_without_an_address_end_it_at_once);
    g_test_add_func ("/wireguard/machine/a-name-is-asked-again-when-nobody-answers",
                     a_name_is_asked_again_when_nobody_answers);
    g_test_add_func ("/wireguard/machine/a-name-is-asked-again-under-traffic",
                     a_name_is_asked_again_under_traffic);
    g_test_add_func ("/wireguard/machine/a-name-without-an-address-is-asked-again-when-needed",
                     a_name_without_an_address_is_asked_again_when_needed);
    g_test_add_func ("/wireguard/machine/moving-says-so-at-once", moving_says_so_at_once);
    g_test_add_func ("/wireguard/machine/stopping-leaves-nothing-at-any-time",
                     stopping_leaves_nothing_at_any_time);
    g_test_add_func ("/wireguard/machine/a-lost-socket-ends-it", a_lost_socket_ends_it);
    return g_test_run ();
}
