/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TLS handshake over memory (TLS 1.2 and 1.3), for protocols that carry its records themselves.
 * A library of its own, since only they pay for libssl.  No session is resumed. */
#pragma once

#include "client/base/error.h"

typedef struct {
    gboolean    is_server;
    const char *ca, *certificate, *key; /* PEM texts, also with tabs in place of line ends; the peer
                                           must chain to ca */
    const char *passphrase;             /* of the key; NULL: it needs none */
    const char *server_name;            /* client: whose certificate; NULL: any server's of ca */
    gint64      now_s;                  /* since 1970, for what has expired */
} AditTlsConfig;

typedef struct AditTls AditTls;

/* Reads OpenSSL's configuration and texts: before the sandbox closes. */
void adit_tls_start (void);

/* PROFILE when a text is not what it should be, SECRET when the passphrase is not. */
AditTls *adit_tls_new (const AditTlsConfig *config, GError **error);
void     adit_tls_free (AditTls *tls); /* NULL is fine */

/* Takes records of the peer's, appends our own to `out` (an alert, too, when it fails).  IDENTITY:
 * the server is not to be believed; LOGIN: it does not believe us; REFUSED: anything else.  Go on
 * calling it after the handshake: in TLS 1.3 the server refuses us then. */
gboolean adit_tls_step (AditTls *tls, const guint8 *in, gsize len, GByteArray *out, GError **error);
gboolean adit_tls_is_done (const AditTls *tls); /* both ends are proved */
gboolean adit_tls_is_13 (const AditTls *tls);

/* After the handshake: data for the peer as records, appended to `out`.  What the peer sends then
 * is checked by adit_tls_step() and never read. */
gboolean adit_tls_write (AditTls *tls, const guint8 *data, gsize len, GByteArray *out);

/* RFC 5705; context NULL: none. */
gboolean adit_tls_export (AditTls *tls, const char *label, const guint8 *context, gsize context_len,
                          guint8 *out, gsize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditTls, adit_tls_free)
