/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run.c - `adit run`: one tunnel in the foreground, from the question for its secrets to the last
 * undone change. */
#include "client/base/secret.h"
#include "client/core/notify.h"
#include "client/core/secrets.h"
#include "client/core/spawn.h"
#include "client/core/store.h"
#include "client/core/tunnel.h"
#include "ui-cli/command.h"
#include "ui-cli/given.h"
#include "ui-cli/question.h"
#include "ui-cli/source.h"
#include "ui-cli/terminal.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    GMainLoop      *loop;
    AditCoreTunnel *tunnel;
    GError         *error; /* why it ended; NULL: it was asked to */
    gboolean        has_hinted;
    char           *said;    /* the last line */
    FILE           *nowhere; /* standard output, once nobody reads it */
    CliQuestion    *question;
    GQueue          waiting; /* Asked, the first being asked now */
} Run;

typedef struct {
    guint    id;
    char    *text;
    gboolean secret;
} Asked;

static void
say (Run *run, CliStyle style, const char *line)
{
    g_autofree char *clean = cli_clean (line);

    if (g_strcmp0 (run->said, clean) == 0)
        return;
    printf ("%s%s%s\n", cli_on (stdout, style), clean, cli_off (stdout));
    if (fflush (stdout) != 0) /* whoever read it is gone; the tunnel goes on */
        run->nowhere = freopen ("/dev/null", "w", stdout);
    g_free (run->said);
    run->said = g_steal_pointer (&clean);
}

static void
on_state (gpointer user, AditState state, const char *sentence)
{
    Run *run = user;

    if (state == ADIT_STATE_UP) {
        say (run, CLI_GOOD, "connected");
        if (!run->has_hinted && isatty (STDOUT_FILENO))
            say (run, CLI_DIM, _ ("Ctrl+C ends it; `adit status --watch` shows its traffic."));
        run->has_hinted = TRUE;
        adit_notify_ready ();
        adit_notify_status ("connected");
        return;
    }
    say (run, CLI_DIM, sentence ? sentence : adit_state_name (state));
    if (state == ADIT_STATE_STOPPING)
        adit_notify_stopping ();
    else
        adit_notify_status (run->said);
}

static void
on_warning (gpointer user G_GNUC_UNUSED, const char *sentence)
{
    cli_warn (sentence);
}

static void ask_next (Run *run);

static void
asked_free (Asked *asked)
{
    g_free (asked->text);
    g_free (asked);
}

static void
on_answer (gpointer user, const char *answer)
{
    Run   *run   = user;
    Asked *asked = g_queue_pop_head (&run->waiting);

    adit_core_tunnel_answer (run->tunnel, asked->id, answer);
    g_clear_pointer (&run->question, cli_question_free);
    asked_free (asked);
    ask_next (run);
}

static void
ask_next (Run *run)
{
    const Asked     *asked = g_queue_peek_head (&run->waiting);
    g_autofree char *text  = NULL;

    if (run->question || asked == NULL)
        return;
    text          = g_strdup_printf ("%s ", asked->text);
    run->question = cli_question_new (text, asked->secret, on_answer, run);
}

static void
on_ask (gpointer user, guint id, const char *text, gboolean secret)
{
    Run   *run   = user;
    Asked *asked = g_new0 (Asked, 1);

    asked->id     = id;
    asked->text   = g_strdup (text);
    asked->secret = secret;
    g_queue_push_tail (&run->waiting, asked);
    ask_next (run);
}

static void
on_ended (gpointer user, const GError *error)
{
    Run *run = user;

    run->error = error ? g_error_copy (error) : NULL;
    g_main_loop_quit (run->loop);
}

/* However often: the first one ends the tunnel, and undoing is never cut short.  One that comes
 * before there is a tunnel waits for it, or has already cancelled the question that was being
 * asked. */
static gboolean
on_signal (gpointer user)
{
    Run *run = user;

    g_clear_pointer (&run->question, cli_question_free);
    if (run->tunnel)
        adit_core_tunnel_stop (run->tunnel);
    return G_SOURCE_CONTINUE;
}

/* nohup had hang-ups ignored, and so they stay. */
static guint
hear_hang_up (Run *run)
{
    struct sigaction now;

    if (sigaction (SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        return 0;
    return g_unix_signal_add (SIGHUP, on_signal, run);
}

/* A reader that goes away must not end us before all is undone; unlike SIG_IGN this ends at exec.
 */
static void
on_broken_pipe (int number G_GNUC_UNUSED)
{
}

static gboolean
live (Run *run, GError **error)
{
    adit_core_tunnel_start (run->tunnel);
    g_main_loop_run (run->loop);
    g_clear_pointer (&run->question, cli_question_free);
    g_queue_clear_full (&run->waiting, (GDestroyNotify) asked_free);
    adit_core_tunnel_free (run->tunnel);
    if (run->error == NULL)
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&run->error));
    return FALSE;
}

static char *
ask_secret (gpointer user, const char *section, const AditField *field, GError **error)
{
    const char      *name   = user;
    g_autofree char *dotted = g_strdup_printf ("%s.%s", section, field->key);
    g_autofree char *text =
        g_strdup_printf (_ ("%s for %s [%s]: "), _ (field->title), name, section);

    if (!cli_can_ask ()) {
        cli_given_fail_missing (name, dotted, error);
        return NULL;
    }
    return cli_ask (text, TRUE, error);
}

/* It loads its libraries while we read the profile, which may take another worker. */
static void
spawn_ahead (void)
{
    g_autofree char *program = adit_store_libexec ("adit-worker");

    if (program)
        adit_worker_spawn_spare (program);
}

static gboolean
bring_up (Run *run, const CliCall *call, GError **error)
{
    static const AditCoreTunnelEvents events = { on_state, on_warning, on_ask, on_ended, NULL };
    g_autoptr (AditSchema) schema            = NULL;
    g_autoptr (AditProfile) profile          = cli_source_load (call->words[0], &schema, error);
    g_autoptr (GPtrArray) given              = NULL;
    const char *name;

    if (profile == NULL)
        return FALSE;
    adit_worker_prepare_spare (schema->name);
    if (schema->warning)
        cli_warn (_ (schema->warning));
    name  = adit_profile_get (profile, "connection", "name");
    given = cli_given_read (call->secrets, profile, schema, error);
    if (given == NULL || !cli_given_apply (given, profile, schema, error) ||
        !adit_secrets_resolve (profile, schema, ask_secret, (gpointer) name, error))
        return FALSE;
    run->tunnel =
        adit_core_tunnel_new (g_steal_pointer (&profile), g_steal_pointer (&schema), &events, run);
    return live (run, error);
}

gboolean
cli_run (const CliCall *call, GError **error)
{
    const struct sigaction pipe  = { .sa_handler = on_broken_pipe, .sa_flags = SA_RESTART };
    Run                    state = { .waiting = G_QUEUE_INIT };
    gboolean               is_fine;

    if (!cli_needs_root (_ ("Only root may make a tunnel; run it with sudo."), error))
        return FALSE;
    const guint signals[] = { g_unix_signal_add (SIGINT, on_signal, &state),
                              g_unix_signal_add (SIGTERM, on_signal, &state),
                              hear_hang_up (&state) };

    state.loop = g_main_loop_new (NULL, FALSE);
    sigaction (SIGPIPE, &pipe, NULL);
    spawn_ahead ();
    is_fine = bring_up (&state, call, error);
    adit_worker_drop_spare ();
    for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
        if (signals[i])
            g_source_remove (signals[i]);
    g_main_loop_unref (state.loop);
    g_free (state.said);
    return is_fine;
}
