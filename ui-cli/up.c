/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* up.c - `adit up`: asks aditd for a tunnel, tells each phase, answers questions, and leaves when
 * traffic flows; the tunnel stays.  A profile of the caller's own is opened here, with the caller's
 * rights, and goes to aditd as a descriptor. */
#include "client/base/secret.h"
#include "client/core/secrets.h"
#include "client/core/store.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include "ui-cli/given.h"
#include "ui-cli/keyring.h"
#include "ui-cli/question.h"
#include "ui-cli/source.h"
#include "ui-cli/terminal.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    guint    id;
    char    *key, *text;
    gboolean secret;
} Asked;

typedef enum { WAITING, CONNECTED, LEAVING, OVER } Phase;

typedef struct {
    GDBusConnection *bus;
    AditProfile     *profile; /* NULL: not to be read by us */
    AditSchema      *schema;
    GPtrArray       *given; /* CliSecret */
    char            *name, *path;
    gboolean         is_own, is_verbose;
    Phase            phase;
    GMainLoop       *loop;
    GError          *error;
    char            *said;
    CliQuestion     *question;
    GQueue           waiting;  /* Asked, the first being asked now */
    GPtrArray       *answered; /* CliSecret, that may be kept */
} Up;

/* ---- the profile and its secrets ---- */

static gboolean
is_own (const char *word)
{
    g_autofree char *path = NULL;

    if (cli_is_file (word))
        return TRUE;
    path = geteuid () && adit_store_name_ok (word, NULL) ? adit_store_path (word) : NULL;
    return path && g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
is_given (const Up *up, const AditSecretNeed *need)
{
    for (guint i = 0; i < up->given->len; i++) {
        const CliSecret *secret = up->given->pdata[i];

        if (strcmp (secret->section, need->section) == 0 &&
            strcmp (secret->key, need->field->key) == 0)
            return TRUE;
    }
    return FALSE;
}

/* `KEY-source = keyring`: the ring is the person's, so it is opened here. */
static gboolean
open_ring (Up *up, GError **error)
{
    g_autoptr (GPtrArray) needs = adit_secrets_needs (up->profile, up->schema);

    for (guint i = 0; i < needs->len; i++) {
        const AditSecretNeed *need   = needs->pdata[i];
        g_autofree char      *dotted = g_strdup_printf ("%s.%s", need->section, need->field->key);
        GError               *cause  = NULL;
        char                 *text;

        if (strcmp (need->source, "keyring") != 0 || is_given (up, need))
            continue;
        text = cli_keyring_find (up->name, dotted, &cause);
        if (cause) {
            g_propagate_error (error, cause);
            return FALSE;
        }
        if (text)
            g_ptr_array_add (up->given, cli_secret_new (need->section, need->field->key, text));
    }
    return TRUE;
}

static gboolean
load (Up *up, const CliCall *call, GError **error)
{
    const char *word = call->words[0];

    up->is_own = is_own (word);
    if (up->is_own || geteuid () == 0) {
        up->profile = cli_source_load (word, &up->schema, error);
        if (up->profile == NULL)
            return FALSE;
        up->name = g_strdup (adit_profile_get (up->profile, "connection", "name"));
        if (up->schema->warning)
            cli_warn (_ (up->schema->warning));
    } else if (adit_store_name_ok (word, error))
        up->name = g_strdup (word);
    else
        return FALSE;
    up->given = cli_given_read (call->secrets, up->profile, up->schema, error);
    return up->given && (!up->is_own || open_ring (up, error));
}

/* ---- the call ---- */

static gboolean
attach (GUnixFDList *fds, const char *text, gint32 *handle, GError **error)
{
    int fd = cli_bus_memfd (text, strlen (text), error);

    if (fd < 0)
        return FALSE;
    *handle = g_unix_fd_list_append (fds, fd, error);
    close (fd);
    return *handle >= 0;
}

static gboolean
attach_profile (const Up *up, GVariantBuilder *options, GUnixFDList *fds, GError **error)
{
    char    *text = adit_profile_format (up->profile);
    gint32   handle;
    gboolean ok = attach (fds, text, &handle, error);

    adit_wipe_string (text);
    if (ok)
        g_variant_builder_add (options, "{sv}", "profile", g_variant_new_handle (handle));
    return ok;
}

static gboolean
attach_secrets (const Up *up, GVariantBuilder *options, GUnixFDList *fds, GError **error)
{
    g_autoptr (GVariantBuilder) all = g_variant_builder_new (G_VARIANT_TYPE ("a{sh}"));

    for (guint i = 0; i < up->given->len; i++) {
        const CliSecret *secret = up->given->pdata[i];
        g_autofree char *key    = g_strdup_printf ("%s.%s", secret->section, secret->key);
        gint32           handle;

        if (!attach (fds, secret->text, &handle, error))
            return FALSE;
        g_variant_builder_add (all, "{sh}", key, handle);
    }
    g_variant_builder_add (options, "{sv}", "secrets", g_variant_builder_end (all));
    return TRUE;
}

static gboolean
ask_for_it (Up *up, GError **error)
{
    g_autoptr (GVariantBuilder) options = g_variant_builder_new (G_VARIANT_TYPE_VARDICT);
    g_autoptr (GUnixFDList) fds         = g_unix_fd_list_new ();
    g_autoptr (GVariant) answer         = NULL;

    if ((up->is_own && !attach_profile (up, options, fds, error)) ||
        (up->given->len && !attach_secrets (up, options, fds, error)))
        return FALSE;
    answer = cli_bus_call (up->bus, CLI_BUS_TOP, "Up",
                           g_variant_new ("(s@a{sv})", up->name, g_variant_builder_end (options)),
                           fds, error);
    if (answer)
        g_variant_get (answer, "(o)", &up->path);
    return answer != NULL;
}

/* ---- questions ---- */

static void ask_next (Up *up);

static void
asked_free (gpointer data)
{
    Asked *asked = data;

    g_free (asked->key);
    g_free (asked->text);
    g_free (asked);
}

/* Nobody waits for the answer to this. */
static void
tell (Up *up, const char *method, GVariant *arguments, GUnixFDList *fds)
{
    g_dbus_connection_call_with_unix_fd_list (
        up->bus, CLI_BUS_NAME, up->path, CLI_BUS_NAME ".Tunnel", method, arguments, NULL,
        G_DBUS_CALL_FLAGS_NONE, G_MAXINT, fds, NULL, NULL, NULL);
}

static void
keep_for_later (Up *up, const Asked *asked, const char *answer)
{
    const char      *dot     = strrchr (asked->key, '.');
    g_autofree char *section = dot ? g_strndup (asked->key, (gsize) (dot - asked->key)) : NULL;
    g_autofree char *source  = dot ? g_strconcat (dot + 1, "-source", NULL) : NULL;

    if (up->is_own && dot &&
        g_strcmp0 (adit_profile_get (up->profile, section, source), "keyring") == 0)
        g_ptr_array_add (up->answered, cli_secret_new (section, dot + 1, g_strdup (answer)));
}

static void
on_answer (gpointer user, const char *answer)
{
    Up    *up                   = user;
    Asked *asked                = g_queue_pop_head (&up->waiting);
    g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
    gint32 handle;

    if (answer && attach (fds, answer, &handle, NULL)) {
        tell (up, "Answer", g_variant_new ("(uh)", asked->id, handle), fds);
        keep_for_later (up, asked, answer);
    } else {
        tell (up, "Refuse", g_variant_new ("(u)", asked->id), NULL);
        if (up->error == NULL && *asked->key && !cli_can_ask ())
            cli_given_fail_missing (up->name, asked->key, &up->error);
    }
    g_clear_pointer (&up->question, cli_question_free);
    asked_free (asked);
    ask_next (up);
}

static void
ask_next (Up *up)
{
    const Asked     *asked = g_queue_peek_head (&up->waiting);
    g_autofree char *text  = NULL;

    if (up->question || asked == NULL)
        return;
    text         = g_strdup_printf ("%s ", asked->text);
    up->question = cli_question_new (text, asked->secret, on_answer, up);
}

static void
on_question (Up *up, GVariant *values)
{
    Asked *asked = g_new0 (Asked, 1);

    g_variant_get (values, "(ussb)", &asked->id, &asked->key, &asked->text, &asked->secret);
    g_queue_push_tail (&up->waiting, asked);
    ask_next (up);
}

/* ---- what aditd tells ---- */

static void
finish (Up *up, Phase phase)
{
    up->phase = phase;
    g_main_loop_quit (up->loop);
}

static void
say (Up *up, CliStyle style, const char *line)
{
    g_autofree char *clean = cli_clean (line);

    if (g_strcmp0 (up->said, clean) == 0)
        return;
    printf ("%s%s%s\n", cli_on (stdout, style), clean, cli_off (stdout));
    fflush (stdout);
    g_free (up->said);
    up->said = g_steal_pointer (&clean);
}

static void
on_state (Up *up, GVariant *values)
{
    const char *state, *sentence;

    g_variant_get (values, "(&s&s)", &state, &sentence);
    if (strcmp (state, "up") == 0 && up->phase == WAITING) {
        say (up, CLI_GOOD, "connected");
        finish (up, CONNECTED);
    } else if (up->phase != CONNECTED)
        say (up, CLI_DIM, *sentence ? sentence : state);
}

static void
on_ended (Up *up, GVariant *values)
{
    g_autofree const char **sentences = NULL;
    AditError               code      = ADIT_ERROR_BUG;
    const char             *word;

    g_variant_get (values, "(&s^a&s)", &word, &sentences);
    if (up->error == NULL && *word && sentences[0]) { /* else we know better */
        adit_error_from_name (word, &code);
        up->error = adit_error_from_chain (code, sentences);
    } else if (up->error == NULL) {
        adit_fail (&up->error, ADIT_ERROR_CANCELLED, _ ("The tunnel %s was ended."), up->name);
    }
    finish (up, OVER);
}

static void
on_signal (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path,
           const char *interface G_GNUC_UNUSED, const char *name, GVariant *values, gpointer user)
{
    Up         *up = user;
    const char *text;

    if (up->phase == OVER || (up->path && strcmp (path, up->path) != 0))
        return;
    if (strcmp (name, "StateChanged") == 0 &&
        g_variant_is_of_type (values, G_VARIANT_TYPE ("(ss)")))
        on_state (up, values);
    else if (strcmp (name, "Question") == 0 &&
             g_variant_is_of_type (values, G_VARIANT_TYPE ("(ussb)")))
        on_question (up, values);
    else if (strcmp (name, "Ended") == 0 && g_variant_is_of_type (values, G_VARIANT_TYPE ("(sas)")))
        on_ended (up, values);
    else if (g_variant_is_of_type (values, G_VARIANT_TYPE ("(s)"))) {
        g_variant_get (values, "(&s)", &text);
        if (strcmp (name, "Warning") == 0)
            cli_warn (text);
        else if (strcmp (name, "LogLine") == 0 && up->is_verbose) {
            g_autofree char *clean = cli_clean (text);

            fprintf (stderr, "%s\n", clean);
        }
    }
}

static void
on_vanished (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer user)
{
    Up *up = user;

    if (up->phase == OVER || up->phase == CONNECTED)
        return;
    adit_fail (&up->error, ADIT_ERROR_LOST,
               _ ("aditd has ended, and the tunnel with it; `adit log %s` says more."), up->name);
    finish (up, OVER);
}

/* The first one ends the tunnel and waits until all is undone; the second only us. */
static gboolean
on_interrupt (gpointer user)
{
    Up *up = user;

    if (up->phase == LEAVING) {
        adit_fail (&up->error, ADIT_ERROR_CANCELLED, _ ("Cancelled."));
        finish (up, OVER);
        return G_SOURCE_CONTINUE;
    }
    g_clear_pointer (&up->question, cli_question_free);
    up->phase = LEAVING;
    tell (up, "Down", NULL, NULL);
    return G_SOURCE_CONTINUE;
}

/* ---- the whole of it ---- */

static gboolean
follow (Up *up, GError **error)
{
    guint watch =
        g_bus_watch_name_on_connection (up->bus, CLI_BUS_NAME, 0, NULL, on_vanished, up, NULL);
    const guint signals[] = { g_unix_signal_add (SIGINT, on_interrupt, up),
                              g_unix_signal_add (SIGTERM, on_interrupt, up),
                              g_unix_signal_add (SIGHUP, on_interrupt, up) };

    if (up->phase == WAITING)
        g_main_loop_run (up->loop);
    g_bus_unwatch_name (watch);
    for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
        g_source_remove (signals[i]);
    g_clear_pointer (&up->question, cli_question_free);
    if (up->error)
        g_propagate_error (error, g_steal_pointer (&up->error));
    return up->phase == CONNECTED;
}

/* What was typed was right, so it may be kept, when the profile looks for it there. */
static void
offer_to_keep (Up *up)
{
    for (guint i = 0; i < up->answered->len && isatty (STDIN_FILENO); i++) {
        const CliSecret *secret  = up->answered->pdata[i];
        g_autofree char *dotted  = g_strdup_printf ("%s.%s", secret->section, secret->key);
        g_autofree char *text    = g_strdup_printf (_ ("Keep %s in your key ring? (y/N) "), dotted);
        g_autofree char *answer  = cli_ask (text, FALSE, NULL);
        g_autoptr (GError) error = NULL;

        if (answer && g_ascii_tolower (answer[0]) == _ ("y")[0] &&
            !cli_keyring_keep (up->name, dotted, secret->text, &error))
            cli_warn (error->message);
    }
}

static gboolean
bring_up (Up *up, const CliCall *call, GError **error)
{
    guint    heard;
    gboolean ok;

    if (!load (up, call, error) || (up->bus = cli_bus_need (error)) == NULL)
        return FALSE;
    heard = g_dbus_connection_signal_subscribe (up->bus, CLI_BUS_NAME, CLI_BUS_NAME ".Tunnel", NULL,
                                                NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, up,
                                                NULL);
    ok    = ask_for_it (up, error) && follow (up, error);
    g_dbus_connection_signal_unsubscribe (up->bus, heard);
    if (ok)
        offer_to_keep (up);
    return ok;
}

gboolean
cli_up (const CliCall *call, GError **error)
{
    Up       up = { .waiting    = G_QUEUE_INIT,
                    .is_verbose = (call->options & CLI_VERBOSE) != 0,
                    .loop       = g_main_loop_new (NULL, FALSE),
                    .answered   = g_ptr_array_new_with_free_func (cli_secret_free) };
    gboolean ok = bring_up (&up, call, error);

    g_queue_clear_full (&up.waiting, asked_free);
    g_ptr_array_unref (up.answered);
    g_clear_pointer (&up.given, g_ptr_array_unref);
    g_clear_object (&up.bus);
    g_main_loop_unref (up.loop);
    adit_profile_free (up.profile);
    adit_schema_free (up.schema);
    g_free (up.said);
    g_free (up.path);
    g_free (up.name);
    return ok;
}
