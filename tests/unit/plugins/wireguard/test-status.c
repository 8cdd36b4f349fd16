/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-status.c - what is shown, and that no secret is. */
#include "plugins/wireguard/machine.h"
#include "tests/sim/machines.h"

static GHashTable *notes;

static void
on_note (gpointer user G_GNUC_UNUSED, const char *key, const char *value)
{
    g_assert_cmpuint (strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789.-"), ==, strlen (key));
    g_assert_true (g_hash_table_insert (notes, g_strdup (key), g_strdup (value)));
}

static void
claim_note (const char *key, const char *wanted)
{
    g_assert_cmpstr (g_hash_table_lookup (notes, key), ==, wanted);
}

static void
take_notes (const World *w)
{
    notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    wireguard_status (w->machine[0].tunnel, on_note, NULL);
}

static void
a_tunnel_that_is_up_tells_all (void)
{
    World           *w      = world_new (1, 2, 0);
    g_autofree char *secret = g_base64_encode (w->machine[0].private_key, 32);
    GHashTableIter   iter;
    gpointer         value;

    machine_start (w, 1);
    machine_start (w, 0);
    world_run (w, 1000);
    take_notes (w);
    claim_note ("endpoint", "192.0.2.2:51820");
    claim_note ("cipher", "ChaCha20-Poly1305");
    claim_note ("last-handshake", "1700000001");
    claim_note ("peers", "1");
    claim_note ("listen-port", "51820");
    claim_note ("peer.m1.endpoint", "192.0.2.2:51820");
    claim_note ("peer.m1.allowed-ips", "10.0.0.2/32");
    claim_note ("peer.m1.last-handshake", "1700000001");
    claim_note ("peer.m1.rx-bytes", "92");
    claim_note ("peer.m1.tx-bytes", "180"); /* an initiation and a keepalive */
    g_hash_table_iter_init (&iter, notes);
    while (g_hash_table_iter_next (&iter, NULL, &value))
        g_assert_null (strstr (value, secret));
    g_hash_table_unref (notes);
    world_free (w);
}

static void
a_tunnel_that_is_not_up_tells_less (void)
{
    World *w = world_new (1, 2, 0);

    machine_start (w, 0);
    take_notes (w);
    claim_note ("endpoint", NULL);
    claim_note ("last-handshake", NULL);
    claim_note ("peer.m1.last-handshake", NULL);
    claim_note ("peers", "1");
    g_hash_table_unref (notes);
    world_free (w);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/status/a-tunnel-that-is-up-tells-all",
                     a_tunnel_that_is_up_tells_all);
    g_test_add_func ("/wireguard/status/a-tunnel-that-is-not-up-tells-less",
                     a_tunnel_that_is_not_up_tells_less);
    return g_test_run ();
}
