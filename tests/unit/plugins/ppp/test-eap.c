/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EAP: each method end to end, the choice among them, and TLS that must not be believed. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-certificates.h"
#include "tests/sim/ppp-ends.h"

static PppWorld *
eap_world (guint client, guint server)
{
    PppWorld *w = ppp_world_new (1);

    w->client.config.auth = w->server.config.auth = ADIT_PPP_EAP;
    w->client.config.legacy = w->server.config.legacy = TRUE;
    w->client.config.eap                              = client;
    w->server.config.eap                              = server;
    w->client.config.ca = w->server.config.ca = TEST_CA;
    w->client.config.certificate              = TEST_CLIENT;
    w->client.config.key                      = TEST_CLIENT_KEY;
    w->server.config.certificate              = TEST_SERVER;
    w->server.config.key                      = TEST_SERVER_KEY;
    w->client.config.server_name              = "server.example.org";
    return w;
}

static void
assert_signed_in (PppWorld *w, const char *name)
{
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_no_error (w->client.reason);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_cmpuint (w->server.ups, >=, 1);
    g_assert_cmpstr (w->client.result.auth, ==, name);
}

static const struct {
    guint       bit;
    const char *name;
} methods[] = { { ADIT_PPP_EAP_MD5, "EAP-MD5" },
                { ADIT_PPP_EAP_GTC, "EAP-GTC" },
                { ADIT_PPP_EAP_MSCHAPV2, "EAP-MSCHAPv2" },
                { ADIT_PPP_EAP_TLS, "EAP-TLS" } };

static void
each_method_signs_in (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
        g_autoptr (PppWorld) w = eap_world (methods[i].bit, methods[i].bit);

        assert_signed_in (w, methods[i].name);
    }
}

static void
each_method_survives_loss (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
        g_autoptr (PppWorld) w = eap_world (methods[i].bit, methods[i].bit);

        w->wire->weather.loss      = 150;
        w->wire->weather.duplicate = 150;
        ppp_world_start (w);
        ppp_world_run (w, 120000);
        if (!w->client.reason)
            g_assert_cmpuint (w->client.ups, >=, 1);
    }
}

/* The server would have TLS first, the client none but MD5. */
static void
a_nak_finds_what_both_know (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_MD5, 0);

    assert_signed_in (w, "EAP-MD5");
}

static void
nothing_that_both_know (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_MD5, ADIT_PPP_EAP_MSCHAPV2);

    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_REFUSED);
    g_assert_cmpstr (w->client.reason->message, ==,
                     "vpn.example.org offers no EAP method that this profile allows.");
}

static void
both_have_the_same_keys (void)
{
    static const guint keyed[] = { ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_MSCHAPV2 };

    for (guint i = 0; i < G_N_ELEMENTS (keyed); i++) {
        g_autoptr (PppWorld) w = eap_world (keyed[i], keyed[i]);

        w->client.config.mppe = w->server.config.mppe = ADIT_PPP_MPPE_128;
        w->client.config.mppe_required = w->server.config.mppe_required = TRUE;
        assert_signed_in (w, keyed[i] == ADIT_PPP_EAP_TLS ? "EAP-TLS" : "EAP-MSCHAPv2");
        for (guint n = 0; n < 20; n++)
            ppp_end_send (&w->client, n, 100);
        ppp_world_run (w, 1000);
        g_assert_cmpuint (ppp_end_take (&w->server), ==, 20);
    }
}

static void
a_server_of_another_ca_is_refused (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.config.ca = TEST_OTHER_CA;
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_IDENTITY);
    g_assert_cmpuint (w->client.ups, ==, 0);
}

static void
a_server_of_another_name_is_refused (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.config.server_name = "client.example.org";
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_IDENTITY);
}

static void
a_client_of_another_ca_is_refused (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->server.config.ca = TEST_OTHER_CA;
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_LOGIN);
    g_assert_cmpstr (w->client.reason->message, ==, "The server did not accept our certificate.");
    g_assert_cmpuint (w->client.ups + w->server.ups, ==, 0);
}

static void
certificates_that_are_none (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.config.key = TEST_SERVER_KEY;
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_PROFILE);
}

static void
a_certificate_that_has_expired_is_refused (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.host->wall_offset_us = G_GINT64_CONSTANT (100) * 365 * 86400 * G_USEC_PER_SEC;
    ppp_world_start (w);
    ppp_world_run (w, 20000);
    g_assert_error (w->client.reason, ADIT_ERROR, ADIT_ERROR_IDENTITY);
    g_assert_cmpstr (w->client.reason->message, ==, "The server's certificate has expired.");
}

static void
a_locked_key_opens (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.config.key            = TEST_LOCKED_KEY;
    w->client.config.key_passphrase = TEST_PASSPHRASE;
    assert_signed_in (w, "EAP-TLS");
}

static gboolean
swallow_success (PppEnd *e G_GNUC_UNUSED, AditPacket *frame)
{
    return !(frame->data[2] == 0xc2 && frame->data[3] == 0x27 && frame->data[4] == EAP_SUCCESS);
}

/* A server that goes on to the network has been satisfied; pppd says no more than that. */
static void
what_follows_stands_for_success (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_MSCHAPV2, ADIT_PPP_EAP_MSCHAPV2);

    w->server.on_output = swallow_success;
    ppp_world_start (w);
    ppp_world_run (w, 2000);
    g_assert_cmpuint (w->client.ups, >=, 1);
}

static gboolean
note_challenge (PppEnd *e, AditPacket *frame)
{
    const guint8 *at = frame->data;

    if (at[2] == 0xc2 && at[3] == 0x27 && at[4] == EAP_REQUEST && at[8] == EAP_MSCHAPV2 &&
        at[9] == CHAP_CHALLENGE && !e->user) {
        GString *hex = g_string_new (NULL);

        for (guint i = 0; i < frame->len; i++)
            g_string_append_printf (hex, "%02x", at[i]);
        e->user = g_string_free (hex, FALSE);
    }
    return swallow_success (e, frame);
}

/* The wire gave the challenge twice, the second time behind the server's proof. */
static void
a_late_challenge_brings_no_other_keys (void)
{
    g_autoptr (PppWorld) w     = eap_world (ADIT_PPP_EAP_MSCHAPV2, ADIT_PPP_EAP_MSCHAPV2);
    g_autofree char *challenge = NULL;
    MppeKeys         keys;

    w->server.on_output = note_challenge;
    ppp_world_start (w);
    while (w->client.ppp->auth.eap.stage != EAP_STAGE_PROVED)
        ppp_world_run (w, 1);
    keys      = w->client.ppp->auth.keys;
    challenge = w->server.user;
    ppp_end_forge (&w->server, challenge);
    ppp_world_run (w, 3000);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_cmpmem (&keys, sizeof keys, &w->client.ppp->auth.keys, sizeof keys);
}

static guint answers;

static gboolean
count_answers (PppEnd *e G_GNUC_UNUSED, AditPacket *frame)
{
    answers += frame->data[2] == 0xc2 && frame->data[3] == 0x27 && frame->data[4] == EAP_RESPONSE;
    return TRUE;
}

/* RFC 3748 2: a server may ask again at any time, and as often as it likes. */
static void
who_is_asked_again_for_days_stays (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_MD5, ADIT_PPP_EAP_MD5);

    assert_signed_in (w, "EAP-MD5");
    w->client.on_output = count_answers;
    answers             = 0;
    for (guint i = 0; i < 2 * EAP_ROUNDS; i++) {
        g_autofree char *hex = g_strdup_printf ("ff03 c227 01%02x0005 01", (i + 100) & 0xff);

        ppp_end_forge (&w->server, hex);
        ppp_world_run (w, 100);
    }
    g_assert_cmpuint (w->client.downs, ==, 0);
    g_assert_cmpuint (answers, ==, 2 * EAP_ROUNDS);
}

/* The keys stay those of the first time, as with CHAP (RFC 3079 3). */
static void
a_second_handshake_may_follow (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    assert_signed_in (w, "EAP-TLS");
    w->client.on_output = count_answers;
    answers             = 0;
    ppp_end_forge (&w->server, "ff03 c227 01640005 01");
    ppp_end_forge (&w->server, "ff03 c227 01650006 0d20");
    ppp_world_run (w, 1000);
    g_assert_cmpuint (answers, ==, 2); /* who we are, and a ClientHello */
    g_assert_cmpuint (w->client.downs, ==, 0);
}

/* SoftEther has one identifier for who we are and for what comes next. */
static void
another_request_of_the_same_identifier (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    assert_signed_in (w, "EAP-TLS");
    w->client.on_output = count_answers;
    answers             = 0;
    ppp_end_forge (&w->server, "ff03 c227 01640005 01");
    ppp_end_forge (&w->server, "ff03 c227 01640006 0d20");
    ppp_world_run (w, 1000);
    g_assert_cmpuint (w->client.ppp->auth.eap.last->data[0], ==, EAP_TLS);
    ppp_end_forge (&w->server, "ff03 c227 01640006 0d20"); /* and this one comes twice */
    ppp_world_run (w, 1000);
    g_assert_cmpuint (answers, ==, 3);
    g_assert_cmpuint (w->client.ppp->auth.eap.rounds, ==, 1);
}

static gboolean
take_flags_off (PppEnd *e, AditPacket *frame)
{
    if (frame->data[2] == 0xc2 && frame->data[7] == 6 && frame->data[8] == EAP_TLS &&
        frame->data[9] == 0) {
        e->questions++;
        frame->data[7] = 5;
        frame->len--;
    }
    return TRUE;
}

/* As SoftEther acknowledges fragments. */
static void
an_acknowledgement_without_flags (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_TLS, ADIT_PPP_EAP_TLS);

    w->client.config.certificate = TEST_CLIENT TEST_CA TEST_OTHER_CA; /* more than fits into one */
    w->server.on_output          = take_flags_off;
    assert_signed_in (w, "EAP-TLS");
    g_assert_cmpuint (w->server.questions, >=, 1);
}

/* Success comes while a method is on its way: forged, and nothing. */
static void
success_before_the_end_is_nothing (void)
{
    g_autoptr (PppWorld) w = eap_world (ADIT_PPP_EAP_MSCHAPV2, ADIT_PPP_EAP_MSCHAPV2);

    w->client.config.password = NULL;
    w->client.holds_answers   = TRUE;
    ppp_world_start (w);
    ppp_world_run (w, 300);
    for (guint id = 0; id < 10; id++) {
        g_autofree char *hex = g_strdup_printf ("ff03 c227 03%02x0004", id);

        ppp_end_forge (&w->server, hex);
    }
    ppp_world_run (w, 300);
    g_assert_cmpint ((int) w->client.ppp->phase, ==, PPP_AUTHENTICATE);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/eap/each-method-signs-in", each_method_signs_in);
    g_test_add_func ("/ppp/eap/each-method-survives-loss", each_method_survives_loss);
    g_test_add_func ("/ppp/eap/a-nak-finds-what-both-know", a_nak_finds_what_both_know);
    g_test_add_func ("/ppp/eap/nothing-that-both-know", nothing_that_both_know);
    g_test_add_func ("/ppp/eap/both-have-the-same-keys", both_have_the_same_keys);
    g_test_add_func ("/ppp/eap/a-server-of-another-ca-is-refused",
                     a_server_of_another_ca_is_refused);
    g_test_add_func ("/ppp/eap/a-server-of-another-name-is-refused",
                     a_server_of_another_name_is_refused);
    g_test_add_func ("/ppp/eap/a-client-of-another-ca-is-refused",
                     a_client_of_another_ca_is_refused);
    g_test_add_func ("/ppp/eap/a-certificate-that-has-expired-is-refused",
                     a_certificate_that_has_expired_is_refused);
    g_test_add_func ("/ppp/eap/a-locked-key-opens", a_locked_key_opens);
    g_test_add_func ("/ppp/eap/certificates-that-are-none", certificates_that_are_none);
    g_test_add_func ("/ppp/eap/what-follows-stands-for-success", what_follows_stands_for_success);
    g_test_add_func ("/ppp/eap/a-late-challenge-brings-no-other-keys",
                     a_late_challenge_brings_no_other_keys);
    g_test_add_func ("/ppp/eap/who-is-asked-again-for-days-stays",
                     who_is_asked_again_for_days_stays);
    g_test_add_func ("/ppp/eap/a-second-handshake-may-follow", a_second_handshake_may_follow);
    g_test_add_func ("/ppp/eap/another-request-of-the-same-identifier",
                     another_request_of_the_same_identifier);
    g_test_add_func ("/ppp/eap/an-acknowledgement-without-flags", an_acknowledgement_without_flags);
    g_test_add_func ("/ppp/eap/success-before-the-end-is-nothing",
                     success_before_the_end_is_nothing);
    return g_test_run ();
}
