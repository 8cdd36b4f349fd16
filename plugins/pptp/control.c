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
    if (t->state >= PPTP_WAIT_CALL && t->state < PPTP_GONE)
        pptp_send (t, &(PptpMessage){ .type = PPTP_CALL_CLEAR, .call = t->call });
    if (t->state >= PPTP_WAIT_START && t->state < PPTP_GONE)
        pptp_send (t, &(PptpMessage){ .type = PPTP_STOP_REQUEST, .result = PPTP_STOP_NONE });
}

/* Not before GRE can be heard: a server whose first words are missed repeats them after seconds. */
void
pptp_place_call (AditTunnel *t)
{
    if (t->state == PPTP_WAIT_CALL && t->path)
        pptp_send (t, &(PptpMessage){ .type   = PPTP_OUTGOING_CALL,
                                      .call   = t->call,
                                      .serial = t->call,
                                      .window = PPTP_WINDOW });
}

/* ---- control messages in ---- */

static void
take_start_reply (AditTunnel *t, const PptpMessage *m)
{
    if (t->state != PPTP_WAIT_START)
        return;
    if (m->result != PPTP_START_OK) {
        pptp_give_up (t, pptp_reason (m, t->config.server, FALSE));
        return;
    }
    t->peer = *m;
    pptp_enter (t, PPTP_WAIT_CALL);
    pptp_place_call (t);
}

static void
take_call_reply (AditTunnel *t, const PptpMessage *m)
{
    if (t->state != PPTP_WAIT_CALL || !t->path || m->peer_call != t->call)
        return;
    if (m->result != PPTP_CALL_OK) {
        GError *error = pptp_reason (m, t->config.server, FALSE);

        pptp_say_goodbye (t);
        pptp_give_up (t, error);
        return;
    }
    t->peer_call = m->call;
    pptp_send (t, &(PptpMessage){ .type         = PPTP_SET_LINK_INFO,
                                  .peer_call    = t->peer_call,
                                  .send_accm    = (guint32) ACCM,
                                  .receive_accm = (guint32) ACCM });
    pptp_call_stands (t);
}

/* A server that hangs up while PPP negotiates said there why. */
static void
end_with (AditTunnel *t, GError *error)
{
    if (t->state == PPTP_ESTABLISHED)
        adit_ppp_link_end (t->ppp, error);
    else
        pptp_give_up (t, error);
}

static void
take_disconnect (AditTunnel *t, const PptpMessage *m)
{
    if (t->state >= PPTP_WAIT_GRE && m->call == t->peer_call)
        end_with (t, pptp_reason (m, t->config.server, t->state == PPTP_UP));
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
        end_with (t, pptp_reason (m, t->config.server, t->state == PPTP_UP));
        break;
    case PPTP_START_REQUEST: /* a PAC's, or nothing to a PNS */
    case PPTP_STOP_REPLY:
    case PPTP_OUTGOING_CALL:
    case PPTP_INCOMING_CALL:
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
    pptp_give_up (t, error);
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
        pptp_give_up (t, cause); /* the host says whether it was the name or the way */
        return;
    }
    if (t->state == PPTP_REACHING)
        adit_fail_because (&error, cause, ADIT_ERROR_UNREACHABLE,
                           _ ("%s takes no connection on TCP port %u: it is not a PPTP server, or "
                              "something in between refuses for it."),
                           t->config.server, PPTP_PORT);
    else
        adit_fail_because (&error, cause,
                           t->state == PPTP_UP ? ADIT_ERROR_LOST : ADIT_ERROR_REFUSED,
                           _ ("%s ended the connection."), t->config.server);
    end_with (t, error);
}

const AditLinkEvents pptp_control_events = { .ready = on_control_ready,
                                             .recv  = on_control_recv,
                                             .lost  = on_control_lost };
