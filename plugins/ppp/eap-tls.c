/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* eap-tls.c - TLS within EAP: fragments, acknowledgements and keys, RFC 5216 and RFC 9190. */
#include "plugins/ppp/eap.h"

#include "client/base/secret.h"
#include "client/crypto/tls.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

enum {
    FRAGMENT = 1000,    /* of TLS data in one packet; any PPP link carries that */
    LONGEST  = 1 << 16, /* of a peer's flight */
    MSK      = 64,
};

typedef enum {
    TLS_TALKING,
    TLS_OVER,   /* nothing is left to be said but an empty response */
    TLS_BROKEN, /* the server's: its alert is on the way */
} TlsStage;

struct EapTls {
    AditTls    *tls;
    GByteArray *in, *out;
    guint       sent; /* of out */
    TlsStage    stage;
};

void
eap_tls_free (EapTls *t)
{
    if (!t)
        return;
    adit_tls_free (t->tls);
    g_byte_array_unref (t->in);
    g_byte_array_unref (t->out);
    g_free (t);
}

static gint64
wall_s (AditHost *host)
{
    return host->verbs->wall (host) / G_USEC_PER_SEC;
}

static EapTls *
eap_tls_new (Auth *auth, GError **error)
{
    const AditPppConfig *c      = &auth->ppp->config;
    const AditTlsConfig  config = { .is_server   = c->role == ADIT_PPP_SERVER,
                                    .ca          = c->ca,
                                    .certificate = c->certificate,
                                    .key         = c->key,
                                    .passphrase  = c->key_passphrase,
                                    .server_name = c->server_name,
                                    .now_s       = wall_s (auth->ppp->host) };
    AditTls             *tls    = adit_tls_new (&config, error);
    EapTls              *t;

    if (!tls)
        return NULL;
    t      = g_new0 (EapTls, 1);
    t->tls = tls;
    t->in  = g_byte_array_new ();
    t->out = g_byte_array_new ();
    return t;
}

static gboolean
is_server (const Auth *auth)
{
    return auth->ppp->config.role == ADIT_PPP_SERVER;
}

static void
say (Auth *auth, gconstpointer data, gsize len)
{
    if (is_server (auth))
        eap_request (auth, EAP_TLS, data, len);
    else
        eap_respond (auth, EAP_TLS, data, len);
}

/* The next fragment, or the acknowledgement of one when there is nothing to be said. */
static void
say_next (Auth *auth)
{
    EapTls    *t    = auth->eap.tls;
    guint      n    = MIN (t->out->len - t->sent, FRAGMENT);
    gboolean   more = t->sent + n < t->out->len, first = t->sent == 0 && more;
    guint8     data[5 + FRAGMENT];
    AditWriter w = adit_writer (data, sizeof data);

    adit_put_u8 (&w, (first ? EAP_TLS_LENGTH : 0) | (more ? EAP_TLS_MORE : 0));
    if (first)
        adit_put_u32 (&w, t->out->len);
    adit_put_bytes (&w, t->out->data + t->sent, n);
    t->sent += n;
    say (auth, data, adit_length (&w));
}

/* RFC 5216 2.3, RFC 9190 2.3; which half is for which direction: RFC 3079 4. */
static void
take_keys (Auth *auth)
{
    static const guint8 type     = EAP_TLS;
    EapTls             *t        = auth->eap.tls;
    guint8              msk[MSK] = { 0 };
    gboolean            ok;

    if (auth->state == AUTH_DONE) /* RFC 3079 3: the keys are of the first time */
        return;
    if (adit_tls_is_13 (t->tls))
        ok = adit_tls_export (t->tls, "EXPORTER_EAP_TLS_Key_Material", &type, 1, msk, sizeof msk);
    else
        ok = adit_tls_export (t->tls, "client EAP encryption", NULL, 0, msk, sizeof msk);
    memcpy (is_server (auth) ? auth->keys.receive : auth->keys.send, msk, MPPE_KEY);
    memcpy (is_server (auth) ? auth->keys.send : auth->keys.receive, msk + MSK / 2, MPPE_KEY);
    auth->has_keys = ok;
    adit_wipe (msk, sizeof msk);
}

static void
fail (Auth *auth, GError *error)
{
    if (is_server (auth)) {
        g_error_free (error);
        eap_refuse (auth);
    } else
        auth_fail (auth, error);
}

/* ---- a whole flight is there ---- */

/* In TLS 1.3 the server says with one zero byte that it will say no more (RFC 9190 2.1.1); pppd
 * says something else, so that it says anything has to do. */
static gboolean
is_over (Auth *auth)
{
    EapTls *t    = auth->eap.tls;
    guint8  zero = 0;

    if (!adit_tls_is_done (t->tls))
        return FALSE;
    if (is_server (auth))
        return !adit_tls_is_13 (t->tls) || t->stage == TLS_OVER ||
               adit_tls_write (t->tls, &zero, 1, t->out);
    return t->out->len == 0;
}

/* Takes error.  The alert goes first; the server waits for its answer (RFC 5216 2.1.3). */
static void
on_broken (Auth *auth, GError *error)
{
    EapTls  *t         = auth->eap.tls;
    gboolean has_alert = t->out->len > 0;

    if (has_alert)
        say_next (auth);
    if (!has_alert || !is_server (auth)) {
        fail (auth, error);
        return;
    }
    t->stage = TLS_BROKEN;
    g_error_free (error);
}

static void
finish (Auth *auth)
{
    take_keys (auth);
    eap_prove (auth);
}

static void
on_flight (Auth *auth)
{
    EapTls  *t     = auth->eap.tls;
    TlsStage was   = t->stage;
    GError  *error = NULL;
    gboolean ok;

    g_byte_array_set_size (t->out, 0);
    t->sent = 0;
    ok      = adit_tls_step (t->tls, t->in->data, t->in->len, t->out, &error);
    g_byte_array_set_size (t->in, 0);
    if (!ok) {
        on_broken (auth, error);
        return;
    }
    t->stage = is_over (auth) ? TLS_OVER : TLS_TALKING;
    if (is_server (auth) && was == TLS_OVER) {
        finish (auth);
        return;
    }
    say_next (auth);
    if (!is_server (auth) && t->stage == TLS_OVER)
        finish (auth);
}

/* A fragment of the peer's, or its acknowledgement of ours. */
static void
on_packet (Auth *auth, guint8 flags, const guint8 *data, gsize len)
{
    EapTls *t     = auth->eap.tls;
    GError *error = NULL;

    if (t->sent < t->out->len) {
        if (len == 0)
            say_next (auth);
        return;
    }
    if (t->stage == TLS_BROKEN) {
        eap_refuse (auth);
        return;
    }
    if (t->in->len + len > LONGEST) {
        adit_fail (&error, ADIT_ERROR_MALFORMED, _ ("%s sent too much within EAP-TLS."),
                   auth->ppp->config.server);
        fail (auth, error);
        return;
    }
    if (len)
        g_byte_array_append (t->in, data, (guint) len);
    if (flags & EAP_TLS_MORE) {
        g_byte_array_set_size (t->out, 0);
        t->sent = 0;
        say_next (auth);
    } else
        on_flight (auth);
}

/* SoftEther's acknowledgements have not even flags. */
static void
read_packet (Auth *auth, const guint8 *data, gsize len)
{
    AditReader r     = adit_reader (data, len);
    guint8     flags = len > 0 ? adit_get_u8 (&r) : 0;

    if (flags & EAP_TLS_LENGTH)
        adit_get_u32 (&r);
    if (!r.bad)
        on_packet (auth, flags, r.at, adit_left (&r));
}

/* ---- the client's side ---- */

/* Also of a second handshake: a server may ask anew. */
static void
on_start (Auth *auth)
{
    GError *error = NULL;

    eap_tls_free (auth->eap.tls);
    auth->eap.tls = eap_tls_new (auth, &error);
    if (auth->eap.tls)
        on_flight (auth);
    else
        auth_fail (auth, error);
}

static void
on_request (Auth *auth, const guint8 *data, gsize len)
{
    if (len > 0 && (data[0] & EAP_TLS_START))
        on_start (auth);
    else if (auth->eap.tls)
        read_packet (auth, data, len);
}

static void
answered (Auth *auth G_GNUC_UNUSED)
{
}

/* ---- the server's side ---- */

static void
begin (Auth *auth)
{
    guint8  start = EAP_TLS_START;
    GError *error = NULL;

    auth->eap.tls = eap_tls_new (auth, &error);
    if (auth->eap.tls)
        eap_request (auth, EAP_TLS, &start, 1);
    else
        fail (auth, error);
}

static void
on_response (Auth *auth, const guint8 *data, gsize len)
{
    if (auth->eap.tls)
        read_packet (auth, data, len);
}

const EapMethod eap_tls = { .type        = EAP_TLS,
                            .bit         = ADIT_PPP_EAP_TLS,
                            .name        = "EAP-TLS",
                            .has_keys    = TRUE,
                            .on_request  = on_request,
                            .answered    = answered,
                            .begin       = begin,
                            .on_response = on_response };
