/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote.c - asking live tunnels over their sockets, and undoing what dead ones left. */
#include "client/core/remote.h"
#include "client/core/journal.h"
#include "client/core/record.h"
#include "client/core/runtime.h"
#include "client/core/store.h"
#include "client/net/unix.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20, STATUS_MS = 5000, STOP_MS = 30000 };

static int
reach (const char *name, GError **error)
{
    g_autofree char *path  = NULL;
    GError          *cause = NULL;
    int              fd;

    if (!adit_store_name_ok (name, error))
        return -1;
    path = adit_runtime_path (name, "sock");
    fd   = adit_unix_connect (path, &cause);
    if (fd >= 0)
        return fd;
    if (g_error_matches (cause, ADIT_ERROR, ADIT_ERROR_LOST))
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("No tunnel named %s is running."), name);
    else
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("Only root may ask the tunnel %s."), name);
    g_error_free (cause);
    return -1;
}

/* Until the other end closes; NULL: it did not in time, or it said too much. */
static char *
read_answer (int fd, int patience_ms)
{
    gint64 deadline_us       = g_get_monotonic_time () + patience_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr (GString) text = g_string_new (NULL);

    for (;;) {
        struct pollfd wanted  = { .fd = fd, .events = POLLIN };
        gint64        left_us = deadline_us - g_get_monotonic_time ();
        char          part[4096];
        ssize_t       n;

        if (left_us <= 0 || poll (&wanted, 1, (int) (left_us / 1000) + 1) == 0)
            return NULL;
        n = recv (fd, part, sizeof part, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return g_string_free (g_steal_pointer (&text), FALSE);
        if (text->len + (gsize) n > ANSWER_MAX)
            return NULL;
        g_string_append_len (text, part, n);
    }
}

static char *
ask (const char *name, const char *request, int patience_ms, GError **error)
{
    int   fd     = reach (name, error);
    gsize len    = strlen (request);
    char *answer = NULL;

    if (fd < 0)
        return NULL;
    if (send (fd, request, len, MSG_NOSIGNAL) == (ssize_t) len)
        answer = read_answer (fd, patience_ms);
    close (fd);
    if (answer == NULL)
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The tunnel %s does not answer."), name);
    return answer;
}

char *
adit_remote_status (const char *name, GError **error)
{
    char *answer = ask (name, "status\n", STATUS_MS, error);

    if (answer && answer[0] == '\0') {
        g_clear_pointer (&answer, g_free);
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("The tunnel %s has just ended."), name);
    }
    return answer;
}

gboolean
adit_remote_stop (const char *name, GError **error)
{
    g_autofree char *answer = ask (name, "stop\n", STOP_MS, error);

    /* If its process died instead of answering, the rest is done from here. */
    return answer && adit_remote_restore (error);
}

gboolean
adit_remote_split (const char *name, GError **error)
{
    g_autofree char *answer = ask (name, "split\n", STATUS_MS, error);

    if (answer && answer[0])
        return adit_fail (error, ADIT_ERROR_SYSTEM, "%s", answer);
    return answer != NULL;
}

char *
adit_remote_log (const char *name, GError **error)
{
    char *text;

    if (!adit_store_name_ok (name, error))
        return NULL;
    text = adit_record_read (name);
    if (text == NULL)
        adit_fail (error, ADIT_ERROR_PROFILE,
                   _ ("No tunnel named %s has run since this machine started."), name);
    return text;
}

char **
adit_remote_list (void)
{
    g_auto (GStrv) names = adit_runtime_names ("sock");
    GPtrArray *live      = g_ptr_array_new ();

    for (guint i = 0; names[i]; i++) {
        int fd = adit_store_name_ok (names[i], NULL) ? reach (names[i], NULL) : -1;

        if (fd < 0)
            continue;
        close (fd);
        g_ptr_array_add (live, g_strdup (names[i]));
    }
    g_ptr_array_add (live, NULL);
    return (char **) g_ptr_array_free (live, FALSE);
}

/* Goes on after a failure; the first is the error. */
static gboolean
restore (gboolean (*undo) (AditJournal *journal, GError **error), GError **error)
{
    g_auto (GStrv) names = adit_runtime_names ("journal");
    GError *first        = NULL;

    for (guint i = 0; names[i]; i++) {
        GError *one                     = NULL;
        g_autoptr (AditJournal) journal = adit_journal_inherit (names[i], &one);
        guint before                    = journal ? adit_journal_steps (journal)->len : 0;

        if (journal && undo (journal, &one) && adit_journal_steps (journal)->len < MAX (before, 1))
            adit_log (ADIT_LOG_NOTICE, "core", "undid what the tunnel %s left behind", names[i]);
        if (one && first)
            g_error_free (one);
        else if (one)
            first = one;
    }
    if (first)
        g_propagate_error (error, first);
    return first == NULL;
}

gboolean
adit_remote_restore (GError **error)
{
    return restore (adit_journal_undo_but_guard, error);
}

gboolean
adit_remote_restore_all (GError **error)
{
    return restore (adit_journal_undo_all, error);
}
