/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* messages.c - the control messages that we send. */
#include "plugins/l2tp/machine.h"

enum {
    PROTOCOL_VERSION = 0x0100,  /* 1.0: RFC 2661 4.4.3 */
    CONNECT_SPEED    = 1000000, /* bit/s: LNSs want one, nobody believes it */
};

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

void
l2tp_send_scccn (AditTunnel *t, const L2tpAvp *challenge)
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

void
l2tp_send_icrq (const L2tpCall *call)
{
    Draft   draft = begin (L2TP_ICRQ);
    guint32 serial;

    adit_random_from (call->tunnel->host, &serial, sizeof serial);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, call->session);
    l2tp_put_number (&draft.w, L2TP_AVP_CALL_SERIAL_NUMBER, TRUE, 4, serial);
    finish (call->tunnel, &draft, 0);
}

void
l2tp_send_iccn (const L2tpCall *call)
{
    Draft draft = begin (L2TP_ICCN);

    l2tp_put_number (&draft.w, L2TP_AVP_TX_CONNECT_SPEED, TRUE, 4, CONNECT_SPEED);
    l2tp_put_number (&draft.w, L2TP_AVP_FRAMING_TYPE, TRUE, 4, L2TP_FRAMING_SYNC);
    finish (call->tunnel, &draft, call->peer_session);
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

void
l2tp_send_cdn (AditTunnel *t, guint16 peer_session, guint16 session, L2tpCdnResult result)
{
    Draft draft = begin (L2TP_CDN);

    put_result (&draft.w, result, L2TP_ERROR_NONE);
    l2tp_put_number (&draft.w, L2TP_AVP_ASSIGNED_SESSION_ID, TRUE, 2, session);
    finish (t, &draft, peer_session);
}
