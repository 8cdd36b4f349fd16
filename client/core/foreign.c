/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* foreign.c - importing and exporting through a worker, since another program's file is hostile:
 * bytes go in sealed, and what comes back is parsed and checked like any other profile. */
#include "client/core/foreign.h"
#include "client/base/secret.h"
#include "client/core/channel.h"
#include "client/core/keyfile.h"
#include "client/core/memory.h"
#include "client/core/spawn.h"
#include "client/core/store.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static void
report_free (AditReport *report)
{
    g_free (report->what);
    g_free (report->why);
    g_free (report);
}

/* "12\tPostUp\tsentence"; what does not look so is left out. */
static GPtrArray *
read_reports (char **texts)
{
    GPtrArray *reports = g_ptr_array_new_with_free_func ((GDestroyNotify) report_free);

    for (guint i = 0; texts[i]; i++) {
        g_auto (GStrv) parts = g_strsplit (texts[i], "\t", 3);
        guint64     line;
        AditReport *report;

        if (g_strv_length (parts) != 3 ||
            !g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXUINT, &line, NULL))
            continue;
        report       = g_new0 (AditReport, 1);
        report->line = (guint) line;
        report->what = g_strdup (parts[1]);
        report->why  = g_strdup (parts[2]);
        g_ptr_array_add (reports, report);
    }
    return reports;
}

/* ---- one job of one worker ---- */

static void
on_gone (GPid pid G_GNUC_UNUSED, gint status G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
}

/* The kernel takes a while to take a process apart, which nobody needs to wait for. */
static void
dismiss (const AditWorker *worker)
{
    close (worker->fd);
    kill (worker->pid, SIGKILL);
    g_child_watch_add (worker->pid, on_gone, NULL);
}

static GError *
failure_of (const AditMessage *message)
{
    GError *error = NULL;

    if (message->texts[0])
        return adit_error_from_chain ((AditError) message->number,
                                      (const char *const *) message->texts);
    adit_fail (&error, (AditError) message->number, _ ("The worker did not say why it failed."));
    return error;
}

/* DONE, with its reports; or FALSE: no error means that the file is not the plugin's. */
static gboolean
await (int fd, GPtrArray **reports, GError **error)
{
    gint64   deadline = g_get_monotonic_time () + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
    gboolean is_done  = FALSE;

    for (;;) {
        AditMessage message;

        if (!adit_channel_receive_now (fd, deadline, &message, error))
            return FALSE;
        if (message.kind == ADIT_MSG_LOG || message.kind == ADIT_MSG_READY) {
            adit_message_clear (&message);
            continue;
        }
        if (message.kind == ADIT_MSG_DONE) {
            *reports = read_reports (message.texts);
            is_done  = TRUE;
        } else if (message.kind != ADIT_MSG_FAILED) {
            adit_fail (error, ADIT_ERROR_BUG, _ ("The worker sent \"%s\" where none belongs."),
                       adit_message_name (message.kind));
        } else if (message.number != ADIT_ERROR_PROFILE || message.texts[0]) {
            g_propagate_error (error, failure_of (&message));
        }
        adit_message_clear (&message);
        return is_done;
    }
}

/* What the worker wrote: wipe it.  NULL with no error: not the plugin's file. */
static char *
run (const AditMessage *job, gsize *len, GPtrArray **reports, GError **error)
{
    g_autofree char *program = adit_store_libexec ("adit-worker");
    AditWorker       worker;
    char            *text = NULL;

    if (program == NULL) {
        adit_fail (error, ADIT_ERROR_SYSTEM,
                   _ ("The program adit-worker is missing from this installation."));
        return NULL;
    }
    if (!adit_worker_spawn_fresh (program, &worker, error))
        return NULL;
    if (adit_channel_send_now (worker.fd, job, error) && await (worker.fd, reports, error))
        text = adit_memory_read (job->fds[1], ADIT_PROFILE_MAX, len, error);
    dismiss (&worker);
    return text;
}

/* Sealed bytes in, an empty file for the answer. */
static char *
run_on (AditMessageKind kind, char **texts, const char *bytes, gsize size, gsize *len,
        GPtrArray **reports, GError **error)
{
    AditMessage job  = { .kind = kind, .texts = texts, .fds = { -1, -1, -1 }, .n_fds = 2 };
    char       *text = NULL;

    job.fds[0] = adit_memory_sealed (bytes, size, error);
    if (job.fds[0] >= 0)
        job.fds[1] = adit_memory_empty (error);
    if (job.fds[1] >= 0)
        text = run (&job, len, reports, error);
    for (guint i = 0; i < job.n_fds; i++)
        if (job.fds[i] >= 0)
            close (job.fds[i]);
    return text;
}

/* ---- import ---- */

static char *
name_from (const char *path)
{
    char *name = g_path_get_basename (path);
    char *dot  = strrchr (name, '.');

    if (dot && dot != name)
        *dot = '\0';
    for (char *p = name; *p; p++)
        if (!g_ascii_isalnum (*p) && strchr ("-_.", *p) == NULL)
            *p = '-';
    if (name[0] == '-' || name[0] == '.' || name[0] == '\0') {
        g_free (name);
        name = g_strdup ("imported");
    }
    return name;
}

static AditProfile *
finish (const char *text, gsize len, const char *path, const AditSchema *schema, GError **error)
{
    g_autofree char *name           = name_from (path);
    g_autoptr (AditProfile) profile = adit_profile_parse (text, len, path, error);

    if (profile == NULL)
        return NULL;
    adit_profile_set (profile, "connection", "type", schema->name);
    if (adit_profile_get (profile, "connection", "name") == NULL)
        adit_profile_set (profile, "connection", "name", name);
    return adit_profile_check (profile, schema, error) ? g_steal_pointer (&profile) : NULL;
}

/* NULL with no error: not this plugin's. */
static AditProfile *
try_plugin (const AditSchema *schema, const char *path, const AditKeyFile *file,
            GPtrArray **reports, GError **error)
{
    g_autofree char *base    = g_path_get_basename (path);
    g_autofree char *shown   = g_utf8_make_valid (base, -1);
    char            *texts[] = { schema->name, shown, NULL };
    AditProfile     *profile = NULL;
    gsize            len     = 0;
    GError          *problem = NULL;
    char *text = run_on (ADIT_MSG_IMPORT, texts, file->text, file->len, &len, reports, &problem);

    if (text == NULL) { /* the importer knows the line, not where the file lies */
        if (g_error_matches (problem, ADIT_ERROR, ADIT_ERROR_PROFILE))
            g_prefix_error (&problem, "%s: ", path);
        if (problem)
            g_propagate_error (error, problem);
        return NULL;
    }
    profile = finish (text, len, path, schema, error);
    adit_wipe (text, len);
    g_free (text);
    if (profile == NULL)
        g_clear_pointer (reports, g_ptr_array_unref);
    return profile;
}

static AditProfile *
try_all (const char *path, const char *plugin, const AditKeyFile *file, GPtrArray **reports,
         GError **error)
{
    g_auto (GStrv) plugins = adit_store_plugins ();
    gboolean asked         = FALSE;

    for (guint i = 0; plugins && plugins[i]; i++) {
        g_autoptr (AditSchema) schema = NULL;
        g_autoptr (GError) problem    = NULL;
        AditProfile *profile;

        if (plugin && !g_str_equal (plugin, plugins[i]))
            continue;
        schema = adit_store_schema (plugins[i], error);
        if (schema == NULL)
            return NULL;
        if (!schema->imports)
            continue;
        asked   = TRUE;
        profile = try_plugin (schema, path, file, reports, &problem);
        if (profile)
            return profile;
        if (problem) {
            g_propagate_error (error, g_steal_pointer (&problem));
            return NULL;
        }
    }
    if (plugin && !asked)
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("There is no importer \"%s\"."), plugin);
    else
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s is of no kind that adit can read."), path);
    return NULL;
}

AditProfile *
adit_foreign_import (const char *path, const char *plugin, GPtrArray **report, GError **error)
{
    AditKeyFile  file;
    AditProfile *profile;
    GPtrArray   *reports = NULL;

    if (!adit_keyfile_read (path, ADIT_PROFILE_MAX, &file, error))
        return NULL;
    profile = try_all (path, plugin, &file, &reports, error);
    adit_keyfile_clear (&file);
    if (report)
        *report = reports;
    else
        g_clear_pointer (&reports, g_ptr_array_unref);
    return profile;
}

/* ---- export ---- */

char *
adit_foreign_export (const AditProfile *profile, GPtrArray **report, GError **error)
{
    const char *type              = adit_profile_get (profile, "connection", "type");
    g_autoptr (AditSchema) schema = type ? adit_store_schema (type, error) : NULL;
    GPtrArray *reports            = NULL;
    char      *source, *text = NULL;
    gsize      len = 0;

    if (schema && schema->exports) {
        char *texts[] = { schema->name, NULL };

        source = adit_profile_format (profile);
        text   = run_on (ADIT_MSG_EXPORT, texts, source, strlen (source), &len, &reports, error);
        adit_wipe_string (source);
    }
    if (text == NULL && (error == NULL || *error == NULL))
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("A profile of this kind cannot be exported."));
    if (report)
        *report = reports;
    else
        g_clear_pointer (&reports, g_ptr_array_unref);
    return text;
}
