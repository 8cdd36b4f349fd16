/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing in: what is allowed, what is asked, what is said when it fails. */
#include "plugins/ppp/engine.h"
#include "tests/sim/ppp-ends.h"

static void
assert_refused (PppWorld *w, AditError code, const char *sentence)
{
    ppp_world_start (w);
    ppp_world_run (w, 40000);
    g_assert_cmpuint (w->client.ups, ==, 0);
    g_assert_cmpuint (w->client.downs, ==, 1);
    g_assert_error (w->client.reason, ADIT_ERROR, (gint) code);
    g_assert_cmpstr (w->client.reason->message, ==, sentence);
}

static void
a_wrong_password_is_a_login_error (void)
{
    static const guint ways[] = { ADIT_PPP_PAP, ADIT_PPP_CHAP, ADIT_PPP_MSCHAPV2, ADIT_PPP_EAP };

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
        g_autoptr (PppWorld) w = ppp_world_new (i);

        w->client.config.auth = w->server.config.auth = ways[i];
        w->client.config.legacy = w->server.config.legacy = TRUE;
        w->client.config.password                         = "looking glass";
        assert_refused (w, ADIT_ERROR_LOGIN,
                        "The server did not accept the user name or password.");
    }
}

static void
a_password_is_not_shown_to_everybody (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.config.auth   = ADIT_PPP_PAP;
    w->server.config.legacy = TRUE;
    w->client.config.auth   = ADIT_PPP_AUTH_ALL;
    assert_refused (
        w, ADIT_ERROR_REFUSED,
        "vpn.example.org wants the password in the clear, and nothing hides it on the way.");
}

static void
pap_within_an_encrypted_carrier_is_fine (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.auth = w->server.config.auth = ADIT_PPP_PAP;
    w->client.config.encrypted = w->server.config.encrypted = TRUE;
    ppp_world_start (w);
    ppp_world_run (w, 2000);
    g_assert_cmpuint (w->client.ups, >=, 1);
}

static void
no_way_that_both_know (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.config.auth = ADIT_PPP_CHAP;
    assert_refused (w, ADIT_ERROR_REFUSED,
                    "vpn.example.org offers no way of signing in that this profile allows.");
}

static void
a_way_without_keys_is_no_way_to_mppe (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.config.auth          = ADIT_PPP_CHAP;
    w->client.config.auth          = ADIT_PPP_AUTH_ALL;
    w->client.config.mppe          = ADIT_PPP_MPPE_128;
    w->client.config.mppe_required = TRUE;
    assert_refused (w, ADIT_ERROR_REFUSED,
                    "vpn.example.org offers CHAP only, which gives no key for encryption.");
}

/* The server asks for EAP first, as some do. */
static void
the_second_offer_fits (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.config.auth = ADIT_PPP_EAP | ADIT_PPP_CHAP;
    w->client.config.auth = ADIT_PPP_CHAP | ADIT_PPP_MSCHAPV2;
    ppp_world_start (w);
    ppp_world_run (w, 3000);
    g_assert_no_error (w->client.reason);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_cmpstr (w->client.result.auth, ==, "CHAP");
}

static void
what_is_missing_is_asked_for (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.user = w->client.config.password = NULL;
    w->client.answers[0]                              = "alice";
    w->client.answers[1]                              = "wonderland";
    ppp_world_start (w);
    ppp_world_run (w, 2000);
    g_assert_cmpuint (w->client.questions, ==, 2);
    g_assert_cmpuint (w->client.ups, >=, 1);
    g_assert_true (w->client.result.secrets_from_person);
}

static void
no_answer_is_an_end (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.password = NULL;
    assert_refused (w, ADIT_ERROR_SECRET, "The user name or the password is missing.");
}

/* A person may think for longer than any timer of ours. */
static void
a_person_may_take_time (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.password = NULL;
    w->client.holds_answers   = TRUE;
    ppp_world_start (w);
    ppp_world_run (w, 25000);
    g_assert_cmpuint (w->client.questions, ==, 1);
    g_assert_cmpuint (w->client.downs, ==, 0);
    adit_ppp_answer (w->client.ppp, "wonderland");
    ppp_world_run (w, 4000);
    g_assert_cmpuint (w->client.ups, >=, 1);
}

static void
a_server_that_does_not_ask_is_nobody (void)
{
    g_autoptr (PppWorld) w  = ppp_world_new (1);
    g_autoptr (PppWorld) in = ppp_world_new (2);

    w->server.config.auth = 0;
    assert_refused (w, ADIT_ERROR_REFUSED,
                    "vpn.example.org does not ask who we are; anybody could be in its place.");
    in->server.config.auth      = 0;
    in->client.config.encrypted = TRUE; /* whoever it is, the carrier knows */
    ppp_world_start (in);
    ppp_world_run (in, 2000);
    g_assert_cmpuint (in->client.ups, >=, 1);
    g_assert_cmpstr (in->client.result.auth, ==, "none");
}

/* ---- servers that are not ours ---- */

/* Turns the server's Failure into another; after that of an expired password it waits. */
static gboolean
say_failure (PppEnd *end, AditPacket *frame)
{
    const char *text = end->user;

    if (g_str_has_prefix (text, "E=648") && frame->data[2] == 0xc0 &&
        frame->data[4] == TERMINATE_REQUEST)
        return FALSE;
    if (frame->len < 9 || frame->data[2] != 0xc2 || frame->data[3] != 0x23 ||
        frame->data[4] != CHAP_FAILURE)
        return TRUE;
    frame->len = 8;
    adit_poke (frame->data + 6, 2, 4 + strlen (text));
    memcpy (frame->data + 8, text, strlen (text)); /* shorter than the tail room */
    frame->len += (guint32) strlen (text);
    return TRUE;
}

static void
failure_codes_are_sentences (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.password = "looking glass";
    w->server.user            = (gpointer) "E=647 R=0 M=no";
    w->server.on_output       = say_failure;
    assert_refused (w, ADIT_ERROR_LOGIN, "The account is disabled.");
}

static void
an_expired_password_is_a_question (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.password = "looking glass";
    w->client.holds_answers   = TRUE;
    w->server.user            = (gpointer) "E=648 R=0 C=000102030405060708090a0b0c0d0e0f V=3";
    w->server.on_output       = say_failure;
    ppp_world_start (w);
    ppp_world_run (w, 400);
    g_assert_cmpuint (w->client.questions, ==, 1);
    g_assert_cmpstr (w->client.question, ==, "The password of alice has expired. New password");
    adit_ppp_answer (w->client.ppp, "through");
    g_assert_cmpstr (w->client.ppp->auth.password, ==, "through");
}

/* The server that hangs up while the person thinks is not believed to be at fault. */
static void
hanging_up_while_asking_is_a_login_error (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->client.config.password = "looking glass";
    w->client.holds_answers   = TRUE;
    w->server.user            = (gpointer) "E=691 R=1 C=000102030405060708090a0b0c0d0e0f M=no";
    w->server.on_output       = say_failure;
    assert_refused (w, ADIT_ERROR_LOGIN, "The server did not accept the user name or password.");
    g_assert_cmpuint (w->client.questions, ==, 1);
    g_assert_cmpuint (w->client.phases, ==, 2); /* and nothing is agreed on anew */
}

static gboolean
spoil_success (PppEnd *end G_GNUC_UNUSED, AditPacket *frame)
{
    if (frame->len > 20 && frame->data[2] == 0xc2 && frame->data[4] == CHAP_SUCCESS)
        frame->data[12] ^= 1;
    return TRUE;
}

static void
a_server_without_the_password_is_found_out (void)
{
    g_autoptr (PppWorld) w = ppp_world_new (1);

    w->server.on_output = spoil_success;
    assert_refused (w, ADIT_ERROR_IDENTITY,
                    "vpn.example.org could not prove that it knows the password; it is not the "
                    "right server.");
}

/* A server that says Success before it challenged, and goes on as if. */
static void
success_before_a_challenge_is_nothing (void)
{
    static const char *const forged[] = { "ff03 c223 03010004", "ff03 c223 0300002e533d",
                                          "ff03 c023 0201000500", "ff03 c227 03010004" };

    for (guint i = 0; i < G_N_ELEMENTS (forged); i++) {
        g_autoptr (PppWorld) w    = ppp_world_new (i);
        w->client.config.password = NULL;
        w->client.holds_answers   = TRUE;
        ppp_world_start (w);
        ppp_world_run (w, 300);
        g_assert_cmpint ((int) w->client.ppp->auth.state, ==, AUTH_ASKING);
        for (guint n = 0; n < 10; n++)
            ppp_end_forge (&w->server, forged[i]);
        ppp_world_run (w, 300);
        g_assert_cmpint ((int) w->client.ppp->auth.state, ==, AUTH_ASKING);
        g_assert_cmpuint (w->client.ups, ==, 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/ppp/auth/a-wrong-password-is-a-login-error",
                     a_wrong_password_is_a_login_error);
    g_test_add_func ("/ppp/auth/a-password-is-not-shown-to-everybody",
                     a_password_is_not_shown_to_everybody);
    g_test_add_func ("/ppp/auth/pap-within-an-encrypted-carrier-is-fine",
                     pap_within_an_encrypted_carrier_is_fine);
    g_test_add_func ("/ppp/auth/no-way-that-both-know", no_way_that_both_know);
    g_test_add_func ("/ppp/auth/a-way-without-keys-is-no-way-to-mppe",
                     a_way_without_keys_is_no_way_to_mppe);
    g_test_add_func ("/ppp/auth/the-second-offer-fits", the_second_offer_fits);
    g_test_add_func ("/ppp/auth/what-is-missing-is-asked-for", what_is_missing_is_asked_for);
    g_test_add_func ("/ppp/auth/no-answer-is-an-end", no_answer_is_an_end);
    g_test_add_func ("/ppp/auth/a-person-may-take-time", a_person_may_take_time);
    g_test_add_func ("/ppp/auth/a-server-that-does-not-ask-is-nobody",
                     a_server_that_does_not_ask_is_nobody);
    g_test_add_func ("/ppp/auth/failure-codes-are-sentences", failure_codes_are_sentences);
    g_test_add_func ("/ppp/auth/an-expired-password-is-a-question",
                     an_expired_password_is_a_question);
    g_test_add_func ("/ppp/auth/hanging-up-while-asking-is-a-login-error",
                     hanging_up_while_asking_is_a_login_error);
    g_test_add_func ("/ppp/auth/a-server-without-the-password-is-found-out",
                     a_server_without_the_password_is_found_out);
    g_test_add_func ("/ppp/auth/success-before-a-challenge-is-nothing",
                     success_before_a_challenge_is_nothing);
    return g_test_run ();
}
