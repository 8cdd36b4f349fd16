/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tunnel.c - the life of one tunnel: its states, its worker's beginning and end, and undoing. */
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/spawn.h"
#include "client/core/split.h"
#include "client/core/standing.h"
#include "client/core/store.h"
#include "client/core/tunnel-parts.h"
#include "client/net/guard.h"
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TO(state) (1u << ADIT_STATE_##state)
#define ON_THE_WAY \
    (TO (RESOLVING) | TO (CONTACTING) | TO (NEGOTIATING) | TO (AUTHENTICATING) | TO (CONFIGURING))

#define ENDS (TO (RECONNECTING) | TO (STOPPING) | TO (FAILED))

/* Protocols skip phases and go back in them: another server, another proposal. */
static const guint may_follow[ADIT_N_STATES] = {
    [ADIT_STATE_IDLE]           = TO (RESOLVING) | TO (FAILED) | TO (STOPPING),
    [ADIT_STATE_RESOLVING]      = ON_THE_WAY | TO (UP) | ENDS,
    [ADIT_STATE_CONTACTING]     = ON_THE_WAY | TO (UP) | ENDS,
    [ADIT_STATE_NEGOTIATING]    = ON_THE_WAY | TO (UP) | ENDS,
    [ADIT_STATE_AUTHENTICATING] = ON_THE_WAY | TO (UP) | ENDS,
    [ADIT_STATE_CONFIGURING]    = ON_THE_WAY | TO (UP) | ENDS,
    [ADIT_STATE_UP]             = TO (RECONNECTING) | TO (STOPPING) | TO (FAILED),
    [ADIT_STATE_RECONNECTING]   = TO (RECONNECTING) | TO (UP) | TO (STOPPING) | TO (FAILED),
    [ADIT_STATE_STOPPING]       = TO (IDLE),
    [ADIT_STATE_FAILED]         = TO (IDLE),
};

static const char *const names[ADIT_N_STATES] = {
    [ADIT_STATE_IDLE]           = "idle",
    [ADIT_STATE_RESOLVING]      = "resolving",
    [ADIT_STATE_CONTACTING]     = "contacting",
    [ADIT_STATE_NEGOTIATING]    = "negotiating",
    [ADIT_STATE_AUTHENTICATING] = "authenticating",
    [ADIT_STATE_CONFIGURING]    = "configuring",
    [ADIT_STATE_UP]             = "up",
    [ADIT_STATE_RECONNECTING]   = "reconnecting",
    [ADIT_STATE_STOPPING]       = "stopping",
    [ADIT_STATE_FAILED]         = "failed",
};

const char *
adit_state_name (AditState state)
{
    return (guint) state < ADIT_N_STATES ? names[state] : "unknown";
}

/* ---- what people hear ---- */

void
adit_tunnel_say (AditCoreTunnel *tunnel, AditLogLevel level, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list          args;

    va_start (args, fmt);
    text = g_strdup_vprintf (fmt, args);
    va_end (args);
    if (tunnel->record)
        adit_record_write (tunnel->record, level, "core", text);
    adit_log (level, "core", "%s", text);
}

void
adit_tunnel_warn (AditCoreTunnel *tunnel, const char *sentence)
{
    if (tunnel->record)
        adit_record_write (tunnel->record, ADIT_LOG_WARNING, "core", sentence);
    if (tunnel->events.warning)
        tunnel->events.warning (tunnel->user, sentence);
}

/* ---- undoing ---- */

static void
undo (AditCoreTunnel *tunnel)
{
    g_autoptr (GError) error = NULL;

    g_cancellable_cancel (tunnel->cancel);
    g_cancellable_cancel (tunnel->wishing);
    adit_tunnel_close_device (tunnel);
    if (tunnel->journal &&
        !(adit_tunnel_leaves_guard (tunnel) ? adit_journal_undo_but_guard (tunnel->journal, &error)
                                            : adit_journal_undo_all (tunnel->journal, &error))) {
        g_autofree char *text = adit_error_explain (error);

        adit_tunnel_warn (tunnel, text);
    }
    g_clear_pointer (&tunnel->journal, adit_journal_free);
}

static void
kill_worker (AditCoreTunnel *tunnel)
{
    if (tunnel->pid)
        kill (tunnel->pid, SIGKILL);
}

static gboolean
on_ending (gpointer user)
{
    AditCoreTunnel *tunnel = user;

    tunnel->ending = 0;
    adit_tunnel_enter (tunnel, ADIT_STATE_IDLE, NULL);
    if (tunnel->events.ended)
        tunnel->events.ended (tunnel->user, tunnel->error);
    return G_SOURCE_REMOVE;
}

/* The last thing in a tunnel's life, once nothing of it is left; `ended` may free it. */
static void
end_when_alone (AditCoreTunnel *tunnel)
{
    if (tunnel->pid || tunnel->ending)
        return;
    undo (tunnel);
    g_clear_pointer (&tunnel->channel, adit_channel_free);
    tunnel->ending = g_idle_add (on_ending, tunnel);
}

/* ---- states ---- */

static void
arm (AditCoreTunnel *tunnel, guint ms, GSourceFunc fn)
{
    g_clear_handle_id (&tunnel->deadline, g_source_remove);
    if (fn)
        tunnel->deadline = g_timeout_add (ms, fn, tunnel);
}

static gboolean
on_stop_deadline (gpointer user)
{
    AditCoreTunnel *tunnel = user;

    tunnel->deadline = 0;
    adit_tunnel_say (tunnel, ADIT_LOG_WARNING, "the worker did not end in time");
    kill_worker (tunnel);
    return G_SOURCE_REMOVE;
}

static void
ask_worker_to_stop (AditCoreTunnel *tunnel)
{
    AditMessage stop = { .kind = ADIT_MSG_STOP };

    if (tunnel->worker == ADIT_WORKER_AT_WORK)
        adit_channel_send (tunnel->channel, &stop);
    else
        kill_worker (tunnel);
    tunnel->worker = ADIT_WORKER_LEAVING;
    arm (tunnel, ADIT_TUNNEL_STOP_MS, tunnel->pid ? on_stop_deadline : NULL);
}

/* The only writer of tunnel->state. */
void
adit_tunnel_enter (AditCoreTunnel *tunnel, AditState next, const char *sentence)
{
    AditState before = tunnel->state;

    g_return_if_fail (may_follow[before] & (1u << next));
    tunnel->state = next;
    if (before != next)
        adit_tunnel_say (tunnel, ADIT_LOG_INFO, "%s, was %s", names[next], names[before]);
    switch (next) {
    case ADIT_STATE_UP:
        adit_reconnect_succeeded (tunnel);
        if (tunnel->since == 0)
            tunnel->since = g_get_real_time () / G_USEC_PER_SEC;
        break;
    case ADIT_STATE_STOPPING:
        adit_reconnect_stop (tunnel);
        ask_worker_to_stop (tunnel);
        end_when_alone (tunnel);
        break;
    case ADIT_STATE_FAILED:
        adit_reconnect_stop (tunnel);
        tunnel->worker = ADIT_WORKER_LEAVING;
        arm (tunnel, 0, NULL);
        kill_worker (tunnel);
        undo (tunnel);
        end_when_alone (tunnel);
        break;
    case ADIT_STATE_IDLE:
    case ADIT_STATE_RESOLVING:
    case ADIT_STATE_CONTACTING:
    case ADIT_STATE_NEGOTIATING:
    case ADIT_STATE_AUTHENTICATING:
    case ADIT_STATE_CONFIGURING:
    case ADIT_STATE_RECONNECTING:
    case ADIT_N_STATES:
        break;
    }
    if (tunnel->events.state && sentence)
        tunnel->events.state (tunnel->user, next, sentence);
}

gboolean
adit_tunnel_is_ending (const AditCoreTunnel *tunnel)
{
    return !(may_follow[tunnel->state] & TO (FAILED));
}

void
adit_tunnel_fail (AditCoreTunnel *tunnel, GError *error)
{
    g_autofree char *text = adit_error_explain (error);

    if (adit_tunnel_is_ending (tunnel)) { /* already ending, for its first reason */
        g_error_free (error);
        return;
    }
    tunnel->error = error;
    if (tunnel->record) /* the process itself hears it by `ended` */
        adit_record_write (tunnel->record, ADIT_LOG_ERROR, "core", text);
    adit_tunnel_enter (tunnel, ADIT_STATE_FAILED, NULL);
}

/* ---- the worker's beginning and end ---- */

static gboolean
on_ready_deadline (gpointer user)
{
    AditCoreTunnel *tunnel = user;
    GError         *error  = NULL;

    tunnel->deadline = 0;
    adit_fail (&error, ADIT_ERROR_BUG, _ ("The tunnel's worker did not get ready in time."));
    adit_tunnel_lose (tunnel, error);
    return G_SOURCE_REMOVE;
}

/* Without it the tunnel works, and finds out later that this machine moved. */
static void
watch_this_machine (AditCoreTunnel *tunnel)
{
    g_autoptr (GError) error = NULL;

    if (tunnel->watch)
        return;
    tunnel->watch = adit_watch_new (tunnel->index, adit_reconnect_moved, tunnel, &error);
    if (tunnel->watch == NULL)
        adit_tunnel_warn (tunnel, error->message);
}

void
adit_tunnel_worker_ready (AditCoreTunnel *tunnel, guint64 sandbox)
{
    tunnel->worker  = ADIT_WORKER_AT_WORK;
    tunnel->sandbox = sandbox;
    arm (tunnel, 0, NULL);
    watch_this_machine (tunnel);
}

static void
fail_without_worker (AditCoreTunnel *tunnel, int status)
{
    GError *cause = NULL, *error = NULL;
    /* From outside: a person, or the kernel out of memory.  Anything else is ours. */
    gboolean outside =
        WIFSIGNALED (status) && (WTERMSIG (status) == SIGKILL || WTERMSIG (status) == SIGTERM);

    adit_fail (&cause, ADIT_ERROR_BUG, "%s", tunnel->epitaph);
    if (outside)
        adit_fail_because (&error, cause, ADIT_ERROR_SYSTEM,
                           _ ("The tunnel's worker was stopped from outside."));
    else
        adit_fail_because (&error, cause, ADIT_ERROR_BUG,
                           _ ("The tunnel's worker ended by a mistake of adit's; please report "
                              "this."));
    adit_tunnel_lose (tunnel, error);
}

static void
on_child_exit (GPid pid, gint status, gpointer user)
{
    AditCoreTunnel *tunnel = user;

    g_spawn_close_pid (pid);
    tunnel->pid   = 0;
    tunnel->child = 0;
    g_free (tunnel->epitaph);
    tunnel->epitaph = adit_worker_epitaph (status);
    arm (tunnel, 0, NULL);
    adit_tunnel_say (tunnel, ADIT_LOG_DEBUG, "%s", tunnel->epitaph);
    if (!adit_tunnel_is_ending (tunnel)) {
        /* Its last words may still lie in the socket, and say more than its status. */
        if (tunnel->channel)
            adit_channel_drain (tunnel->channel);
        fail_without_worker (tunnel, status);
        adit_reconnect_worker_gone (tunnel);
    }
    if (adit_tunnel_is_ending (tunnel))
        end_when_alone (tunnel);
}

static gboolean
on_exit_deadline (gpointer user)
{
    AditCoreTunnel *tunnel = user;

    tunnel->deadline = 0;
    kill_worker (tunnel);
    return G_SOURCE_REMOVE;
}

/* error: what it sent was not to be understood.  NULL: it closed its end, and its exit status will
 * say why. */
static void
on_lost (gpointer user, GError *error)
{
    AditCoreTunnel *tunnel = user;

    if (error) {
        adit_tunnel_fail (tunnel, error);
    } else if (tunnel->worker != ADIT_WORKER_LEAVING) {
        tunnel->worker = ADIT_WORKER_LEAVING;
        arm (tunnel, ADIT_TUNNEL_EXIT_MS, on_exit_deadline);
    }
}

/* What the worker before this one wished for is moot. */
static void
forget_wishes (AditCoreTunnel *tunnel)
{
    g_cancellable_cancel (tunnel->wishing);
    g_object_unref (tunnel->wishing);
    tunnel->wishing = g_cancellable_new ();
    tunnel->lookups = 0;
    adit_frames_leave (tunnel);
    g_hash_table_remove_all (tunnel->links);
    g_hash_table_remove_all (tunnel->asked);
    g_clear_pointer (&tunnel->channel, adit_channel_free);
}

void
adit_tunnel_retire_worker (AditCoreTunnel *tunnel)
{
    tunnel->worker = ADIT_WORKER_LEAVING;
    arm (tunnel, 0, NULL);
    kill_worker (tunnel);
    g_cancellable_cancel (tunnel->wishing);
}

gboolean
adit_tunnel_start_worker (AditCoreTunnel *tunnel, GError **error)
{
    static const AditChannelEvents events = { adit_tunnel_on_message, on_lost };
    g_autofree char               *program =
        tunnel->program ? g_strdup (tunnel->program) : adit_store_libexec ("adit-worker");
    char       *texts[] = { (char *) tunnel->schema->name, NULL };
    AditMessage prepare = { .kind = ADIT_MSG_PREPARE, .texts = texts };
    AditWorker  worker;

    if (program == NULL)
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("The program adit-worker is missing from this installation."));
    if (!adit_worker_spawn (program, &worker, error))
        return FALSE;
    forget_wishes (tunnel);
    tunnel->worker  = ADIT_WORKER_LOADING;
    tunnel->pid     = worker.pid;
    tunnel->child   = g_child_watch_add (worker.pid, on_child_exit, tunnel);
    tunnel->channel = adit_channel_new (worker.fd, &events, tunnel);
    adit_channel_send (tunnel->channel, &prepare); /* while we make what it will be given */
    arm (tunnel, ADIT_TUNNEL_READY_MS, on_ready_deadline);
    return TRUE;
}

/* ---- the door ---- */

AditCoreTunnel *
adit_core_tunnel_new (AditProfile *profile, AditSchema *schema, const AditCoreTunnelEvents *events,
                      gpointer user)
{
    AditCoreTunnel *tunnel = g_new0 (AditCoreTunnel, 1);

    tunnel->profile = profile;
    tunnel->schema  = schema;
    tunnel->events  = *events;
    tunnel->user    = user;
    tunnel->device = tunnel->serve = -1;
    tunnel->cancel                 = g_cancellable_new ();
    tunnel->wishing                = g_cancellable_new ();
    tunnel->links    = g_hash_table_new_full (NULL, NULL, NULL, adit_frames_close_link);
    tunnel->asked    = g_hash_table_new (NULL, NULL);
    tunnel->answers  = adit_answers_new ();
    tunnel->gateways = g_array_new (FALSE, FALSE, sizeof (AditGuardGateway));
    tunnel->hosts    = adit_standing_hosts ();
    tunnel->openings = g_array_new (FALSE, FALSE, sizeof (int));
    return tunnel;
}

void
adit_core_tunnel_set_persistent (AditCoreTunnel *tunnel, gboolean persistent)
{
    tunnel->reconnect.persistent = persistent;
}

void
adit_core_tunnel_set_owner (AditCoreTunnel *tunnel, guint uid)
{
    tunnel->owner = uid;
}

/* What another tunnel left and could not be undone does not keep this one from starting. */
static void
restore_others (AditCoreTunnel *tunnel)
{
    g_autoptr (GError) error = NULL;

    if (!adit_remote_restore (&error))
        adit_tunnel_warn (tunnel, error->message);
}

/* The worker loads its plugin while we make what it will be given. */
static gboolean
start (AditCoreTunnel *tunnel, GError **error)
{
    g_autofree char *socket = NULL;

    if (!adit_runtime_ensure (error) || !adit_tunnel_prepare (tunnel, error))
        return FALSE;
    restore_others (tunnel);
    tunnel->underlay = adit_underlay_new (tunnel->mark);
    tunnel->journal  = adit_journal_new (tunnel->name, error);
    if (tunnel->journal == NULL)
        return FALSE;
    adit_record_hand_over (tunnel->name, tunnel->owner);
    tunnel->record = adit_record_open (tunnel->name);
    if (tunnel->events.line)
        adit_record_listen (tunnel->record, tunnel->events.line, tunnel->user);
    socket        = adit_runtime_path (tunnel->name, "sock");
    tunnel->split = adit_split_new (tunnel, error);
    if (tunnel->split == NULL)
        return FALSE;
    adit_split_forewarn (tunnel->split);
    if (!adit_tunnel_raise_guard (tunnel, error) || !adit_tunnel_start_worker (tunnel, error) ||
        !adit_tunnel_make_device (tunnel, error))
        return FALSE;
    tunnel->control = adit_control_new (tunnel, socket, error);
    return tunnel->control && adit_tunnel_open_worker (tunnel, error);
}

void
adit_core_tunnel_start (AditCoreTunnel *tunnel)
{
    GError *error = NULL;

    g_return_if_fail (tunnel->state == ADIT_STATE_IDLE && tunnel->worker == ADIT_WORKER_NONE);
    if (start (tunnel, &error))
        adit_tunnel_enter (tunnel, ADIT_STATE_RESOLVING, NULL);
    else
        adit_tunnel_fail (tunnel, error);
}

void
adit_core_tunnel_stop (AditCoreTunnel *tunnel)
{
    if (may_follow[tunnel->state] & TO (STOPPING))
        adit_tunnel_enter (tunnel, ADIT_STATE_STOPPING, _ ("stopping"));
}

void
adit_core_tunnel_answer (AditCoreTunnel *tunnel, guint id, const char *answer)
{
    AditMessage message = { .kind = ADIT_MSG_ANSWER };
    gpointer    theirs;

    if (!g_hash_table_steal_extended (tunnel->asked, GUINT_TO_POINTER (id), NULL, &theirs) ||
        tunnel->worker != ADIT_WORKER_AT_WORK)
        return;
    message.id = GPOINTER_TO_UINT (theirs);
    if (answer) {
        message.number = 1;
        message.data   = (guint8 *) answer;
        message.size   = strlen (answer);
    }
    if (!adit_channel_send (tunnel->channel, &message))
        adit_tunnel_warn (tunnel, _ ("The answer is too long."));
}

void
adit_core_tunnel_free (AditCoreTunnel *tunnel)
{
    if (tunnel == NULL)
        return;
    g_clear_handle_id (&tunnel->deadline, g_source_remove);
    g_clear_handle_id (&tunnel->ending, g_source_remove);
    g_clear_handle_id (&tunnel->child, g_source_remove);
    adit_reconnect_stop (tunnel);
    kill_worker (tunnel);
    undo (tunnel);
    g_clear_pointer (&tunnel->watch, adit_watch_free);
    g_clear_pointer (&tunnel->dns_watch, adit_dns_watch_free);
    g_clear_pointer (&tunnel->underlay, adit_underlay_free);
    g_clear_pointer (&tunnel->answers, adit_answers_free);
    g_array_unref (tunnel->gateways);
    g_hash_table_unref (tunnel->hosts);
    g_clear_pointer (&tunnel->control, adit_control_free);
    g_clear_pointer (&tunnel->channel, adit_channel_free);
    g_clear_pointer (&tunnel->split, adit_split_free);
    g_clear_pointer (&tunnel->plan, adit_plan_free);
    g_clear_pointer (&tunnel->offer, adit_plan_offer_free);
    g_clear_pointer (&tunnel->record, adit_record_free);
    g_clear_error (&tunnel->error);
    g_clear_error (&tunnel->reconnect.reason);
    g_object_unref (tunnel->cancel);
    g_object_unref (tunnel->wishing);
    g_hash_table_unref (tunnel->links);
    g_hash_table_unref (tunnel->asked);
    g_array_unref (tunnel->openings);
    adit_profile_free (tunnel->profile);
    adit_schema_free (tunnel->schema);
    g_free (tunnel->program);
    g_free (tunnel->name);
    g_free (tunnel->interface);
    g_free (tunnel->kernel_reason);
    g_free (tunnel->epitaph);
    g_free (tunnel);
}
