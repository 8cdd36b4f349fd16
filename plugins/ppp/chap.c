/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chap.c - the Challenge Handshake Authentication Protocol with MD5 (RFC 1994) and MS-CHAPv2
 * (RFC 2759), both ends. */
#include "plugins/ppp/chap.h"

#include "client/base/secret.h"
#include "client/crypto/legacy.h"
#include "client/crypto/random.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

/* ---- arithmetic ---- */

static void
md5_answer (const Auth *auth, guint8 id, guint8 out[ADIT_MD5_SIZE])
{
    const Chap     *c        = &auth->chap;
    const AditPiece pieces[] = { { &id, 1 },
                                 { auth->password, strlen (auth->password) },
                                 { c->challenge, c->challenge_len } };

    adit_legacy_digest (ADIT_MD5, pieces, G_N_ELEMENTS (pieces), out);
}

static MsChapV2
exchange (const Auth *auth)
{
    MsChapV2 x = { .user = auth->user, .password = auth->password };

    memcpy (x.authenticator, auth->chap.challenge, sizeof x.authenticator);
    memcpy (x.peer, auth->chap.peer_challenge, sizeof x.peer);
    return x;
}

/* What both ends know when the password was right. */
static gboolean
take_keys (Auth *auth, const guint8 nt[MSCHAPV2_NT])
{
    MsChapV2 x = exchange (auth);
    guint8   hash[MSCHAPV2_HASH];

    if (!mschapv2_hash (auth->password, hash) || !mschapv2_authenticator (&x, nt, auth->chap.proof))
        return FALSE;
    if (auth->state == AUTH_DONE) /* RFC 3079 3: the keys are of the first time */
        return TRUE;
    adit_legacy_digest (ADIT_MD4, &(AditPiece){ hash, sizeof hash }, 1, hash);
    mppe_keys_from_mschapv2 (hash, nt, auth->ppp->config.role == ADIT_PPP_SERVER, &auth->keys);
    adit_wipe (hash, sizeof hash);
    auth->has_keys = TRUE;
    return TRUE;
}

static gboolean
mschapv2_answer (Auth *auth)
{
    Chap    *c = &auth->chap;
    MsChapV2 x;

    adit_random_from (auth->ppp->host, c->peer_challenge, sizeof c->peer_challenge);
    x = exchange (auth);
    memset (c->answer, 0, MSCHAPV2_VALUE);
    memcpy (c->answer, c->peer_challenge, sizeof c->peer_challenge);
    c->answer_len = MSCHAPV2_VALUE;
    return mschapv2_nt_response (&x, c->answer + 24) && take_keys (auth, c->answer + 24);
}

/* ---- a challenge and its response ---- */

/* One that comes twice is answered as before: another response would bring other keys, and the
 * server's proof would be of the first. */
static gboolean
is_answered (const Chap *c, guint8 id, const guint8 *challenge, gsize len)
{
    return c->answered && c->answer_len && id == c->id && len == c->challenge_len &&
           memcmp (challenge, c->challenge, len) == 0;
}

gboolean
chap_take_challenge (Auth *auth, guint8 id, const guint8 *challenge, gsize len)
{
    Chap *c = &auth->chap;

    if (is_answered (c, id, challenge, len))
        return TRUE;
    if (len == 0 || len > sizeof c->challenge ||
        (c->algorithm == CHAP_MSV2 && len != MSCHAPV2_CHALLENGE))
        return FALSE;
    ppp_copy (c->challenge, challenge, len);
    c->challenge_len = (guint8) len;
    c->id            = id;
    c->answer_len    = 0;
    c->answered      = FALSE;
    return TRUE;
}

static void
fail_for_length (Auth *auth)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_SECRET,
               _ ("A password for MS-CHAPv2 is text of at most 256 characters."));
    auth_fail (auth, error);
}

gboolean
chap_answer (Auth *auth)
{
    Chap *c = &auth->chap;

    if (c->answered)
        return TRUE;
    if (c->algorithm == CHAP_MSV2 && !mschapv2_answer (auth)) {
        fail_for_length (auth);
        return FALSE;
    }
    if (c->algorithm == CHAP_MD5) {
        md5_answer (auth, c->id, c->answer);
        c->answer_len = ADIT_MD5_SIZE;
    }
    c->answered = TRUE;
    return TRUE;
}

gboolean
chap_is_proved (Auth *auth, const guint8 *text, gsize len)
{
    guint8  proof[MSCHAPV2_AUTH];
    GError *error = NULL;

    if (auth->chap.algorithm != CHAP_MSV2 || (mschapv2_success_parse (text, len, proof) &&
                                              adit_same (proof, auth->chap.proof, sizeof proof)))
        return TRUE;
    adit_fail (&error, ADIT_ERROR_IDENTITY,
               _ ("%s could not prove that it knows the password; it is not the right server."),
               auth->ppp->config.server);
    auth_fail (auth, error);
    return FALSE;
}

void
chap_put_challenge (const Auth *auth, AditWriter *w)
{
    adit_put_u8 (w, auth->chap.challenge_len);
    adit_put_bytes (w, auth->chap.challenge, auth->chap.challenge_len);
    adit_put_bytes (w, "adit", 4);
}

void
chap_put_response (const Auth *auth, AditWriter *w)
{
    adit_put_u8 (w, auth->chap.answer_len);
    adit_put_bytes (w, auth->chap.answer, auth->chap.answer_len);
    adit_put_bytes (w, auth->user, MIN (strlen (auth->user), PPP_NAME_MAX));
}

/* ---- refusals ---- */

/* RFC 2759 6: the next response answers the challenge in the Failure, with the next identifier. */
static gboolean
prepare_retry (Auth *auth, guint8 id, const MsChapV2Failure *failure)
{
    if (!failure->has_challenge)
        return FALSE;
    return chap_take_challenge (auth, (guint8) (id + 1), failure->challenge, MSCHAPV2_CHALLENGE);
}

static void
ask_again (Auth *auth, const MsChapV2Failure *failure)
{
    g_autofree char *text = g_strdup_printf (_ ("%s did not accept the password of %s. Password"),
                                             auth->ppp->config.server, auth->user);

    if (failure->code == MSCHAPV2_PASSWD_EXPIRED)
        auth_ask (auth, QUESTION_NEW_PASSWORD, NULL);
    else
        auth_ask (auth, QUESTION_PASSWORD, text);
}

void
chap_refused (Auth *auth, guint8 id, const guint8 *text, gsize len)
{
    GError         *error = NULL;
    MsChapV2Failure failure;
    gboolean        again;

    mschapv2_failure_parse (text, len, &failure);
    auth->has_keys = FALSE;
    mschapv2_failure_error (&failure, &error);
    again = auth->chap.algorithm == CHAP_MSV2 && ++auth->refusals <= PPP_AUTH_TRIES &&
            (failure.code == MSCHAPV2_PASSWD_EXPIRED ||
             (failure.retry && failure.code == MSCHAPV2_AUTHENTICATION_FAILURE)) &&
            prepare_retry (auth, id, &failure);
    if (again) {
        ppp_suspect (auth->ppp, error);
        ask_again (auth, &failure);
    } else
        auth_fail (auth, error);
    g_free (failure.message);
}

gboolean
chap_change (Auth *auth, guint8 out[MSCHAPV2_CHANGE])
{
    Chap    *c   = &auth->chap;
    char    *old = g_steal_pointer (&auth->password);
    guint8   pad[512];
    MsChapV2 x;
    gboolean ok;

    auth->password = g_steal_pointer (&auth->new_password);
    adit_random_from (auth->ppp->host, c->peer_challenge, sizeof c->peer_challenge);
    adit_random_from (auth->ppp->host, pad, sizeof pad);
    x  = exchange (auth);
    ok = mschapv2_change (&x, old, pad, out) && take_keys (auth, out + MSCHAPV2_CHANGE - 26);
    c->answered   = ok;
    c->answer_len = 0;
    adit_wipe (pad, sizeof pad);
    adit_wipe_string (old);
    return ok;
}

/* ---- the server's side ---- */

void
chap_make_challenge (Auth *auth)
{
    Chap *c = &auth->chap;

    c->challenge_len = MSCHAPV2_CHALLENGE;
    c->id            = ++auth->id;
    adit_random_from (auth->ppp->host, c->challenge, c->challenge_len);
}

gboolean
chap_is_right (Auth *auth, guint8 id, const guint8 *value, gsize len)
{
    Chap    *c = &auth->chap;
    guint8   expected[MSCHAPV2_NT];
    MsChapV2 x;

    if (!auth->user || !auth->password)
        return FALSE;
    if (c->algorithm == CHAP_MD5) {
        md5_answer (auth, id, expected);
        return len == ADIT_MD5_SIZE && adit_same (value, expected, len);
    }
    if (len != MSCHAPV2_VALUE)
        return FALSE;
    memcpy (c->peer_challenge, value, sizeof c->peer_challenge);
    x = exchange (auth);
    return mschapv2_nt_response (&x, expected) &&
           adit_same (value + 24, expected, sizeof expected) && take_keys (auth, expected);
}

/* ---- as a protocol of its own ---- */

static void
send_challenge (Auth *auth)
{
    guint8     data[CHAP_MESSAGE];
    AditWriter w = adit_writer (data, sizeof data);

    chap_put_challenge (auth, &w);
    auth_send (auth, CHAP_CHALLENGE, auth->chap.id, data, adit_length (&w));
    auth_arm (auth, PPP_RESTART_MS);
}

static void
send_response (Auth *auth)
{
    guint8     data[CHAP_MESSAGE];
    AditWriter w = adit_writer (data, sizeof data);

    chap_put_response (auth, &w);
    auth_send (auth, CHAP_RESPONSE, auth->chap.id, data, adit_length (&w));
    auth_arm (auth, PPP_RESTART_MS);
}

static void
begin (Auth *auth)
{
    if (auth->ppp->config.role != ADIT_PPP_SERVER)
        return;
    chap_make_challenge (auth);
    send_challenge (auth);
}

static void
timeout (Auth *auth)
{
    if (auth->tries++ >= PPP_AUTH_TRIES)
        ppp_lost (auth->ppp);
    else if (auth->ppp->config.role == ADIT_PPP_SERVER)
        send_challenge (auth);
    else if (auth->chap.answer_len) /* the Success may be lost (RFC 1994 4.2) */
        send_response (auth);
    else
        ppp_lost (auth->ppp);
}

static void
send_change (Auth *auth)
{
    guint8 change[MSCHAPV2_CHANGE];

    if (chap_change (auth, change))
        auth_send (auth, CHAP_CHANGE_PASSWORD, auth->chap.id, change, sizeof change);
    else
        fail_for_length (auth);
    adit_wipe (change, sizeof change);
    auth_arm (auth, PPP_AUTH_WAIT_MS);
}

static void
answered (Auth *auth)
{
    if (auth->new_password)
        send_change (auth);
    else if (auth->chap.challenge_len && auth_has_credentials (auth) && chap_answer (auth))
        send_response (auth);
}

static void
on_challenge (Auth *auth, const CpPacket *p)
{
    AditReader r     = adit_reader (p->data, p->len);
    AditReader value = ppp_counted (&r);
    gsize      len   = adit_left (&value);

    if (r.bad)
        return;
    if (is_answered (&auth->chap, p->id, value.at, len))
        send_response (auth);
    else if (chap_take_challenge (auth, p->id, value.at, len) && auth->state != AUTH_ASKING) {
        auth->tries = 0;
        answered (auth);
    }
}

static void
on_success (Auth *auth, const CpPacket *p)
{
    if (!auth->chap.answered || p->id != auth->chap.id || auth->state == AUTH_ASKING ||
        !chap_is_proved (auth, p->data, p->len))
        return;
    auth_succeed (auth, auth->chap.algorithm == CHAP_MSV2 ? "MS-CHAPv2" : "CHAP");
}

static void
on_failure (Auth *auth, const CpPacket *p)
{
    if (auth->chap.answered && p->id == auth->chap.id && auth->state != AUTH_ASKING)
        chap_refused (auth, p->id, p->data, p->len);
}

/* The server's side. */
static void
on_response (Auth *auth, const CpPacket *p)
{
    static const char refusal[] = "E=691 R=0 M=Access denied";
    AditReader        r         = adit_reader (p->data, p->len);
    AditReader        value     = ppp_counted (&r);
    GError           *error     = NULL;
    gsize             name      = adit_left (&r);

    if (r.bad || p->id != auth->chap.id)
        return;
    if (auth->user && name == strlen (auth->user) && memcmp (r.at, auth->user, name) == 0 &&
        chap_is_right (auth, p->id, value.at, adit_left (&value))) {
        g_autofree char *text =
            auth->chap.algorithm == CHAP_MSV2 ? mschapv2_success (auth->chap.proof) : g_strdup ("");

        auth_send (auth, CHAP_SUCCESS, p->id, text, strlen (text));
        auth_succeed (auth, auth->chap.algorithm == CHAP_MSV2 ? "MS-CHAPv2" : "CHAP");
    } else if (auth->state == AUTH_WAITING) {
        auth_send (auth, CHAP_FAILURE, p->id, refusal, sizeof refusal - 1);
        adit_fail (&error, ADIT_ERROR_LOGIN, _ ("The other side could not sign in."));
        auth_fail (auth, error);
    }
}

static void
input (Auth *auth, const CpPacket *p)
{
    if (auth->ppp->config.role == ADIT_PPP_SERVER) {
        if (p->code == CHAP_RESPONSE)
            on_response (auth, p);
    } else if (p->code == CHAP_CHALLENGE)
        on_challenge (auth, p);
    else if (p->code == CHAP_SUCCESS)
        on_success (auth, p);
    else if (p->code == CHAP_FAILURE)
        on_failure (auth, p);
}

const AuthOps chap_ops = {
    .protocol = PPP_CHAP, .begin = begin, .input = input, .timeout = timeout, .answered = answered
};
