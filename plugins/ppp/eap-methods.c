/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* eap-methods.c - MD5 challenge and generic token card (RFC 3748 5.4, 5.6), and MS-CHAPv2 within
 * EAP: the packets of RFC 2759 with an operation code in front. */
#include "plugins/ppp/chap.h"
#include "plugins/ppp/eap.h"
#include "plugins/ppp/engine.h"

#include "client/base/secret.h"
#include <glib/gi18n.h>

/* ---- MD5 ---- */

static void
md5_answered (Auth *auth)
{
    guint8     data[CHAP_MESSAGE];
    AditWriter w = adit_writer (data, sizeof data);

    if (!auth_has_credentials (auth) || !chap_answer (auth))
        return;
    chap_put_response (auth, &w); /* with the name, which pppd wants */
    eap_respond (auth, EAP_MD5, data, adit_length (&w));
    eap_prove (auth);
}

static void
md5_on_request (Auth *auth, const guint8 *data, gsize len)
{
    AditReader r     = adit_reader (data, len);
    AditReader value = ppp_counted (&r);

    auth->chap.algorithm = CHAP_MD5;
    if (!r.bad && chap_take_challenge (auth, auth->eap.id, value.at, adit_left (&value)))
        md5_answered (auth);
}

static void
md5_begin (Auth *auth)
{
    guint8     data[CHAP_MESSAGE];
    AditWriter w = adit_writer (data, sizeof data);

    auth->chap.algorithm = CHAP_MD5;
    chap_make_challenge (auth);
    chap_put_challenge (auth, &w);
    eap_request (auth, EAP_MD5, data, adit_length (&w));
}

static void
md5_on_response (Auth *auth, const guint8 *data, gsize len)
{
    AditReader r     = adit_reader (data, len);
    AditReader value = ppp_counted (&r);

    if (!r.bad && chap_is_right (auth, auth->eap.id, value.at, adit_left (&value)))
        eap_prove (auth);
    else
        eap_refuse (auth);
}

const EapMethod eap_md5 = { .type        = EAP_MD5,
                            .bit         = ADIT_PPP_EAP_MD5,
                            .name        = "EAP-MD5",
                            .on_request  = md5_on_request,
                            .answered    = md5_answered,
                            .begin       = md5_begin,
                            .on_response = md5_on_response };

/* ---- generic token card ---- */

/* The first question is answered with the password, if there is one; any other by the person. */
static void
gtc_answered (Auth *auth)
{
    const char *word = auth->word ? auth->word : auth->password;

    if (!word)
        return;
    eap_respond (auth, EAP_GTC, word, strlen (word));
    auth->tries++;
    eap_prove (auth);
}

static void
gtc_on_request (Auth *auth, const guint8 *data, gsize len)
{
    g_autofree char *words = cp_text (data, len);

    adit_wipe_string (g_steal_pointer (&auth->word));
    if (auth->password && auth->tries == 0)
        gtc_answered (auth);
    else
        auth_ask (auth, QUESTION_WORD, *words ? words : NULL);
}

static void
gtc_begin (Auth *auth)
{
    eap_request (auth, EAP_GTC, "Password", strlen ("Password"));
}

static void
gtc_on_response (Auth *auth, const guint8 *data, gsize len)
{
    if (auth->password && len == strlen (auth->password) && memcmp (data, auth->password, len) == 0)
        eap_prove (auth);
    else
        eap_refuse (auth);
}

const EapMethod eap_gtc = { .type           = EAP_GTC,
                            .bit            = ADIT_PPP_EAP_GTC,
                            .name           = "EAP-GTC",
                            .shows_password = TRUE,
                            .on_request     = gtc_on_request,
                            .answered       = gtc_answered,
                            .begin          = gtc_begin,
                            .on_response    = gtc_on_response };

/* ---- MS-CHAPv2: operation, identifier, length, the packet's data ---- */

enum { OPERATION = 4 };

static void
put_operation (AditWriter *w, guint8 operation, guint8 id)
{
    adit_put_u8 (w, operation);
    adit_put_u8 (w, id);
    adit_put_u16 (w, 0); /* filled in by close_operation */
}

static void
close_operation (AditWriter *w)
{
    if (!w->bad)
        adit_poke (w->start + 2, 2, adit_length (w));
}

static void
mschapv2_answered (Auth *auth)
{
    guint8     data[OPERATION + MSCHAPV2_CHANGE + PPP_NAME_MAX];
    AditWriter w      = adit_writer (data, sizeof data);
    guint8     change = auth->new_password != NULL;
    guint8     changes[MSCHAPV2_CHANGE];

    if (change ? !chap_change (auth, changes) : !auth_has_credentials (auth) || !chap_answer (auth))
        return;
    put_operation (&w, change ? CHAP_CHANGE_PASSWORD : CHAP_RESPONSE, auth->chap.id);
    if (change)
        adit_put_bytes (&w, changes, sizeof changes);
    else
        chap_put_response (auth, &w);
    close_operation (&w);
    eap_respond (auth, EAP_MSCHAPV2, data, adit_length (&w));
    adit_wipe (changes, sizeof changes);
}

static void
mschapv2_acknowledge (Auth *auth, guint8 operation)
{
    eap_respond (auth, EAP_MSCHAPV2, &operation, 1);
}

static void
mschapv2_on_request (Auth *auth, const guint8 *data, gsize len)
{
    AditReader r         = adit_reader (data, len), value;
    guint8     operation = adit_get_u8 (&r), id = adit_get_u8 (&r);

    adit_get_u16 (&r); /* the length; EAP's own says as much */
    if (r.bad)
        return;
    auth->chap.algorithm = CHAP_MSV2;
    if (operation == CHAP_CHALLENGE) {
        value = ppp_counted (&r);
        if (!r.bad && chap_take_challenge (auth, id, value.at, adit_left (&value)))
            mschapv2_answered (auth);
    } else if (operation == CHAP_SUCCESS && auth->chap.answered) {
        if (chap_is_proved (auth, r.at, adit_left (&r))) {
            mschapv2_acknowledge (auth, CHAP_SUCCESS);
            eap_prove (auth);
        }
    } else if (operation == CHAP_FAILURE && auth->chap.answered)
        chap_refused (auth, id, r.at, adit_left (&r));
}

static void
mschapv2_begin (Auth *auth)
{
    guint8     data[OPERATION + CHAP_MESSAGE];
    AditWriter w = adit_writer (data, sizeof data);

    auth->chap.algorithm = CHAP_MSV2;
    chap_make_challenge (auth);
    put_operation (&w, CHAP_CHALLENGE, auth->chap.id);
    chap_put_challenge (auth, &w);
    close_operation (&w);
    eap_request (auth, EAP_MSCHAPV2, data, adit_length (&w));
}

static void
mschapv2_say (Auth *auth, guint8 operation, const char *text)
{
    guint8     data[OPERATION + PPP_MESSAGE_MAX];
    AditWriter w = adit_writer (data, sizeof data);

    put_operation (&w, operation, auth->chap.id);
    adit_put_bytes (&w, text, strlen (text));
    close_operation (&w);
    eap_request (auth, EAP_MSCHAPV2, data, adit_length (&w));
}

static void
mschapv2_on_response (Auth *auth, const guint8 *data, gsize len)
{
    AditReader       r         = adit_reader (data, len), value;
    guint8           operation = adit_get_u8 (&r);
    g_autofree char *text      = NULL;

    if (operation == CHAP_SUCCESS && auth->chap.answered) {
        eap_prove (auth);
        return;
    }
    adit_take (&r, OPERATION - 1);
    value = ppp_counted (&r);
    if (operation != CHAP_RESPONSE || r.bad ||
        !chap_is_right (auth, auth->chap.id, value.at, adit_left (&value))) {
        eap_refuse (auth);
        return;
    }
    auth->chap.answered = TRUE;
    text                = mschapv2_success (auth->chap.proof);
    mschapv2_say (auth, CHAP_SUCCESS, text);
}

const EapMethod eap_mschapv2 = { .type        = EAP_MSCHAPV2,
                                 .bit         = ADIT_PPP_EAP_MSCHAPV2,
                                 .name        = "EAP-MSCHAPv2",
                                 .has_keys    = TRUE,
                                 .on_request  = mschapv2_on_request,
                                 .answered    = mschapv2_answered,
                                 .begin       = mschapv2_begin,
                                 .on_response = mschapv2_on_response };
