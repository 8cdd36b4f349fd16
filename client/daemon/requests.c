/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* requests.c - the methods of a tunnel's object.  Each comes in by the door, is judged, and acts.
 */
#include "client/daemon/lines.h"
#include "client/daemon/parcel.h"
#include "client/daemon/session-parts.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>

static gboolean
is_owner (const AditCall *call)
{
    const AditSession *session = call->data;

    return call->uid == session->uid || call->uid == 0;
}

/* Its own tunnels everybody may see. */
static void
look (AditCall *call, AditCallFn fn)
{
    if (is_owner (call))
        fn (call);
    else
        adit_call_check (call, ADIT_ACTION_STATUS, fn);
}

static gboolean
is_over (AditCall *call)
{
    const AditSession *session = call->data;
    GError            *error   = NULL;

    if (session->phase != SESSION_OVER)
        return FALSE;
    adit_fail (&error, ADIT_ERROR_PROFILE, _ ("No tunnel named %s is running."), session->name);
    adit_call_fail (call, error);
    return TRUE;
}

/* ---- Down ---- */

static void
down (AditCall *call)
{
    AditSession *session = call->data;

    if (session->phase == SESSION_OVER) { /* which is what was asked for */
        adit_call_return (call, NULL);
        return;
    }
    adit_session_ref (session);
    g_queue_push_tail (&session->ending, call);
    adit_session_stop (session);
    adit_session_unref (session);
}

static void
on_down (AditCall *call)
{
    const AditSession *session = call->data;

    adit_call_check (
        call, call->uid == session->uid ? ADIT_ACTION_DOWN_OWN : ADIT_ACTION_DOWN_OTHERS, down);
}

/* ---- Status ---- */

static void
on_status_text (gpointer user, const char *json)
{
    AditCall *call  = user;
    GError   *error = NULL;

    if (json) {
        g_autofree char *text = adit_fault_text (json);

        adit_call_return (call, g_variant_new ("(s)", text));
        return;
    }
    adit_fail (&error, ADIT_ERROR_LOST, _ ("The tunnel %s has just ended."),
               adit_session_name (call->data));
    adit_call_fail (call, error);
}

static void
status (AditCall *call)
{
    AditSession *session = call->data;
    GError      *error   = NULL;

    if (is_over (call))
        return;
    if (session->phase == SESSION_RUNNING) {
        adit_core_tunnel_status (session->tunnel, on_status_text, call);
        return;
    }
    adit_fail (&error, ADIT_ERROR_SECRET,
               _ ("The tunnel %s waits for a secret; give it where it was started, or end it with "
                  "\"adit down %s\"."),
               session->name, session->name);
    adit_call_fail (call, error);
}

static void
on_status (AditCall *call)
{
    look (call, status);
}

/* ---- Log ---- */

static void
log_text (AditCall *call)
{
    guint lines = 0;

    g_variant_get (adit_call_arguments (call), "(u)", &lines);
    adit_log_return (call, adit_session_name (call->data), lines);
}

static void
on_log (AditCall *call)
{
    look (call, log_text);
}

/* ---- Watch, Unwatch ---- */

static void
watch (AditCall *call)
{
    AditSession     *session = adit_session_ref (call->data);
    g_autofree char *sender  = g_strdup (call->sender);
    gboolean         owner   = is_owner (call);

    if (!is_over (call)) {
        if (adit_audience_join (session->audience, sender, call->uid)) {
            adit_call_return (call, NULL);
            if (owner)
                session_ask_again (session, sender);
        } else {
            adit_call_refuse (
                call, ADIT_FAULT_LIMIT,
                _ ("Too many programs watch this tunnel already; close one of them."));
        }
    }
    adit_session_unref (session);
}

static void
on_watch (AditCall *call)
{
    look (call, watch);
}

static void
unwatch (AditCall *call)
{
    AditSession *session = call->data;

    adit_audience_leave (session->audience, call->sender);
    adit_call_return (call, NULL);
}

/* ---- Answer, Refuse ---- */

static gboolean
may_answer (AditCall *call)
{
    if (is_over (call))
        return FALSE;
    if (is_owner (call))
        return TRUE;
    adit_call_refuse (call, ADIT_FAULT_DENIED,
                      _ ("Only who started a tunnel may answer its questions."));
    return FALSE;
}

static void
on_answer (AditCall *call)
{
    GError *error  = NULL;
    gint32  handle = -1;
    guint   id     = 0;
    int     fd;

    if (!may_answer (call))
        return;
    g_variant_get (adit_call_arguments (call), "(uh)", &id, &handle);
    fd = adit_parcel_take_fd (adit_call_fds (call), handle, &error);
    if (fd < 0)
        adit_call_fail (call, error);
    else
        session_answer (call, id, fd);
}

static void
on_refuse (AditCall *call)
{
    guint id = 0;

    if (!may_answer (call))
        return;
    g_variant_get (adit_call_arguments (call), "(u)", &id);
    session_refuse (call, id);
}

const AditMethod session_methods[] = {
    { "handle-down", on_down },     { "handle-status", on_status },
    { "handle-log", on_log },       { "handle-watch", on_watch },
    { "handle-unwatch", unwatch },  { "handle-answer", on_answer },
    { "handle-refuse", on_refuse }, { NULL, NULL },
};
