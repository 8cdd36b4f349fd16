/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* jobs.c - one file in, one file out, and a report of what was left behind. */
#include "client/worker/jobs.h"
#include "client/base/secret.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_BYTES = 56 * 1024, LINE_BYTES = 1024 };

typedef struct {
    GPtrArray *lines;
    gsize      bytes;
    guint      lost;
} Report;

/* One read more than fits, so that a file too long is noticed. */
char *
adit_job_read (int fd, gsize *len, GError **error)
{
    char *text = g_malloc (ADIT_PROFILE_MAX + 2);

    lseek (fd, 0, SEEK_SET); /* whoever filled it left it at its end */
    *len = 0;
    while (*len <= ADIT_PROFILE_MAX) {
        ssize_t got = read (fd, text + *len, ADIT_PROFILE_MAX + 1 - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("The file could not be read."));
            break;
        }
        if (got == 0) {
            text[*len] = 0;
            return text;
        }
        *len += (gsize) got;
    }
    if (*len > ADIT_PROFILE_MAX)
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("The file is larger than %d bytes."),
                   ADIT_PROFILE_MAX);
    adit_wipe (text, *len);
    g_free (text);
    return NULL;
}

static gboolean
write_all (int fd, const char *text, GError **error)
{
    gsize left = strlen (text);

    if (left > ADIT_PROFILE_MAX)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("The result is larger than %d bytes."),
                          ADIT_PROFILE_MAX);
    while (left) {
        ssize_t put = write (fd, text, left);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                                    _ ("The result could not be written."));
        text += put;
        left -= (gsize) put;
    }
    return TRUE;
}

/* Cut to a line's length and free of the tabs that part its three fields. */
static char *
field (const char *text)
{
    g_autofree char *clean = adit_message_text (text);
    const char      *end   = NULL;

    g_utf8_validate_len (clean, MIN (strlen (clean), LINE_BYTES), &end);
    return g_strdelimit (g_strndup (clean, (gsize) (end - clean)), "\t", ' ');
}

static void
on_report (gpointer user, guint line, const char *what, const char *why)
{
    Report          *report     = user;
    g_autofree char *clean_what = field (what);
    g_autofree char *clean_why  = field (why);
    char            *text       = g_strdup_printf ("%u\t%s\t%s", line, clean_what, clean_why);

    report->bytes += strlen (text) + 2;
    if (report->bytes > REPORT_BYTES || report->lines->len + 1 >= ADIT_MESSAGE_TEXTS) {
        report->lost++;
        g_free (text);
    } else {
        g_ptr_array_add (report->lines, text);
    }
}

/* The text to write, or NULL; without an error: the file is not this plugin's. */
static char *
convert (const AditPlugin *plugin, const AditMessage *job, const char *text, gsize len,
         Report *report, GError **error)
{
    g_autoptr (AditProfile) profile = NULL;

    if (job->kind == ADIT_MSG_EXPORT) {
        profile = adit_profile_parse (text, len, NULL, error);
        return profile ? plugin->export(profile, on_report, report, error) : NULL;
    }
    profile = adit_profile_new ();
    if (!plugin->import (profile, text, len, on_report, report, error))
        return NULL;
    return adit_profile_format (profile);
}

static gboolean
has_job (const AditPlugin *plugin, const AditMessage *job, GError **error)
{
    if (job->kind == ADIT_MSG_IMPORT && !plugin->import)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s has no files to import."),
                          plugin->title);
    if (job->kind == ADIT_MSG_EXPORT && !plugin->export)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s has no files to export to."),
                          plugin->title);
    return TRUE;
}

static void
tell_done (AditParent *parent, gsize written, Report *report)
{
    AditMessage done = { .kind = ADIT_MSG_DONE, .number = written };

    if (report->lost)
        g_ptr_array_add (report->lines, g_strdup_printf ("0\t\t%u more lines", report->lost));
    g_ptr_array_add (report->lines, NULL);
    done.texts = (char **) report->lines->pdata;
    adit_parent_send (parent, &done);
}

static void
tell_failed (AditParent *parent, const GError *error)
{
    AditMessage not_ours = { .kind = ADIT_MSG_FAILED, .number = ADIT_ERROR_PROFILE };

    if (error)
        adit_parent_fail (parent, error);
    else
        adit_parent_send (parent, &not_ours);
}

void
adit_job_run (AditParent *parent, const AditPlugin *plugin, const AditMessage *job)
{
    g_autoptr (GError) error = NULL;
    Report report            = { g_ptr_array_new_with_free_func (g_free), 0, 0 };
    gsize  len               = 0;
    char  *text = NULL, *result = NULL;

    if (has_job (plugin, job, &error))
        text = adit_job_read (job->fds[0], &len, &error);
    if (text)
        result = convert (plugin, job, text, len, &report, &error);
    if (result && write_all (job->fds[1], result, &error))
        tell_done (parent, strlen (result), &report);
    else
        tell_failed (parent, error);
    if (text)
        adit_wipe (text, len);
    g_free (text);
    adit_wipe_string (result);
    g_ptr_array_unref (report.lines);
}
