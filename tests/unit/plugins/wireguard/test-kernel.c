/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-kernel.c - the conversation with the kernel's device, whose part this file plays. */
#include "plugins/wireguard/kernel.h"
#include "plugins/wireguard/netlink.h"
#include "tests/sim/machines.h"

static World    *w;
static FakeHost *host;

static void
setup (gboolean has_kernel)
{
    w                 = world_new (1, 2, 0);
    host              = w->machine[0].host;
    host->base.kernel = TRUE;
    host->has_kernel  = has_kernel;
    machine_start (w, 0);
    world_run (w, 10);
}

/* What the kernel says of the one peer. */
static void
put (GByteArray *a, guint16 type, gconstpointer value, gsize len)
{
    static const guint8 zero[3];
    guint16             header[2] = { (guint16) (len + 4), type };

    g_byte_array_append (a, (const guint8 *) header, 4);
    g_byte_array_append (a, value, (guint) len);
    g_byte_array_append (a, zero, (guint) (-len & 3));
}

static void
answer (const FakeCall *c, gint64 seconds)
{
    g_autoptr (GByteArray) peer  = g_byte_array_new ();
    g_autoptr (GByteArray) peers = g_byte_array_new ();
    g_autoptr (GByteArray) all   = g_byte_array_new ();
    gint64  when[2]              = { seconds, 0 };
    guint64 bytes                = 1234;

    put (peer, WIREGUARD_PEER_PUBLIC_KEY, w->machine[1].public_key, 32);
    put (peer, WIREGUARD_PEER_LAST_HANDSHAKE, when, 16);
    put (peer, WIREGUARD_PEER_RX_BYTES, &bytes, 8);
    put (peers, 0x8000, peer->data, peer->len);
    put (all, 0x8000 | WIREGUARD_DEVICE_PEERS, peers->data, peers->len);
    c->reply (c->user, all->data, all->len, NULL);
    c->reply (c->user, NULL, 0, NULL);
}

/* Handles all calls that wait; gives back how many of them were of that kind. */
static guint
serve_calls (guint8 command, gint64 seconds)
{
    FakeCall *c;
    guint     n = 0;

    while ((c = g_queue_pop_head (&host->calls))) {
        n += c->command == command;
        if (c->command == WIREGUARD_CMD_GET_DEVICE)
            answer (c, seconds);
        else
            c->reply (c->user, NULL, 0, NULL);
        fake_call_free (c);
    }
    return n;
}

static void
it_is_up_with_the_first_handshake (void)
{
    const WireguardPeer *peer;

    setup (TRUE);
    peer = g_ptr_array_index (w->machine[0].tunnel->device->peers, 0);
    g_assert_cmpuint (serve_calls (WIREGUARD_CMD_SET_DEVICE, 0), >=, 1);
    for (guint i = 0; i < 5; i++) {
        world_run (w, WIREGUARD_KERNEL_POLL_MS);
        g_assert_cmpuint (serve_calls (WIREGUARD_CMD_GET_DEVICE, 0), ==, 1);
        g_assert_cmpuint (host->ups, ==, 0);
    }
    world_run (w, WIREGUARD_KERNEL_POLL_MS);
    serve_calls (WIREGUARD_CMD_GET_DEVICE, 1700000001);
    g_assert_cmpuint (host->ups, ==, 1);
    g_assert_cmpuint (peer->rx_bytes, ==, 1234);
    g_assert_cmpuint (serve_calls (WIREGUARD_CMD_SET_DEVICE, 0), ==,
                      0); /* the nudge was taken back */
    host->wakeups = 0;
    world_run (w, 1000000);
    g_assert_cmpuint (host->wakeups, ==, 0); /* nothing is periodic any more */
    world_free (w);
}

static void
the_nudge_is_taken_back (void)
{
    guint8    wanted[WIREGUARD_NETLINK_MAX];
    gsize     len;
    FakeCall *c, *latest = NULL;

    setup (TRUE);
    serve_calls (WIREGUARD_CMD_SET_DEVICE, 0);
    world_run (w, WIREGUARD_KERNEL_POLL_MS);
    c = g_queue_pop_head (&host->calls);
    answer (c, 1700000001);
    fake_call_free (c);
    latest = g_queue_peek_tail (&host->calls);
    len = wireguard_netlink_set_peer (g_ptr_array_index (w->machine[0].tunnel->device->peers, 0), 0,
                                      wanted);
    g_assert_cmpmem (latest->attrs->data, latest->attrs->len, wanted, len);
    world_free (w);
}

static void
silence_is_told (void)
{
    setup (TRUE);
    for (guint i = 0; i < 90; i++) {
        serve_calls (WIREGUARD_CMD_GET_DEVICE, 0);
        world_run (w, WIREGUARD_KERNEL_POLL_MS);
    }
    g_assert_error (host->error, ADIT_ERROR, ADIT_ERROR_UNREACHABLE);
    world_free (w);
}

static void
refusals_end_it (void)
{
    g_autoptr (GError) no = g_error_new (ADIT_ERROR, ADIT_ERROR_SYSTEM, "Not permitted.");
    FakeCall *c;

    setup (FALSE);
    g_assert_error (host->error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    world_free (w);
    setup (TRUE);
    c = g_queue_pop_head (&host->calls);
    g_assert_cmpuint (c->command, ==, WIREGUARD_CMD_SET_DEVICE);
    c->reply (c->user, NULL, 0, no);
    fake_call_free (c);
    g_assert_error (host->error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    world_free (w);
}

static void
wg_is_sent_to_the_kernel (void)
{
    g_autofree char *said = NULL;

    setup (TRUE);
    said = wireguard_serve (w->machine[0].tunnel, "set=1\nreplace_peers=true\n");
    g_assert_cmpstr (said, ==, "errno=-95\n\n");
    world_free (w);
}

static void
count (gpointer user)
{
    ++*(guint *) user;
}

/* Whoever asks is told when the kernel has answered, or when it will not any more. */
static void
a_refresh_waits_for_the_kernel (void)
{
    AditTunnel *t;
    guint       done = 0;

    setup (TRUE);
    t = w->machine[0].tunnel;
    serve_calls (WIREGUARD_CMD_GET_DEVICE, 1700000001);
    wireguard_refresh (t, count, &done);
    wireguard_refresh (t, count, &done);
    g_assert_cmpuint (done, ==, 0);
    g_assert_cmpuint (serve_calls (WIREGUARD_CMD_GET_DEVICE, 1700000001), ==, 2);
    g_assert_cmpuint (done, ==, 2);
    wireguard_refresh (t, count, &done);
    world_free (w);
    g_assert_cmpuint (done, ==, 3);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/kernel/it-is-up-with-the-first-handshake",
                     it_is_up_with_the_first_handshake);
    g_test_add_func ("/wireguard/kernel/the-nudge-is-taken-back", the_nudge_is_taken_back);
    g_test_add_func ("/wireguard/kernel/silence-is-told", silence_is_told);
    g_test_add_func ("/wireguard/kernel/refusals-end-it", refusals_end_it);
    g_test_add_func ("/wireguard/kernel/wg-is-sent-to-the-kernel", wg_is_sent_to_the_kernel);
    g_test_add_func ("/wireguard/kernel/a-refresh-waits-for-the-kernel",
                     a_refresh_waits_for_the_kernel);
    return g_test_run ();
}
