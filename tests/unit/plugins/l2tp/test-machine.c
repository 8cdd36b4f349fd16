/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-machine.c - the whole plugin against a simulated server: it connects, carries, hangs up, and
 * each way of the server's to refuse has a reason of its own. */
#include "tests/sim/lns.h"

extern const AditPlugin adit_plugin;

#define HEAD "[connection]\ntype = l2tp\nserver = 192.0.2.1:1701\n"
#define OWN "[l2tp]\nuser = alice\npassword = Wonder land 7#\nipsec = off\n"

typedef struct {
    FakeWire    *wire;
    FakeHost    *client;
    Lns         *lns;
    AditProfile *profile;
    AditTunnel  *tunnel;
} Bed;

static void
bed_setup (Bed *b, gconstpointer data)
{
    g_autofree char *text  = g_strconcat (HEAD, OWN, data, NULL);
    GError          *error = NULL;

    adit_plugin.prepare ();
    b->wire    = fake_wire_new (1);
    b->client  = fake_host_new (b->wire, "client", "192.0.2.2:5000");
    b->lns     = lns_new (b->wire, "192.0.2.1:1701");
    b->profile = adit_profile_parse (text, strlen (text), "toy.conf", &error);
    g_assert_no_error (error);
    b->tunnel = adit_plugin.open (&b->client->base, b->profile);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    adit_plugin.stop (b->tunnel);
    adit_plugin.free (b->tunnel);
    fake_wire_run (b->wire, 100000);
    lns_free (b->lns);
    adit_profile_free (b->profile);
    fake_host_free (b->client);
    fake_wire_free (b->wire);
}

static void
run (Bed *b, guint ms)
{
    fake_wire_run (b->wire, ms * 1000ll);
}

static void
connect (Bed *b)
{
    lns_start (b->lns, "192.0.2.2:5000");
    run (b, 10);
    adit_plugin.start (b->tunnel);
    run (b, 3000);
}

static void
expect_error (const Bed *b, AditError code, const char *words)
{
    g_autofree char *text = b->client->error ? adit_error_explain (b->client->error) : NULL;

    g_assert_error (b->client->error, ADIT_ERROR, (int) code);
    g_assert_nonnull (strstr (text, words));
}

static void
test_connects (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (b->client->ups, >=, 1);
    g_assert_cmpstr (b->client->addresses[0], ==, "10.0.0.7/32");
    g_assert_cmpuint (b->client->mtu, ==, 1400);
    g_assert_cmpuint (b->lns->messages[L2TP_SCCRQ], ==, 1);
    g_assert_cmpuint (b->lns->messages[L2TP_SCCCN], ==, 1);
    g_assert_cmpuint (b->lns->messages[L2TP_ICRQ], ==, 1);
    g_assert_cmpuint (b->lns->messages[L2TP_ICCN], ==, 1);
}

static void
test_hangs_up (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    adit_plugin.stop (b->tunnel);
    run (b, 100);
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 1);
}

static void
test_hello (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    run (b, 125000);
    g_assert_cmpuint (b->lns->messages[L2TP_HELLO], ==, 2);
    adit_plugin.moved (b->tunnel);
    run (b, 100);
    g_assert_cmpuint (b->lns->messages[L2TP_HELLO], ==, 3);
    g_assert_no_error (b->client->error);
}

static void
test_silence (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    b->wire->weather.loss = 1000;
    run (b, 200000);
    expect_error (b, ADIT_ERROR_LOST, "stopped answering");
}

static void
test_nobody (Bed *b, gconstpointer data)
{
    (void) data;
    b->wire->weather.loss = 1000;
    connect (b);
    run (b, 60000);
    expect_error (b, ADIT_ERROR_UNREACHABLE, "did not answer on UDP port 1701");
}

/* One ICMP message may be forged, and several about one message of ours are no better. */
static void
test_closed_port (Bed *b, gconstpointer data)
{
    (void) data;
    adit_plugin.start (b->tunnel);
    run (b, 100);
    for (guint i = 0; i < 5; i++)
        fake_host_refuse (b->client);
    run (b, 1000); /* SCCRQ was sent again at 1 s, … */
    fake_host_refuse (b->client);
    run (b, 1500);
    g_assert_no_error (b->client->error);
    run (b, 500); /* … and at 3 s */
    fake_host_refuse (b->client);
    expect_error (b, ADIT_ERROR_UNREACHABLE, "nothing listens on UDP port 1701");
}

/* What stands is not torn down by what anybody can say. */
static void
test_refused_when_up (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    for (guint i = 0; i < 100; i++) {
        fake_host_refuse (b->client);
        run (b, 100);
    }
    g_assert_no_error (b->client->error);
}

/* ---- refusals ---- */

typedef struct {
    L2tpMessageType asked;
    guint16         result, error;
    AditError       code;
    const char     *words;
} Refusal;

static const Refusal refusals[] = {
    { L2TP_SCCRQ, L2TP_STOP_CLEAR, 0, ADIT_ERROR_REFUSED, "ended" },
    { L2TP_SCCRQ, L2TP_STOP_EXISTS, 0, ADIT_ERROR_REFUSED, "connected already" },
    { L2TP_SCCRQ, L2TP_STOP_NOT_AUTHORIZED, 0, ADIT_ERROR_LOGIN, "tunnel-secret" },
    { L2TP_SCCRQ, L2TP_STOP_VERSION, 0, ADIT_ERROR_REFUSED, "version" },
    { L2TP_SCCRQ, L2TP_STOP_SHUTDOWN, 0, ADIT_ERROR_LOST, "shut down" },
    { L2TP_SCCRQ, L2TP_STOP_FSM, 0, ADIT_ERROR_MALFORMED, "lost track" },
    { L2TP_SCCRQ, L2TP_STOP_ERROR, L2TP_ERROR_RESOURCES, ADIT_ERROR_REFUSED, "no room" },
    { L2TP_SCCRQ, L2TP_STOP_ERROR, L2TP_ERROR_TRY_ANOTHER, ADIT_ERROR_REFUSED, "another server" },
    { L2TP_SCCRQ, 999, 0, ADIT_ERROR_REFUSED, "result 999" },
    { L2TP_ICRQ, L2TP_CDN_NO_FACILITY_NOW, 0, ADIT_ERROR_REFUSED, "try again later" },
    { L2TP_ICRQ, L2TP_CDN_NO_FACILITY, 0, ADIT_ERROR_REFUSED, "does not take" },
    { L2TP_ICRQ, L2TP_CDN_BUSY, 0, ADIT_ERROR_REFUSED, "busy" },
    { L2TP_ICRQ, L2TP_CDN_ADMINISTRATIVE, 0, ADIT_ERROR_REFUSED, "hung up" },
    { L2TP_ICRQ, L2TP_CDN_DESTINATION, 0, ADIT_ERROR_REFUSED, "whom to connect" },
    { L2TP_ICRQ, L2TP_CDN_TIMEOUT, 0, ADIT_ERROR_UNREACHABLE, "too long" },
    { L2TP_ICRQ, L2TP_CDN_ERROR, L2TP_ERROR_MANDATORY_AVP, ADIT_ERROR_REFUSED, "asked for" },
};

static void
test_refusals (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
        const Refusal *r = &refusals[i];
        Bed            b = { 0 };

        bed_setup (&b, "");
        b.lns->refuses = r->asked;
        b.lns->result  = r->result;
        b.lns->error   = r->error;
        b.lns->words   = i & 1 ? "its\nown words" : NULL;
        connect (&b);
        expect_error (&b, r->code, r->words);
        if (i & 1)
            expect_error (&b, r->code, "its own words");
        bed_teardown (&b, "");
    }
}

static void
test_ended_when_up (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    lns_end (b->lns, L2TP_CDN, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    run (b, 100);
    expect_error (b, ADIT_ERROR_LOST, "hung up");
}

/* ---- the next call ---- */

/* Drops a call that stood for a while: the next one is placed in the same tunnel. */
static void
drop_call (Bed *b)
{
    run (b, 20000);
    lns_end (b->lns, L2TP_CDN, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    run (b, 3000);
}

static void
test_calls_again (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    for (guint calls = 2; calls <= 4; calls++) {
        guint ups = b->client->ups;

        drop_call (b);
        g_assert_no_error (b->client->error);
        g_assert_cmpuint (b->lns->calls, ==, calls);
        g_assert_cmpuint (b->client->ups, >, ups);
    }
    g_assert_cmpuint (b->lns->messages[L2TP_SCCRQ], ==, 1);
    g_assert_cmpuint (b->lns->messages[L2TP_CDN], ==, 0);
}

/* What PPP cannot mend is ended by a CDN of ours, and only the call. */
static void
test_calls_again_after_ppp (Bed *b, gconstpointer data)
{
    guint ups;

    (void) data;
    connect (b);
    ups = b->client->ups;
    run (b, 20000);
    adit_ppp_close (b->lns->ppp);
    run (b, 10000);
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (b->client->ups, >, ups);
    g_assert_cmpuint (b->lns->calls, ==, 2);
    g_assert_cmpuint (b->lns->messages[L2TP_CDN], ==, 1);
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 0);
}

/* The next one is refused: that says nothing about what another tunnel would find. */
static void
test_next_is_refused (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->refuses = L2TP_ICRQ;
    b->lns->takes   = 1;
    b->lns->result  = L2TP_CDN_BUSY;
    connect (b);
    drop_call (b);
    expect_error (b, ADIT_ERROR_LOST, "did not take another call");
    expect_error (b, ADIT_ERROR_LOST, "busy");
    g_assert_cmpuint (b->lns->messages[L2TP_ICRQ], ==, 2);
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 1);
}

static void
test_stopped_tunnel (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    run (b, 20000);
    lns_end (b->lns, L2TP_STOPCCN, L2TP_STOP_SHUTDOWN, 0, NULL);
    run (b, 3000);
    expect_error (b, ADIT_ERROR_LOST, "shut down");
    g_assert_cmpuint (b->lns->messages[L2TP_ICRQ], ==, 1);
}

/* One call after the other that ends soon is left to whoever knows how long to wait. */
static void
test_no_storm (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    drop_call (b);
    lns_end (b->lns, L2TP_CDN, L2TP_CDN_ADMINISTRATIVE, 0, NULL);
    run (b, 3000);
    expect_error (b, ADIT_ERROR_LOST, "hung up");
    g_assert_cmpuint (b->lns->messages[L2TP_ICRQ], ==, 2);
}

/* A late word about the call before does not end this one. */
static void
test_late_word (Bed *b, gconstpointer data)
{
    guint16 before;
    guint   phases;

    (void) data;
    connect (b);
    before = b->lns->peer_session;
    drop_call (b);
    g_assert_cmpuint (b->lns->peer_session, !=, before);
    b->lns->peer_session = before;
    b->lns->calls--;
    phases = b->client->phases;
    lns_end (b->lns, L2TP_CDN, L2TP_CDN_CARRIER, 0, NULL);
    run (b, 3000);
    g_assert_no_error (b->client->error);
    g_assert_cmpuint (b->client->phases, ==, phases); /* nothing began anew */
}

/* We are no switchboard: each call that the LNS wants to place is declined, and ours stands. */
static void
test_declines (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    lns_call (b->lns, L2TP_ICRQ);
    lns_call (b->lns, L2TP_OCRQ);
    run (b, 3000);
    g_assert_cmpuint (b->lns->messages[L2TP_CDN], ==, 2);
    g_assert_no_error (b->client->error);
}

/* Another session's end is not ours. */
static void
test_other_session (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    b->lns->peer_session++;
    lns_end (b->lns, L2TP_CDN, 1, 0, NULL);
    run (b, 100);
    g_assert_error (b->client->error, ADIT_ERROR,
                    ADIT_ERROR_LOST); /* its AVP names ours all the same */
}

static void
test_wrong_password (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->ppp_config.password = "another";
    connect (b);
    run (b, 10000);
    g_assert_error (b->client->error, ADIT_ERROR, ADIT_ERROR_LOGIN);
}

/* ---- secrets ---- */

static void
test_secret (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->secret = "between us";
    connect (b);
    g_assert_no_error (b->client->error);
    g_assert_true (b->lns->proved);
    g_assert_cmpuint (b->client->ups, >=, 1);
}

static void
test_no_secret (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->secret = "between us";
    connect (b);
    expect_error (b, ADIT_ERROR_SECRET, "tunnel-secret");
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 1);
}

static void
test_wrong_secret (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->secret = "something else";
    connect (b);
    expect_error (b, ADIT_ERROR_IDENTITY, "another tunnel secret");
    g_assert_cmpuint (b->client->ups, ==, 0);
}

static void
test_server_without_secret (Bed *b, gconstpointer data)
{
    (void) data;
    connect (b);
    expect_error (b, ADIT_ERROR_IDENTITY, "did not prove");
}

/* ---- hostile ---- */

static L2tpMessageType broken_in;
static guint           broken_bit;

static void
flip (Lns *lns, guint8 *avps, gsize size)
{
    (void) lns;
    if (avps[7] == broken_in && broken_bit / 8 < size)
        avps[broken_bit / 8] ^= (guint8) (1u << broken_bit % 8);
}

/* Every bit of SCCRP and ICRP: connects or ends with a reason, and nothing else. */
static void
test_every_bit (void)
{
    static const L2tpMessageType types[] = { L2TP_SCCRP, L2TP_ICRP };

    for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
        broken_in = types[i];
        for (broken_bit = 0; broken_bit < 60 * 8; broken_bit++) {
            Bed b = { 0 };

            bed_setup (&b, "");
            b.lns->on_avps = flip;
            connect (&b);
            if (!b.client->ups)
                run (&b, 120000);
            g_assert_true (b.client->ups || b.client->error);
            bed_teardown (&b, "");
        }
    }
}

static void
unknown_avp (Lns *lns, guint8 *avps, gsize size)
{
    (void) lns;
    if (avps[7] == L2TP_SCCRP && size > 14)
        avps[13] = 99; /* of the second AVP, which has its M bit set */
}

static void
test_unknown_mandatory (Bed *b, gconstpointer data)
{
    (void) data;
    b->lns->on_avps = unknown_avp;
    connect (b);
    expect_error (b, ADIT_ERROR_REFUSED, "AVP 99");
    g_assert_cmpuint (b->lns->messages[L2TP_STOPCCN], ==, 1);
}

static void
count (gpointer user, const char *key, const char *value)
{
    g_assert_cmpuint (strlen (key), >, 0);
    g_assert_nonnull (value);
    (*(guint *) user)++;
}

static void
test_status (Bed *b, gconstpointer data)
{
    guint notes = 0;

    (void) data;
    adit_plugin.status (b->tunnel, count, &notes);
    g_assert_cmpuint (notes, ==, 1);
    connect (b);
    adit_plugin.status (b->tunnel, count, &notes);
    g_assert_cmpuint (notes, >, 4);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, keys, fn) \
    g_test_add ("/l2tp/machine/" name, Bed, keys, bed_setup, fn, bed_teardown)
    ADD ("connects", "", test_connects);
    ADD ("hangs-up", "", test_hangs_up);
    ADD ("says-hello", "", test_hello);
    ADD ("notices-silence", "", test_silence);
    ADD ("nobody-is-there", "", test_nobody);
    ADD ("its-port-is-closed", "", test_closed_port);
    ADD ("a-forged-refusal-ends-nothing-that-stands", "", test_refused_when_up);
    g_test_add_func ("/l2tp/machine/each-refusal-has-its-reason", test_refusals);
    ADD ("ended-when-up", "", test_ended_when_up);
    ADD ("ended-by-its-avp", "", test_other_session);
    ADD ("calls-again-in-the-same-tunnel", "", test_calls_again);
    ADD ("calls-again-when-ppp-ended", "", test_calls_again_after_ppp);
    ADD ("the-next-call-is-refused", "", test_next_is_refused);
    ADD ("a-tunnel-that-is-stopped-takes-no-call", "", test_stopped_tunnel);
    ADD ("calls-that-end-soon-are-not-followed", "", test_no_storm);
    ADD ("a-late-word-about-the-call-before", "", test_late_word);
    ADD ("declines-calls-of-the-server", "", test_declines);
    ADD ("a-wrong-password", "", test_wrong_password);
    ADD ("both-know-the-secret", "tunnel-secret = between us\n", test_secret);
    ADD ("the-profile-has-no-secret", "", test_no_secret);
    ADD ("the-server-has-another", "tunnel-secret = between us\n", test_wrong_secret);
    ADD ("the-server-proves-nothing", "tunnel-secret = between us\n", test_server_without_secret);
    ADD ("what-is-mandatory-and-unknown-ends-it", "", test_unknown_mandatory);
    ADD ("tells-how-it-is", "", test_status);
    g_test_add_func ("/l2tp/machine/every-bit-of-the-answers", test_every_bit);
    return g_test_run ();
}
