/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* call.c - the calls of a tunnel: one lives, those before it are kept until nobody speaks of them
 * any more.  When the LNS drops a call that stood for a while, the next one is placed in the tunnel
 * that is there, which is quicker than another tunnel. */
#include "plugins/l2tp/machine.h"
#include <glib/gi18n.h>

#define TO(s) (1u << L2TP_CALL_##s)
static const guint may_follow[L2TP_N_CALL_STATES] = {
    [L2TP_CALL_IDLE]        = TO (WAIT_REPLY),
    [L2TP_CALL_WAIT_REPLY]  = TO (ESTABLISHED) | TO (OVER),
    [L2TP_CALL_ESTABLISHED] = TO (UP) | TO (OVER),
    [L2TP_CALL_UP]          = TO (OVER),
    [L2TP_CALL_OVER]        = TO (IDLE),
};

static void
tell_carrier (AditTunnel *t, const L2tpSession *session)
{
    if (t->path)
        t->host->verbs->tell (t->path, t->layer, session, sizeof *session);
}

/* The only writer of call->state. */
static void
enter (L2tpCall *call, L2tpCallState next)
{
    AditTunnel *t = call->tunnel;

    g_return_if_fail (may_follow[call->state] & (1u << next));
    call->state = next;
    switch (next) {
    case L2TP_CALL_WAIT_REPLY:
        adit_arm (t->host, &call->timer, t->placed > 1 ? L2TP_NEXT_CALL_MS : L2TP_CALL_MS);
        break;
    case L2TP_CALL_ESTABLISHED:
        adit_disarm (t->host, &call->timer);
        break;
    case L2TP_CALL_OVER:
        adit_arm (t->host, &call->timer, L2TP_OVER_MS);
        tell_carrier (t, &(L2tpSession){ 0 });
        break;
    case L2TP_CALL_IDLE:
        call->session = call->peer_session = 0;
        break;
    case L2TP_CALL_UP:
    case L2TP_N_CALL_STATES:
        break;
    }
}

/* ---- which ---- */

L2tpCall *
l2tp_call_find (AditTunnel *t, guint16 session)
{
    for (guint i = 0; session && i < L2TP_CALLS; i++)
        if (t->calls[i].session == session)
            return &t->calls[i];
    return NULL;
}

L2tpCall *
l2tp_call_find_peer (AditTunnel *t, guint16 peer_session)
{
    for (guint i = 0; peer_session && i < L2TP_CALLS; i++)
        if (t->calls[i].peer_session == peer_session)
            return &t->calls[i];
    return NULL;
}

static L2tpCall *
find_idle (AditTunnel *t)
{
    for (guint i = 0; i < L2TP_CALLS; i++)
        if (t->calls[i].state == L2TP_CALL_IDLE)
            return &t->calls[i];
    return NULL;
}

gboolean
l2tp_call_stands (const L2tpCall *call)
{
    return call && (call->state == L2TP_CALL_ESTABLISHED || call->state == L2TP_CALL_UP);
}

/* ---- its life ---- */

gboolean
l2tp_call_place (AditTunnel *t)
{
    L2tpCall *call = find_idle (t);
    guint16   session;

    if (!call)
        return FALSE;
    do
        session = l2tp_pick_id (t);
    while (l2tp_call_find (t, session));
    call->session = session;
    t->call       = call;
    t->placed++;
    enter (call, L2TP_CALL_WAIT_REPLY);
    t->host->verbs->phase (t->host, ADIT_PHASE_NEGOTIATE, t->config.server);
    l2tp_send_icrq (call);
    return TRUE;
}

/* The kernel takes the call's messages out of the socket, and leaves all others in it. */
static void
begin_in_kernel (const L2tpCall *call)
{
    AditTunnel          *t    = call->tunnel;
    const AditFramesSpec spec = { .tunnel       = t->tunnel,
                                  .peer_tunnel  = t->peer_tunnel,
                                  .session      = call->session,
                                  .peer_session = call->peer_session };

    adit_ppp_link_begin_in_kernel (t->ppp, t->link, &spec);
}

void
l2tp_call_answered (L2tpCall *call, guint16 peer_session)
{
    AditTunnel *t       = call->tunnel;
    L2tpSession session = { .tunnel       = t->tunnel,
                            .session      = call->session,
                            .peer_tunnel  = t->peer_tunnel,
                            .peer_session = peer_session };

    call->peer_session = peer_session;
    l2tp_send_iccn (call);
    enter (call, L2TP_CALL_ESTABLISHED);
    tell_carrier (t, &session);
    if (t->path)
        adit_ppp_link_begin (t->ppp, t->path);
    else
        begin_in_kernel (call);
}

static void
fail (AditTunnel *t, GError *error)
{
    if (t->state == L2TP_ESTABLISHED)
        l2tp_send_stop (t, L2TP_STOP_CLEAR, L2TP_ERROR_NONE);
    l2tp_give_up (t, error);
}

/* Whoever hangs up while PPP talks said there why. */
void
l2tp_call_ended (L2tpCall *call, GError *reason)
{
    gboolean stood = l2tp_call_stands (call);

    if (call->state == L2TP_CALL_OVER) {
        g_error_free (reason);
        return;
    }
    enter (call, L2TP_CALL_OVER);
    if (stood)
        adit_ppp_link_end (call->tunnel->ppp, reason);
    else
        fail (call->tunnel, reason);
}

static void
hang_up (L2tpCall *call, L2tpCdnResult result)
{
    if (call->state == L2TP_CALL_OVER)
        return;
    l2tp_send_cdn (call->tunnel, call->peer_session, call->session, result);
    enter (call, L2TP_CALL_OVER);
}

static void
on_timer (gpointer user)
{
    L2tpCall   *call  = user;
    AditTunnel *t     = call->tunnel;
    GError     *error = NULL;

    if (call->state == L2TP_CALL_OVER) {
        enter (call, L2TP_CALL_IDLE);
        return;
    }
    if (l2tp_reliable_idle (&t->reliable))
        adit_fail (&error, ADIT_ERROR_UNREACHABLE, _ ("%s answers, but does not take the call."),
                   t->config.server);
    else
        adit_fail (&error, l2tp_was_up (t) ? ADIT_ERROR_LOST : ADIT_ERROR_UNREACHABLE,
                   _ ("%s stopped answering."), t->config.server);
    hang_up (call, L2TP_CDN_TIMEOUT);
    fail (t, error);
}

/* ---- PPP in it ---- */

static void
on_up (gpointer user)
{
    AditTunnel *t = user;

    if (t->call->state == L2TP_CALL_ESTABLISHED)
        enter (t->call, L2TP_CALL_UP);
}

static gboolean
place_next (AditTunnel *t, const GError *reason)
{
    if (t->state != L2TP_ESTABLISHED || !adit_ppp_link_may_follow (t->ppp, reason))
        return FALSE;
    hang_up (t->call, L2TP_CDN_ADMINISTRATIVE);
    if (!l2tp_call_place (t))
        return FALSE;
    adit_log (ADIT_LOG_NOTICE, "l2tp", "calls again in the same tunnel, since: %s",
              reason->message);
    return TRUE;
}

/* PPP gives its own reason. */
static void
on_down (gpointer user, GError *reason)
{
    AditTunnel *t = user;

    if (t->state != L2TP_GONE && place_next (t, reason))
        g_error_free (reason);
    else
        fail (t, reason);
}

const AditPppLinkEvents l2tp_call_events = { .up = on_up, .down = on_down };

void
l2tp_call_init (AditTunnel *t)
{
    for (guint i = 0; i < L2TP_CALLS; i++) {
        t->calls[i].tunnel = t;
        t->calls[i].timer  = (AditTimer){ .fn = on_timer, .user = &t->calls[i] };
    }
}

void
l2tp_call_clear (AditTunnel *t)
{
    for (guint i = 0; i < L2TP_CALLS; i++)
        adit_disarm (t->host, &t->calls[i].timer);
}
