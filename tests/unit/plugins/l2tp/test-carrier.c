/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-carrier.c - data messages: the header, whose they are, and numbers. */
#include "plugins/l2tp/carrier.h"
#include "plugins/l2tp/wire.h"

static const L2tpSession session = {
    .tunnel = 1, .session = 2, .peer_tunnel = 3, .peer_session = 4
};

typedef struct {
    AditCarrier *carrier;
    AditBatch    batch;
    guint8       arena[4][256];
} Bed;

static void
bed_setup (Bed *b, gconstpointer data)
{
    (void) data;
    b->carrier = l2tp_carrier_new ();
    b->carrier->ops->told (b->carrier, &session, sizeof session);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    b->carrier->ops->free (b->carrier);
}

static AditPacket *
put (Bed *b, const guint8 *bytes, gsize len)
{
    guint       i = b->batch.n++;
    AditPacket *p = &b->batch.packet[i];

    *p = (AditPacket){ .data = b->arena[i] + 64, .len = (guint32) len, .head = 64, .tail = 64 };
    memcpy (p->data, bytes, len);
    return p;
}

static void
run (Bed *b, gboolean out)
{
    if (out)
        b->carrier->ops->encap (b->carrier, &b->batch);
    else
        b->carrier->ops->decap (b->carrier, &b->batch);
    b->batch.n = 0;
}

static AditPacket *
data_in (Bed *b, gboolean numbered, guint16 ns, guint16 tunnel, guint16 id)
{
    guint8     bytes[16];
    AditWriter w = adit_writer (bytes, sizeof bytes);

    adit_put_u16 (&w, (guint16) (L2TP_VERSION | (numbered ? L2TP_S : 0)));
    adit_put_u16 (&w, tunnel);
    adit_put_u16 (&w, id);
    if (numbered) {
        adit_put_u16 (&w, ns);
        adit_put_u16 (&w, 0);
    }
    adit_put_u16 (&w, 0xff03);
    return put (b, bytes, adit_length (&w));
}

static void
test_out (Bed *b, gconstpointer data)
{
    static const guint8 expected[] = { 0x00, 0x02, 0, 3, 0, 4, 0xff, 0x03 };
    AditPacket         *p          = put (b, (const guint8 *) "\xff\x03", 2);

    (void) data;
    run (b, TRUE);
    g_assert_cmpint (p->verdict, ==, ADIT_PASS);
    g_assert_cmpmem (p->data, p->len, expected, sizeof expected);
}

static void
test_in (Bed *b, gconstpointer data)
{
    AditPacket *ours   = data_in (b, FALSE, 0, 1, 2);
    AditPacket *tunnel = data_in (b, FALSE, 0, 2, 2);
    AditPacket *other  = data_in (b, FALSE, 0, 1, 3);
    AditPacket *cut    = put (b, (const guint8 *) "\x00\x02\x00", 3);

    (void) data;
    run (b, FALSE);
    g_assert_cmpint (ours->verdict, ==, ADIT_PASS);
    g_assert_cmpmem (ours->data, ours->len, "\xff\x03", 2);
    g_assert_cmpint (tunnel->drop, ==, ADIT_DROP_POLICY);
    g_assert_cmpint (other->drop, ==, ADIT_DROP_POLICY);
    g_assert_cmpint (cut->verdict, ==, ADIT_DROP);
    g_assert_cmpint (cut->drop, ==, ADIT_DROP_SHORT);
}

static void
test_control (Bed *b, gconstpointer data)
{
    guint8      bytes[L2TP_CONTROL_HEADER];
    L2tpHeader  header = { .tunnel = 1 };
    AditPacket *p;

    (void) data;
    l2tp_control_header_encode (bytes, &header);
    p = put (b, bytes, sizeof bytes);
    run (b, FALSE);
    g_assert_cmpint (p->verdict, ==, ADIT_PUNT);
    g_assert_cmpmem (p->data, p->len, bytes, sizeof bytes);
}

static void
test_no_session (Bed *b, gconstpointer data)
{
    static const L2tpSession none = { 0 };
    AditPacket              *in, *out;

    (void) data;
    b->carrier->ops->told (b->carrier, &none, sizeof none);
    in = data_in (b, FALSE, 0, 0, 0); /* not even with ids of zero */
    run (b, FALSE);
    g_assert_cmpint (in->drop, ==, ADIT_DROP_POLICY);
    out = put (b, (const guint8 *) "x", 1);
    run (b, TRUE);
    g_assert_cmpint (out->drop, ==, ADIT_DROP_NO_KEY);
}

/* RFC 2661 5.4: the LNS decides, at any time; what is late is dropped, what is lost is not waited
 * for. */
static void
test_numbers (Bed *b, gconstpointer data)
{
    static const struct {
        guint16  ns;
        gboolean passes;
    } cases[] = { { 65534, TRUE }, { 65535, TRUE }, { 65535, FALSE }, { 0, TRUE },
                  { 5, TRUE },     { 3, FALSE },    { 6, TRUE } };
    AditPacket *p;

    (void) data;
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        p = data_in (b, TRUE, cases[i].ns, 1, 2);
        run (b, FALSE);
        g_assert_cmpint (p->verdict, ==, cases[i].passes ? ADIT_PASS : ADIT_DROP);
    }
    for (guint16 i = 0; i < 3; i++) {
        p = put (b, (const guint8 *) "x", 1);
        run (b, TRUE);
        g_assert_cmpuint (p->len, ==, L2TP_DATA_HEADER + L2TP_DATA_SEQUENCE + 1);
        g_assert_cmpint (p->data[0], ==, 0x08);
        g_assert_cmpint (p->data[7], ==, i);
    }
    data_in (b, FALSE, 0, 1, 2);
    run (b, FALSE);
    p = put (b, (const guint8 *) "x", 1);
    run (b, TRUE);
    g_assert_cmpuint (p->len, ==, L2TP_DATA_HEADER + 1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/l2tp/carrier/" name, Bed, NULL, bed_setup, fn, bed_teardown)
    ADD ("a-frame-goes-out-with-the-peers-ids", test_out);
    ADD ("only-our-session-comes-in", test_in);
    ADD ("control-messages-go-up-whole", test_control);
    ADD ("nothing-passes-without-a-session", test_no_session);
    ADD ("the-lns-decides-about-numbers", test_numbers);
    return g_test_run ();
}
