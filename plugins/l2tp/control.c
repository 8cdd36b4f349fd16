/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.c - control messages: what is written into ours, and what theirs mean. */
#include "client/crypto/random.h"
#include "plugins/l2tp/machine.h"
#include "plugins/l2tp/reason.h"
#include <glib/gi18n.h>

enum {
    PROTOCOL_VERSION = 0x0100,  /* 1.0: RFC 2661 4.4.3 */
    CONNECT_SPEED    = 1000000, /* bit/s: LNSs want one, nobody believes it */
};

/* ---- out ---- */

typedef struct {
    AditPacket *packet;
    AditWriter  w;
} Draft;

static Draft
begin (L2tpMessageType type)
{
    Draft draft = { .packet = adit_packet_new (NULL, L2TP_MESSAGE_MAX) };

    draft.w = adit_writer (draft.packet->data, L2TP_MESSAGE_MAX);
    l2tp_put_number (&draft.w, L2TP_AVP_MESSAGE_TYPE, TRUE, 2, type);
    return draft;
}

static void
finish (AditTunnel *t, Draft *draft, guint16 session)
{
    draft->packet->len = (guint32) adit_length (&draft->w);
    l2tp_reliable_send (&t->reliable, session, draft->packet);
}

/* The name is what some LNSs choose the secret by; our own stays at home (RFC 2661 4.4.3 asks only
 * that it be unique). */
void
l2tp_send_sccrq (AditTunnel *t)
{
    Draft            draft = begin (L2TP_SCCRQ);
    g_autofree char *name  = g_strdup_printf ("adit-%04x", t->tunnel);

    l2tp_put_number (&draft.w, L2TP_AVP_PROTOCOL_VERSION, TRUE, 2, PROTOCOL_VERSION);
    l2tp_put_number (&draft.w, L2TP_AVP_FRAMING_CAPS, TRUE, 4,
                     L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC);
    l2tp_put_number (&draft.w, L2TP_AVP_BEARER_CAPS, TRUE, 4, 0);
    l2tp_put_bytes (&draft.w, L2TP_AVP_HOST_NAME, TRUE,
                    t->config.local_name ? t->config.local_name : name,
                    strlen (t->config.local_name ? t->config.local_name : name));
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, t->tunnel);
    l2tp_put_number (&draft.w, L2TP_AVP_RECEIVE_WINDOW, TRUE, 2, L2TP_WINDOW);
    if (t->config.secret) {
        adit_random_from (t->host, t->challenge, sizeof t->challenge);
        l2tp_put_bytes (&draft.w, L2TP_AVP_CHALLENGE, TRUE, t->challenge, sizeof t->challenge);
    }
    finish (t, &draft, 0);
}

static void
send_scccn (AditTunnel *t, const L2tpAvp *challenge)
{
    Draft  draft = begin (L2TP_SCCCN);
    guint8 response[L2TP_SECRET_BLOCK];

    if (challenge->data) {
        l2tp_challenge_response (L2TP_SCCCN, t->config.secret, challenge->data, challenge->size,
                                 response);
        l2tp_put_bytes (&draft.w, L2TP_AVP_CHALLENGE_RESPONSE, TRUE, response, sizeof response);
    }
    finish (t, &draft, 0);
}

static void
send_icrq (AditTunnel *t)
{
    Draft   draft = begin (L2TP_ICRQ);
    guint32 serial;

    adit_random_from (t->host, &serial, sizeof serial);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, t->session);
    l2tp_put_number (&draft.w, L2TP_AVP_CALL_SERIAL_NUMBER, TRUE, 4, serial);
    finish (t, &draft, 0);
}

static void
send_iccn (AditTunnel *t)
{
    Draft draft = begin (L2TP_ICCN);

    l2tp_put_number (&draft.w, L2TP_AVP_TX_CONNECT_SPEED, TRUE, 4, CONNECT_SPEED);
    l2tp_put_number (&draft.w, L2TP_AVP_FRAMING_TYPE, TRUE, 4, L2TP_FRAMING_SYNC);
    finish (t, &draft, t->peer_session);
}

void
l2tp_send_hello (AditTunnel *t)
{
    Draft draft = begin (L2TP_HELLO);

    finish (t, &draft, 0);
}

static void
put_result (AditWriter *w, guint result, L2tpErrorCode error)
{
    guint8 code[4];

    adit_poke (code, 2, result);
    adit_poke (code + 2, 2, error);
    l2tp_put_bytes (w, L2TP_AVP_RESULT_CODE, TRUE, code, error ? 4 : 2);
}

void
l2tp_send_stop (AditTunnel *t, L2tpStopResult result, L2tpErrorCode error)
{
    Draft draft = begin (L2TP_STOPCCN);

    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_TUNNEL_ID, TRUE, 2, t->tunnel);
    put_result (&draft.w, result, error);
    finish (t, &draft, 0);
}

static void
send_cdn (AditTunnel *t, guint16 peer_session, guint16 session, guint result, L2tpErrorCode error)
{
    Draft draft = begin (L2TP_CDN);

    put_result (&draft.w, result, error);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, session);
    finish (t, &draft, peer_session);
}

/* ---- in: SCCRP ---- */

static void
refuse (AditTunnel *t, L2tpStopResult result, L2tpErrorCode code, GError *error)
{
    l2tp_send_stop (t, result, code);
    l2tp_give_up (t, error);
}

/* RFC 2661 5.1.1.  Who asked for a proof does not go on without. */
static gboolean
proved (const AditTunnel *t, const L2tpAvp *response, GError **error)
{
    guint8   expected[L2TP_SECRET_BLOCK];
    gboolean equal;

    if (!t->config.secret)
        return TRUE;
    if (!response->data)
        return adit_fail (error, ADIT_ERROR_IDENTITY,
                          _ ("%s did not prove that it knows the tunnel secret."),
                          t->config.server);
    l2tp_challenge_response (L2TP_SCCRP, t->config.secret, t->challenge, sizeof t->challenge,
                             expected);
    equal =
        response->size == sizeof expected && adit_same (response->data, expected, sizeof expected);
    if (!equal)
        return adit_fail (error, ADIT_ERROR_IDENTITY,
                          _ ("%s knows another tunnel secret: check `tunnel-secret` in [l2tp]."),
                          t->config.server);
    return TRUE;
}

static gboolean
judge_sccrp (const AditTunnel *t, const L2tpMessage *message, guint32 *tunnel, GError **error)
{
    if (!l2tp_message_number (message, L2TP_AVP_ASSIGNED_TUNNEL_ID, 2, tunnel) || *tunnel == 0)
        return adit_fail (error, ADIT_ERROR_MALFORMED,
                          _ ("%s sent an answer without a tunnel number."), t->config.server);
    if (message->avp[L2TP_AVP_CHALLENGE].data && !t->config.secret)
        return adit_fail (error, ADIT_ERROR_SECRET,
                          _ ("%s asks for a tunnel secret: set `tunnel-secret` in [l2tp]."),
                          t->config.server);
    return proved (t, &message->avp[L2TP_AVP_CHALLENGE_RESPONSE], error);
}

static void
take_sccrp (AditTunnel *t, const L2tpMessage *message)
{
    const L2tpAvp *name  = &message->avp[L2TP_AVP_HOST_NAME];
    const L2tpAvp *maker = &message->avp[L2TP_AVP_VENDOR_NAME];
    GError        *error = NULL;
    guint32        tunnel, window;

    if (t->state != L2TP_WAIT_CTL_REPLY)
        return; /* once is enough; the channel lets no copy through */
    if (!judge_sccrp (t, message, &tunnel, &error)) {
        refuse (t, L2TP_STOP_NOT_AUTHORIZED, L2TP_ERROR_NONE, error);
        return;
    }
    if (!l2tp_message_number (message, L2TP_AVP_RECEIVE_WINDOW, 2, &window))
        window = L2TP_WINDOW_PEER;
    t->peer_tunnel = (guint16) tunnel;
    t->peer_name   = l2tp_text (name->data, name->size);
    t->peer_vendor = l2tp_text (maker->data, maker->size);
    l2tp_reliable_set_peer (&t->reliable, t->peer_tunnel, window);
    l2tp_enter (t, L2TP_WAIT_REPLY);
    send_scccn (t, &message->avp[L2TP_AVP_CHALLENGE]);
    send_icrq (t);
}

/* ---- in: the session ---- */

static void
take_icrp (AditTunnel *t, const L2tpMessage *message)
{
    GError *error = NULL;
    guint32 session;

    if (t->state != L2TP_WAIT_REPLY)
        return;
    if (!l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &session) || session == 0) {
        adit_fail (&error, ADIT_ERROR_MALFORMED, _ ("%s sent an answer without a session number."),
                   t->config.server);
        refuse (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE, error);
        return;
    }
    t->peer_session = (guint16) session;
    send_iccn (t);
    l2tp_session_stands (t);
}

/* The LNS wants to call us: we are no switchboard (RFC 2661 7.4.1). */
static void
decline_call (AditTunnel *t, const L2tpMessage *message)
{
    guint32 session;

    if (l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &session) && session)
        send_cdn (t, (guint16) session, 0, L2TP_CDN_NO_FACILITY, L2TP_ERROR_NONE);
}

static void
take_end (AditTunnel *t, guint16 session, const L2tpMessage *message)
{
    guint32  theirs = 0;
    gboolean ours;
    GError  *reason;

    /* Before it knows our session's number the LNS names its own only in the AVP. */
    l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &theirs);
    ours = message->type == L2TP_STOPCCN || session == t->session ||
           (theirs && theirs == t->peer_session) || (session == 0 && t->peer_session == 0);
    if (!ours)
        return;
    reason = l2tp_reason (message, t->config.server, t->state == L2TP_UP);
    if (t->state == L2TP_ESTABLISHED) /* whoever hangs up while PPP negotiates said there why */
        adit_ppp_link_end (t->ppp, reason);
    else
        l2tp_give_up (t, reason);
}

/* ---- in: form ---- */

/* RFC 2661 4.1: what is mandatory and unknown ends the session it is about, else the tunnel. */
static void
refuse_form (AditTunnel *t, const L2tpMessage *message, L2tpForm form)
{
    GError     *error = NULL;
    const char *name  = l2tp_message_name (message->type);

    if (form == L2TP_FORM_BROKEN)
        adit_fail (&error, ADIT_ERROR_MALFORMED, _ ("%s sent a message that cannot be read."),
                   t->config.server);
    else if (form == L2TP_FORM_HIDDEN)
        adit_fail (&error, ADIT_ERROR_SECRET,
                   _ ("%s hides part of its messages, and this profile cannot open it: set "
                      "`tunnel-secret` in [l2tp]."),
                   t->config.server);
    else
        adit_fail (&error, ADIT_ERROR_REFUSED,
                   _ ("%s demands something in %s that adit does not know (AVP %u)."),
                   t->config.server, name ? name : "?", message->unknown);
    refuse (t, L2TP_STOP_ERROR,
            form == L2TP_FORM_BROKEN ? L2TP_ERROR_LENGTH : L2TP_ERROR_MANDATORY_AVP, error);
}

static void
dispatch (AditTunnel *t, guint16 session, const L2tpMessage *message)
{
    switch (message->type) {
    case L2TP_SCCRP:
        take_sccrp (t, message);
        break;
    case L2TP_ICRP:
        if (session == t->session)
            take_icrp (t, message);
        break;
    case L2TP_CDN:
    case L2TP_STOPCCN:
        take_end (t, session, message);
        break;
    case L2TP_OCRQ:
    case L2TP_ICRQ:
        decline_call (t, message);
        break;
    case L2TP_SCCRQ: /* answered like any message we are not waiting for: by nothing */
    case L2TP_SCCCN:
    case L2TP_HELLO: /* its acknowledgement is the answer */
    case L2TP_OCRP:
    case L2TP_OCCN:
    case L2TP_ICCN:
    case L2TP_WEN:
    case L2TP_SLI: /* ACCM: we frame nothing byte by byte */
    case L2TP_ZLB:
        break;
    }
}

void
l2tp_take (AditTunnel *t, guint16 session, const guint8 *body, gsize size)
{
    L2tpMessage message;
    L2tpForm    form = l2tp_message_decode (body, size, t->config.secret, &message);

    /* Why it ends is worth hearing in any form. */
    if (message.type == L2TP_STOPCCN || message.type == L2TP_CDN)
        form = form == L2TP_FORM_BROKEN ? form : L2TP_FORM_GOOD;
    if (form == L2TP_FORM_GOOD && !l2tp_message_name (message.type) && message.mandatory)
        form = L2TP_FORM_MANDATORY; /* RFC 2661 4.4.1 */
    if (form == L2TP_FORM_GOOD)
        dispatch (t, session, &message);
    else
        refuse_form (t, &message, form);
    l2tp_message_clear (&message);
}
