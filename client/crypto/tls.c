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

static gboolean
use_ca (SSL_CTX *context, const char *pem)
{
    BIO     *bio = BIO_new_mem_buf (pem, -1);
    X509    *x;
    gboolean any = FALSE;

    while ((x = PEM_read_bio_X509 (bio, NULL, NULL, NULL))) {
        any = X509_STORE_add_cert (SSL_CTX_get_cert_store (context), x) == 1 || any;
        X509_free (x);
    }
    BIO_free (bio);
    ERR_clear_error ();
    return any;
}

/* The first is ours, the others lead to the CA. */
static gboolean
use_certificate (SSL_CTX *context, const char *pem)
{
    BIO     *bio = BIO_new_mem_buf (pem, -1);
    X509    *x   = PEM_read_bio_X509 (bio, NULL, NULL, NULL);
    gboolean ok  = x && SSL_CTX_use_certificate (context, x) == 1;

    X509_free (x);
    while (ok && (x = PEM_read_bio_X509 (bio, NULL, NULL, NULL)))
        if (SSL_CTX_add0_chain_cert (context, x) != 1)
            X509_free (x);
    BIO_free (bio);
    if (ok)
        ERR_clear_error ();
    return ok;
}

/* Nobody is asked for a passphrase here. */
static int
no_passphrase (char *buf G_GNUC_UNUSED, int size G_GNUC_UNUSED, int rw G_GNUC_UNUSED,
               void *user G_GNUC_UNUSED)
{
    return -1;
}

static gboolean
use_key (SSL_CTX *context, const char *pem)
{
    BIO      *bio = BIO_new_mem_buf (pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, no_passphrase, NULL);
    gboolean  ok  = key && SSL_CTX_use_PrivateKey (context, key) == 1 &&
                  SSL_CTX_check_private_key (context) == 1;

    EVP_PKEY_free (key);
    BIO_free (bio);
    return ok;
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
    if (!config->key || !use_key (context, config->key))
        return adit_fail_because (error, last_cause (ADIT_ERROR_PROFILE), ADIT_ERROR_PROFILE,
                                  _ ("The private key does not belong to the certificate, or is "
                                     "encrypted."));
    return TRUE;
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

    tls->context = SSL_CTX_new (TLS_method ());
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
    g_free (tls);
}

/* ---- records ---- */

static void
drain (AditTls *tls, GByteArray *out)
{
    guint8 buf[4096];
    int    n;

    while ((n = BIO_read (tls->out, buf, sizeof buf)) > 0)
        g_byte_array_append (out, buf, (guint) n);
}

/* Who the peer is not is graver than anything else that may be wrong. */
static gboolean
fail_handshake (const AditTls *tls, GError **error)
{
    long      verdict = SSL_get_verify_result (tls->ssl);
    GError   *cause   = NULL;
    AditError code    = verdict == X509_V_OK ? ADIT_ERROR_REFUSED : ADIT_ERROR_IDENTITY;

    if (verdict == X509_V_OK)
        return adit_fail_because (error, last_cause (code), ADIT_ERROR_REFUSED,
                                  _ ("The TLS handshake with the server failed."));
    ERR_clear_error ();
    adit_fail (&cause, code, "%s", X509_verify_cert_error_string (verdict));
    return adit_fail_because (error, cause, ADIT_ERROR_IDENTITY,
                              _ ("The server's certificate is not to be trusted."));
}

gboolean
adit_tls_step (AditTls *tls, const guint8 *in, gsize len, GByteArray *out, GError **error)
{
    int done, why;

    ERR_clear_error ();
    if (len && BIO_write (tls->in, in, (int) len) != (int) len)
        return fail_handshake (tls, error);
    if (SSL_is_init_finished (tls->ssl))
        return TRUE;
    done = SSL_do_handshake (tls->ssl);
    why  = done == 1 ? SSL_ERROR_NONE : SSL_get_error (tls->ssl, done);
    drain (tls, out);
    if (why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ)
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

gsize
adit_tls_read (AditTls *tls, guint8 *data, gsize size)
{
    int n = SSL_read (tls->ssl, data, (int) size);

    ERR_clear_error ();
    return n > 0 ? (gsize) n : 0;
}

gboolean
adit_tls_export (AditTls *tls, const char *label, const guint8 *context, gsize context_len,
                 guint8 *out, gsize len)
{
    return SSL_export_keying_material (tls->ssl, out, len, label, strlen (label), context,
                                       context_len, context != NULL) == 1;
}
