/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pap.c - the Password Authentication Protocol, RFC 1334 2. */
#include "plugins/ppp/auth.h"

#include "client/base/secret.h"
#include "plugins/ppp/engine.h"
#include <glib/gi18n.h>

static void
send_request (Auth *auth)
{
    guint8     data[2 * (PPP_NAME_MAX + 1)];
    AditWriter w        = adit_writer (data, sizeof data);
    gsize      user     = strlen (auth->user);
    gsize      password = strlen (auth->password);

    adit_put_u8 (&w, (guint8) user);
    adit_put_bytes (&w, auth->user, user);
    adit_put_u8 (&w, (guint8) password);
    adit_put_bytes (&w, auth->password, password);
    auth_send (auth, PAP_REQUEST, auth->id, data, adit_length (&w));
    adit_wipe (data, sizeof data);
    auth_arm (auth, PPP_RESTART_MS);
}

/* The requests of one attempt have one identifier. */
static void
start (Auth *auth)
{
    GError *error = NULL;

    if (!auth_has_credentials (auth))
        return;
    if (strlen (auth->user) > G_MAXUINT8 || strlen (auth->password) > G_MAXUINT8) {
        adit_fail (&error, ADIT_ERROR_SECRET,
                   _ ("A user name or password for PAP has at most 255 bytes."));
        auth_fail (auth, error);
        return;
    }
    auth->id++;
    auth->tries = 1;
    send_request (auth);
}

static void
begin (Auth *auth)
{
    if (auth->ppp->config.role == ADIT_PPP_CLIENT)
        start (auth);
}

static void
timeout (Auth *auth)
{
    if (auth->ppp->config.role == ADIT_PPP_SERVER || auth->tries++ >= PPP_AUTH_TRIES)
        ppp_lost (auth->ppp);
    else
        send_request (auth);
}

static void
on_nak (Auth *auth, const CpPacket *p)
{
    AditReader       r     = adit_reader (p->data, p->len);
    AditReader       text  = ppp_counted (&r);
    g_autofree char *words = cp_text (text.at, adit_left (&text));
    GError          *cause = NULL, *error = NULL;

    adit_fail (&cause, ADIT_ERROR_LOGIN, "%s", *words ? words : "PAP Authenticate-Nak");
    adit_fail_because (&error, cause, ADIT_ERROR_LOGIN,
                       _ ("The server did not accept the user name or password."));
    auth_fail (auth, error);
}

static gboolean
is_same (const AditReader *given, const char *expected)
{
    return expected && adit_left (given) == strlen (expected) &&
           memcmp (given->at, expected, strlen (expected)) == 0;
}

/* The server's side. */
static void
on_request (Auth *auth, const CpPacket *p)
{
    AditReader r        = adit_reader (p->data, p->len);
    AditReader user     = ppp_counted (&r);
    AditReader password = ppp_counted (&r);
    GError    *error    = NULL;
    guint8     no_text  = 0;

    if (r.bad)
        return;
    if (is_same (&user, auth->user) && is_same (&password, auth->password)) {
        auth_send (auth, PAP_ACK, p->id, &no_text, 1);
        auth_succeed (auth, "PAP");
    } else if (auth->state == AUTH_WAITING) {
        auth_send (auth, PAP_NAK, p->id, &no_text, 1);
        adit_fail (&error, ADIT_ERROR_LOGIN, _ ("The other side could not sign in."));
        auth_fail (auth, error);
    }
}

static void
input (Auth *auth, const CpPacket *p)
{
    if (auth->ppp->config.role == ADIT_PPP_SERVER) {
        if (p->code == PAP_REQUEST)
            on_request (auth, p);
        return;
    }
    if (auth->state != AUTH_WAITING || !auth->tries || p->id != auth->id)
        return;
    if (p->code == PAP_ACK)
        auth_succeed (auth, "PAP");
    else if (p->code == PAP_NAK)
        on_nak (auth, p);
}

const AuthOps pap_ops = {
    .protocol = PPP_PAP, .begin = begin, .input = input, .timeout = timeout, .answered = start
};
