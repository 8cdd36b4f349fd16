/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reason.c - what the server's codes mean for the person. */
#include "plugins/pptp/reason.h"
#include <glib/gi18n.h>

typedef struct {
    AditError   code;
    const char *sentence;
} Reason;

/* clang-format off */
static const Reason starts[] = {
    [PPTP_START_ERROR]          = { ADIT_ERROR_REFUSED, N_ ("The server reported an error.") },
    [PPTP_START_EXISTS]         = { ADIT_ERROR_REFUSED,
        N_ ("The server believes that this machine is connected already; wait a minute and try again.") },
    [PPTP_START_NOT_AUTHORIZED] = { ADIT_ERROR_LOGIN,
        N_ ("The server does not let this machine in; ask its administrator.") },
    [PPTP_START_VERSION]        = { ADIT_ERROR_REFUSED, N_ ("The server speaks another version of PPTP.") },
};

static const Reason calls[] = {
    [PPTP_CALL_ERROR]        = { ADIT_ERROR_REFUSED, N_ ("The server reported an error.") },
    [PPTP_CALL_NO_CARRIER]   = { ADIT_ERROR_REFUSED, N_ ("The server got no line.") },
    [PPTP_CALL_BUSY]         = { ADIT_ERROR_REFUSED, N_ ("The server is busy; try again later.") },
    [PPTP_CALL_NO_DIAL_TONE] = { ADIT_ERROR_REFUSED, N_ ("The server got no line.") },
    [PPTP_CALL_TIME_OUT]     = { ADIT_ERROR_UNREACHABLE, N_ ("The server took too long to connect.") },
    [PPTP_CALL_REFUSED]      = { ADIT_ERROR_REFUSED, N_ ("The server does not take such connections.") },
};

static const Reason goes[] = {
    [PPTP_GONE_CARRIER]  = { ADIT_ERROR_LOST,    N_ ("The server lost the line.") },
    [PPTP_GONE_ERROR]    = { ADIT_ERROR_REFUSED, N_ ("The server reported an error.") },
    [PPTP_GONE_SHUTDOWN] = { ADIT_ERROR_LOST,    N_ ("The server hung up.") },
    [PPTP_GONE_REQUEST]  = { ADIT_ERROR_LOST,    N_ ("The server ended the connection.") },
};

/* RFC 2637 2.16: with a result of 2 */
static const Reason errors[] = {
    [PPTP_ERROR_NOT_CONNECTED] = { ADIT_ERROR_LOST,
        N_ ("The server does not know this connection any more.") },
    [PPTP_ERROR_BAD_FORMAT]    = { ADIT_ERROR_MALFORMED, N_ ("The server could not read our message.") },
    [PPTP_ERROR_BAD_VALUE]     = { ADIT_ERROR_MALFORMED, N_ ("The server could not read our message.") },
    [PPTP_ERROR_NO_RESOURCE]   = { ADIT_ERROR_REFUSED,
        N_ ("The server has no room for another connection now; try again later.") },
    [PPTP_ERROR_BAD_CALL_ID]   = { ADIT_ERROR_LOST,
        N_ ("The server does not know this connection any more.") },
    [PPTP_ERROR_PAC]           = { ADIT_ERROR_REFUSED,   N_ ("The server reported an error.") },
};
/* clang-format on */

static const Reason fallback = { ADIT_ERROR_REFUSED, N_ ("The server ended the connection.") };

static const Reason *
pick (const Reason *table, gsize n, guint code, const Reason *otherwise)
{
    return code < n && table[code].sentence ? &table[code] : otherwise;
}

static const Reason *
find (const PptpMessage *m)
{
    const Reason *reason = &fallback;

    if (m->type == PPTP_START_REPLY)
        reason = pick (starts, G_N_ELEMENTS (starts), m->result, reason);
    else if (m->type == PPTP_OUTGOING_REPLY)
        reason = pick (calls, G_N_ELEMENTS (calls), m->result, reason);
    else if (m->type == PPTP_CALL_DISCONNECT)
        reason = pick (goes, G_N_ELEMENTS (goes), m->result, reason);
    if (m->result == PPTP_START_ERROR && m->type != PPTP_STOP_REQUEST)
        reason = pick (errors, G_N_ELEMENTS (errors), m->error, reason);
    return reason;
}

GError *
pptp_reason (const PptpMessage *message, const char *server, gboolean was_up)
{
    const Reason *reason = find (message);
    GError       *cause = NULL, *error = NULL;

    adit_fail (&cause, ADIT_ERROR_REFUSED, "%s: PPTP message %u, result %u, error %u", server,
               message->type, message->result, message->error);
    adit_fail_because (&error, cause, was_up ? ADIT_ERROR_LOST : reason->code, "%s",
                       _ (reason->sentence));
    return error;
}
