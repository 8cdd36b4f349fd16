/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-uapi.c - wg(8)'s requests to a tunnel that runs in simulated time. */
#include "plugins/wireguard/machine.h"
#include "tests/sim/machines.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"

static World *w;

static void
setup (void)
{
    w = world_new (1, 2, 25);
    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
}

static char *
serve (const char *request)
{
    return wireguard_serve (w->machine[0].tunnel, request);
}

static void
claim_answer (const char *request, const char *wanted)
{
    g_autofree char *answer = serve (request);

    g_test_message ("%s", request);
    g_assert_cmpstr (answer, ==, wanted);
}

static void
get_tells_everything (void)
{
    g_autofree char         *answer  = NULL;
    static const char *const parts[] = {
        "private_key=",
        "\nlisten_port=51820\n",
        "\npublic_key=",
        "\npreshared_key=",
        "\nendpoint=192.0.2.2:51820\n",
        "\nlast_handshake_time_sec=17000000",
        "\nlast_handshake_time_nsec=",
        "\ntx_bytes=",
        "\nrx_bytes=",
        "\npersistent_keepalive_interval=25\n",
        "\nallowed_ip=10.0.0.2/32\n",
        "\nprotocol_version=1\n",
    };

    setup ();
    answer = serve ("get=1\n");
    for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
        g_assert_nonnull (strstr (answer, parts[i]));
    g_assert_true (g_str_has_suffix (answer, "\nerrno=0\n\n"));
    world_free (w);
}

static void
set_changes_peers (void)
{
    g_autofree char *added = NULL, *left = NULL;

    setup ();
    claim_answer ("set=1\npublic_key=aa" HEX "\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"
                  "endpoint=[2001:db8::1]:99\npersistent_keepalive_interval=9\n"
                  "preshared_key=bb" HEX "\n",
                  "errno=0\n\n");
    added = serve ("get=1");
    g_assert_nonnull (strstr (added, "public_key=aa" HEX "\npreshared_key=bb" HEX
                                     "\nprotocol_version=1\nendpoint=[2001:db8::1]:99\n"));
    /* the prefix moved here from the first peer */
    g_assert_nonnull (strstr (added, "allowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\nerrno"));
    claim_answer ("set=1\npublic_key=aa" HEX "\nreplace_allowed_ips=true\n", "errno=0\n\n");
    claim_answer ("set=1\npublic_key=cc" HEX "\nupdate_only=true\nendpoint=192.0.2.1:1\n",
                  "errno=0\n\n");
    claim_answer ("set=1\npublic_key=aa" HEX "\nremove=true\n", "errno=0\n\n");
    left = serve ("get=1");
    g_assert_null (strstr (left, "aa" HEX));
    g_assert_null (strstr (left, "cc" HEX));
    claim_answer ("set=1\nreplace_peers=true\n", "errno=0\n\n");
    g_assert_cmpuint (w->machine[0].tunnel->device->peers->len, ==, 0);
    world_run (w, 100000);
    world_free (w);
}

/* Taken and given back: cryptokey routing follows in both directions. */
static void
set_moves_traffic (void)
{
    g_autofree char *answer = NULL;
    GString         *back   = g_string_new ("set=1\npublic_key=");

    setup ();
    for (guint i = 0; i < 32; i++)
        g_string_append_printf (back, "%02x", w->machine[1].public_key[i]);
    g_string_append (back, "\nallowed_ip=10.0.0.2/32\n");
    claim_answer ("set=1\npublic_key=aa" HEX "\nallowed_ip=10.0.0.2/32\n", "errno=0\n\n");
    world_run (w, 10);
    world_send (w, 0, 1, 1);
    world_send (w, 1, 0, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 2);
    world_forgive (w);
    claim_answer (back->str, "errno=0\n\n");
    world_run (w, 10);
    world_send (w, 0, 1, 1);
    world_send (w, 1, 0, 1);
    world_run (w, 1000);
    g_assert_cmpuint (world_missing (w), ==, 0);
    g_string_free (back, TRUE);
    world_free (w);
}

static void
bad_requests_change_nothing (void)
{
    static const char *const bad[] = {
        "set=1\nprivate_key=xx\n",
        "set=1\nprivate_key=aa" HEX "0\n",
        "set=1\nprivate_key=gg" HEX "\n",
        "set=1\nreplace_peers=false\n",
        "set=1\nreplace_peers=true\npublic_key=aa" HEX "\ncolour=red\n",
        "set=1\nreplace_peers=true\nnonsense\n",
        "set=1\nreplace_peers=true\nlisten_port=65536\n",
        "set=1\npublic_key=aa" HEX "\nallowed_ip=10.0.0.0/33\n",
        "set=1\npublic_key=aa" HEX "\nendpoint=example.org:1\n",
        "set=1\npublic_key=aa" HEX "\npersistent_keepalive_interval=70000\n",
    };
    g_autofree char *before = NULL, *after = NULL;

    setup ();
    before = serve ("get=1");
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
        claim_answer (bad[i], "errno=-22\n\n");
    claim_answer ("set=1\nendpoint=192.0.2.1:1\n", "errno=-71\n\n");
    claim_answer ("set=1\npublic_key=aa" HEX "\nreplace_peers=true\n", "errno=-71\n\n");
    claim_answer ("set=1\nlisten_port=1234\n", "errno=-95\n\n");
    claim_answer ("set=1\nfwmark=1\n", "errno=-95\n\n");
    claim_answer ("set=1\nlisten_port=0\nfwmark=0\n", "errno=0\n\n");
    claim_answer ("set=1\nlisten_port=51820\n", "errno=0\n\n");
    g_assert_null (serve ("hello"));
    g_assert_null (serve (""));
    g_assert_null (serve ("get=1\nset=1\n"));
    after = serve ("get=1");
    g_assert_cmpstr (before, ==, after);
    world_free (w);
}

static void
a_new_private_key_ends_all_sessions (void)
{
    setup ();
    world_chat (w, 1000, 500);
    world_run (w, 100);
    world_forgive (w);
    claim_answer ("set=1\nprivate_key=aa" HEX "\n", "errno=0\n\n");
    world_run (w, 10);
    world_send (w, 0, 1, 1);
    world_run (w, 30000);
    g_assert_cmpuint (world_missing (w), ==, 1); /* the peer does not know this key */
    world_free (w);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/uapi/get-tells-everything", get_tells_everything);
    g_test_add_func ("/wireguard/uapi/set-changes-peers", set_changes_peers);
    g_test_add_func ("/wireguard/uapi/set-moves-traffic", set_moves_traffic);
    g_test_add_func ("/wireguard/uapi/bad-requests-change-nothing", bad_requests_change_nothing);
    g_test_add_func ("/wireguard/uapi/a-new-private-key-ends-all-sessions",
                     a_new_private_key_ends_all_sessions);
    return g_test_run ();
}
