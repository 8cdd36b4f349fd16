/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.c - what the control messages of the LNS mean. */
#include "client/crypto/random.h"
#include "plugins/l2tp/machine.h"
#include "plugins/l2tp/reason.h"
#include "plugins/l2tp/tolerance.h"
#include <glib/gi18n.h>

/* What is borne is at least said. */
static const L2tpTolerance *
bears (L2tpBears what, const L2tpMessage *message, guint avp)
{
    const L2tpTolerance *row = l2tp_bears (what, message->type, avp);

    if (row)
        adit_log (ADIT_LOG_DEBUG, "l2tp", "%s, AVP %u: %s", l2tp_message_name (message->type), avp,
                  row->why);
    return row;
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

/* RFC 2661 6.2.  The tunnel's number is judged by its value. */
static gboolean
is_whole (const AditTunnel *t, const L2tpMessage *message, GError **error)
{
    static const L2tpAvpType demanded[] = { L2TP_AVP_PROTOCOL_VERSION, L2TP_AVP_FRAMING_CAPS,
                                            L2TP_AVP_HOST_NAME };

    for (guint i = 0; i < G_N_ELEMENTS (demanded); i++)
        if (!message->avp[demanded[i]].data && !bears (L2TP_BEARS_MISSING, message, demanded[i]))
            return adit_fail (error, ADIT_ERROR_MALFORMED,
                              _ ("%s sent a message that cannot be read."), t->config.server);
    return TRUE;
}

static guint
window_of (const L2tpMessage *message)
{
    const L2tpTolerance *row;
    guint32              window;

    if (!l2tp_message_number (message, L2TP_AVP_RECEIVE_WINDOW, 2, &window))
        return L2TP_WINDOW_PEER;
    if (window >= 1)
        return window;
    row = bears (L2TP_BEARS_LESS, message, L2TP_AVP_RECEIVE_WINDOW);
    return row ? row->value : L2TP_WINDOW_PEER;
}

static gboolean
judge_sccrp (const AditTunnel *t, const L2tpMessage *message, guint32 *tunnel, GError **error)
{
    if (!is_whole (t, message, error))
        return FALSE;
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
    guint32        tunnel;

    if (t->state != L2TP_WAIT_CTL_REPLY)
        return; /* once is enough; the channel lets no copy through */
    if (!judge_sccrp (t, message, &tunnel, &error)) {
        refuse (t, L2TP_STOP_NOT_AUTHORIZED, L2TP_ERROR_NONE, error);
        return;
    }
    t->peer_tunnel = (guint16) tunnel;
    t->peer_name   = l2tp_text (name->data, name->size);
    t->peer_vendor = l2tp_text (maker->data, maker->size);
    l2tp_reliable_set_peer (&t->reliable, t->peer_tunnel, window_of (message));
    l2tp_enter (t, L2TP_ESTABLISHED);
    l2tp_send_scccn (t, &message->avp[L2TP_AVP_CHALLENGE]);
    l2tp_call_place (t);
}

/* ---- in: the calls ---- */

static void
take_icrp (AditTunnel *t, L2tpCall *call, const L2tpMessage *message)
{
    GError *error = NULL;
    guint32 session;

    if (!call || call->state != L2TP_CALL_WAIT_REPLY)
        return;
    if (l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &session) && session) {
        l2tp_call_answered (call, (guint16) session);
        return;
    }
    adit_fail (&error, ADIT_ERROR_MALFORMED, _ ("%s sent an answer without a session number."),
               t->config.server);
    refuse (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE, error);
}

/* The LNS wants to call us: we are no switchboard (RFC 2661 7.4.1). */
static void
decline_call (AditTunnel *t, const L2tpMessage *message)
{
    guint32 session;

    if (l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &session) && session)
        l2tp_send_cdn (t, (guint16) session, 0, L2TP_CDN_NO_FACILITY);
}

/* Which call a CDN ends. */
static L2tpCall *
ended_call (AditTunnel *t, guint16 session, const L2tpMessage *message)
{
    L2tpCall *call   = l2tp_call_find (t, session);
    guint32   theirs = 0;

    if (call)
        return call;
    l2tp_message_number (message, L2TP_AVP_ASSIGNED_SESSION_ID, 2, &theirs);
    call = l2tp_call_find_peer (t, (guint16) theirs);
    if (call && bears (L2TP_BEARS_HEADER, message, L2TP_AVP_ASSIGNED_SESSION_ID))
        return call;
    if (session == 0 && t->call->state == L2TP_CALL_WAIT_REPLY &&
        bears (L2TP_BEARS_NO_ID, message, 0))
        return t->call;
    return NULL;
}

static void
take_cdn (AditTunnel *t, guint16 session, const L2tpMessage *message)
{
    L2tpCall *call = t->call ? ended_call (t, session, message) : NULL;

    if (call)
        l2tp_call_ended (call,
                         l2tp_reason (message, t->config.server, call->state == L2TP_CALL_UP));
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
        take_icrp (t, l2tp_call_find (t, session), message);
        break;
    case L2TP_CDN:
        take_cdn (t, session, message);
        break;
    case L2TP_STOPCCN:
        l2tp_stopped (t, l2tp_reason (message, t->config.server, l2tp_was_up (t)));
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

    if ((form == L2TP_FORM_MANDATORY || form == L2TP_FORM_HIDDEN) &&
        bears (L2TP_BEARS_FORM, &message, 0))
        form = L2TP_FORM_GOOD;
    if (form == L2TP_FORM_GOOD && !l2tp_message_name (message.type) && message.mandatory)
        form = L2TP_FORM_MANDATORY; /* RFC 2661 4.4.1 */
    if (form == L2TP_FORM_GOOD)
        dispatch (t, session, &message);
    else
        refuse_form (t, &message, form);
    l2tp_message_clear (&message);
}
