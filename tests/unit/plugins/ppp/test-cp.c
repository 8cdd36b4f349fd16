/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One engine and a peer made of bytes: what is answered to which options, and what never is. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-ends.h"

/* What the client's engine sent, as "c021 01 …": protocol, code, data. */
static GPtrArray *sent;

static gboolean
note_frame (PppEnd *end G_GNUC_UNUSED, AditPacket *frame)
{
    GString *text = g_string_new (NULL);

    g_assert_cmpuint (frame->len, >=, 8);
    g_string_printf (text, "%02x%02x %02x", frame->data[2], frame->data[3], frame->data[4]);
    for (guint i = 8; i < frame->len; i++)
        g_string_append_printf (text, "%s%02x", i == 8 ? " " : "", frame->data[i]);
    g_ptr_array_add (sent, g_string_free (text, FALSE));
    return FALSE;
}

static PppWorld *
alone (void)
{
    PppWorld *w = ppp_world_new (1);

    g_clear_pointer (&sent, g_ptr_array_unref);
    sent                = g_ptr_array_new_with_free_func (g_free);
    w->client.on_output = note_frame;
    return w;
}

static gboolean
was_sent (const char *start)
{
    for (guint i = 0; i < sent->len; i++)
        if (g_str_has_prefix (sent->pdata[i], start))
            return TRUE;
    return FALSE;
}

static guint
count_sent (const char *start)
{
    guint n = 0;

    for (guint i = 0; i < sent->len; i++)
        n += g_str_has_prefix (sent->pdata[i], start);
    return n;
}

static void
say (PppWorld *w, const char *hex)
{
    ppp_end_forge (&w->server, hex);
    ppp_world_run (w, 50);
}

static PppWorld *
waiting (void)
{
    PppWorld *w = alone ();

    ppp_end_start (&w->client);
    ppp_world_run (w, 50);
    g_ptr_array_set_size (sent, 0);
    return w;
}

/* What LCP says to an option: request and answer without code and identifier. */
static void
lcp_options (void)
{
    static const struct {
        const char *asked, *answer;
    } cases[] = {
        { "0104 05dc", "c021 02 010405dc" },                  /* MRU 1500 */
        { "0104 0010", "c021 03 01040080" },                  /* too small: not below 128 */
        { "0103 05", "c021 03 010405dc" },                    /* of a wrong length */
        { "0206 00000000", "c021 02 020600000000" },          /* ACCM */
        { "0305 c223 81", "c021 02 0305c22381" },             /* MS-CHAPv2 */
        { "0305 c223 80", "c021 03 0305c22381" },             /* never MS-CHAPv1 */
        { "0304 c227", "c021 03 0305c22381" },                /* EAP: not allowed here */
        { "0304 c023", "c021 03 0305c22381" },                /* PAP */
        { "0304 c025", "c021 03 0305c22381" },                /* quality is no authentication */
        { "0408 c025 00000000", "c021 04 0408c02500000000" }, /* quality */
        { "0506 00000000", "c021 03 0506" },                  /* magic number zero */
        { "0506 12345678", "c021 02 050612345678" },
        { "0702", "c021 02 0702" }, /* PFC */
        { "0802", "c021 02 0802" }, /* ACFC */
        { "0703 00", "c021 03 0702" },
        { "0d03 06", "c021 04 0d0306" },     /* callback */
        { "1104 05dc", "c021 04 110405dc" }, /* MRRU */
        { "1202", "c021 04 1202" },
        { "1303 00", "c021 04 130300" }, /* endpoint discriminator */
        { "ff02", "c021 04 ff02" },
        { "0702 1202 0104 0010 1303 00", "c021 04 1202130300" }, /* rejects come alone and first */
        { "", "c021 02" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (PppWorld) w = waiting ();
        g_autofree char *frame = NULL;
        guint            n     = 0;

        for (const char *p = cases[i].asked; *p; p++)
            n += *p != ' ';
        frame = g_strdup_printf ("ff03 c021 0107 %04x %s", n / 2 + 4, cases[i].asked);
        say (w, frame);
        if (!was_sent (cases[i].answer))
            g_error ("%s: %s instead of %s", cases[i].asked,
                     sent->len ? (char *) sent->pdata[0] : "nothing", cases[i].answer);
    }
}

/* Without address and control field, without the high octet, with padding behind. */
static void
frames_of_every_form (void)
{
    static const char *const forms[] = { "ff03 c021 0107 0004", "c021 0107 0004",
                                         "ff03 c021 0107 0004 000000" };

    for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
        g_autoptr (PppWorld) w = waiting ();

        say (w, forms[i]);
        g_assert_true (was_sent ("c021 02"));
    }
}

static void
broken_packets_are_nothing (void)
{
    static const char *const broken[] = { "",
                                          "ff",
                                          "ff03",
                                          "c0",
                                          "ff03 c021",
                                          "ff03 c021 01",
                                          "ff03 c021 0107 0003",
                                          "ff03 c021 0107 0008 01",
                                          "ff03 c021 0107 ffff",
                                          "ff03 c021 0107 0006 0100",
                                          "ff03 c021 0107 0006 0101",
                                          "ff03 c021 0107 0006 01ff",
                                          "ff03 c021 0107 0005 01",
                                          "ff03 c021 0107 0008 0702 0100",
                                          "ff03 c020 0107 0004",
                                          "ff03 00fd 9000 1234" };
    g_autoptr (PppWorld) w            = waiting ();

    for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
        ppp_end_forge (&w->server, broken[i]);
    ppp_world_run (w, 100);
    g_assert_cmpuint (count_sent ("c021 02") + count_sent ("c021 03") + count_sent ("c021 04"), ==,
                      0);
    say (w, "ff03 c021 0107 0004");
    g_assert_true (was_sent ("c021 02"));
}

static void
unknown_codes_are_rejected (void)
{
    g_autoptr (PppWorld) w = waiting ();

    say (w, "ff03 c021 6301 0006 abcd");
    g_assert_true (was_sent ("c021 07 63010006abcd"));
}

/* An answer to what was never asked, or to an older request. */
static void
answers_to_nothing_are_nothing (void)
{
    g_autoptr (PppWorld) w = waiting ();

    say (w, "ff03 c021 02ff 0004");
    say (w, "ff03 c021 0301 0006 0506"); /* a Nak whose option ends behind it */
    say (w, "ff03 c021 0201 0004");      /* an Ack that repeats nothing */
    g_assert_cmpint ((int) w->client.ppp->lcp.cp.state, ==, CP_REQ_SENT);
}

/* A peer that had not begun says Terminate-Ack, and begins soon: our request comes again at once,
 * and before our Ack, for after that a peer would take it for a new negotiation. */
static void
a_request_that_came_early_comes_again (void)
{
    g_autoptr (PppWorld) w = waiting ();
    g_autofree char *ack   = g_strdup_printf ("ff03 c021 06%02x 0004", w->client.ppp->lcp.cp.id);

    say (w, ack);
    g_assert_cmpuint (sent->len, ==, 0);
    say (w, "ff03 c021 0107 0004");
    g_assert_cmpuint (sent->len, ==, 2);
    g_assert_true (g_str_has_prefix (sent->pdata[0], "c021 01"));
    g_assert_true (g_str_has_prefix (sent->pdata[1], "c021 02"));
    say (w, "ff03 c021 0108 0004");
    g_assert_cmpuint (sent->len, ==, 3);
}

/* A rejected magic number is done without. */
static void
does_without_a_magic_number (void)
{
    g_autoptr (PppWorld) w  = waiting ();
    g_autofree char *reject = NULL;

    ppp_world_run (w, 10);
    reject = g_strdup_printf ("ff03 c021 04%02x 000a 0506 %08x", w->client.ppp->lcp.cp.id,
                              w->client.ppp->lcp.magic);
    say (w, reject);
    g_assert_true (was_sent ("c021 01 01040578"));
    g_assert_null (cp_own (&w->client.ppp->lcp.cp, LCP_MAGIC));
    g_assert_nonnull (cp_own (&w->client.ppp->lcp.cp, LCP_MRU));
}

/* RFC 1661 4.6: after Max-Failure Naks the rest is rejected. */
static void
naks_end_in_a_reject (void)
{
    g_autoptr (PppWorld) w = waiting ();

    for (guint i = 0; i < 8; i++)
        say (w, "ff03 c021 0107 0008 0104 0010");
    g_assert_cmpuint (count_sent ("c021 03"), ==, PPP_MAX_FAILURE);
    g_assert_true (was_sent ("c021 04 01040010"));
}

/* A peer that never is content with anything. */
static void
a_nak_loop_has_an_end (void)
{
    g_autoptr (PppWorld) w = waiting ();

    for (guint i = 0; i < 60 && !w->client.downs; i++) {
        g_autofree char *nak =
            g_strdup_printf ("ff03 c021 03%02x 000a 0506 12345678", w->client.ppp->lcp.cp.id);

        say (w, nak);
    }
    g_assert_cmpuint (w->client.downs, ==, 1);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_REFUSED);
    g_assert_cmpuint (count_sent ("c021 01"), <, 60);
}

/* A line that is plugged into itself. */
static void
a_mirror_is_found_out (void)
{
    g_autoptr (PppWorld) w = alone ();

    w->client.on_output = NULL;
    w->client.peer      = w->client.host->at;
    ppp_end_start (&w->client);
    ppp_world_run (w, 10000);
    g_assert_cmpuint (w->client.downs, ==, 1);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_MALFORMED);
}

static void
silence_is_unreachable (void)
{
    g_autoptr (PppWorld) w = waiting ();

    ppp_world_run (w, 40000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_UNREACHABLE);
    g_assert_cmpuint (count_sent ("c021 01"), ==, PPP_MAX_CONFIGURE - 1); /* and the first */
}

/* Answers are never more than questions, and nothing grows. */
static void
an_option_storm_is_weathered (void)
{
    g_autoptr (PppWorld) w  = waiting ();
    g_autoptr (GString) one = g_string_new ("ff03 c021 0107 05d8 ");

    for (guint i = 0; i < (0x5d8 - 4) / 2; i++)
        g_string_append_printf (one, "%02x02", 32 + i % 200);
    for (guint i = 0; i < 200; i++)
        ppp_end_forge (&w->server, one->str);
    ppp_world_run (w, 200);
    g_assert_cmpuint (count_sent ("c021 04"), >=, 190);
    g_assert_cmpuint (sent->len, <=, 205);
}

/* ---- network protocols, on a link that is up ---- */

static void
network_options (void)
{
    static const struct {
        const char *asked, *answer;
    } cases[] = {
        { "8021 0177 000a 0306 0a090001", "8021 02 03060a090001" },
        { "8021 0177 000a 0306 00000000", "8021 04 030600000000" }, /* we have none to give */
        { "8021 0177 000a 0306 7f000001", "8021 04 03067f000001" },
        { "8021 0177 0009 0305 0a0900", "8021 04 03050a0900" },
        { "8021 0177 000a 0206 002d0f01", "8021 04 0206002d0f01" }, /* Van Jacobson */
        { "8021 0177 000e 010a 0a090001 0a090002", "8021 04 010a0a0900010a090002" },
        { "8021 0177 000a 8106 00000000", "8021 04 810600000000" }, /* it asks us for DNS */
        { "8057 0177 000e 010a 0000000000000000", "8057 03 010a" },
        { "8057 0177 000e 010a 0200000000000007", "8057 02 010a0200000000000007" },
        { "8057 0177 0008 0204 004f", "8057 04 0204004f" },         /* compression */
        { "80fd 0177 000a 1206 01000040", "80fd 02 120601000040" }, /* 128 bits, stateless */
        { "80fd 0177 000a 1206 010000e0", "80fd 03 120601000040" }, /* one strength, the best */
        { "80fd 0177 000a 1206 01000041", "80fd 03 120601000040" }, /* no MPPC */
        { "80fd 0177 000a 1206 00000040", "80fd 03 120601000040" }, /* better stateless */
        { "80fd 0177 000a 1206 01000020", "80fd 03 120601000040" }, /* 40: no consent */
        { "80fd 0177 0008 1a04 7800", "80fd 04 1a047800" },         /* deflate */
        { "80fd 0177 0007 1503 2f", "80fd 04 15032f" },             /* BSD */
        { "80fd 0e77 0004", "80fd 0f" },                            /* Reset-Request */
        { "802b 0177 0004", "c021 08 802b01770004" },               /* IPX: Protocol-Reject */
        { "c025 0177 0004", "c021 08 c02501770004" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (PppWorld) w = alone ();
        g_autofree char *frame = g_strdup_printf ("ff03 %s", cases[i].asked);
        AditPppConfig   *c = &w->client.config, *s = &w->server.config;

        c->ipv6 = s->ipv6 = TRUE;
        c->mppe = s->mppe   = ADIT_PPP_MPPE_128;
        w->client.on_output = NULL;
        ppp_world_start (w);
        ppp_world_run (w, 2000);
        g_assert_cmpuint (w->client.ups, >=, 1);
        w->client.on_output = note_frame;
        say (w, frame);
        if (!was_sent (cases[i].answer))
            g_error ("%s: %s instead of %s", cases[i].asked,
                     sent->len ? (char *) sent->pdata[sent->len - 1] : "nothing", cases[i].answer);
    }
}

static guint ipv6_requests;

static gboolean
ipv6_follows_ipv4 (PppEnd *end, AditPacket *frame)
{
    if (frame->data[2] == 0x80 && frame->data[3] == 0x57 && frame->data[4] == CONFIGURE_REQUEST) {
        g_assert_cmpint ((int) end->ppp->ipcp.cp.state, ==, CP_OPENED);
        ipv6_requests++;
    }
    return TRUE;
}

/* A server that is busy for seconds with our question about IPv6 has answered that about IPv4. */
static void
ipv6_is_asked_for_after_ipv4 (void)
{
    g_autoptr (PppWorld) w = alone ();

    w->client.config.ipv6 = TRUE;
    w->client.on_output   = ipv6_follows_ipv4;
    w->server.on_output   = NULL;
    ipv6_requests         = 0;
    ppp_world_start (w);
    ppp_world_run (w, 2000);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_cmpuint (ipv6_requests, ==, 1);
}

static char *last_request;

static gboolean
keep_request (PppEnd *end G_GNUC_UNUSED, AditPacket *frame)
{
    GString *text;

    if (frame->data[2] != 0x80 || frame->data[3] != 0x21 || frame->data[4] != CONFIGURE_REQUEST)
        return TRUE;
    text = g_string_new (NULL);
    for (guint i = 0; i < frame->len; i++)
        g_string_append_printf (text, "%02x", frame->data[i]);
    g_free (last_request);
    last_request = g_string_free (text, FALSE);
    return TRUE;
}

/* A request that comes again after all was agreed on: our Ack was lost.  The fourth means it. */
static void
a_doubled_request_is_acked_and_no_more (void)
{
    g_autoptr (PppWorld) w = alone ();

    w->client.on_output = NULL;
    w->server.on_output = keep_request;
    ppp_world_start (w);
    ppp_world_run (w, 2000);
    g_assert_cmpuint (w->client.ups, >=, 1);
    w->client.on_output = note_frame;
    for (guint i = 0; i < CP_REPEATS; i++)
        say (w, last_request);
    g_assert_cmpuint (count_sent ("8021 02"), ==, CP_REPEATS);
    g_assert_cmpuint (count_sent ("8021 01"), ==, 0);
    say (w, last_request);
    g_assert_cmpuint (count_sent ("8021 01"), ==, 1);
    g_clear_pointer (&last_request, g_free);
}

/* Address 0.0.0.0 is no address, however often it is offered. */
static gboolean
give_nothing (PppEnd *end G_GNUC_UNUSED, AditPacket *frame)
{
    if (frame->data[2] == 0x80 && frame->data[3] == 0x21 && frame->data[4] == CONFIGURE_NAK)
        adit_poke (frame->data + 10, 4, 0);
    return TRUE;
}

static void
no_address_is_no_link (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.on_output = give_nothing;
    ppp_world_start (w);
    ppp_world_run (w, 60000);
    g_assert_cmpuint (w->client.ups, ==, 0);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_REFUSED);
    g_assert_cmpstr (w->client.reason->message, ==, "vpn.example.org gave us no address.");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/cp/lcp-options", lcp_options);
    g_test_add_func ("/ppp/cp/frames-of-every-form", frames_of_every_form);
    g_test_add_func ("/ppp/cp/broken-packets-are-nothing", broken_packets_are_nothing);
    g_test_add_func ("/ppp/cp/unknown-codes-are-rejected", unknown_codes_are_rejected);
    g_test_add_func ("/ppp/cp/answers-to-nothing-are-nothing", answers_to_nothing_are_nothing);
    g_test_add_func ("/ppp/cp/a-request-that-came-early-comes-again",
                     a_request_that_came_early_comes_again);
    g_test_add_func ("/ppp/cp/does-without-a-magic-number", does_without_a_magic_number);
    g_test_add_func ("/ppp/cp/naks-end-in-a-reject", naks_end_in_a_reject);
    g_test_add_func ("/ppp/cp/a-nak-loop-has-an-end", a_nak_loop_has_an_end);
    g_test_add_func ("/ppp/cp/a-mirror-is-found-out", a_mirror_is_found_out);
    g_test_add_func ("/ppp/cp/silence-is-unreachable", silence_is_unreachable);
    g_test_add_func ("/ppp/cp/an-option-storm-is-weathered", an_option_storm_is_weathered);
    g_test_add_func ("/ppp/cp/network-options", network_options);
    g_test_add_func ("/ppp/cp/ipv6-is-asked-for-after-ipv4", ipv6_is_asked_for_after_ipv4);
    g_test_add_func ("/ppp/cp/a-doubled-request-is-acked-and-no-more",
                     a_doubled_request_is_acked_and_no_more);
    g_test_add_func ("/ppp/cp/no-address-is-no-link", no_address_is_no_link);
    return g_test_run ();
}
