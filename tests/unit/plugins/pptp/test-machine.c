/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-machine.c - the control connection: the call is placed, each way of the server's to refuse
 * has a reason of its own, and a stream that is cut anywhere, or broken, does no harm.  PPP inside
 * is the engine's, and tried against real servers. */
#include "plugins/ppp/ppp.h"
#include "plugins/pptp/carrier.h"
#include "plugins/pptp/wire.h"
#include "tests/lib/fakehost.h"

extern const AditPlugin adit_plugin;

#define PROFILE \
    "[connection]\ntype = pptp\nserver = 192.0.2.1\n[pptp]\nuser = alice\npassword = p\n"

enum { CONTROL, DATA, N_LINKS, PEER_CALL = 4711 };

typedef struct {
    AditLinkSpec          spec;
    const AditLinkEvents *events;
    gpointer              user;
} Link;

typedef struct {
    gboolean    to_server;
    AditPacket *packet;
} Frame;

typedef struct {
    FakeWire             *wire;
    FakeHost             *host;
    AditProfile          *profile;
    AditTunnel           *tunnel;
    AditHostVerbs         verbs;
    Link                  links[N_LINKS];
    guint                 n_links, unlinked, unpathed;
    const AditPathEvents *path_events;
    gpointer              path_user;
    AditCarrier          *carriers[3];
    guint                 n_carriers, injected;
    AditPpp              *server; /* NULL: nobody speaks PPP there */
    GQueue                frames; /* Frame: on their way, either direction */
    PptpCallIds           call;
    PptpMessage           sent[256];
    guint                 n_sent;
    guint16               our_call;
} Bed;

static Bed *bed; /* the one there is: links and paths are its own */

/* ---- verbs ---- */

static AditLink *
make_link (AditHost *host, const AditLinkSpec *spec, const AditLinkEvents *events, gpointer user)
{
    (void) host;
    g_assert_cmpuint (bed->n_links, <, N_LINKS);
    bed->links[bed->n_links] = (Link){ *spec, events, user };
    return (AditLink *) &bed->links[bed->n_links++];
}

static void
send_bytes (AditLink *link, const AditEndpoint *to, AditPacket *packet)
{
    gsize used;

    (void) to;
    g_assert_true ((Link *) link == &bed->links[CONTROL]);
    g_assert_cmpint (
        pptp_message_decode (packet->data, packet->len, &bed->sent[bed->n_sent++], &used), ==,
        PPTP_FORM_GOOD);
    g_assert_cmpuint (used, ==, packet->len);
    adit_packet_free (packet);
}

static void
drop_link (AditLink *link)
{
    (void) link;
    bed->unlinked++;
}

static AditPath *
make_path (AditHost *host, AditLink *link, AditCarrier *const *carriers, guint n,
           const AditPathEvents *events, gpointer user)
{
    (void) host;
    g_assert_true ((Link *) link == &bed->links[DATA]);
    for (guint i = 0; i < n; i++)
        bed->carriers[i] = carriers[i];
    bed->n_carriers  = n;
    bed->path_events = events;
    bed->path_user   = user;
    return (AditPath *) bed;
}

static void
tell (AditPath *path, guint layer, gconstpointer message, gsize size)
{
    (void) path;
    if (layer == bed->n_carriers - 1 && size == sizeof bed->call)
        bed->call = *(const PptpCallIds *) message;
}

static void
send_frame (gboolean to_server, AditPacket *packet)
{
    Frame *frame = g_new (Frame, 1);

    *frame = (Frame){ to_server, packet };
    g_queue_push_tail (&bed->frames, frame);
}

static void
inject (AditPath *path, guint layer, const AditEndpoint *to, AditPacket *packet)
{
    (void) path;
    (void) to;
    g_assert_cmpuint (layer, ==, 0);
    bed->injected++;
    send_frame (TRUE, packet);
}

static void
drop_path (AditPath *path)
{
    (void) path;
    for (guint i = 0; i < bed->n_carriers; i++)
        bed->carriers[i]->ops->free (bed->carriers[i]);
    bed->unpathed++;
}

/* ---- PPP at the other end: by the same engine, past GRE and MPPE ---- */

static void
on_server_output (gpointer user, AditPacket *frame)
{
    (void) user;
    send_frame (FALSE, frame);
}

static void
on_server_tell (gpointer user, AditPppCarrier to, gconstpointer message, gsize size)
{
    (void) user, (void) to, (void) message, (void) size;
}

static void
on_server_up (gpointer user, const AditPppResult *result)
{
    (void) user, (void) result;
}

static void
on_server_down (gpointer user, GError *reason)
{
    (void) user;
    g_clear_error (&reason);
}

static void
start_server (Bed *b)
{
    static const AditPppEvents events = { .output = on_server_output,
                                          .tell   = on_server_tell,
                                          .up     = on_server_up,
                                          .down   = on_server_down };
    static const AditPppConfig config = { .role           = ADIT_PPP_SERVER,
                                          .auth           = ADIT_PPP_MSCHAPV2,
                                          .mppe           = ADIT_PPP_MPPE_128,
                                          .mppe_stateless = TRUE,
                                          .user           = "alice",
                                          .password       = "p",
                                          .address        = { 10, 0, 0, 1 },
                                          .peer_address   = { 10, 0, 0, 7 } };

    adit_ppp_free (b->server);
    b->server = adit_ppp_new (&b->host->base, &config, &events, b);
    adit_ppp_lower_up (b->server);
}

/* FALSE: none is on its way. */
static gboolean
deliver_frame (Bed *b)
{
    Frame *frame = g_queue_pop_head (&b->frames);

    if (!frame)
        return FALSE;
    if (!frame->to_server && b->n_carriers && !b->unpathed) {
        b->path_events->punted (b->path_user, 0, NULL, frame->packet);
    } else {
        if (frame->to_server && b->server)
            adit_ppp_input (b->server, frame->packet->data, frame->packet->len);
        adit_packet_free (frame->packet);
    }
    g_free (frame);
    return TRUE;
}

/* ---- the bed ---- */

static void
bed_setup (Bed *b, gconstpointer data)
{
    g_autofree char *text  = g_strconcat (PROFILE, data, NULL);
    GError          *error = NULL;

    bed     = b;
    b->wire = fake_wire_new (1);
    g_queue_init (&b->frames);
    b->host  = fake_host_new (b->wire, "client", "192.0.2.2:5000");
    b->verbs = *b->host->base.verbs;

    b->verbs.link       = make_link;
    b->verbs.send       = send_bytes;
    b->verbs.unlink     = drop_link;
    b->verbs.path       = make_path;
    b->verbs.tell       = tell;
    b->verbs.inject     = inject;
    b->verbs.unpath     = drop_path;
    b->host->base.verbs = &b->verbs;
    b->profile          = adit_profile_parse (text, strlen (text), "toy.conf", &error);
    g_assert_no_error (error);
    adit_plugin.prepare ();
    b->tunnel = adit_plugin.open (&b->host->base, b->profile);
    adit_plugin.start (b->tunnel);
}

static void
bed_teardown (Bed *b, gconstpointer data)
{
    (void) data;
    adit_plugin.stop (b->tunnel);
    adit_plugin.free (b->tunnel);
    g_assert_cmpuint (b->unlinked, ==, b->n_links);
    g_assert_cmpuint (b->unpathed, ==, b->n_carriers ? 1 : 0);
    g_clear_pointer (&b->server, adit_ppp_free);
    while (deliver_frame (b))
        ;
    adit_profile_free (b->profile);
    fake_host_free (b->host);
    fake_wire_free (b->wire);
}

static void
receive_bytes (Bed *b, const guint8 *bytes, gsize len)
{
    b->links[CONTROL].events->recv (b->links[CONTROL].user, NULL, adit_packet_new (bytes, len));
}

static void
receive (Bed *b, const PptpMessage *message)
{
    guint8 bytes[PPTP_MESSAGE_MAX];

    pptp_message_encode (bytes, message);
    receive_bytes (b, bytes, pptp_message_size (message->type));
}

static const PptpMessage *
last_sent (const Bed *b, PptpType type)
{
    g_assert_cmpuint (b->n_sent, >, 0);
    g_assert_cmpint (b->sent[b->n_sent - 1].type, ==, type);
    return &b->sent[b->n_sent - 1];
}

static void
until_start (Bed *b)
{
    b->links[CONTROL].events->ready (b->links[CONTROL].user, 40000);
    last_sent (b, PPTP_START_REQUEST);
}

static void
open_gre (Bed *b)
{
    g_assert_cmpint (b->links[DATA].spec.kind, ==, ADIT_LINK_IP);
    g_assert_cmpuint (b->links[DATA].spec.port, ==, PPTP_IP_PROTOCOL);
    b->links[DATA].events->ready (b->links[DATA].user, 0);
}

static void
until_call (Bed *b)
{
    until_start (b);
    receive (b, &(PptpMessage){ .type = PPTP_START_REPLY, .result = PPTP_START_OK, .name = "pac" });
    last_sent (b, PPTP_START_REQUEST); /* the call waits until GRE can be heard */
    open_gre (b);
    b->our_call = last_sent (b, PPTP_OUTGOING_CALL)->call;
    g_assert_cmpuint (b->our_call, !=, 0);
    g_assert_cmpuint (b->call.call, ==, b->our_call);
}

static void
reply_call (Bed *b, guint8 result, guint8 error)
{
    receive (b, &(PptpMessage){ .type      = PPTP_OUTGOING_REPLY,
                                .call      = PEER_CALL,
                                .peer_call = b->our_call,
                                .result    = result,
                                .error     = error });
}

static void
until_gre (Bed *b)
{
    until_call (b);
    reply_call (b, PPTP_CALL_OK, 0);
    last_sent (b, PPTP_SET_LINK_INFO);
}

static void
hear_gre (Bed *b)
{
    PptpHeard heard = { 1 };

    b->path_events->said (b->path_user, b->n_carriers - 1, &heard, sizeof heard);
}

static void
run (Bed *b, guint ms)
{
    for (guint i = 0; i < ms; i += 10) {
        while (deliver_frame (b))
            ;
        fake_wire_run (b->wire, MIN (ms - i, 10) * 1000ll);
    }
}

static void
expect_error (const Bed *b, AditError code, const char *words)
{
    g_autofree char *text = b->host->error ? adit_error_explain (b->host->error) : NULL;

    g_assert_error (b->host->error, ADIT_ERROR, (int) code);
    g_assert_nonnull (strstr (text, words));
}

/* The call stands, and PPP with it. */
static void
until_up (Bed *b, guint16 peer_call)
{
    guint ups = b->host->ups;

    receive (b, &(PptpMessage){ .type      = PPTP_OUTGOING_REPLY,
                                .call      = peer_call,
                                .peer_call = b->our_call,
                                .result    = PPTP_CALL_OK });
    hear_gre (b);
    start_server (b);
    run (b, 3000);
    g_assert_no_error (b->host->error);
    g_assert_cmpuint (b->host->ups, >, ups);
}

static void
first_up (Bed *b)
{
    until_call (b);
    until_up (b, PEER_CALL);
}

/* Answers echoes and lets go of calls, as a server does. */
static void
stand (Bed *b, guint seconds)
{
    for (guint i = 0; i < seconds; i++) {
        run (b, 1000);
        if (b->sent[b->n_sent - 1].type == PPTP_ECHO_REQUEST)
            receive (b, &(PptpMessage){ .type = PPTP_ECHO_REPLY, .result = 1 });
    }
}

static void
end_call (Bed *b, guint16 peer_call)
{
    receive (b, &(PptpMessage){ .type   = PPTP_CALL_DISCONNECT,
                                .call   = peer_call,
                                .result = PPTP_GONE_SHUTDOWN });
    run (b, 100);
}

/* ---- cases ---- */

static void
test_places_a_call (Bed *b, gconstpointer data)
{
    (void) data;
    g_assert_cmpint (b->links[CONTROL].spec.kind, ==, ADIT_LINK_TCP);
    g_assert_cmpuint (b->links[CONTROL].spec.port, ==, PPTP_PORT);
    until_gre (b);
    g_assert_cmpuint (b->n_carriers, ==, 3); /* ppp, mppe, gre */
    g_assert_cmpuint (b->call.call, ==, b->our_call);
    g_assert_cmpuint (b->call.peer_call, ==, PEER_CALL);
    run (b, 100);
    g_assert_cmpuint (b->injected, >=, 1); /* PPP begins */
    g_assert_no_error (b->host->error);
}

static void
test_gre_is_blocked (Bed *b, gconstpointer data)
{
    (void) data;
    until_gre (b);
    run (b, 5000); /* not longer than that */
    expect_error (b, ADIT_ERROR_UNREACHABLE, "GRE");
    last_sent (b, PPTP_STOP_REQUEST);
}

static void
test_gre_is_not_blocked (Bed *b, gconstpointer data)
{
    (void) data;
    until_gre (b);
    run (b, 1000);
    hear_gre (b);
    run (b, 10000);
    g_assert_no_error (b->host->error);
}

static void
test_no_pptp (Bed *b, gconstpointer data)
{
    (void) data;
    until_start (b);
    run (b, 20000);
    expect_error (b, ADIT_ERROR_UNREACHABLE, "does not speak PPTP");
}

static void
test_http (Bed *b, gconstpointer data)
{
    (void) data;
    until_start (b);
    receive_bytes (b, (const guint8 *) "HTTP/1.1 400 Bad Request\r\n", 26);
    expect_error (b, ADIT_ERROR_MALFORMED, "no PPTP server");
}

static void
test_reset (Bed *b, gconstpointer data)
{
    GError *cause = NULL;

    (void) data;
    until_call (b);
    adit_fail (&cause, ADIT_ERROR_LOST, "Connection reset");
    b->links[CONTROL].events->lost (b->links[CONTROL].user, cause);
    expect_error (b, ADIT_ERROR_REFUSED, "Connection reset");
}

static const struct {
    PptpType    type;
    guint8      result, error;
    AditError   code;
    const char *words;
} refusals[] = {
    { PPTP_START_REPLY, PPTP_START_ERROR, PPTP_ERROR_NO_RESOURCE, ADIT_ERROR_REFUSED, "no room" },
    { PPTP_START_REPLY, PPTP_START_EXISTS, 0, ADIT_ERROR_REFUSED, "connected already" },
    { PPTP_START_REPLY, PPTP_START_NOT_AUTHORIZED, 0, ADIT_ERROR_LOGIN, "let this machine in" },
    { PPTP_START_REPLY, PPTP_START_VERSION, 0, ADIT_ERROR_REFUSED, "version" },
    { PPTP_START_REPLY, 77, 0, ADIT_ERROR_REFUSED, "result 77" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_ERROR, PPTP_ERROR_BAD_FORMAT, ADIT_ERROR_MALFORMED, "read" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_NO_CARRIER, 0, ADIT_ERROR_REFUSED, "no line" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_BUSY, 0, ADIT_ERROR_REFUSED, "busy" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_NO_DIAL_TONE, 0, ADIT_ERROR_REFUSED, "no line" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_TIME_OUT, 0, ADIT_ERROR_UNREACHABLE, "too long" },
    { PPTP_OUTGOING_REPLY, PPTP_CALL_REFUSED, 0, ADIT_ERROR_REFUSED, "does not take" },
};

static void
test_refusals (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
        Bed b = { 0 };

        bed_setup (&b, NULL);
        if (refusals[i].type == PPTP_START_REPLY) {
            until_start (&b);
            receive (&b, &(PptpMessage){ .type   = PPTP_START_REPLY,
                                         .result = refusals[i].result,
                                         .error  = refusals[i].error });
        } else {
            until_call (&b);
            reply_call (&b, refusals[i].result, refusals[i].error);
        }
        expect_error (&b, refusals[i].code, refusals[i].words);
        bed_teardown (&b, NULL);
    }
}

static void
test_other_call (Bed *b, gconstpointer data)
{
    (void) data;
    until_call (b);
    b->our_call++;
    reply_call (b, PPTP_CALL_BUSY, 0); /* somebody else's */
    g_assert_no_error (b->host->error);
    receive (b, &(PptpMessage){ .type = PPTP_CALL_DISCONNECT, .call = 9, .result = 1 });
    g_assert_no_error (b->host->error);
}

static void
test_hung_up (Bed *b, gconstpointer data)
{
    (void) data;
    until_gre (b);
    hear_gre (b);
    receive (b, &(PptpMessage){ .type   = PPTP_CALL_DISCONNECT,
                                .call   = PEER_CALL,
                                .result = PPTP_GONE_SHUTDOWN });
    run (b, 10); /* PPP, which may know why, has its turn */
    expect_error (b, ADIT_ERROR_LOST, "hung up");
}

/* ---- the next call ---- */

static void
test_calls_again (Bed *b, gconstpointer data)
{
    (void) data;
    first_up (b);
    for (guint calls = 2; calls <= 6; calls++) {
        guint16 before = b->our_call;

        stand (b, 20);
        end_call (b, (guint16) (PEER_CALL + calls - 2));
        b->our_call = last_sent (b, PPTP_OUTGOING_CALL)->call;
        g_assert_cmpuint (b->our_call, !=, before);
        g_assert_cmpuint (b->call.call, ==, b->our_call);
        until_up (b, (guint16) (PEER_CALL + calls - 1));
    }
    g_assert_cmpuint (b->n_links, ==, 2); /* the same control connection, the same GRE */
}

/* PPP ended, and the call with it; old and new one overlap until the server lets go. */
static void
test_calls_again_after_ppp (Bed *b, gconstpointer data)
{
    guint16 before;

    (void) data;
    first_up (b);
    before = b->our_call;
    stand (b, 20);
    adit_ppp_close (b->server);
    run (b, 4000);
    b->our_call = last_sent (b, PPTP_OUTGOING_CALL)->call;
    g_assert_cmpint (b->sent[b->n_sent - 2].type, ==, PPTP_CALL_CLEAR);
    g_assert_cmpuint (b->sent[b->n_sent - 2].call, ==, before);
    end_call (b, PEER_CALL); /* that was the old one */
    until_up (b, PEER_CALL + 1);
}

static void
test_next_is_refused (Bed *b, gconstpointer data)
{
    (void) data;
    first_up (b);
    stand (b, 20);
    end_call (b, PEER_CALL);
    b->our_call = last_sent (b, PPTP_OUTGOING_CALL)->call;
    reply_call (b, PPTP_CALL_BUSY, 0);
    expect_error (b, ADIT_ERROR_LOST, "did not take another call");
    expect_error (b, ADIT_ERROR_LOST, "busy");
}

static void
test_next_is_not_answered (Bed *b, gconstpointer data)
{
    (void) data;
    first_up (b);
    stand (b, 20);
    end_call (b, PEER_CALL);
    last_sent (b, PPTP_OUTGOING_CALL);
    run (b, 5100);
    expect_error (b, ADIT_ERROR_LOST, "does not take the call");
}

/* A server that serves one call a connection (pptpd): it is gone with its call. */
static void
test_connection_ends_too (Bed *b, gconstpointer data)
{
    GError *cause = NULL;

    (void) data;
    first_up (b);
    stand (b, 20);
    adit_fail (&cause, ADIT_ERROR_LOST, "Connection reset");
    b->links[CONTROL].events->lost (b->links[CONTROL].user, cause);
    run (b, 100);
    expect_error (b, ADIT_ERROR_LOST, "Connection reset");
}

static void
test_no_storm (Bed *b, gconstpointer data)
{
    guint sent;

    (void) data;
    first_up (b);
    stand (b, 5);
    sent = b->n_sent;
    end_call (b, PEER_CALL);
    expect_error (b, ADIT_ERROR_LOST, "hung up");
    for (guint i = sent; i < b->n_sent; i++)
        g_assert_cmpint (b->sent[i].type, !=, PPTP_OUTGOING_CALL);
}

static void
test_declines (Bed *b, gconstpointer data)
{
    (void) data;
    first_up (b);
    receive (b, &(PptpMessage){ .type = PPTP_INCOMING_CALL, .call = 99 });
    g_assert_cmpuint (last_sent (b, PPTP_INCOMING_REPLY)->peer_call, ==, 99);
    g_assert_cmpuint (last_sent (b, PPTP_INCOMING_REPLY)->result, ==, PPTP_INCOMING_REFUSED);
    receive (b, &(PptpMessage){ .type = PPTP_OUTGOING_CALL, .call = 98 });
    g_assert_cmpuint (last_sent (b, PPTP_OUTGOING_REPLY)->peer_call, ==, 98);
    g_assert_cmpuint (last_sent (b, PPTP_OUTGOING_REPLY)->result, ==, PPTP_CALL_REFUSED);
    stand (b, 5);
    g_assert_no_error (b->host->error);
}

/* With `echo = 0` nothing is asked, but when the machine moved; an answer is enough. */
static void
test_moved (Bed *b, gconstpointer data)
{
    (void) data;
    first_up (b);
    adit_plugin.moved (b->tunnel);
    last_sent (b, PPTP_ECHO_REQUEST);
    run (b, 100);
    g_assert_no_error (b->host->error);
    receive (b, &(PptpMessage){ .type = PPTP_ECHO_REPLY, .result = 1 });
    run (b, 20000);
    g_assert_no_error (b->host->error);
    adit_plugin.moved (b->tunnel);
    run (b, 20000);
    expect_error (b, ADIT_ERROR_LOST, "stopped answering");
}

static void
test_stopped (Bed *b, gconstpointer data)
{
    (void) data;
    until_gre (b);
    receive (b, &(PptpMessage){ .type = PPTP_STOP_REQUEST, .result = PPTP_STOP_LOCAL });
    last_sent (b, PPTP_STOP_REPLY);
    g_assert_nonnull (b->host->error);
}

static void
test_echoes (Bed *b, gconstpointer data)
{
    (void) data;
    until_gre (b);
    hear_gre (b);
    receive (b, &(PptpMessage){ .type = PPTP_ECHO_REQUEST, .identifier = 42 });
    g_assert_cmpuint (last_sent (b, PPTP_ECHO_REPLY)->identifier, ==, 42);
    run (b, 60500);
    if (!b->host->error) { /* else PPP, which nobody answers here, was quicker */
        last_sent (b, PPTP_ECHO_REQUEST);
        receive (b, &(PptpMessage){ .type = PPTP_ECHO_REPLY, .result = 1 });
    }
}

/* The answers in pieces of one byte, and all at once. */
static void
test_pieces (Bed *b, gconstpointer data)
{
    guint8      bytes[2 * PPTP_MESSAGE_MAX];
    PptpMessage start = { .type = PPTP_START_REPLY, .result = PPTP_START_OK };
    PptpMessage echo  = { .type = PPTP_ECHO_REQUEST, .identifier = 7 };
    gsize       first = pptp_message_size (start.type), second = pptp_message_size (echo.type);

    (void) data;
    until_start (b);
    open_gre (b); /* before the answer, this time */
    last_sent (b, PPTP_START_REQUEST);
    pptp_message_encode (bytes, &start);
    for (gsize i = 0; i < first; i++)
        receive_bytes (b, bytes + i, 1);
    last_sent (b, PPTP_OUTGOING_CALL);
    pptp_message_encode (bytes, &echo);
    pptp_message_encode (bytes + second, &echo);
    receive_bytes (b, bytes, 2 * second);
    g_assert_cmpint (b->sent[b->n_sent - 2].type, ==, PPTP_ECHO_REPLY);
    last_sent (b, PPTP_ECHO_REPLY);
}

/* Every bit of the replies. */
static void
test_every_bit (void)
{
    for (guint bit = 0; bit < 156 * 8; bit++) {
        PptpMessage start = { .type = PPTP_START_REPLY, .result = PPTP_START_OK };
        guint8      bytes[PPTP_MESSAGE_MAX];
        Bed         b = { 0 };

        bed_setup (&b, NULL);
        until_start (&b);
        pptp_message_encode (bytes, &start);
        bytes[bit / 8] ^= (guint8) (1u << bit % 8);
        receive_bytes (&b, bytes, 156);
        run (&b, 40000);
        g_assert_nonnull (b.host->error); /* in the end nobody goes on */
        bed_teardown (&b, NULL);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name, fn) g_test_add ("/pptp/machine/" name, Bed, NULL, bed_setup, fn, bed_teardown)
    ADD ("places-a-call", test_places_a_call);
    ADD ("gre-that-is-blocked-is-said-so-within-five-seconds", test_gre_is_blocked);
    ADD ("gre-that-comes-through-is-enough", test_gre_is_not_blocked);
    ADD ("a-server-that-says-nothing", test_no_pptp);
    ADD ("a-server-of-something-else", test_http);
    ADD ("a-connection-that-breaks", test_reset);
    g_test_add_func ("/pptp/machine/each-refusal-has-its-reason", test_refusals);
    ADD ("other-calls-are-not-ours", test_other_call);
    ADD ("a-call-that-is-ended", test_hung_up);
    ADD ("calls-again-over-the-same-connection", test_calls_again);
    ADD ("calls-again-when-ppp-ended", test_calls_again_after_ppp);
    ADD ("the-next-call-is-refused", test_next_is_refused);
    ADD ("the-next-call-is-not-answered", test_next_is_not_answered);
    ADD ("a-connection-that-ends-with-its-call", test_connection_ends_too);
    ADD ("calls-that-end-soon-are-not-followed", test_no_storm);
    ADD ("declines-calls-of-the-server", test_declines);
    g_test_add ("/pptp/machine/moved-without-echoes", Bed, "echo = 0\n", bed_setup, test_moved,
                bed_teardown);
    ADD ("a-server-that-stops", test_stopped);
    ADD ("echoes", test_echoes);
    ADD ("a-stream-in-pieces", test_pieces);
    g_test_add_func ("/pptp/machine/every-bit-of-the-answer", test_every_bit);
    return g_test_run ();
}
