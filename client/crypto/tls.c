/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tls.c - OpenSSL's TLS between two memory BIOs. */
#include "client/crypto/tls.h"

#include <glib/gi18n.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

struct AditTls {
    SSL_CTX *context;
    SSL     *ssl;
    BIO     *in, *out; /* the SSL's */
    char    *server_name;
};

void
adit_tls_start (void)
{
    OPENSSL_init_ssl (OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
}

/* OpenSSL's own words for what went wrong last. */
static GError *
last_cause (AditError code)
{
    const char *reason = ERR_reason_error_string (ERR_peek_last_error ());
    GError     *cause  = NULL;

    adit_fail (&cause, code, "%s", reason ? reason : "TLS");
    ERR_clear_error ();
    return cause;
}

/* ---- what the profile gives ---- */

/* Its lines may be one, with tabs between; wiped by close_pem(), for it may be a key. */
static BIO *
open_pem (const char *pem, char **text)
{
    *text = g_strdelimit (g_strdup (pem), "\t", '\n');
    return BIO_new_mem_buf (*text, -1);
}

static void
close_pem (BIO *bio, char *text)
{
    BIO_free (bio);
    OPENSSL_cleanse (text, strlen (text));
    g_free (text);
}

static gboolean
use_ca (SSL_CTX *context, const char *pem)
{
    char    *text;
    BIO     *bio = open_pem (pem, &text);
    X509    *x;
    gboolean any = FALSE;

    while ((x = PEM_read_bio_X509 (bio, NULL, NULL, NULL))) {
        any = X509_STORE_add_cert (SSL_CTX_get_cert_store (context), x) == 1 || any;
        X509_free (x);
    }
    close_pem (bio, text);
    ERR_clear_error ();
    return any;
}

/* The first is ours, the others lead to the CA. */
static gboolean
use_certificate (SSL_CTX *context, const char *pem)
{
    char    *text;
    BIO     *bio = open_pem (pem, &text);
    X509    *x   = PEM_read_bio_X509 (bio, NULL, NULL, NULL);
    gboolean ok  = x && SSL_CTX_use_certificate (context, x) == 1;

    X509_free (x);
    while (ok && (x = PEM_read_bio_X509 (bio, NULL, NULL, NULL)))
        if (SSL_CTX_add0_chain_cert (context, x) != 1)
            X509_free (x);
    close_pem (bio, text);
    if (ok)
        ERR_clear_error ();
    return ok;
}

typedef struct {
    const char *passphrase;
    gboolean    is_asked; /* the key is encrypted */
} Lock;

static int
on_passphrase (char *buf, int size, int rw G_GNUC_UNUSED, void *user)
{
    Lock *lock = user;
    gsize len  = lock->passphrase ? strlen (lock->passphrase) : 0;

    lock->is_asked = TRUE;
    if (len == 0 || len > (gsize) size)
        return -1;
    memcpy (buf, lock->passphrase, len);
    return (int) len;
}

static gboolean
use_key (SSL_CTX *context, const AditTlsConfig *config, GError **error)
{
    Lock      lock = { .passphrase = config->passphrase };
    char     *text;
    BIO      *bio = open_pem (config->key, &text);
    EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, on_passphrase, &lock);
    gboolean  is_ours;

    close_pem (bio, text);
    if (!key && lock.is_asked && !lock.passphrase)
        return adit_fail_because (error, last_cause (ADIT_ERROR_SECRET), ADIT_ERROR_SECRET,
                                  _ ("The private key is encrypted, and its passphrase is not "
                                     "given."));
    if (!key && lock.is_asked)
        return adit_fail_because (error, last_cause (ADIT_ERROR_SECRET), ADIT_ERROR_SECRET,
                                  _ ("The passphrase does not open the private key."));
    if (!key)
        return adit_fail_because (error, last_cause (ADIT_ERROR_PROFILE), ADIT_ERROR_PROFILE,
                                  _ ("The private key is none in PEM form."));
    is_ours = SSL_CTX_use_PrivateKey (context, key) == 1;
    EVP_PKEY_free (key);
    return is_ours || adit_fail_because (error, last_cause (ADIT_ERROR_PROFILE), ADIT_ERROR_PROFILE,
                                         _ ("The private key does not belong to the certificate."));
}

static gboolean
use_all (SSL_CTX *context, const AditTlsConfig *config, GError **error)
{
    if (!config->ca || !use_ca (context, config->ca))
        return adit_fail_because (error, last_cause (ADIT_ERROR_PROFILE), ADIT_ERROR_PROFILE,
                                  _ ("The CA is no certificate in PEM form."));
    if (!config->certificate || !use_certificate (context, config->certificate))
        return adit_fail_because (error, last_cause (ADIT_ERROR_PROFILE), ADIT_ERROR_PROFILE,
                                  _ ("The certificate is none in PEM form."));
    if (!config->key)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("The private key is none in PEM form."));
    return use_key (context, config, error);
}

/* ---- life ---- */

static gboolean
make_ssl (AditTls *tls, const AditTlsConfig *config)
{
    tls->ssl = SSL_new (tls->context);
    if (!tls->ssl)
        return FALSE;
    tls->in  = BIO_new (BIO_s_mem ());
    tls->out = BIO_new (BIO_s_mem ());
    SSL_set_bio (tls->ssl, tls->in, tls->out);
    X509_VERIFY_PARAM_set_time (SSL_get0_param (tls->ssl), (time_t) config->now_s);
    if (config->is_server)
        SSL_set_accept_state (tls->ssl);
    else
        SSL_set_connect_state (tls->ssl);
    return config->is_server || !config->server_name ||
           SSL_set1_host (tls->ssl, config->server_name) == 1;
}

AditTls *
adit_tls_new (const AditTlsConfig *config, GError **error)
{
    g_autoptr (AditTls) tls = g_new0 (AditTls, 1);

    tls->server_name = g_strdup (config->server_name);
    tls->context     = SSL_CTX_new (TLS_method ());
    if (!tls->context || SSL_CTX_set_min_proto_version (tls->context, TLS1_2_VERSION) != 1) {
        adit_fail_because (error, last_cause (ADIT_ERROR_SYSTEM), ADIT_ERROR_SYSTEM,
                           _ ("OpenSSL on this machine has no TLS."));
        return NULL;
    }
    SSL_CTX_set_verify (tls->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_session_cache_mode (tls->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options (tls->context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets (tls->context, 0);
    if (!use_all (tls->context, config, error))
        return NULL;
    if (make_ssl (tls, config))
        return g_steal_pointer (&tls);
    adit_fail_because (error, last_cause (ADIT_ERROR_SYSTEM), ADIT_ERROR_SYSTEM,
                       _ ("OpenSSL on this machine has no TLS."));
    return NULL;
}

void
adit_tls_free (AditTls *tls)
{
    if (!tls)
        return;
    SSL_free (tls->ssl);
    SSL_CTX_free (tls->context);
    g_free (tls->server_name);
    g_free (tls);
}

/* ---- what went wrong ---- */

/* The sentence of a verdict on the server's certificate. */
static gboolean
fail_certificate (const AditTls *tls, long verdict, GError **error)
{
    GError *cause = NULL;

    ERR_clear_error ();
    adit_fail (&cause, ADIT_ERROR_IDENTITY, "%s", X509_verify_cert_error_string (verdict));
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate has expired."));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate is not valid yet."));
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate is not that of %s."),
                                  tls->server_name);
    case X509_V_ERR_INVALID_PURPOSE:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate is not one of a server."));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate is not from the CA that this "
                                     "profile trusts."));
    default:
        return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                                  _ ("The server's certificate is not to be trusted."));
    }
}

/* RFC 8446 6.2, RFC 5246 7.2: alerts that are about the certificate of who gets them. */
static gboolean
is_about_us (int reason)
{
    switch (reason) {
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
is_about_version (int reason)
{
    return reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL;
}

/* Who the peer is not is graver than anything else that may be wrong. */
static gboolean
fail_handshake (const AditTls *tls, GError **error)
{
    long verdict = SSL_get_verify_result (tls->ssl);
    int  reason  = ERR_GET_REASON (ERR_peek_last_error ());

    if (verdict != X509_V_OK)
        return fail_certificate (tls, verdict, error);
    if (is_about_us (reason))
        return adit_fail_because (error, last_cause (ADIT_ERROR_LOGIN), ADIT_ERROR_LOGIN,
                                  _ ("The server did not accept our certificate."));
    if (is_about_version (reason))
        return adit_fail_because (error, last_cause (ADIT_ERROR_REFUSED), ADIT_ERROR_REFUSED,
                                  _ ("The server speaks neither TLS 1.2 nor TLS 1.3."));
    return adit_fail_because (error, last_cause (ADIT_ERROR_REFUSED), ADIT_ERROR_REFUSED,
                              _ ("The TLS handshake with the server failed."));
}

/* ---- records, and what they bring ---- */

static void
drain (AditTls *tls, GByteArray *out)
{
    guint8 buf[4096];
    int    n;

    while ((n = BIO_read (tls->out, buf, sizeof buf)) > 0)
        g_byte_array_append (out, buf, (guint) n);
}

/* The handshake, or after it a look at what is there, which stays. */
static int
advance (AditTls *tls)
{
    guint8 first;

    if (SSL_is_init_finished (tls->ssl))
        return SSL_peek (tls->ssl, &first, sizeof first);
    return SSL_do_handshake (tls->ssl);
}

gboolean
adit_tls_step (AditTls *tls, const guint8 *in, gsize len, GByteArray *out, GError **error)
{
    int done, why;

    ERR_clear_error ();
    if (len && BIO_write (tls->in, in, (int) len) != (int) len)
        return fail_handshake (tls, error);
    done = advance (tls);
    why  = done == 1 ? SSL_ERROR_NONE : SSL_get_error (tls->ssl, done);
    drain (tls, out);
    if (why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN)
        return TRUE;
    return fail_handshake (tls, error);
}

gboolean
adit_tls_is_done (const AditTls *tls)
{
    return SSL_is_init_finished (tls->ssl) && SSL_get_verify_result (tls->ssl) == X509_V_OK;
}

gboolean
adit_tls_is_13 (const AditTls *tls)
{
    return SSL_version (tls->ssl) >= TLS1_3_VERSION;
}

gboolean
adit_tls_write (AditTls *tls, const guint8 *data, gsize len, GByteArray *out)
{
    gboolean ok = SSL_write (tls->ssl, data, (int) len) == (int) len;

    drain (tls, out);
    ERR_clear_error ();
    return ok;
}

gboolean
adit_tls_export (AditTls *tls, const char *label, const guint8 *context, gsize context_len,
                 guint8 *out, gsize len)
{
    return SSL_export_keying_material (tls->ssl, out, len, label, strlen (label), context,
                                       context_len, context != NULL) == 1;
}
