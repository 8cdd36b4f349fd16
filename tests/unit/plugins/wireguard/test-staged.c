/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-staged.c - what waits for a key comes out whole, in order, and only for its peer. */
#include "plugins/wireguard/staged.h"
#include <string.h>

static WireguardStaged staged;
static GString        *got;
static guint           room;

static gboolean
take (gpointer user G_GNUC_UNUSED, const guint8 *body, gsize len)
{
    if (!room)
        return FALSE;
    room--;
    g_string_append_len (got, (const char *) body, (gssize) len);
    return TRUE;
}

static void
put (guint32 peer, const char *text)
{
    g_assert_true (wireguard_staged_put (&staged, peer, (const guint8 *) text, strlen (text)));
}

static void
claim_taken (guint32 peer, guint most, const char *wanted)
{
    got  = g_string_new (NULL);
    room = most;
    wireguard_staged_take (&staged, peer, take, NULL);
    g_assert_cmpstr (got->str, ==, wanted);
    g_string_free (got, TRUE);
}

static void
peers_are_served_in_order (void)
{
    memset (&staged, 0, sizeof staged);
    put (1, "a");
    put (2, "bb");
    put (1, "ccc");
    put (2, "dddd");
    put (1, "e");
    g_assert_true (wireguard_staged_has (&staged, 1));
    claim_taken (1, 2, "accc");
    claim_taken (2, 9, "bbdddd");
    g_assert_true (wireguard_staged_has (&staged, 1));
    claim_taken (1, 9, "e");
    g_assert_cmpuint (staged.n, ==, 0);
    g_assert_cmpuint (staged.used, ==, 0);
}

/* A peer that does not answer, while packets for it go on coming. */
static void
the_newest_are_kept (void)
{
    char   last[] = "0000";
    guint8 byte   = 'x';

    memset (&staged, 0, sizeof staged);
    put (2, "other");
    for (guint i = 0; i < 1000; i++) {
        g_snprintf (last, sizeof last, "%03u", i);
        put (1, last);
    }
    g_assert_cmpuint (staged.n, >, WIREGUARD_STAGED / 2);
    claim_taken (2, 9, "other");
    got  = g_string_new (NULL);
    room = 999;
    wireguard_staged_take (&staged, 1, take, NULL);
    g_assert_true (g_str_has_suffix (got->str, "997998999"));
    g_string_free (got, TRUE);
    g_assert_true (wireguard_staged_put (&staged, 3, &byte, 1));
}

static void
whoever_has_most_makes_room (void)
{
    static guint8 large[WIREGUARD_STAGED_BYTES + 1];

    memset (&staged, 0, sizeof staged);
    put (2, "other");
    for (guint i = 0; i < 8; i++)
        g_assert_true (wireguard_staged_put (&staged, 1, large, WIREGUARD_STAGED_BYTES / 8));
    put (3, "new");
    claim_taken (2, 9, "other");
    claim_taken (3, 9, "new");
    g_assert_true (wireguard_staged_has (&staged, 1));
    g_assert_true (wireguard_staged_put (&staged, 1, large, WIREGUARD_STAGED_BYTES));
    g_assert_cmpuint (staged.n, ==, 1);
    g_assert_false (wireguard_staged_put (&staged, 1, large, sizeof large));
}

static void
nothing_is_left_behind (void)
{
    static const guint8 zero[64];

    memset (&staged, 0, sizeof staged);
    put (1, "secret");
    put (2, "other");
    put (1, "secret");
    wireguard_staged_take (&staged, 1, NULL, NULL);
    g_assert_cmpmem (staged.bytes, 5, "other", 5);
    g_assert_cmpmem (staged.bytes + 5, 64, zero, 64);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wireguard/staged/peers-are-served-in-order", peers_are_served_in_order);
    g_test_add_func ("/wireguard/staged/the-newest-are-kept", the_newest_are_kept);
    g_test_add_func ("/wireguard/staged/whoever-has-most-makes-room", whoever_has_most_makes_room);
    g_test_add_func ("/wireguard/staged/nothing-is-left-behind", nothing_is_left_behind);
    return g_test_run ();
}
