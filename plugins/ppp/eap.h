/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* eap.h - the Extensible Authentication Protocol, RFC 3748: requests, responses, and the methods
 * behind one table. */
#pragma once
#include "plugins/ppp/auth.h"

typedef struct {
    guint8      type;
    guint       bit; /* ADIT_PPP_EAP_… */
    const char *name;
    gboolean    shows_password;
    gboolean    has_keys; /* for MPPE */
    /* The client's side. */
    void (*on_request) (Auth *auth, const guint8 *data, gsize len);
    void (*answered) (Auth *auth); /* by the person */
    /* The server's side. */
    void (*begin) (Auth *auth);
    void (*on_response) (Auth *auth, const guint8 *data, gsize len);
} EapMethod;

extern const EapMethod eap_md5, eap_gtc, eap_mschapv2, eap_tls;

void eap_clear (Auth *auth);

/* ---- for the methods ---- */

void eap_respond (Auth *auth, guint8 type, gconstpointer data, gsize len);
void eap_request (Auth *auth, guint8 type, gconstpointer data, gsize len);
/* The client's: whatever had to be shown was shown, Success may come.  The server's: says it. */
void eap_prove (Auth *auth);
void eap_refuse (Auth *auth); /* the server's: says Failure */

void eap_tls_free (EapTls *tls); /* NULL is fine */
