/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* eap.c - both ends of the exchange (RFC 3748 4), and the choice of a method.  A Success counts
 * only when a method was agreed on and has come to its end. */
#include "plugins/ppp/eap.h"

#include "client/base/secret.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

/* The best first. */
static const EapMethod *const methods[] = { &eap_tls, &eap_mschapv2, &eap_md5, &eap_gtc };

static const EapMethod *
find_method (guint8 type)
{
    for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
        if (methods[i]->type == type)
            return methods[i];
    return NULL;
}

static gboolean
is_allowed (const Auth *auth, const EapMethod *method)
{
    const AditPppConfig *c = &auth->ppp->config;

    if (c->eap && !(c->eap & method->bit))
        return FALSE;
    if (method->bit == ADIT_PPP_EAP_TLS && (!c->ca || !c->certificate || !c->key))
        return FALSE;
    if (c->mppe_required && !method->has_keys)
        return FALSE;
    return !method->shows_password || auth_may_send_password (auth);
}

static void
forget (GByteArray *bytes)
{
    if (!bytes)
        return;
    adit_wipe (bytes->data, bytes->len);
    g_byte_array_unref (bytes);
}

void
eap_clear (Auth *auth)
{
    Eap *e = &auth->eap;

    eap_tls_free (e->tls);
    forget (e->last);
    forget (e->asked);
    *e = (Eap){ 0 };
}

/* ---- sending ---- */

static void
keep_and_send (Auth *auth, guint8 code, guint8 type, gconstpointer data, gsize len)
{
    Eap *e = &auth->eap;

    if (e->last)
        adit_wipe (e->last->data, e->last->len);
    else
        e->last = g_byte_array_new ();
    g_byte_array_set_size (e->last, 0);
    g_byte_array_append (e->last, &type, 1);
    if (len)
        g_byte_array_append (e->last, data, (guint) len);
    auth_send (auth, code, e->id, e->last->data, e->last->len);
}

void
eap_respond (Auth *auth, guint8 type, gconstpointer data, gsize len)
{
    auth->eap.owes = FALSE;
    keep_and_send (auth, EAP_RESPONSE, type, data, len);
    auth_arm (auth, PPP_AUTH_WAIT_MS);
}

void
eap_request (Auth *auth, guint8 type, gconstpointer data, gsize len)
{
    auth->tries  = 0;
    auth->eap.id = ++auth->id;
    keep_and_send (auth, EAP_REQUEST, type, data, len);
    auth_arm (auth, PPP_RESTART_MS);
}

void
eap_prove (Auth *auth)
{
    auth->eap.stage = EAP_STAGE_PROVED;
    if (auth->ppp->config.role != ADIT_PPP_SERVER) {
        auth_arm (auth,
                  find_method (auth->eap.method)->has_keys ? PPP_RESTART_MS : PPP_AUTH_WAIT_MS);
        return;
    }
    auth_send (auth, EAP_SUCCESS, auth->eap.id, NULL, 0);
    auth_succeed (auth, find_method (auth->eap.method)->name);
}

void
eap_refuse (Auth *auth)
{
    GError *error = NULL;

    auth_send (auth, EAP_FAILURE, auth->eap.id, NULL, 0);
    adit_fail (&error, ADIT_ERROR_LOGIN, _ ("The other side could not sign in."));
    auth_fail (auth, error);
}

/* ---- the client's side ---- */

static void
respond_identity (Auth *auth)
{
    auth->eap.owes = TRUE;
    if (auth_has_user (auth))
        eap_respond (auth, EAP_IDENTITY, auth->user, MIN (strlen (auth->user), PPP_NAME_MAX));
}

/* RFC 3748 5.3.1: what we would rather have; a single 0 is nothing. */
static void
respond_nak (Auth *auth)
{
    guint8  types[G_N_ELEMENTS (methods)] = { 0 };
    guint   n                             = 0;
    GError *error                         = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
        if (is_allowed (auth, methods[i]))
            types[n++] = methods[i]->type;
    adit_fail (&error, ADIT_ERROR_REFUSED, _ ("%s offers no EAP method that this profile allows."),
               auth->ppp->config.server);
    ppp_suspect (auth->ppp, error);
    eap_respond (auth, EAP_NAK, types, MAX (n, 1));
}

static void
note_words (Auth *auth, const guint8 *data, gsize len)
{
    g_autofree char *words = cp_text (data, len);

    adit_log (ADIT_LOG_NOTICE, auth->ppp->config.topic, "the server says \"%s\"", words);
    eap_respond (auth, EAP_NOTIFICATION, NULL, 0);
}

static void
on_method (Auth *auth, guint8 type, const guint8 *data, gsize len)
{
    const EapMethod *method = find_method (type);
    Eap             *e      = &auth->eap;

    if (e->method && e->method != type)
        return; /* RFC 3748 2.1: one method only */
    if (!method || !is_allowed (auth, method)) {
        respond_nak (auth);
        return;
    }
    e->method = type;
    e->owes   = TRUE;
    if (e->stage == EAP_STAGE_START)
        e->stage = EAP_STAGE_METHOD;
    g_clear_error (&auth->ppp->suspicion);
    method->on_request (auth, data, len);
}

/* Our response was lost.  SoftEther has the same identifier for the next request, too. */
static gboolean
is_repeated (const Eap *e, const CpPacket *p)
{
    return e->last && e->asked && p->id == e->id && p->len == e->asked->len &&
           memcmp (p->data, e->asked->data, p->len) == 0;
}

static void
note_request (Eap *e, const CpPacket *p)
{
    e->id = p->id;
    if (!e->asked)
        e->asked = g_byte_array_new ();
    g_byte_array_set_size (e->asked, 0);
    g_byte_array_append (e->asked, p->data, (guint) p->len);
}

static void
on_request (Auth *auth, const CpPacket *p)
{
    Eap       *e    = &auth->eap;
    AditReader r    = adit_reader (p->data, p->len);
    guint8     type = adit_get_u8 (&r);

    if (r.bad || auth->state == AUTH_ASKING)
        return;
    if (is_repeated (e, p)) {
        auth_send (auth, EAP_RESPONSE, e->id, e->last->data, e->last->len);
        return;
    }
    if (e->rounds++ >= EAP_ROUNDS) {
        ppp_lost (auth->ppp);
        return;
    }
    note_request (e, p);
    if (type == EAP_IDENTITY && auth->state == AUTH_DONE)
        e->rounds = 0; /* who we are is asked anew */
    if (type == EAP_IDENTITY)
        respond_identity (auth);
    else if (type == EAP_NOTIFICATION)
        note_words (auth, r.at, adit_left (&r));
    else
        on_method (auth, type, r.at, adit_left (&r));
}

static void
on_end (Auth *auth, guint8 code)
{
    GError *error = NULL;

    if (code == EAP_SUCCESS && auth->eap.stage == EAP_STAGE_PROVED && auth->state == AUTH_WAITING) {
        auth_succeed (auth, find_method (auth->eap.method)->name);
        return;
    }
    if (code != EAP_FAILURE || auth->state == AUTH_DONE)
        return;
    error = ppp_take_suspicion (auth->ppp);
    if (!error && auth->eap.method == EAP_TLS)
        adit_fail (&error, ADIT_ERROR_LOGIN, _ ("The server did not accept our certificate."));
    else if (!error)
        adit_fail (&error, ADIT_ERROR_LOGIN,
                   _ ("The server did not accept the user name or password."));
    auth_fail (auth, error);
}

/* A Success is not acknowledged, so it may be lost; and pppd says none after MS-CHAPv2.  What comes
 * next says as much, where both ends have proved themselves (RFC 3748 4.2). */
static gboolean
is_satisfied (const Auth *auth)
{
    return auth->ppp->config.role == ADIT_PPP_CLIENT && auth->state == AUTH_WAITING &&
           auth->eap.stage == EAP_STAGE_PROVED && find_method (auth->eap.method)->has_keys;
}

static void
passed_over (Auth *auth)
{
    if (is_satisfied (auth))
        auth_succeed (auth, find_method (auth->eap.method)->name);
}

/* ---- the server's side ---- */

static void
begin_method (Auth *auth, const guint8 *wanted, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
        gboolean is_wanted = len == 0 || memchr (wanted, methods[i]->type, len) != NULL;

        if (is_wanted && is_allowed (auth, methods[i])) {
            auth->eap.method = methods[i]->type;
            auth->eap.stage  = EAP_STAGE_METHOD;
            methods[i]->begin (auth);
            return;
        }
    }
    eap_refuse (auth);
}

static void
on_response (Auth *auth, const CpPacket *p)
{
    AditReader       r      = adit_reader (p->data, p->len);
    guint8           type   = adit_get_u8 (&r);
    const EapMethod *method = find_method (type);

    if (r.bad || p->id != auth->eap.id || auth->state != AUTH_WAITING)
        return;
    if (type == EAP_IDENTITY && auth->eap.stage == EAP_STAGE_START)
        begin_method (auth, NULL, 0);
    else if (type == EAP_NAK && auth->eap.stage == EAP_STAGE_METHOD)
        begin_method (auth, r.at, adit_left (&r));
    else if (method && type == auth->eap.method && auth->eap.stage == EAP_STAGE_METHOD)
        method->on_response (auth, r.at, adit_left (&r));
}

/* ---- as a way ---- */

static void
begin (Auth *auth)
{
    if (auth->ppp->config.role == ADIT_PPP_SERVER)
        eap_request (auth, EAP_IDENTITY, NULL, 0);
}

static void
timeout (Auth *auth)
{
    const Eap *e = &auth->eap;

    if (is_satisfied (auth))
        passed_over (auth);
    else if (auth->ppp->config.role == ADIT_PPP_CLIENT || auth->tries++ >= PPP_AUTH_TRIES)
        ppp_lost (auth->ppp);
    else {
        auth_send (auth, EAP_REQUEST, e->id, e->last->data, e->last->len);
        auth_arm (auth, PPP_RESTART_MS);
    }
}

static void
answered (Auth *auth)
{
    const EapMethod *method = find_method (auth->eap.method);

    if (auth->eap.owes && method)
        method->answered (auth);
    else if (auth->eap.owes)
        respond_identity (auth);
}

static void
input (Auth *auth, const CpPacket *p)
{
    gboolean is_server = auth->ppp->config.role == ADIT_PPP_SERVER;

    if (p->code == EAP_REQUEST && !is_server)
        on_request (auth, p);
    else if (p->code == EAP_RESPONSE && is_server)
        on_response (auth, p);
    else if ((p->code == EAP_SUCCESS || p->code == EAP_FAILURE) && !is_server)
        on_end (auth, p->code);
}

const AuthOps eap_ops = { .protocol    = PPP_EAP,
                          .begin       = begin,
                          .input       = input,
                          .timeout     = timeout,
                          .answered    = answered,
                          .passed_over = passed_over };
