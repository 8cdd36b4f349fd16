/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-carrier.c - numbers, acknowledgements and order of PPP frames in GRE. */
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/wire.h"

typedef struct {
    AditLane     lane; /* first: the carrier gives it back */
    AditCarrier *carrier;
    AditBatch    batch;
    guint8       arena[ADIT_BATCH][64];
    guint        emits, agains, says;
    GString     *seen; /* first byte of each frame that passed, in order */
    gboolean     any;
    guint32      last; /* number of the last one */
} Bed;

static gboolean
on_say (AditLane *lane, AditCarrier *carrier, gconstpointer message, gsize size)
{
    (void) carrier;
    (void) message;
    g_assert_cmpuint (size, ==, sizeof (PptpHeard));
    return ++((Bed *) lane)->says > 1; /* the first time the ring is full */
}

static gboolean
on_emit (AditLane *lane, AditCarrier *carrier, gconstpointer body, gsize len)
{
    (void) carrier;
    g_assert_null (body);
    g_assert_cmpuint (len, ==, 0);
    ((Bed *) lane)->emits++;
    return TRUE;
}

static void
on_again (AditLane *lane, AditCarrier *carrier, guint us)
{
    (void) carrier;
    g_assert_cmpuint (us, <=, MAX (PPTP_ACK_US, PPTP_HOLD_US));
    ((Bed *) lane)->agains++;
}

static void
bed_setup (Bed *b, gconstpointer data)
{
    static const PptpCallIds call = { .call = 1, .peer_call = 2 };

    (void) data;
    b->lane          = (AditLane){ .say = on_say, .emit = on_emit, .again = on_again };
    b->carrier       = pptp_carrier_new ();
    b->carrier->lane = &b->lane;
    b->batch.now_us  = 1000000;
    b->seen          = g_string_new (NULL);
    b->carrier->ops->told (b->carrier, &call, sizeof call);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    b->carrier->ops->free (b->carrier);
    g_string_free (b->seen, TRUE);
}

static AditPacket *
put (Bed *b, gsize len)
{
    guint       i = b->batch.n++;
    AditPacket *p = &b->batch.packet[i];

    *p = (AditPacket){ .data = b->arena[i] + 32, .len = (guint32) len, .head = 32 };
    return p;
}

/* A frame of a letter and its number. */
static void
arrives (Bed *b, guint32 number, char letter)
{
    PptpGre     gre  = { .sequenced = TRUE, .call = 1, .sequence = number, .size = 5 };
    gsize       head = pptp_gre_header_size (&gre);
    AditPacket *p    = put (b, head + gre.size);

    pptp_gre_header_encode (p->data, &gre);
    p->data[head] = (guint8) letter;
    adit_poke (p->data + head + 1, 4, number);
}

/* Whatever comes out of it is in order, and nothing comes twice. */
static void
passed (Bed *b, const AditPacket *p)
{
    AditReader r      = adit_reader (p->data, p->len);
    char       letter = (char) adit_get_u8 (&r);
    guint32    number = adit_get_u32 (&r);

    g_assert_true (adit_finish (&r));
    g_assert_true (!b->any || (gint32) (number - b->last) > 0);
    b->any  = TRUE;
    b->last = number;
    g_string_append_c (b->seen, letter);
}

static void
decap (Bed *b)
{
    b->carrier->ops->decap (b->carrier, &b->batch);
    for (guint i = 0; i < b->batch.n; i++)
        if (b->batch.packet[i].verdict == ADIT_PASS)
            passed (b, &b->batch.packet[i]);
    b->batch.n = 0;
}

static AditPacket *
encap (Bed *b, gsize len)
{
    AditPacket *p = put (b, len);

    b->carrier->ops->encap (b->carrier, &b->batch);
    b->batch.n = 0;
    return p;
}

static void
test_order (Bed *b, gconstpointer data)
{
    (void) data;
    arrives (b, 0, 'a');
    arrives (b, 2, 'c');
    arrives (b, 3, 'd');
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "a");
    arrives (b, 5, 'f');
    arrives (b, 1, 'b'); /* frees c and d */
    arrives (b, 2, 'C'); /* late */
    arrives (b, 4, 'e'); /* frees f */
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "abcdef");
}

static void
test_time_limit (Bed *b, gconstpointer data)
{
    (void) data;
    arrives (b, 0, 'a');
    arrives (b, 2, 'c');
    arrives (b, 4, 'e');
    decap (b);
    g_assert_cmpuint (b->agains, >=, 1);
    b->batch.now_us += PPTP_HOLD_US - 1;
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "a");
    b->batch.now_us += 1;
    decap (b); /* an empty batch: b is given up, d gets its own time */
    g_assert_cmpstr (b->seen->str, ==, "ac");
    arrives (b, 1, 'b');
    b->batch.now_us += PPTP_HOLD_US;
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "ace");
}

/* What lies far ahead moves the window: nothing is kept for long, nothing comes out of order. */
static void
test_far_ahead (Bed *b, gconstpointer data)
{
    (void) data;
    arrives (b, 4294967290u, 'a');
    arrives (b, 4294967292u, 'c');
    decap (b);
    arrives (b, 4294967291u + PPTP_HOLD, 'x'); /* beyond the wrap */
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "ac");
    b->batch.now_us += PPTP_HOLD_US;
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "acx");
    arrives (b, 1000000, 'y');
    arrives (b, 999999, 'z');
    decap (b);
    g_assert_cmpstr (b->seen->str, ==, "acxy");
}

static void
test_acknowledgements (Bed *b, gconstpointer data)
{
    AditPacket *p;
    PptpGre     gre;

    (void) data;
    p = encap (b, 1);
    g_assert_true (pptp_gre_decode (p->data, p->len, &gre));
    g_assert_true (gre.sequenced && !gre.acknowledges);
    g_assert_cmpuint (gre.call, ==, 2);
    arrives (b, 0, 'a');
    arrives (b, 1, 'b');
    decap (b);
    g_assert_cmpuint (b->emits, ==, 0);
    p = encap (b, 1); /* carries it along */
    g_assert_true (pptp_gre_decode (p->data, p->len, &gre));
    g_assert_true (gre.sequenced && gre.acknowledges);
    g_assert_cmpuint (gre.sequence, ==, 1);
    g_assert_cmpuint (gre.acknowledgement, ==, 1);
    arrives (b, 2, 'c');
    decap (b);
    b->batch.now_us += PPTP_ACK_US;
    decap (b); /* nothing to ride on */
    g_assert_cmpuint (b->emits, ==, 1);
    p = encap (b, 0);
    g_assert_true (pptp_gre_decode (p->data, p->len, &gre));
    g_assert_true (!gre.sequenced && gre.acknowledges);
    g_assert_cmpuint (gre.acknowledgement, ==, 2);
    p = encap (b, 0); /* said already */
    g_assert_cmpint (p->verdict, ==, ADIT_TAKE);
}

static void
test_many_are_acknowledged_at_once (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint32 i = 0; i < PPTP_ACK_MAX; i++)
        arrives (b, i, 'a');
    decap (b);
    g_assert_cmpuint (b->emits, ==, 1);
}

static void
test_strangers (Bed *b, gconstpointer data)
{
    static const PptpCallIds none = { 0 };
    PptpGre                  gre  = { .sequenced = TRUE, .call = 3, .size = 1 };
    PptpGre     ack = { .acknowledges = TRUE, .call = 1, .acknowledgement = 0xffffffff };
    AditPacket *p   = put (b, pptp_gre_header_size (&gre) + 1);

    (void) data;
    pptp_gre_header_encode (p->data, &gre);
    p = put (b, pptp_gre_header_size (&ack));
    pptp_gre_header_encode (p->data, &ack); /* of what was never sent */
    b->carrier->ops->decap (b->carrier, &b->batch);
    g_assert_cmpint (b->batch.packet[0].drop, ==, ADIT_DROP_POLICY);
    g_assert_cmpint (b->batch.packet[1].verdict, ==, ADIT_TAKE);
    g_assert_cmpuint (b->says, ==, 0);
    b->batch.n = 0;
    b->carrier->ops->told (b->carrier, &none, sizeof none);
    g_assert_cmpint (encap (b, 1)->drop, ==, ADIT_DROP_NO_KEY);
}

/* pptpd's first call has the number zero. */
static void
test_number_zero (Bed *b, gconstpointer data)
{
    static const PptpCallIds call = { .call = 1, .peer_call = 0 };
    PptpGre                  gre;
    AditPacket              *p;

    (void) data;
    b->carrier->ops->told (b->carrier, &call, sizeof call);
    p = encap (b, 1);
    g_assert_cmpint (p->verdict, ==, ADIT_PASS);
    g_assert_true (pptp_gre_decode (p->data, p->len, &gre));
    g_assert_cmpuint (gre.call, ==, 0);
}

static void
test_heard (Bed *b, gconstpointer data)
{
    (void) data;
    for (guint32 i = 0; i < 4; i++) {
        arrives (b, i, 'a');
        decap (b);
    }
    g_assert_cmpuint (b->says, ==, 2); /* again after the full ring, then never */
}

/* Random numbers, near and far, in batches. */
static void
test_storm (Bed *b, gconstpointer data)
{
    GRand  *rand = g_rand_new_with_seed (7);
    guint32 base = 0;

    (void) data;
    for (guint round = 0; round < 20000; round++) {
        guint n = (guint) g_rand_int_range (rand, 0, 64);

        for (guint i = 0; i < n; i++)
            arrives (b, base + (guint32) g_rand_int_range (rand, -40, 80), 'a');
        base += (guint32) g_rand_int_range (rand, 0, 60);
        if (round % 1000 == 0)
            base += 1u << 30;
        b->batch.now_us += g_rand_int_range (rand, 0, 40000);
        decap (b);
        g_string_truncate (b->seen, 0);
    }
    g_rand_free (rand);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/pptp/carrier/" name, Bed, NULL, bed_setup, fn, bed_teardown)
    ADD ("frames-pass-in-order", test_order);
    ADD ("what-is-missing-is-not-waited-for-long", test_time_limit);
    ADD ("the-window-moves", test_far_ahead);
    ADD ("acknowledgements-ride-along-or-go-alone", test_acknowledgements);
    ADD ("many-are-acknowledged-at-once", test_many_are_acknowledged_at_once);
    ADD ("strangers-and-absurd-acknowledgements", test_strangers);
    ADD ("a-peers-call-may-be-number-zero", test_number_zero);
    ADD ("the-first-packet-is-told", test_heard);
    ADD ("a-storm-of-numbers", test_storm);
    return g_test_run ();
}
