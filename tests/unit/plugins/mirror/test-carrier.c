/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-carrier.c - verdicts on batches, and what the carrier says. */
#include "plugins/mirror/wire.h"

static guint       said;
static MirrorHeard last_heard;
static gboolean    ring_full;

static gboolean
on_say (AditLane *lane G_GNUC_UNUSED, AditCarrier *carrier G_GNUC_UNUSED, gconstpointer message,
        gsize size)
{
    g_assert_cmpuint (size, ==, sizeof last_heard);
    if (ring_full)
        return FALSE;
    memcpy (&last_heard, message, size);
    said++;
    return TRUE;
}

static AditLane lane = { .say = on_say };

static AditCarrier *
carrier_told (guint16 mtu)
{
    AditCarrier *c      = mirror_carrier_new ();
    MirrorListen listen = { mtu };

    c->lane   = &lane;
    said      = 0;
    ring_full = FALSE;
    c->ops->told (c, &listen, sizeof listen);
    return c;
}

/* One packet, with the room that a path gives. */
static AditBatch *
batch_of (gconstpointer body, gsize len)
{
    static AditBatch batch;
    static guint8    arena[4096];

    memcpy (arena + ADIT_HEADROOM, body, len);
    batch.n         = 1;
    batch.packet[0] = (AditPacket){ .data = arena + ADIT_HEADROOM,
                                    .len  = (guint32) len,
                                    .head = ADIT_HEADROOM,
                                    .tail = ADIT_TAILROOM };
    return &batch;
}

static const AditPacket *
decapped (AditCarrier *c, gconstpointer body, gsize len)
{
    AditBatch *batch = batch_of (body, len);

    c->ops->decap (c, batch);
    return &batch->packet[0];
}

static void
what_goes_in_comes_out (void)
{
    AditCarrier *c     = carrier_told (1400);
    AditBatch   *batch = batch_of ("hello", 5);
    AditPacket  *p     = &batch->packet[0];

    c->ops->encap (c, batch);
    g_assert_cmpmem (p->data, p->len, "\3\0\5hello", 8);
    g_assert_cmpint (p->verdict, ==, ADIT_PASS);
    c->ops->decap (c, batch);
    g_assert_cmpmem (p->data, p->len, "hello", 5);
    g_assert_cmpint (p->verdict, ==, ADIT_PASS);
    c->ops->free (c);
}

static void
nothing_passes_before_it_is_told (void)
{
    AditCarrier *c     = mirror_carrier_new ();
    AditBatch   *batch = batch_of ("hello", 5);

    c->lane = &lane;
    c->ops->encap (c, batch);
    g_assert_cmpint (batch->packet[0].verdict, ==, ADIT_DROP);
    g_assert_cmpint (batch->packet[0].drop, ==, ADIT_DROP_NO_KEY);
    g_assert_cmpint (decapped (c, "\3\0\5hello", 8)->drop, ==, ADIT_DROP_NO_KEY);
    c->ops->free (c);
}

static void
what_is_longer_than_the_mtu_is_dropped (void)
{
    AditCarrier *c     = carrier_told (4);
    AditBatch   *batch = batch_of ("hello", 5);

    c->ops->encap (c, batch);
    g_assert_cmpint (batch->packet[0].verdict, ==, ADIT_DROP);
    g_assert_cmpint (batch->packet[0].drop, ==, ADIT_DROP_TOO_BIG);
    c->ops->free (c);
}

static void
what_is_not_data_is_punted_whole (void)
{
    AditCarrier      *c = carrier_told (1400);
    const AditPacket *p = decapped (c, "\5\0\0", 3);

    g_assert_cmpint (p->verdict, ==, ADIT_PUNT);
    g_assert_cmpmem (p->data, p->len, "\5\0\0", 3);
    c->ops->free (c);
}

static void
a_length_that_lies_is_dropped (void)
{
    AditCarrier *c = carrier_told (1400);

    g_assert_cmpint (decapped (c, "\3\0\6hello", 8)->drop, ==, ADIT_DROP_SHORT);
    g_assert_cmpint (decapped (c, "\3\0\4hello", 8)->drop, ==, ADIT_DROP_SHORT);
    g_assert_cmpint (decapped (c, "\3\0", 2)->verdict, ==, ADIT_DROP);
    g_assert_cmpint (decapped (c, "", 0)->verdict, ==, ADIT_DROP);
    c->ops->free (c);
}

static void
packets_already_judged_are_left_alone (void)
{
    AditCarrier *c     = carrier_told (1400);
    AditBatch   *batch = batch_of ("hello", 5);

    adit_packet_drop (&batch->packet[0], ADIT_DROP_POLICY);
    c->ops->encap (c, batch);
    g_assert_cmpmem (batch->packet[0].data, batch->packet[0].len, "hello", 5);
    g_assert_cmpint (batch->packet[0].drop, ==, ADIT_DROP_POLICY);
    c->ops->free (c);
}

static void
it_says_once_that_it_heard (void)
{
    AditCarrier *c = carrier_told (1400);

    decapped (c, "\5\0\0", 3);
    g_assert_cmpuint (said, ==, 0);
    decapped (c, "\3\0\1x", 4);
    decapped (c, "\3\0\1x", 4);
    g_assert_cmpuint (said, ==, 1);
    g_assert_cmpuint (last_heard.packets, ==, 1);
    c->ops->free (c);
}

static void
a_full_ring_is_tried_again (void)
{
    AditCarrier *c = carrier_told (1400);

    ring_full = TRUE;
    decapped (c, "\3\0\1x", 4);
    g_assert_cmpuint (said, ==, 0);
    ring_full = FALSE;
    decapped (c, "\3\0\1x", 4);
    g_assert_cmpuint (said, ==, 1);
    g_assert_cmpuint (last_heard.packets, ==, 2);
    c->ops->free (c);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/mirror/carrier/what-goes-in-comes-out", what_goes_in_comes_out);
    g_test_add_func ("/mirror/carrier/nothing-passes-before-it-is-told",
                     nothing_passes_before_it_is_told);
    g_test_add_func ("/mirror/carrier/what-is-longer-than-the-mtu-is-dropped",
                     what_is_longer_than_the_mtu_is_dropped);
    g_test_add_func ("/mirror/carrier/what-is-not-data-is-punted-whole",
                     what_is_not_data_is_punted_whole);
    g_test_add_func ("/mirror/carrier/a-length-that-lies-is-dropped",
                     a_length_that_lies_is_dropped);
    g_test_add_func ("/mirror/carrier/packets-already-judged-are-left-alone",
                     packets_already_judged_are_left_alone);
    g_test_add_func ("/mirror/carrier/it-says-once-that-it-heard", it_says_once_that_it_heard);
    g_test_add_func ("/mirror/carrier/a-full-ring-is-tried-again", a_full_ring_is_tried_again);
    return g_test_run ();
}
