/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-reliable.c - two control channels over a wire that loses, doubles and delays: everything
 * arrives once and in order, nothing is sent for ever, and absurd numbers do no harm. */
#include "plugins/l2tp/reliable.h"
#include "tests/lib/fakehost.h"

typedef struct {
    FakeHost    *host;
    AditEndpoint peer;
    L2tpReliable reliable;
    AditLink    *link;
    GArray      *got; /* guint32 */
    guint        silent, zlbs, datagrams;
} End;

static void
on_output (gpointer user, AditPacket *packet)
{
    End *e = user;

    e->datagrams++;
    e->zlbs += packet->len == L2TP_CONTROL_HEADER;
    e->host->base.verbs->send (e->link, &e->peer, packet);
}

static void
on_message (gpointer user, guint16 session, const guint8 *body, gsize size)
{
    End       *e = user;
    AditReader r = adit_reader (body, size);
    guint32    n = adit_get_u32 (&r);

    g_assert_true (adit_finish (&r));
    g_assert_cmpuint (session, ==, n % 7);
    g_array_append_val (e->got, n);
}

static void
on_silent (gpointer user)
{
    ((End *) user)->silent++;
}

static const L2tpReliableEvents events = { on_output, on_message, on_silent };

static void
on_ready (gpointer user, guint16 local_port)
{
    (void) user;
    (void) local_port;
}

static void
on_recv (gpointer user, const AditEndpoint *from, AditPacket *packet)
{
    End       *e = user;
    L2tpHeader header;

    (void) from;
    if (l2tp_header_decode (packet->data, packet->len, &header) && header.control)
        l2tp_reliable_receive (&e->reliable, &header);
    adit_packet_free (packet);
}

static void
on_lost (gpointer user, GError *cause)
{
    (void) user;
    g_error_free (cause);
}

static const AditLinkEvents link_events = { .ready = on_ready, .recv = on_recv, .lost = on_lost };

static void
end_init (End *e, FakeWire *wire, const char *name, const char *at, const char *peer)
{
    const AditLinkSpec spec = {
        .kind = ADIT_LINK_UDP, .server = peer, .port = L2TP_PORT, .local_port = L2TP_PORT
    };

    *e      = (End){ .host = fake_host_new (wire, name, at) };
    e->got  = g_array_new (FALSE, FALSE, sizeof (guint32));
    e->link = e->host->base.verbs->link (&e->host->base, &spec, &link_events, e);
    l2tp_reliable_init (&e->reliable, &e->host->base, &events, e);
    l2tp_reliable_set_peer (&e->reliable, 1, L2TP_WINDOW);
}

static void
end_clear (End *e)
{
    l2tp_reliable_clear (&e->reliable);
    e->host->base.verbs->unlink (e->link);
    fake_host_free (e->host);
    g_array_unref (e->got);
}

static gboolean
send_number (End *e, guint32 n)
{
    AditPacket *p = adit_packet_new (NULL, 4);

    adit_poke (p->data, 4, n);
    return l2tp_reliable_send (&e->reliable, (guint16) (n % 7), p);
}

static void
expect_all (const End *e, guint32 n)
{
    g_assert_cmpuint (e->got->len, ==, n);
    for (guint32 i = 0; i < n; i++)
        g_assert_cmpuint (g_array_index (e->got, guint32, i), ==, i);
}

/* ---- two ends ---- */

static void
test_in_order_once (void)
{
    guint gave_up = 0;

    for (guint64 seed = 1; seed <= 300; seed++) {
        g_autoptr (FakeWire) wire = fake_wire_new (seed);
        End   a, b;
        guint n = 1 + (guint) (seed % 50);

        wire->weather = (FakeWeather){ .loss      = 300,
                                       .duplicate = 100,
                                       .late      = 200,
                                       .delay_us  = 20000,
                                       .jitter_us = 5000,
                                       .late_us   = 400000 };
        end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
        end_init (&b, wire, "b", "192.0.2.2:1701", "192.0.2.1:1701");
        for (guint32 i = 0; i < n; i++)
            g_assert_true (send_number (&a, i));
        for (guint32 i = 0; i < seed % 3; i++)
            g_assert_true (send_number (&b, i));
        fake_wire_run (wire, 2000 * G_USEC_PER_SEC);
        if (a.silent || b.silent) { /* eight losses in a row do happen */
            gave_up++;
        } else {
            expect_all (&b, n);
            expect_all (&a, (guint32) (seed % 3));
            g_assert_true (l2tp_reliable_idle (&a.reliable));
        }
        end_clear (&a);
        end_clear (&b);
    }
    /* A message and its answer survive with 0.49, eight times in vain with 0.005; 25 of them a run.
     */
    g_assert_cmpuint (gave_up, <, 60);
}

static void
test_quiet_line (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a, b;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    end_init (&b, wire, "b", "192.0.2.2:1701", "192.0.2.1:1701");
    for (guint32 i = 0; i < 20; i++)
        send_number (&a, i);
    fake_wire_run (wire, 60 * G_USEC_PER_SEC);
    expect_all (&b, 20);
    g_assert_cmpuint (a.datagrams, ==, 20); /* nothing twice */
    g_assert_cmpuint (a.zlbs, ==, 0);
    g_assert_cmpuint (b.zlbs, ==, b.datagrams);
    g_assert_cmpuint (b.zlbs, <=, 20);
    end_clear (&a);
    end_clear (&b);
}

/* 1, 2, 4, 8, 8 … seconds, then silence is told once. */
static void
test_nobody_there (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    send_number (&a, 0);
    fake_wire_run (wire, 6900000);
    g_assert_cmpuint (a.datagrams, ==, 3);
    fake_wire_run (wire, 200000);
    g_assert_cmpuint (a.datagrams, ==, 4);
    g_assert_cmpuint (a.silent, ==, 0);
    fake_wire_run (wire, 300 * G_USEC_PER_SEC);
    g_assert_cmpuint (a.datagrams, ==, L2TP_TRIES);
    g_assert_cmpuint (a.silent, ==, 1);
    g_assert_false (send_number (&a, 1));
    end_clear (&a);
}

static void
test_queue_is_bounded (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    for (guint32 i = 0; i < L2TP_QUEUE; i++)
        g_assert_true (send_number (&a, i));
    g_assert_false (send_number (&a, L2TP_QUEUE));
    g_assert_cmpuint (a.datagrams, ==, 1); /* slow start */
    end_clear (&a);
}

/* ---- one end, and numbers made up ---- */

static void
receive (End *e, guint16 ns, guint16 nr, guint32 n, gboolean zlb)
{
    guint8     body[4];
    L2tpHeader header = { .control = TRUE, .ns = ns, .nr = nr, .session = (guint16) (n % 7) };

    adit_poke (body, 4, n);
    header.body = body;
    header.size = zlb ? 0 : 4;
    l2tp_reliable_receive (&e->reliable, &header);
}

static void
test_out_of_order (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    for (guint16 i = L2TP_WINDOW; i > 0; i--)
        receive (&a, i, 0, i, FALSE); /* the last first, all within the window */
    receive (&a, 3, 0, 3, FALSE);     /* again */
    g_assert_cmpuint (a.got->len, ==, 0);
    receive (&a, 0, 0, 0, FALSE);
    expect_all (&a, L2TP_WINDOW + 1);
    receive (&a, 2, 0, 2, FALSE); /* old: acknowledged, not told */
    expect_all (&a, L2TP_WINDOW + 1);
    g_assert_cmpuint (a.reliable.nr, ==, L2TP_WINDOW + 1);
    end_clear (&a);
}

static void
test_absurd_numbers (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    send_number (&a, 0);
    receive (&a, L2TP_WINDOW + 1, 0, 9, FALSE); /* one too far */
    receive (&a, 20000, 0, 9, FALSE);
    receive (&a, 0, 2, 0, TRUE); /* acknowledges what was never said */
    receive (&a, 0, 40000, 0, TRUE);
    g_assert_cmpuint (a.got->len, ==, 0);
    g_assert_false (l2tp_reliable_idle (&a.reliable));
    receive (&a, 0, 1, 0, TRUE);
    g_assert_true (l2tp_reliable_idle (&a.reliable));
    g_assert_cmpuint (a.datagrams, ==, 1); /* nothing of it was worth an answer */
    end_clear (&a);
}

/* Numbers wrap. */
static void
test_wrap (void)
{
    g_autoptr (FakeWire) wire = fake_wire_new (1);
    End a, b;

    end_init (&a, wire, "a", "192.0.2.1:1701", "192.0.2.2:1701");
    end_init (&b, wire, "b", "192.0.2.2:1701", "192.0.2.1:1701");
    a.reliable.ns = a.reliable.acknowledged = 65530;
    b.reliable.nr                           = 65530;
    for (guint32 i = 0; i < 20; i++)
        send_number (&a, i);
    fake_wire_run (wire, 60 * G_USEC_PER_SEC);
    expect_all (&b, 20);
    g_assert_cmpuint (b.reliable.nr, ==, 14);
    end_clear (&a);
    end_clear (&b);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/l2tp/reliable/in-order-and-once-on-a-bad-line", test_in_order_once);
    g_test_add_func ("/l2tp/reliable/nothing-is-sent-twice-on-a-good-line", test_quiet_line);
    g_test_add_func ("/l2tp/reliable/nobody-there-is-noticed", test_nobody_there);
    g_test_add_func ("/l2tp/reliable/the-queue-is-bounded", test_queue_is_bounded);
    g_test_add_func ("/l2tp/reliable/early-messages-wait", test_out_of_order);
    g_test_add_func ("/l2tp/reliable/absurd-numbers-do-no-harm", test_absurd_numbers);
    g_test_add_func ("/l2tp/reliable/numbers-wrap", test_wrap);
    return g_test_run ();
}
