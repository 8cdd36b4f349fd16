/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - adit-worker: nothing is asked of the command line or the environment but the language;
 * what to do comes as the first message on descriptor 3. */
#include "client/base/message.h"
#include "client/base/secret.h"
#include "client/crypto/aead.h"
#include "client/crypto/random.h"
#include "client/crypto/start.h"
#include "client/worker/host.h"
#include "client/worker/jobs.h"
#include "client/worker/module.h"
#include "client/worker/parent.h"
#include "client/worker/sandbox.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
describe (const char *path)
{
    g_autoptr (GError) error      = NULL;
    const AditPlugin *plugin      = adit_module_open (path, &error);
    g_autoptr (AditSchema) schema = plugin ? adit_module_schema (plugin) : NULL;
    g_autofree char *text         = schema ? adit_schema_format (schema) : NULL;
    g_autofree char *why          = error ? adit_error_explain (error) : NULL;

    if (!text) {
        g_printerr ("adit-worker: %s\n", why);
        return 1;
    }
    return fputs (text, stdout) < 0 || fflush (stdout) != 0;
}

/* GLib's own complaints go where all lines go; it has seen no secret. */
static GLogWriterOutput
on_glib_line (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer user)
{
    for (gsize i = 0; i < n; i++)
        if (g_str_equal (fields[i].key, "MESSAGE") && fields[i].length < 0)
            adit_parent_log (user,
                             level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? ADIT_LOG_ERROR
                                                                                : ADIT_LOG_WARNING,
                             "glib", fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

/* A failed assertion's last words; there is no terminal. */
static void
on_printed_line (const char *text)
{
    adit_log (ADIT_LOG_ERROR, "glib", "%s", text);
}

/* Texts go to the parent as UTF-8 whatever the language; a converter could not be loaded later.
 * Each further category is a file to map at every start, and nothing here sorts or writes dates. */
static void
set_language (void)
{
    setlocale (LC_MESSAGES, "");
    setlocale (LC_CTYPE, "");
    if (!g_get_charset (NULL))
        setlocale (LC_CTYPE, "C.UTF-8");
    bindtextdomain ("adit", ADIT_LOCALE_DIR);
    bind_textdomain_codeset ("adit", "UTF-8");
    textdomain ("adit");
}

/* What only this protocol needs; the others do not pay for it. */
static void
prepare (const AditPlugin *plugin)
{
    static const AditPlugin *prepared;

    if (plugin != prepared && plugin->prepare)
        plugin->prepare ();
    prepared = plugin;
}

/* All that reads a file or loads a library on first use; a job has no use for cryptography. */
static void
warm_up (const AditPlugin *plugin, AditMessageKind first)
{
    g_autofree char *sentence = g_strconcat (g_strerror (ENOENT), gettext ("adit"), NULL);
    guint8           byte;

    if (first == ADIT_MSG_OPEN)
        prepare (plugin);
    adit_random (&byte, sizeof byte);
    g_random_int ();
    adit_secret_free (adit_secret_new (1));
    g_main_context_default ();
    adit_log (ADIT_LOG_DEBUG, "worker", "warm: %s", sentence);
}

static G_NORETURN void
refuse (AditParent *parent, const GError *error)
{
    adit_parent_fail (parent, error);
    adit_parent_leave (parent, 1);
}

/* After it no file, socket or program can be had. */
static void
close_sandbox (AditParent *parent, const AditMessage *first)
{
    AditSandboxUse use =
        first->kind == ADIT_MSG_OPEN ? ADIT_SANDBOX_FOR_TUNNEL : ADIT_SANDBOX_FOR_JOB;
    AditMessage ready     = { .kind = ADIT_MSG_READY };
    GError     *error     = NULL;
    guint       bits      = 0;
    int         listening = -1;

    if (first->kind == ADIT_MSG_OPEN && (first->number & ADIT_OPEN_SERVE))
        listening = first->fds[first->n_fds - 1];
    if (!adit_sandbox_close (use, listening, &bits, &error))
        refuse (parent, error);
    ready.number = bits;
    adit_parent_send (parent, &ready);
}

/* connection.crypto-engine, for protocols that made the engines ready. */
static gboolean
choose_engine (const AditProfile *profile, GError **error)
{
    const char *name  = adit_profile_get (profile, "connection", "crypto-engine");
    GError     *cause = NULL;

    if (!name || g_str_equal (name, "auto") || !adit_crypto_has_started () ||
        adit_aead_prefer (name))
        return TRUE;
    adit_fail (&cause, ADIT_ERROR_SYSTEM, "%s", adit_aead_why_not ());
    return adit_fail_because (error, cause, ADIT_ERROR_PROFILE,
                              _ ("`crypto-engine` is %s, which cannot be used here; set it to "
                                 "auto."),
                              name);
}

/* Syntax, keys and types, then the plugin's own rules. */
static AditProfile *
read_profile (const AditPlugin *plugin, const AditMessage *open, GError **error)
{
    g_autoptr (AditSchema) schema = adit_module_schema (plugin);
    AditProfile *profile          = NULL;
    gsize        len;
    char        *text = adit_job_read (open->fds[0], &len, error);

    if (!text)
        return NULL;
    profile = adit_profile_parse (text, len, open->texts[1], error);
    adit_wipe (text, len);
    g_free (text);
    if (profile && adit_profile_check (profile, schema, error) && choose_engine (profile, error) &&
        (!plugin->check || plugin->check (profile, error)))
        return profile;
    adit_profile_free (profile);
    return NULL;
}

static void
run_tunnel (AditParent *parent, const AditPlugin *plugin, AditMessage *open)
{
    GError      *error   = NULL;
    AditProfile *profile = read_profile (plugin, open, &error);
    WorkerHost  *host;

    if (!profile)
        refuse (parent, error);
    host = worker_host_new (parent, plugin, profile, open);
    for (guint i = 0; i < open->n_fds; i++)
        if (open->fds[i] >= 0)
            close (open->fds[i]);
    adit_message_clear (open);
    worker_host_start (host);
    g_main_loop_run (g_main_loop_new (NULL, FALSE));
}

static int
serve_parent (void)
{
    GError           *error  = NULL;
    AditParent       *parent = adit_parent_new (ADIT_WORKER_FD);
    const AditPlugin *plugin;
    AditMessage       first;

    if (!adit_sandbox_begin (&error))
        refuse (parent, error);
    adit_log_to (adit_parent_log, parent, ADIT_LOG_INFO);
    g_log_set_writer_func (on_glib_line, parent, NULL);
    g_set_printerr_handler (on_printed_line);
    /* A profile that must be imported first takes the parent a while: use it. */
    if (!adit_parent_has_spoken (parent))
        adit_crypto_start ();
    adit_parent_receive (parent, &first);
    while (first.kind == ADIT_MSG_PREPARE) {
        plugin = adit_module_load (first.texts[0], NULL); /* if not, OPEN will tell */
        if (plugin)
            prepare (plugin);
        adit_message_clear (&first);
        adit_parent_receive (parent, &first);
    }
    if (first.kind != ADIT_MSG_OPEN && first.kind != ADIT_MSG_IMPORT &&
        first.kind != ADIT_MSG_EXPORT) {
        adit_fail (&error, ADIT_ERROR_BUG, _ ("The worker was told “%s” before what to do."),
                   adit_message_name (first.kind));
        refuse (parent, error);
    }
    plugin = adit_module_load (first.texts[0], &error);
    if (!plugin)
        refuse (parent, error);
    warm_up (plugin, first.kind);
    close_sandbox (parent, &first);
    if (first.kind == ADIT_MSG_OPEN)
        run_tunnel (parent, plugin, &first);
    else
        adit_job_run (parent, plugin, &first);
    adit_parent_leave (parent, 0);
}

int
main (int argc, char **argv)
{
    mallopt (M_ARENA_MAX, 1);
    set_language ();
    if (argc == 2 && g_str_equal (argv[1], "--version"))
        return puts ("adit-worker " ADIT_VERSION) < 0;
    if (argc == 3 && g_str_equal (argv[1], "--describe"))
        return describe (argv[2]);
    if (argc != 1 || !adit_parent_is_there ()) {
        g_printerr ("adit-worker is started by adit, with a socket to it as descriptor %d.\n",
                    ADIT_WORKER_FD);
        return 2;
    }
    return serve_parent ();
}
