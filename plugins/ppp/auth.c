/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auth.c - what may be used, and what the person is asked. */
#include "plugins/ppp/auth.h"

#include "client/base/secret.h"
#include "plugins/ppp/eap.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

typedef struct {
    guint       way;
    guint16     protocol;
    guint8      algorithm; /* of CHAP, else 0 */
    gboolean    has_keys;  /* for MPPE */
    const char *name;
} Way;

/* The best first: the server proves itself, too; the password does not travel; it does. */
static const Way ways[] = {
    { ADIT_PPP_MSCHAPV2, PPP_CHAP, CHAP_MSV2, TRUE, "MS-CHAPv2" },
    { ADIT_PPP_EAP, PPP_EAP, 0, TRUE, "EAP" },
    { ADIT_PPP_CHAP, PPP_CHAP, CHAP_MD5, FALSE, "CHAP" },
    { ADIT_PPP_PAP, PPP_PAP, 0, FALSE, "PAP" },
};

#define TO(s) (1u << (s))
static const guint may_follow[AUTH_N_STATES] = {
    [AUTH_IDLE]    = TO (AUTH_WAITING) | TO (AUTH_DONE) | TO (AUTH_IDLE),
    [AUTH_WAITING] = TO (AUTH_IDLE) | TO (AUTH_ASKING) | TO (AUTH_DONE) | TO (AUTH_FAILED),
    [AUTH_ASKING]  = TO (AUTH_IDLE) | TO (AUTH_WAITING) | TO (AUTH_FAILED),
    [AUTH_DONE]    = TO (AUTH_IDLE) | TO (AUTH_ASKING) | TO (AUTH_FAILED),
    [AUTH_FAILED]  = TO (AUTH_IDLE),
};

/* The only writer of auth->state. */
static void
enter (Auth *auth, AuthState next)
{
    g_return_if_fail (may_follow[auth->state] & TO (next));
    auth->state = next;
    if (next != AUTH_WAITING)
        adit_disarm (auth->ppp->host, &auth->timer);
    if (next != AUTH_ASKING)
        auth->question = QUESTION_NONE;
}

/* ---- which way ---- */

gboolean
auth_may_send_password (const Auth *auth)
{
    return auth->ppp->config.encrypted || auth->ppp->config.legacy;
}

static gboolean
is_allowed (const Auth *auth, const Way *way)
{
    const AditPppConfig *c = &auth->ppp->config;

    if (!(c->auth & way->way) || (c->mppe_required && !way->has_keys))
        return FALSE;
    return way->way != ADIT_PPP_PAP || auth_may_send_password (auth);
}

gsize
auth_offer (const Auth *auth, guint nth, guint8 out[3])
{
    const Way *allowed[G_N_ELEMENTS (ways)], *way;
    guint      n = 0;

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
        if (is_allowed (auth, &ways[i]))
            allowed[n++] = &ways[i];
    if (n == 0)
        return 0;
    way = allowed[nth % n];
    adit_poke (out, 2, way->protocol);
    out[2] = way->algorithm;
    return way->algorithm ? 3 : 2;
}

static const Way *
find_way (const guint8 *value, gsize len)
{
    AditReader r         = adit_reader (value, len);
    guint16    protocol  = adit_get_u16 (&r);
    guint8     algorithm = len == 3 ? adit_get_u8 (&r) : 0;

    for (guint i = 0; adit_finish (&r) && i < G_N_ELEMENTS (ways); i++)
        if (ways[i].protocol == protocol && ways[i].algorithm == algorithm)
            return &ways[i];
    return NULL;
}

gboolean
auth_accepts (const Auth *auth, const guint8 *value, gsize len)
{
    const Way *way = find_way (value, len);

    return way && is_allowed (auth, way);
}

void
auth_refuse (Auth *auth, const guint8 *value, gsize len)
{
    const Way  *way    = find_way (value, len);
    const char *server = auth->ppp->config.server;
    GError     *error  = NULL;

    if (way && way->way == ADIT_PPP_PAP && (auth->ppp->config.auth & ADIT_PPP_PAP) &&
        !auth->ppp->config.mppe_required)
        adit_fail (&error, ADIT_ERROR_REFUSED,
                   _ ("%s wants the password in the clear, and nothing hides it on the way."),
                   server);
    else if (way && auth->ppp->config.mppe_required && !way->has_keys)
        adit_fail (&error, ADIT_ERROR_REFUSED,
                   _ ("%s offers %s only, which gives no key for encryption."), server, way->name);
    else
        adit_fail (&error, ADIT_ERROR_REFUSED,
                   _ ("%s offers no way of signing in that this profile allows."), server);
    ppp_suspect (auth->ppp, error);
}

/* ---- life ---- */

static void
on_timer (gpointer user)
{
    Auth *auth = user;

    if (auth->ops)
        auth->ops->timeout (auth);
}

void
auth_init (Auth *auth, AditPpp *ppp)
{
    auth->ppp      = ppp;
    auth->timer    = (AditTimer){ .fn = on_timer, .user = auth };
    auth->user     = g_strdup (ppp->config.user);
    auth->password = g_strdup (ppp->config.password);
}

/* What one attempt learned. */
static void
forget_exchange (Auth *auth)
{
    eap_clear (auth);
    adit_wipe (&auth->chap, sizeof auth->chap);
    adit_wipe (&auth->keys, sizeof auth->keys);
    adit_wipe_string (g_steal_pointer (&auth->word));
    adit_wipe_string (g_steal_pointer (&auth->new_password));
    auth->has_keys = FALSE;
    auth->tries = auth->refusals = 0;
}

void
auth_clear (Auth *auth)
{
    adit_disarm (auth->ppp->host, &auth->timer);
    forget_exchange (auth);
    adit_wipe_string (g_steal_pointer (&auth->user));
    adit_wipe_string (g_steal_pointer (&auth->password));
}

void
auth_begin (Auth *auth, guint16 protocol, guint8 algorithm)
{
    static const AuthOps *const all[] = { &pap_ops, &chap_ops, &eap_ops };

    forget_exchange (auth);
    auth->ops  = NULL;
    auth->name = "none";
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        if (all[i]->protocol == protocol)
            auth->ops = all[i];
    auth->chap.algorithm = algorithm;
    if (!auth->ops) {
        enter (auth, AUTH_DONE);
        ppp_on_auth_done (auth->ppp);
        return;
    }
    enter (auth, AUTH_WAITING);
    auth_arm (auth, PPP_AUTH_WAIT_MS);
    auth->ops->begin (auth);
}

void
auth_end (Auth *auth)
{
    enter (auth, AUTH_IDLE);
    forget_exchange (auth);
    auth->ops = NULL;
}

/* Nothing counts that was not agreed on, or comes before its time. */
void
auth_input (Auth *auth, guint16 protocol, const guint8 *data, gsize len)
{
    AditReader r = adit_reader (data, len), body;
    CpPacket   p;

    if (!auth->ops || auth->ops->protocol != protocol || auth->state == AUTH_IDLE ||
        auth->state == AUTH_FAILED)
        return;
    p.code = adit_get_u8 (&r);
    p.id   = adit_get_u8 (&r);
    body   = adit_sub_counted (&r, adit_get_u16 (&r), PPP_PACKET);
    p.data = body.at;
    p.len  = adit_left (&body);
    if (!r.bad)
        auth->ops->input (auth, &p);
}

void
auth_peer_went_on (Auth *auth)
{
    if (auth->ops && auth->ops->passed_over)
        auth->ops->passed_over (auth);
}

/* ---- for the ways ---- */

void
auth_send (Auth *auth, guint8 code, guint8 id, gconstpointer data, gsize len)
{
    ppp_send (auth->ppp, auth->ops->protocol, code, id, data, len);
}

void
auth_arm (Auth *auth, guint ms)
{
    if (auth->state == AUTH_WAITING)
        adit_arm (auth->ppp->host, &auth->timer, ms);
}

void
auth_succeed (Auth *auth, const char *name)
{
    gboolean again = auth->state == AUTH_DONE; /* RFC 1994 4.1: challenged once more */

    auth->name = name;
    if (again)
        return;
    enter (auth, AUTH_DONE);
    ppp_on_auth_done (auth->ppp);
}

void
auth_fail (Auth *auth, GError *error)
{
    enter (auth, AUTH_FAILED);
    ppp_fail (auth->ppp, error);
}

/* ---- the person ---- */

static char *
usual_question (const Auth *auth, AuthQuestion question)
{
    const char *server = auth->ppp->config.server;

    switch (question) {
    case QUESTION_USER:
        return g_strdup_printf (_ ("User name for %s"), server);
    case QUESTION_NEW_PASSWORD:
        return g_strdup_printf (_ ("The password of %s has expired. New password"), auth->user);
    case QUESTION_WORD:
    case QUESTION_PASSWORD:
    case QUESTION_NONE:
    default:
        return g_strdup_printf (_ ("Password of %s for %s"), auth->user ? auth->user : "?", server);
    }
}

void
auth_ask (Auth *auth, AuthQuestion question, const char *text)
{
    g_autofree char *usual = text ? g_strdup (text) : usual_question (auth, question);
    AditQuestion     q     = { .text = usual, .secret = question != QUESTION_USER };

    if (question == QUESTION_USER)
        q.key = "user";
    else if (question != QUESTION_WORD)
        q.key = "password";
    if (auth->state != AUTH_ASKING)
        enter (auth, AUTH_ASKING);
    auth->question = question;
    auth->asked    = TRUE;
    ppp_ask (auth->ppp, &q);
}

gboolean
auth_has_user (Auth *auth)
{
    if (auth->user)
        return TRUE;
    if (auth->state != AUTH_ASKING)
        auth_ask (auth, QUESTION_USER, NULL);
    return FALSE;
}

gboolean
auth_has_credentials (Auth *auth)
{
    if (!auth_has_user (auth))
        return FALSE;
    if (auth->password)
        return TRUE;
    if (auth->state != AUTH_ASKING)
        auth_ask (auth, QUESTION_PASSWORD, NULL);
    return FALSE;
}

static void
on_refused_answer (Auth *auth)
{
    GError *error = ppp_take_suspicion (auth->ppp);

    if (!error)
        adit_fail (&error, ADIT_ERROR_SECRET, _ ("The user name or the password is missing."));
    auth_fail (auth, error);
}

void
auth_answer (Auth *auth, const char *answer)
{
    char **slot = NULL;

    if (auth->state != AUTH_ASKING)
        return;
    switch (auth->question) {
    case QUESTION_USER:
        slot = &auth->user;
        break;
    case QUESTION_PASSWORD:
        slot = &auth->password;
        break;
    case QUESTION_NEW_PASSWORD:
        slot = &auth->new_password;
        break;
    case QUESTION_WORD:
        slot = &auth->word;
        break;
    case QUESTION_NONE:
        break;
    }
    if (!slot || !answer || strlen (answer) > PPP_NAME_MAX) {
        on_refused_answer (auth);
        return;
    }
    adit_wipe_string (*slot);
    *slot = g_strdup (answer);
    enter (auth, AUTH_WAITING);
    auth_arm (auth, PPP_AUTH_WAIT_MS);
    auth->ops->answered (auth);
}
