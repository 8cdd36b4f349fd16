/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reconnect.c - a tunnel outlives its worker: device, addresses, routes, rules, name servers and
 * guard stay as they are while one worker after the other is tried.  When, says retry.c; with which
 * server of the profile, the order there. */
#include "client/core/spawn.h"
#include "client/core/tunnel-parts.h"
#include "client/net/link.h"
#include <glib/gi18n.h>
#include <string.h>

enum { APART_MS = 1000 }; /* two tries, whatever changed on this machine */

static guint
n_servers (const AditCoreTunnel *tunnel)
{
    return MAX (tunnel->openings->len, 1);
}

/* The only writer of reconnect.state. */
static void
enter (AditReconnect *reconnect, AditReconnectState next)
{
    reconnect->state = next;
    if (next != ADIT_RECONNECT_WAITING)
        g_clear_handle_id (&reconnect->timer, g_source_remove);
}

static gboolean
was_up_for_long (const AditReconnect *reconnect)
{
    return reconnect->up_us &&
           g_get_monotonic_time () - reconnect->up_us >= ADIT_RETRY_STEADY_S * G_USEC_PER_SEC;
}

/* A first connect has somebody waiting for its end, unless it was said to be persistent; all
 * servers are tried once for him too. */
static guint
delay_after (AditCoreTunnel *tunnel, AditError code)
{
    AditReconnect *reconnect = &tunnel->reconnect;
    guint          servers   = n_servers (tunnel);
    guint          round     = reconnect->failures / servers;
    guint          delay_ms  = adit_retry_delay_ms (code, round, g_random_int ());
    gboolean       others_left;

    if (delay_ms == ADIT_RETRY_NEVER)
        return ADIT_RETRY_NEVER;
    others_left = !reconnect->up_us && (reconnect->failures + 1) % servers != 0;
    if (tunnel->since == 0 && !reconnect->persistent)
        return others_left ? 0 : ADIT_RETRY_NEVER;
    return others_left ? 0 : delay_ms;
}

/* "The server stopped answering. Next try in 4 s." */
static char *
sentence_of (const GError *reason, guint delay_ms)
{
    guint seconds = (delay_ms + 999) / 1000;

    if (seconds == 0)
        return g_strdup_printf (_ ("%s Trying again."), reason->message);
    return g_strdup_printf (_ ("%s Next try in %u s."), reason->message, seconds);
}

static gboolean
begin (AditCoreTunnel *tunnel, GError **error)
{
    if (adit_link_index (tunnel->interface) != tunnel->index)
        return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The device %s was removed by someone."),
                          tunnel->interface);
    return adit_tunnel_start_worker (tunnel, error) && adit_tunnel_open_worker (tunnel, error);
}

/* The last worker is gone and the time has come. */
static void
try_again (AditCoreTunnel *tunnel)
{
    GError *error = NULL;

    enter (&tunnel->reconnect, ADIT_RECONNECT_TRYING);
    tunnel->reconnect.tried_us = g_get_monotonic_time ();
    adit_tunnel_say (tunnel, ADIT_LOG_INFO, "trying again, after %u failures",
                     tunnel->reconnect.failures);
    if (!begin (tunnel, &error))
        adit_tunnel_fail (tunnel, error);
}

static gboolean
on_time (gpointer user)
{
    AditCoreTunnel *tunnel = user;

    tunnel->reconnect.timer = 0;
    enter (&tunnel->reconnect, ADIT_RECONNECT_DUE);
    if (tunnel->pid == 0)
        try_again (tunnel);
    return G_SOURCE_REMOVE;
}

/* Takes reason. */
static void
wait (AditCoreTunnel *tunnel, GError *reason, guint delay_ms)
{
    AditReconnect   *reconnect = &tunnel->reconnect;
    g_autofree char *sentence  = sentence_of (reason, delay_ms);
    g_autofree char *text      = adit_error_explain (reason);

    adit_tunnel_say (tunnel, ADIT_LOG_NOTICE, "%s", text);
    g_clear_error (&reconnect->reason);
    reconnect->reason = reason;
    reconnect->failures++;
    if (!reconnect->up_us)
        reconnect->server = (reconnect->server + 1) % n_servers (tunnel);
    reconnect->up_us  = 0;
    reconnect->due_us = g_get_monotonic_time () + (gint64) delay_ms * 1000;
    enter (reconnect, ADIT_RECONNECT_WAITING);
    reconnect->timer = g_timeout_add (delay_ms, on_time, tunnel);
    adit_tunnel_enter (tunnel, ADIT_STATE_RECONNECTING, sentence);
}

void
adit_tunnel_lose (AditCoreTunnel *tunnel, GError *error)
{
    AditReconnect *reconnect = &tunnel->reconnect;
    AditError      code = error->domain == ADIT_ERROR ? (AditError) error->code : ADIT_ERROR_BUG;
    guint          delay_ms;

    if (adit_tunnel_is_ending (tunnel) || reconnect->state == ADIT_RECONNECT_WAITING ||
        reconnect->state == ADIT_RECONNECT_DUE) { /* for its first reason */
        g_error_free (error);
        return;
    }
    if (was_up_for_long (reconnect))
        reconnect->failures = 0;
    delay_ms = delay_after (tunnel, code);
    if (delay_ms == ADIT_RETRY_NEVER) {
        adit_tunnel_fail (tunnel, error);
        return;
    }
    adit_tunnel_retire_worker (tunnel);
    wait (tunnel, error, delay_ms);
}

void
adit_reconnect_worker_gone (AditCoreTunnel *tunnel)
{
    if (tunnel->reconnect.state == ADIT_RECONNECT_DUE)
        try_again (tunnel);
}

void
adit_reconnect_anew (AditCoreTunnel *tunnel)
{
    enter (&tunnel->reconnect, ADIT_RECONNECT_DUE);
    adit_tunnel_retire_worker (tunnel);
}

/* Networks may change many times a second while they come up. */
void
adit_reconnect_now (AditCoreTunnel *tunnel)
{
    AditReconnect *reconnect = &tunnel->reconnect;
    gint64         now_us    = g_get_monotonic_time ();
    gint64         due_us    = MAX (reconnect->tried_us + APART_MS * 1000, now_us);

    if (reconnect->state != ADIT_RECONNECT_WAITING || due_us >= reconnect->due_us)
        return;
    g_clear_handle_id (&reconnect->timer, g_source_remove);
    reconnect->due_us = due_us;
    reconnect->timer  = g_timeout_add ((guint) ((due_us - now_us) / 1000), on_time, tunnel);
}

void
adit_reconnect_succeeded (AditCoreTunnel *tunnel)
{
    AditReconnect *reconnect = &tunnel->reconnect;

    if (reconnect->state == ADIT_RECONNECT_TRYING && tunnel->since)
        reconnect->times++;
    enter (reconnect, ADIT_RECONNECT_IDLE);
    g_clear_error (&reconnect->reason);
    reconnect->up_us = g_get_monotonic_time ();
    adit_answers_worked (tunnel->answers);
}

void
adit_reconnect_stop (AditCoreTunnel *tunnel)
{
    enter (&tunnel->reconnect, ADIT_RECONNECT_IDLE);
}

guint
adit_reconnect_seconds_left (const AditCoreTunnel *tunnel)
{
    gint64 left_us = tunnel->reconnect.due_us - g_get_monotonic_time ();

    if (tunnel->reconnect.state != ADIT_RECONNECT_WAITING || left_us <= 0)
        return 0;
    return (guint) ((left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

/* What the plan was made for may be another device by now: its filter, its networks. */
static void
plan_again (AditCoreTunnel *tunnel)
{
    g_autoptr (GError) error = NULL;
    guint outer              = adit_underlay_device (tunnel->underlay);

    if (outer && outer != tunnel->index)
        tunnel->outer = outer;
    if (tunnel->plan && !adit_tunnel_configure_again (tunnel, &error)) {
        g_autofree char *text = adit_error_explain (error);

        adit_tunnel_warn (tunnel, text);
    }
}

void
adit_reconnect_moved (gpointer user, gboolean woke)
{
    AditCoreTunnel *tunnel = user;
    AditMessage     moved  = { .kind = ADIT_MSG_MOVED };
    gboolean        away   = adit_underlay_moved (tunnel->underlay);

    if (adit_tunnel_is_ending (tunnel) ||
        (!away && !woke && adit_underlay_is_known (tunnel->underlay)))
        return;
    adit_tunnel_say (tunnel, ADIT_LOG_INFO, "%s",
                     woke ? "this machine woke up" : "this machine moved to another network");
    if (away)
        plan_again (tunnel);
    if (tunnel->worker == ADIT_WORKER_AT_WORK)
        adit_channel_send (tunnel->channel, &moved);
    adit_reconnect_now (tunnel);
}
