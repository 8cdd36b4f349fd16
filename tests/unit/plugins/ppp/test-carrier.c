/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The carrier `ppp` alone. */
#include "plugins/ppp/ppp.h"
#include "plugins/ppp/wire.h"

enum { ROOM = 16 };

static AditCarrier *carrier;

static void
with (PppOpen open)
{
    if (carrier)
        carrier->ops->free (carrier);
    carrier = adit_ppp_carrier_new ();
    carrier->ops->told (carrier, &open, sizeof open);
}

static AditPacket
run (gboolean out, const guint8 *data, gsize len, guint8 *buf)
{
    g_autofree AditBatch *batch = g_new0 (AditBatch, 1);

    memcpy (buf + ROOM, data, len);
    batch->n         = 1;
    batch->packet[0] = (AditPacket){ .data = buf + ROOM, .len = (guint32) len, .head = ROOM };
    if (out)
        carrier->ops->encap (carrier, batch);
    else
        carrier->ops->decap (carrier, batch);
    return batch->packet[0];
}

static const guint8 ipv4[20] = { 0x45, 0, 0, 20 };
static const guint8 ipv6[40] = { 0x60 };

static void
header_of_every_length (void)
{
    static const struct {
        gboolean pfc, acfc;
        guint8   len, header[4];
    } cases[] = { { FALSE, FALSE, 4, { 0xff, 3, 0, 0x21 } },
                  { FALSE, TRUE, 2, { 0, 0x21 } },
                  { TRUE, FALSE, 3, { 0xff, 3, 0x21 } },
                  { TRUE, TRUE, 1, { 0x21 } } };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        guint8     buf[128], again[128];
        AditPacket p, q;

        with ((PppOpen){ .ipv4 = TRUE, .pfc = cases[i].pfc, .acfc = cases[i].acfc, .mtu = 1400 });
        p = run (TRUE, ipv4, sizeof ipv4, buf);
        g_assert_cmpint (p.verdict, ==, ADIT_PASS);
        g_assert_cmpmem (p.data, p.len - sizeof ipv4, cases[i].header, cases[i].len);
        q = run (FALSE, p.data, p.len, again);
        g_assert_cmpint (q.verdict, ==, ADIT_PASS);
        g_assert_cmpmem (q.data, q.len, ipv4, sizeof ipv4);
    }
}

static void
nothing_passes_a_closed_network (void)
{
    guint8     buf[128];
    AditPacket p;

    with ((PppOpen){ .ipv6 = TRUE, .mtu = 1400 });
    p = run (TRUE, ipv4, sizeof ipv4, buf);
    g_assert_cmpint (p.verdict, ==, ADIT_DROP);
    g_assert_cmpint (p.drop, ==, ADIT_DROP_NO_KEY);
    p = run (FALSE, (const guint8 *) "\xff\x03\x00\x21\x45\x00\x00\x14................", 24, buf);
    g_assert_cmpint (p.verdict, ==, ADIT_DROP);
    g_assert_cmpint (run (TRUE, ipv6, sizeof ipv6, buf).verdict, ==, ADIT_PASS);
}

static void
control_frames_are_punted_whole (void)
{
    static const guint8 lcp[] = { 0xff, 3, 0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4 };
    guint8              buf[128];
    AditPacket          p;

    with ((PppOpen){ 0 });
    p = run (FALSE, lcp, sizeof lcp, buf);
    g_assert_cmpint (p.verdict, ==, ADIT_PUNT);
    g_assert_cmpmem (p.data, p.len, lcp, sizeof lcp);
}

static void
padding_is_cut_off (void)
{
    guint8     frame[60] = { 0x21, 0x45, 0, 0, 20 }, buf[128];
    AditPacket p;

    with ((PppOpen){ .ipv4 = TRUE, .mtu = 1400 });
    p = run (FALSE, frame, sizeof frame, buf);
    g_assert_cmpint (p.verdict, ==, ADIT_PASS);
    g_assert_cmpuint (p.len, ==, 20);
}

static void
what_is_no_packet_is_dropped (void)
{
    static const struct {
        guint8 len, bytes[24];
    } cases[] = { { 0, { 0 } },
                  { 1, { 0xff } },
                  { 2, { 0xff, 3 } },
                  { 3, { 0xff, 3, 0 } },
                  { 2, { 0x00, 0x20 } },            /* an even protocol */
                  { 1, { 0x21 } },                  /* nothing behind */
                  { 5, { 0x21, 0x45, 0, 0, 20 } },  /* longer than it is */
                  { 21, { 0x21, 0x45, 0, 0, 19 } }, /* shorter than its header */
                  { 21, { 0x21, 0x65, 0, 0, 20 } }, /* of another version */
                  { 21, { 0x57, 0x60 } } };
    guint8 buf[128];

    with ((PppOpen){ .ipv4 = TRUE, .ipv6 = TRUE, .mtu = 1400 });
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        g_assert_cmpint (run (FALSE, cases[i].bytes, cases[i].len, buf).verdict, ==, ADIT_DROP);
    g_assert_cmpint (run (TRUE, (const guint8 *) "", 0, buf).verdict, ==, ADIT_DROP);
    g_assert_cmpint (run (TRUE, (const guint8 *) "\x15...", 4, buf).verdict, ==, ADIT_DROP);
}

static void
too_big_is_said_so (void)
{
    guint8     buf[128];
    AditPacket p;

    with ((PppOpen){ .ipv4 = TRUE, .mtu = 19 });
    p = run (TRUE, ipv4, sizeof ipv4, buf);
    g_assert_cmpint (p.verdict, ==, ADIT_DROP);
    g_assert_cmpint (p.drop, ==, ADIT_DROP_TOO_BIG);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/carrier/header-of-every-length", header_of_every_length);
    g_test_add_func ("/ppp/carrier/nothing-passes-a-closed-network",
                     nothing_passes_a_closed_network);
    g_test_add_func ("/ppp/carrier/control-frames-are-punted-whole",
                     control_frames_are_punted_whole);
    g_test_add_func ("/ppp/carrier/padding-is-cut-off", padding_is_cut_off);
    g_test_add_func ("/ppp/carrier/what-is-no-packet-is-dropped", what_is_no_packet_is_dropped);
    g_test_add_func ("/ppp/carrier/too-big-is-said-so", too_big_is_said_so);
    status = g_test_run ();
    carrier->ops->free (carrier);
    return status;
}
