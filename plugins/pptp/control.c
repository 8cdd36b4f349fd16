/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.c - the control connection: messages out, and what theirs mean. */
#include "plugins/pptp/machine.h"
#include "plugins/pptp/reason.h"
#include <glib/gi18n.h>

enum { ACCM = -1 }; /* all: we frame nothing byte by byte, so nothing has to be mapped */

/* ---- control messages out ---- */

void
pptp_send (AditTunnel *t, const PptpMessage *message)
{
    AditPacket *p = adit_packet_new (NULL, pptp_message_size (message->type));

    pptp_message_encode (p->data, message);
    t->host->verbs->send (t->control, NULL, p);
}

void
pptp_say_goodbye (AditTunnel *t)
{
    if (t->state == PPTP_ESTABLISHED && t->call && t->call->state != PPTP_CALL_IDLE)
        pptp_send (t, &(PptpMessage){ .type = PPTP_CALL_CLEAR, .call = t->call->call });
    if (t->state >= PPTP_WAIT_START && t->state <= PPTP_ESTABLISHED)
        pptp_send (t, &(PptpMessage){ .type = PPTP_STOP_REQUEST, .result = PPTP_STOP_NONE });
}

/* Not before GRE can be heard: a server whose first words are missed repeats them after seconds. */
void
pptp_place_first (AditTunnel *t)
{
    if (t->state != PPTP_OPENING || !pptp_can_hear (t))
        return;
    pptp_enter (t, PPTP_ESTABLISHED);
    pptp_call_place (t);
}

/* ---- control messages in ---- */

static void
take_start_reply (AditTunnel *t, const PptpMessage *m)
{
    if (t->state != PPTP_WAIT_START)
        return;
    if (m->result != PPTP_START_OK) {
        pptp_fail (t, pptp_reason (m, t->config.server, FALSE));
        return;
    }
    t->peer = *m;
    pptp_enter (t, PPTP_OPENING);
    pptp_place_first (t);
}

static void
take_call_reply (AditTunnel *t, const PptpMessage *m)
{
    PptpCall *call = pptp_call_find (t, m->peer_call);

    if (!call || call->state != PPTP_CALL_WAIT_REPLY)
        return;
    if (m->result != PPTP_CALL_OK) {
        pptp_call_ended (call, pptp_reason (m, t->config.server, FALSE));
        return;
    }
    pptp_send (t, &(PptpMessage){ .type         = PPTP_SET_LINK_INFO,
                                  .peer_call    = m->call,
                                  .send_accm    = (guint32) ACCM,
                                  .receive_accm = (guint32) ACCM });
    pptp_call_answered (call, m->call);
}

static void
take_disconnect (AditTunnel *t, const PptpMessage *m)
{
    PptpCall *call = pptp_call_find_peer (t, m->call);

    if (call)
        pptp_call_ended (call, pptp_reason (m, t->config.server, call->state == PPTP_CALL_UP));
}

/* We are no switchboard (RFC 2637 2.7, 2.9). */
static void
decline_call (AditTunnel *t, const PptpMessage *m)
{
    gboolean incoming = m->type == PPTP_INCOMING_CALL;

    pptp_send (t, &(PptpMessage){ .type      = incoming ? PPTP_INCOMING_REPLY : PPTP_OUTGOING_REPLY,
                                  .peer_call = m->call,
                                  .result = incoming ? PPTP_INCOMING_REFUSED : PPTP_CALL_REFUSED });
}

static void
take_message (AditTunnel *t, const PptpMessage *m)
{
    switch (m->type) {
    case PPTP_START_REPLY:
        take_start_reply (t, m);
        break;
    case PPTP_OUTGOING_REPLY:
        take_call_reply (t, m);
        break;
    case PPTP_ECHO_REQUEST:
        pptp_send (
            t, &(PptpMessage){ .type = PPTP_ECHO_REPLY, .identifier = m->identifier, .result = 1 });
        break;
    case PPTP_ECHO_REPLY:
        t->echoes = 0;
        break;
    case PPTP_CALL_DISCONNECT:
        take_disconnect (t, m);
        break;
    case PPTP_STOP_REQUEST:
        pptp_send (t, &(PptpMessage){ .type = PPTP_STOP_REPLY, .result = 1 });
        pptp_stopped (t, pptp_reason (m, t->config.server, pptp_was_up (t)));
        break;
    case PPTP_OUTGOING_CALL:
    case PPTP_INCOMING_CALL:
        decline_call (t, m);
        break;
    case PPTP_START_REQUEST: /* a PAC's, or nothing to a PNS */
    case PPTP_STOP_REPLY:
    case PPTP_INCOMING_REPLY:
    case PPTP_INCOMING_SET_UP:
    case PPTP_CALL_CLEAR:
    case PPTP_WAN_ERROR:
    case PPTP_SET_LINK_INFO:
    case PPTP_N_TYPES:
        break;
    }
}

static void
refuse_stream (AditTunnel *t)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_MALFORMED,
               t->state == PPTP_WAIT_START ? _ ("What answers at %s is no PPTP server.")
                                           : _ ("%s sent a message that cannot be read."),
               t->config.server);
    pptp_fail (t, error);
}

static void
on_control_recv (gpointer user, const AditEndpoint *from G_GNUC_UNUSED, AditPacket *packet)
{
    AditTunnel *t = user;
    PptpMessage message;
    PptpForm    form;
    gsize       used;

    g_byte_array_append (t->stream, packet->data, packet->len);
    adit_packet_free (packet);
    while (t->state != PPTP_GONE) {
        form = pptp_message_decode (t->stream->data, t->stream->len, &message, &used);
        if (form == PPTP_FORM_MORE)
            return;
        if (form == PPTP_FORM_BROKEN) {
            refuse_stream (t);
            return;
        }
        g_byte_array_remove_range (t->stream, 0, (guint) used);
        take_message (t, &message);
    }
}

static void
on_control_ready (gpointer user, guint16 local_port G_GNUC_UNUSED)
{
    AditTunnel *t       = user;
    PptpMessage request = { .type = PPTP_START_REQUEST, .version = PPTP_VERSION };

    g_strlcpy (request.name, "adit", sizeof request.name);
    g_strlcpy (request.vendor, "adit", sizeof request.vendor);
    pptp_enter (t, PPTP_WAIT_START);
    pptp_send (t, &request);
    pptp_open_gre (t);
}

static void
on_control_lost (gpointer user, GError *cause)
{
    AditTunnel *t     = user;
    GError     *error = NULL;

    if (t->state == PPTP_GONE || (t->state == PPTP_REACHING && cause->code != ADIT_ERROR_LOST)) {
        pptp_fail (t, cause); /* the host says whether it was the name or the way */
        return;
    }
    if (t->state == PPTP_REACHING)
        adit_fail_because (&error, cause, ADIT_ERROR_UNREACHABLE,
                           _ ("%s takes no connection on TCP port %u: it is not a PPTP server, or "
                              "something in between refuses for it."),
                           t->config.server, PPTP_PORT);
    else
        adit_fail_because (&error, cause, pptp_was_up (t) ? ADIT_ERROR_LOST : ADIT_ERROR_REFUSED,
                           _ ("%s ended the connection."), t->config.server);
    pptp_stopped (t, error);
}

const AditLinkEvents pptp_control_events = { .ready = on_control_ready,
                                             .recv  = on_control_recv,
                                             .lost  = on_control_lost };
