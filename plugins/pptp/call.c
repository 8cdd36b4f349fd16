/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* call.c - the calls of a control connection: one lives, those before it are kept until the server
 * has let go of them.  When it drops a call that stood for a while, the next one is placed over the
 * connection that is there. */
#include "plugins/pptp/machine.h"
#include <glib/gi18n.h>

#define TO(s) (1u << PPTP_CALL_##s)
static const guint may_follow[PPTP_N_CALL_STATES] = {
    [PPTP_CALL_IDLE]            = TO (WAIT_REPLY),
    [PPTP_CALL_WAIT_REPLY]      = TO (WAIT_GRE) | TO (WAIT_DISCONNECT) | TO (IDLE),
    [PPTP_CALL_WAIT_GRE]        = TO (ESTABLISHED) | TO (WAIT_DISCONNECT) | TO (IDLE),
    [PPTP_CALL_ESTABLISHED]     = TO (UP) | TO (WAIT_DISCONNECT) | TO (IDLE),
    [PPTP_CALL_UP]              = TO (WAIT_DISCONNECT) | TO (IDLE),
    [PPTP_CALL_WAIT_DISCONNECT] = TO (IDLE),
};

/* The only writer of call->state. */
static void
enter (PptpCall *call, PptpCallState next)
{
    AditTunnel *t = call->tunnel;

    g_return_if_fail (may_follow[call->state] & (1u << next));
    call->state = next;
    switch (next) {
    case PPTP_CALL_WAIT_REPLY:
        adit_arm (t->host, &call->timer, t->placed > 1 ? PPTP_NEXT_MS : PPTP_REPLY_MS);
        break;
    case PPTP_CALL_WAIT_GRE:
        adit_arm (t->host, &call->timer, PPTP_GRE_MS);
        break;
    case PPTP_CALL_WAIT_DISCONNECT:
        adit_arm (t->host, &call->timer, PPTP_REPLY_MS);
        pptp_tell_carrier (t, &(PptpCallIds){ 0 });
        break;
    case PPTP_CALL_IDLE:
        adit_disarm (t->host, &call->timer);
        if (call == t->call)
            pptp_tell_carrier (t, &(PptpCallIds){ 0 });
        break;
    case PPTP_CALL_ESTABLISHED:
        adit_disarm (t->host, &call->timer);
        break;
    case PPTP_CALL_UP:
    case PPTP_N_CALL_STATES:
        break;
    }
}

/* ---- which ---- */

PptpCall *
pptp_call_find (AditTunnel *t, guint16 call)
{
    for (guint i = 0; i < PPTP_CALLS; i++)
        if (t->calls[i].state != PPTP_CALL_IDLE && t->calls[i].call == call)
            return &t->calls[i];
    return NULL;
}

/* Its number may be 0 (pptpd's first), so it counts only once it is known. */
PptpCall *
pptp_call_find_peer (AditTunnel *t, guint16 peer_call)
{
    for (guint i = 0; i < PPTP_CALLS; i++)
        if (t->calls[i].state >= PPTP_CALL_WAIT_GRE && t->calls[i].peer_call == peer_call)
            return &t->calls[i];
    return NULL;
}

static PptpCall *
find_idle (AditTunnel *t)
{
    for (guint i = 0; i < PPTP_CALLS; i++)
        if (t->calls[i].state == PPTP_CALL_IDLE)
            return &t->calls[i];
    return NULL;
}

gboolean
pptp_call_stands (const PptpCall *call)
{
    return call && (call->state == PPTP_CALL_ESTABLISHED || call->state == PPTP_CALL_UP);
}

/* ---- its life ---- */

gboolean
pptp_call_place (AditTunnel *t)
{
    PptpCall *call = find_idle (t);
    guint16   id;

    if (!call)
        return FALSE;
    do
        adit_random_from (t->host, &id, sizeof id);
    while (id == 0 || pptp_call_find (t, id));
    call->call = id;
    t->call    = call;
    t->placed++;
    enter (call, PPTP_CALL_WAIT_REPLY);
    /* Before the server knows it: its first words are not missed. */
    pptp_tell_carrier (t, &(PptpCallIds){ id, 0 });
    pptp_send (t,
               &(PptpMessage){
                   .type = PPTP_OUTGOING_CALL, .call = id, .serial = id, .window = PPTP_WINDOW });
    return TRUE;
}

void
pptp_call_answered (PptpCall *call, guint16 peer_call)
{
    AditTunnel          *t    = call->tunnel;
    const AditFramesSpec spec = { .session = call->call, .peer_session = peer_call };

    call->peer_call = peer_call;
    enter (call, PPTP_CALL_WAIT_GRE);
    pptp_tell_carrier (t, &(PptpCallIds){ call->call, peer_call });
    if (t->path)
        adit_ppp_link_begin (t->ppp, t->path);
    else
        adit_ppp_link_begin_in_kernel (t->ppp, t->control, &spec);
}

void
pptp_call_heard (PptpCall *call)
{
    if (call && call->state == PPTP_CALL_WAIT_GRE)
        enter (call, PPTP_CALL_ESTABLISHED);
}

/* Whoever hangs up while PPP talks said there why. */
void
pptp_call_ended (PptpCall *call, GError *reason)
{
    gboolean stood = pptp_call_stands (call);
    gboolean ours  = call->state == PPTP_CALL_WAIT_DISCONNECT;

    enter (call, PPTP_CALL_IDLE);
    if (ours)
        g_error_free (reason);
    else if (stood)
        adit_ppp_link_end (call->tunnel->ppp, reason);
    else
        pptp_fail (call->tunnel, reason);
}

static GError *
overdue (const PptpCall *call)
{
    const char *server = call->tunnel->config.server;
    GError     *error  = NULL;

    if (call->state == PPTP_CALL_WAIT_GRE)
        adit_fail (&error, ADIT_ERROR_UNREACHABLE,
                   _ ("%s answers on TCP port %u, but its GRE packets (IP protocol %u) do not come "
                      "through: a firewall or router in between blocks them."),
                   server, PPTP_PORT, PPTP_IP_PROTOCOL);
    else
        adit_fail (&error, ADIT_ERROR_UNREACHABLE, _ ("%s answers, but does not take the call."),
                   server);
    return error;
}

static void
on_timer (gpointer user)
{
    PptpCall *call = user;

    if (call->state == PPTP_CALL_WAIT_DISCONNECT)
        enter (call, PPTP_CALL_IDLE);
    else
        pptp_fail (call->tunnel, overdue (call));
}

static void
hang_up (PptpCall *call)
{
    if (call->state == PPTP_CALL_IDLE || call->state == PPTP_CALL_WAIT_DISCONNECT)
        return;
    pptp_send (call->tunnel, &(PptpMessage){ .type = PPTP_CALL_CLEAR, .call = call->call });
    enter (call, PPTP_CALL_WAIT_DISCONNECT);
}

/* ---- PPP in it ---- */

static void
on_up (gpointer user)
{
    AditTunnel *t = user;

    if (t->call->state == PPTP_CALL_ESTABLISHED)
        enter (t->call, PPTP_CALL_UP);
}

static gboolean
place_next (AditTunnel *t, const GError *reason)
{
    if (t->state != PPTP_ESTABLISHED || !adit_ppp_link_may_follow (t->ppp, reason))
        return FALSE;
    hang_up (t->call);
    if (!pptp_call_place (t))
        return FALSE;
    adit_log (ADIT_LOG_NOTICE, "pptp", "calls again over the same connection, since: %s",
              reason->message);
    t->host->verbs->phase (t->host, ADIT_PHASE_NEGOTIATE, t->config.server);
    return TRUE;
}

static void
on_down (gpointer user, GError *reason)
{
    AditTunnel *t = user;

    if (place_next (t, reason))
        g_error_free (reason);
    else
        pptp_fail (t, reason);
}

/* The kernel's GRE comes through. */
static void
on_heard (gpointer user)
{
    pptp_call_heard (((AditTunnel *) user)->call);
}

const AditPppLinkEvents pptp_call_events = { .up = on_up, .down = on_down, .heard = on_heard };

void
pptp_call_init (AditTunnel *t)
{
    for (guint i = 0; i < PPTP_CALLS; i++) {
        t->calls[i].tunnel = t;
        t->calls[i].timer  = (AditTimer){ .fn = on_timer, .user = &t->calls[i] };
    }
}

void
pptp_call_clear (AditTunnel *t)
{
    for (guint i = 0; i < PPTP_CALLS; i++)
        adit_disarm (t->host, &t->calls[i].timer);
}
