/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reason.c - result codes, error codes and the LNS's own words, as one sentence and its cause. */
#include "plugins/l2tp/reason.h"
#include <glib/gi18n.h>

typedef struct {
    AditError   code;
    const char *sentence;
} Reason;

/* clang-format off */
static const Reason stops[] = {
    [L2TP_STOP_CLEAR]          = { ADIT_ERROR_REFUSED, N_ ("The server ended the connection.") },
    [L2TP_STOP_ERROR]          = { ADIT_ERROR_REFUSED, N_ ("The server reported an error.") },
    [L2TP_STOP_EXISTS]         = { ADIT_ERROR_REFUSED,
        N_ ("The server believes that this machine is connected already; wait a minute and try again.") },
    [L2TP_STOP_NOT_AUTHORIZED] = { ADIT_ERROR_LOGIN,
        N_ ("The server does not let this machine in: check `tunnel-secret` in [l2tp], or ask its administrator.") },
    [L2TP_STOP_VERSION]        = { ADIT_ERROR_REFUSED, N_ ("The server speaks another version of L2TP.") },
    [L2TP_STOP_SHUTDOWN]       = { ADIT_ERROR_LOST,    N_ ("The server is being shut down.") },
    [L2TP_STOP_FSM]            = { ADIT_ERROR_MALFORMED, N_ ("The server lost track of the connection.") },
};

static const Reason calls[] = {
    [L2TP_CDN_CARRIER]         = { ADIT_ERROR_LOST,    N_ ("The server lost the line.") },
    [L2TP_CDN_ERROR]           = { ADIT_ERROR_REFUSED, N_ ("The server reported an error.") },
    [L2TP_CDN_ADMINISTRATIVE]  = { ADIT_ERROR_REFUSED, N_ ("The server hung up.") },
    [L2TP_CDN_NO_FACILITY_NOW] = { ADIT_ERROR_REFUSED,
        N_ ("The server has no room for another connection now; try again later.") },
    [L2TP_CDN_NO_FACILITY]     = { ADIT_ERROR_REFUSED, N_ ("The server does not take such connections.") },
    [L2TP_CDN_DESTINATION]     = { ADIT_ERROR_REFUSED, N_ ("The server does not know whom to connect to.") },
    [L2TP_CDN_NO_CARRIER]      = { ADIT_ERROR_REFUSED, N_ ("The server got no line.") },
    [L2TP_CDN_BUSY]            = { ADIT_ERROR_REFUSED, N_ ("The server is busy; try again later.") },
    [L2TP_CDN_NO_DIAL_TONE]    = { ADIT_ERROR_REFUSED, N_ ("The server got no line.") },
    [L2TP_CDN_TIMEOUT]         = { ADIT_ERROR_UNREACHABLE, N_ ("The server took too long to connect.") },
    [L2TP_CDN_NO_FRAMING]      = { ADIT_ERROR_REFUSED, N_ ("The server found no PPP in the connection.") },
};

/* RFC 2661 4.4.2: general error codes, only with result 2 */
static const Reason errors[] = {
    [L2TP_ERROR_NO_CONNECTION] = { ADIT_ERROR_LOST,
        N_ ("The server does not know this connection any more.") },
    [L2TP_ERROR_LENGTH]        = { ADIT_ERROR_MALFORMED, N_ ("The server could not read our message.") },
    [L2TP_ERROR_RANGE]         = { ADIT_ERROR_MALFORMED, N_ ("The server could not read our message.") },
    [L2TP_ERROR_RESOURCES]     = { ADIT_ERROR_REFUSED,
        N_ ("The server has no room for another connection now; try again later.") },
    [L2TP_ERROR_SESSION_ID]    = { ADIT_ERROR_LOST,
        N_ ("The server does not know this connection any more.") },
    [L2TP_ERROR_VENDOR]        = { ADIT_ERROR_REFUSED,   N_ ("The server reported an error.") },
    [L2TP_ERROR_TRY_ANOTHER]   = { ADIT_ERROR_REFUSED,
        N_ ("The server asks to use another server; add one to `server` in [connection].") },
    [L2TP_ERROR_MANDATORY_AVP] = { ADIT_ERROR_REFUSED,   N_ ("The server does not know what we asked for.") },
};
/* clang-format on */

static const Reason *
find (const Reason *table, gsize n, guint code)
{
    return code < n && table[code].sentence ? &table[code] : NULL;
}

/* What the LNS said, for whoever runs it. */
static GError *
cause_of (const L2tpMessage *message, const char *server, guint result, guint error,
          const char *text)
{
    const char *name  = l2tp_message_name (message->type);
    GError     *cause = NULL;

    if (text && *text)
        adit_fail (&cause, ADIT_ERROR_REFUSED, "%s: %s, result %u, error %u: %s", server, name,
                   result, error, text);
    else
        adit_fail (&cause, ADIT_ERROR_REFUSED, "%s: %s, result %u, error %u", server, name, result,
                   error);
    return cause;
}

GError *
l2tp_reason (const L2tpMessage *message, const char *server, gboolean was_up)
{
    const L2tpAvp   *avp    = &message->avp[L2TP_AVP_RESULT_CODE];
    AditReader       r      = adit_reader (avp->data, avp->size);
    guint            result = adit_get_u16 (&r);
    guint            code   = adit_left (&r) >= 2 ? adit_get_u16 (&r) : 0; /* optional */
    g_autofree char *text   = l2tp_text (r.at, adit_left (&r));
    const Reason    *reason = message->type == L2TP_STOPCCN
                                  ? find (stops, G_N_ELEMENTS (stops), result)
                                  : find (calls, G_N_ELEMENTS (calls), result);
    GError          *error  = NULL;

    if (result == L2TP_STOP_ERROR && find (errors, G_N_ELEMENTS (errors), code))
        reason = &errors[code];
    if (!reason)
        reason = &stops[L2TP_STOP_CLEAR];
    adit_fail_because (&error, cause_of (message, server, result, code, text),
                       was_up ? ADIT_ERROR_LOST : reason->code, "%s", _ (reason->sentence));
    return error;
}
