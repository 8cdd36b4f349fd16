/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The carrier `mppe` alone: two of them, key in key, with packets lost and swapped between. */
#include "client/crypto/legacy.h"
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/wire.h"

enum { ROOM = 128, LENGTH = 64, LONGEST = 2048 };

typedef struct {
    AditLane     lane;
    AditCarrier *a, *b; /* a's out is b's in */
    guint        said;
    gint64       now_us;
} Pair;

static gboolean
say (AditLane *lane, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer message G_GNUC_UNUSED,
     gsize size)
{
    g_assert_cmpuint (size, ==, sizeof (MppeLost));
    ((Pair *) lane)->said++;
    return TRUE;
}

static void
tell_keys (Pair *p, gboolean stateless, guint8 bits)
{
    MppeTell tell = {
        .what = MPPE_KEYS, .stateless_out = stateless, .stateless_in = stateless, .bits = bits
    };

    memset (tell.out, 0x11, sizeof tell.out);
    memset (tell.in, 0x22, sizeof tell.in);
    p->a->ops->told (p->a, &tell, sizeof tell);
    memset (tell.out, 0x22, sizeof tell.out);
    memset (tell.in, 0x11, sizeof tell.in);
    p->b->ops->told (p->b, &tell, sizeof tell);
}

static Pair *
pair_new (gboolean required)
{
    Pair *p = g_new0 (Pair, 1);

    p->lane.say = say;
    p->a        = adit_mppe_carrier_new (required);
    p->b        = adit_mppe_carrier_new (required);
    p->a->lane = p->b->lane = &p->lane;
    return p;
}

static void
pair_free (Pair *p)
{
    p->a->ops->free (p->a);
    p->b->ops->free (p->b);
    g_free (p);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

typedef struct {
    guint8 buf[ROOM + LONGEST];
    gsize  len;
} Wire;

static AditVerdict
out (AditCarrier *c, const guint8 *frame, gsize len, Wire *wire)
{
    g_autofree AditBatch *batch = g_new0 (AditBatch, 1);
    AditPacket           *p     = &batch->packet[0];

    g_assert (len <= LONGEST);
    memcpy (wire->buf + ROOM, frame, len);
    batch->n = 1;
    *p       = (AditPacket){ .data = wire->buf + ROOM, .len = (guint32) len, .head = c->ops->head };
    c->ops->encap (c, batch);
    memmove (wire->buf, p->data, p->len);
    wire->len = p->len;
    return (AditVerdict) p->verdict;
}

static AditVerdict
in (Pair *pair, AditCarrier *c, const Wire *wire, guint8 *frame, gsize *len)
{
    g_autofree AditBatch *batch = g_new0 (AditBatch, 1);
    AditPacket           *p     = &batch->packet[0];

    memcpy (frame, wire->buf, wire->len);
    batch->n      = 1;
    batch->now_us = pair->now_us;
    *p            = (AditPacket){ .data = frame, .len = (guint32) wire->len };
    c->ops->decap (c, batch);
    memmove (frame, p->data, p->len);
    *len = p->len;
    return (AditVerdict) p->verdict;
}

/* FF 03 00 21 and a body that tells the number. */
static void
make_frame (guint8 frame[LENGTH], guint number)
{
    static const guint8 head[] = { 0xff, 0x03, 0x00, 0x21 };

    memset (frame, (guint8) number, LENGTH);
    memcpy (frame, head, sizeof head);
    adit_poke (frame + 4, 4, 0x45000000 + LENGTH - 4);
    adit_poke (frame + 8, 4, number);
}

static AditVerdict
seal (Pair *p, guint number, Wire *wire)
{
    guint8 frame[LENGTH];

    make_frame (frame, number);
    return out (p->a, frame, sizeof frame, wire);
}

/* Opens it, and insists that it is that number when it opens at all. */
static gboolean
opens (Pair *p, const Wire *wire, guint number)
{
    guint8 frame[LONGEST], expected[LENGTH];
    gsize  len;

    if (in (p, p->b, wire, frame, &len) != ADIT_PASS)
        return FALSE;
    make_frame (expected, number);
    g_assert_cmpmem (frame, len, expected + 2, LENGTH - 2);
    return TRUE;
}

static const guint8 lengths[] = { 40, 56, 128 };

static void
carries_ten_thousand (void)
{
    for (guint i = 0; i < 2 * G_N_ELEMENTS (lengths); i++) {
        g_autoptr (Pair) p = pair_new (TRUE);
        Wire wire;

        tell_keys (p, i & 1, lengths[i / 2]);
        for (guint n = 0; n < 10000; n++) {
            g_assert_cmpint (seal (p, n, &wire), ==, ADIT_PASS);
            g_assert_cmpuint (wire.len, ==, LENGTH + MPPE_OVERHEAD);
            g_assert_true (opens (p, &wire, n));
        }
        g_assert_cmpuint (p->said, ==, 0);
    }
}

/* RFC 3078 3.1: FF 03 00 FD, count with its bits, and the flag packet of stateful mode. */
static void
looks_as_the_rfc_says (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire wire;

    tell_keys (p, TRUE, 128);
    seal (p, 0, &wire);
    g_assert_cmpmem (wire.buf, 6, ((guint8[]){ 0xff, 0x03, 0x00, 0xfd, 0x90, 0x00 }), 6);
    tell_keys (p, FALSE, 128);
    for (guint n = 0; n < 300; n++) {
        seal (p, n, &wire);
        g_assert_cmpuint (wire.buf[4] << 8 | wire.buf[5], ==, n + (n == 255 ? 0x9000 : 0x1000));
    }
}

static void
stateless_survives_loss (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    guint passed       = 0;
    Wire  wire;

    tell_keys (p, TRUE, 128);
    for (guint n = 0; n < 20000; n++) {
        seal (p, n, &wire);
        if (g_test_rand_int_range (0, 3)) {
            g_assert_true (opens (p, &wire, n));
            passed++;
        }
    }
    g_assert_cmpuint (passed, >, 10000);
    g_assert_cmpuint (p->said, ==, 0);
}

static void
stateless_drops_copies_and_latecomers (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire first, second, third;

    tell_keys (p, TRUE, 128);
    seal (p, 1, &first);
    seal (p, 2, &second);
    seal (p, 3, &third);
    g_assert_true (opens (p, &second, 2));
    g_assert_false (opens (p, &first, 1));
    g_assert_false (opens (p, &second, 2));
    g_assert_true (opens (p, &third, 3));
}

/* Somebody guesses at counts; the peer's next packet still opens. */
static void
forged_counts_do_not_put_us_ahead (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire wire;

    tell_keys (p, TRUE, 128);
    for (guint n = 0; n < 200; n++) {
        Wire   forged;
        guint8 frame[LONGEST];
        gsize  len;

        seal (p, n, &forged);
        wire = forged;
        adit_poke (forged.buf + 4, 2,
                   0x9000 | ((n + 2 + (guint) g_test_rand_int_range (0, 2000)) & 0xfff));
        g_assert_cmpint (in (p, p->b, &forged, frame, &len), ==, ADIT_DROP);
        g_assert_true (opens (p, &wire, n));
    }
}

/* A lost packet stops all until the peer flushes, whatever was lost and however long it takes. */
static void
stateful_recovers_by_a_reset (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire  wire;
    guint passed = 0, resets = 0;

    tell_keys (p, FALSE, 128);
    for (guint n = 0; n < 20000; n++) {
        guint said = p->said;

        p->now_us += 100000;
        seal (p, n, &wire);
        if (g_test_rand_int_range (0, 200) == 0)
            continue;
        passed += opens (p, &wire, n);
        if (p->said > said && g_test_rand_int_range (0, 2)) {
            p->a->ops->told (p->a, &(MppeTell){ .what = MPPE_RESET }, sizeof (MppeTell));
            resets++;
        }
    }
    g_assert_cmpuint (resets, >, 20);
    g_assert_cmpuint (passed, >, 15000);
}

/* Asks once a second, not for each packet. */
static void
stateful_asks_in_moderation (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire wire;

    tell_keys (p, FALSE, 128);
    seal (p, 0, &wire);
    for (guint n = 1; n < 100; n++) {
        seal (p, n, &wire);
        g_assert_false (opens (p, &wire, n));
        p->now_us += 50000;
    }
    g_assert_cmpuint (p->said, ==, 5);
}

/* A new loss is told at once, though the last was told a moment ago. */
static void
stateful_asks_for_each_loss (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);
    Wire wire;

    tell_keys (p, FALSE, 128);
    for (guint n = 0; n < 40; n++) {
        guint said = p->said;

        p->now_us += 30000;
        seal (p, n, &wire);
        if (n % 4 == 1)
            continue;
        g_assert_cmpint (opens (p, &wire, n), ==, n % 4 != 2);
        g_assert_cmpuint (p->said, ==, said + (n % 4 == 2));
        if (n % 4 == 2)
            p->a->ops->told (p->a, &(MppeTell){ .what = MPPE_RESET }, sizeof (MppeTell));
    }
}

static void
nothing_passes_in_the_clear (void)
{
    g_autoptr (Pair) p                 = pair_new (TRUE);
    static const guint8 short_header[] = { 0x21, 0x45, 0, 0, 20 };
    guint8              frame[LONGEST];
    gsize               len;
    Wire                wire;

    g_assert_cmpint (seal (p, 1, &wire), ==, ADIT_DROP);
    g_assert_false (opens (p, &wire, 1));
    tell_keys (p, TRUE, 128);
    make_frame (wire.buf, 7);
    wire.len = LENGTH;
    g_assert_cmpint (in (p, p->b, &wire, frame, &len), ==, ADIT_DROP);
    memcpy (wire.buf, short_header, sizeof short_header);
    wire.len = sizeof short_header;
    g_assert_cmpint (in (p, p->b, &wire, frame, &len), ==, ADIT_DROP);
    p->a->ops->told (p->a, &(MppeTell){ .what = MPPE_OFF }, sizeof (MppeTell));
    g_assert_cmpint (seal (p, 1, &wire), ==, ADIT_DROP);
}

/* Control frames, and data where MPPE is neither agreed nor required. */
static void
the_rest_passes_untouched (void)
{
    g_autoptr (Pair) strict   = pair_new (TRUE);
    g_autoptr (Pair) lenient  = pair_new (FALSE);
    static const guint8 lcp[] = { 0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4 };
    Wire                wire;

    tell_keys (strict, TRUE, 128);
    g_assert_cmpint (out (strict->a, lcp, sizeof lcp, &wire), ==, ADIT_PASS);
    g_assert_cmpmem (wire.buf, wire.len, lcp, sizeof lcp);
    g_assert_cmpint (seal (lenient, 5, &wire), ==, ADIT_PASS);
    g_assert_cmpuint (wire.len, ==, LENGTH);
}

static void
rubbish_is_dropped (void)
{
    g_autoptr (Pair) p = pair_new (TRUE);

    tell_keys (p, TRUE, 128);
    for (guint n = 0; n < 20000; n++) {
        guint8 frame[LONGEST];
        gsize  len;
        Wire   wire;

        wire.len = (gsize) g_test_rand_int_range (0, 12);
        for (gsize i = 0; i < wire.len; i++)
            wire.buf[i] = (guint8) g_test_rand_int ();
        if (wire.len > 2 && (n & 1)) {
            wire.buf[0] = 0x00;
            wire.buf[1] = 0xfd;
        }
        if (in (p, p->b, &wire, frame, &len) == ADIT_PASS)
            g_assert_cmpuint (len, >, 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    if (!adit_legacy_start ()) {
        g_print ("1..0 # SKIP no legacy provider in this OpenSSL\n");
        return 0;
    }
    g_test_add_func ("/ppp/mppe/carries-ten-thousand", carries_ten_thousand);
    g_test_add_func ("/ppp/mppe/looks-as-the-rfc-says", looks_as_the_rfc_says);
    g_test_add_func ("/ppp/mppe/stateless-survives-loss", stateless_survives_loss);
    g_test_add_func ("/ppp/mppe/stateless-drops-copies-and-latecomers",
                     stateless_drops_copies_and_latecomers);
    g_test_add_func ("/ppp/mppe/forged-counts-do-not-put-us-ahead",
                     forged_counts_do_not_put_us_ahead);
    g_test_add_func ("/ppp/mppe/stateful-recovers-by-a-reset", stateful_recovers_by_a_reset);
    g_test_add_func ("/ppp/mppe/stateful-asks-in-moderation", stateful_asks_in_moderation);
    g_test_add_func ("/ppp/mppe/stateful-asks-for-each-loss", stateful_asks_for_each_loss);
    g_test_add_func ("/ppp/mppe/nothing-passes-in-the-clear", nothing_passes_in_the_clear);
    g_test_add_func ("/ppp/mppe/the-rest-passes-untouched", the_rest_passes_untouched);
    g_test_add_func ("/ppp/mppe/rubbish-is-dropped", rubbish_is_dropped);
    return g_test_run ();
}
