/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-keypair.c - three slots: what each event leaves in them, as a table. */
#include "plugins/wireguard/keypair.h"

static WireguardKeypairTable table;
static WireguardKeypairs     slots;

static guint32
index_of (const WireguardKeypair *k)
{
    return k ? k->local_index : 0;
}

/* Events: i 1..9 initiated key of that index, r responded one, c received with that one. */
static void
play (const char *events)
{
    for (; *events; events += 2) {
        WireguardKey key = { .session = { .local_index = (guint32) (events[1] - '0'),
                                          .initiator   = events[0] == 'i' } };

        if (events[0] == 'c')
            wireguard_keypairs_received_with (
                &slots, wireguard_keypair_find (&table, (guint32) (events[1] - '0')));
        else
            wireguard_keypairs_add (&table, &slots, NULL, &key);
    }
}

static void
slots_move_as_the_table_says (void)
{
    static const struct {
        const char *events;
        guint32     previous, current, next;
    } rows[] = {
        { "i1", 0, 1, 0 },         { "r1", 0, 0, 1 },         { "i1i2", 1, 2, 0 },
        { "i1i2i3", 2, 3, 0 },     { "r1c1", 0, 1, 0 },       { "i1r2", 0, 1, 2 },
        { "i1r2c2", 1, 2, 0 },     { "i1i2r3", 0, 2, 3 },     { "i1i2r3c3", 2, 3, 0 },
        { "i1r2r3", 0, 1, 3 },     { "i1r2i3", 2, 3, 0 },     { "i1r2i3c2", 2, 3, 0 },
        { "r1c1r2c1c2", 1, 2, 0 }, { "i1r2c2c1r3", 0, 2, 3 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_test_message ("%s", rows[i].events);
        play (rows[i].events);
        g_assert_cmpuint (index_of (slots.previous), ==, rows[i].previous);
        g_assert_cmpuint (index_of (slots.current), ==, rows[i].current);
        g_assert_cmpuint (index_of (slots.next), ==, rows[i].next);
        for (guint32 k = 1; k < 10; k++) {
            gboolean there = k == rows[i].previous || k == rows[i].current || k == rows[i].next;

            g_assert_cmpuint (index_of (wireguard_keypair_find (&table, k)), ==, there ? k : 0);
        }
        wireguard_keypairs_clear (&table, &slots);
        for (guint32 k = 0; k < 10; k++)
            g_assert_null (wireguard_keypair_find (&table, k));
    }
}

static void
indices_that_share_a_bucket_are_told_apart (void)
{
    for (guint32 i = 1; i <= 3; i++) {
        WireguardKey key = { .session = { .local_index = 5 + (i << 20), .initiator = i < 3 } };

        wireguard_keypairs_add (&table, &slots, NULL, &key);
    }
    g_assert_cmpuint (index_of (wireguard_keypair_find (&table, 5 + (2 << 20))), ==, 5 + (2 << 20));
    g_assert_null (wireguard_keypair_find (&table, 5 + (1 << 20))); /* r retired "previous" */
    g_assert_null (wireguard_keypair_find (&table, 5));
    wireguard_keypairs_clear (&table, &slots);
}

static void
limits_are_the_papers (void)
{
    WireguardKeypair k = { .initiator = TRUE, .born_us = 1000000 };

    g_assert_true (wireguard_keypair_can_send (&k, 180999999));
    g_assert_false (wireguard_keypair_can_send (&k, 181000000));
    g_assert_false (wireguard_keypair_send_is_stale (&k, 120999999));
    g_assert_true (wireguard_keypair_send_is_stale (&k, 121000000));
    g_assert_false (wireguard_keypair_receive_is_stale (&k, 165999999));
    g_assert_true (wireguard_keypair_receive_is_stale (&k, 166000000));
    k.initiator = FALSE; /* whose turn it is not */
    g_assert_false (wireguard_keypair_send_is_stale (&k, 179000000));
    g_assert_false (wireguard_keypair_receive_is_stale (&k, 179000000));
    k.sent = WIREGUARD_REKEY_AFTER_MESSAGES;
    g_assert_false (wireguard_keypair_send_is_stale (&k, 1000000));
    k.sent++;
    g_assert_true (wireguard_keypair_send_is_stale (&k, 1000000));
    k.sent = G_MAXUINT64 - 8193;
    g_assert_true (wireguard_keypair_can_send (&k, 1000000));
    k.sent++;
    g_assert_false (wireguard_keypair_can_send (&k, 1000000));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/keypair/slots-move-as-the-table-says",
                     slots_move_as_the_table_says);
    g_test_add_func ("/wireguard/keypair/indices-that-share-a-bucket-are-told-apart",
                     indices_that_share_a_bucket_are_told_apart);
    g_test_add_func ("/wireguard/keypair/limits-are-the-papers", limits_are_the_papers);
    return g_test_run ();
}
