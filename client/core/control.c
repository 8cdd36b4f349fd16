/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.c - who asks on DIR/NAME.sock: root, one line, one answer.  "status" and "log" are
 * answered, "split" (adit_split_open) by nothing or why not; "stop" by closing the connection when
 * all is undone. */
#include "client/core/apply.h"
#include "client/core/split.h"
#include "client/core/tunnel-parts.h"
#include "client/net/unix.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLERS_MAX = 16, REQUEST_MAX = 16, NOTES_MS = 1000, SILENCE_MS = 5000 };

typedef struct {
    AditControl *control;
    int          fd;
    guint        source, deadline;
    char         request[REQUEST_MAX];
    gsize        len;
    guint32      id; /* of the STATUS it waits for; 0: none */
    char        *answer;
    gsize        sent, size;
    void (*fn) (gpointer user, const char *json); /* of a caller within this process, whose … */
    gpointer user;                                /* … fd is -1 */
} Caller;

struct AditControl {
    AditCoreTunnel *tunnel;
    int             fd;
    guint           source;
    guint32         last_id;
    GList          *callers;
};

static void
caller_free (Caller *caller)
{
    caller->control->callers = g_list_remove (caller->control->callers, caller);
    g_clear_handle_id (&caller->source, g_source_remove);
    g_clear_handle_id (&caller->deadline, g_source_remove);
    if (caller->fn)
        caller->fn (caller->user, caller->answer);
    else
        close (caller->fd);
    g_free (caller->answer);
    g_free (caller);
}

static gboolean
on_silence (gpointer user)
{
    Caller *caller = user;

    caller->deadline = 0;
    caller_free (caller);
    return G_SOURCE_REMOVE;
}

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    Caller *caller = user;
    ssize_t n      = send (fd, caller->answer + caller->sent, caller->size - caller->sent,
                           MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    caller->sent += n > 0 ? (gsize) n : 0;
    if (n > 0 && caller->sent < caller->size)
        return G_SOURCE_CONTINUE;
    caller->source = 0;
    caller_free (caller);
    return G_SOURCE_REMOVE;
}

/* Takes answer; the connection ends after it. */
static void
answer (Caller *caller, char *text)
{
    g_clear_handle_id (&caller->source, g_source_remove);
    g_clear_handle_id (&caller->deadline, g_source_remove);
    caller->id     = 0;
    caller->answer = text;
    caller->size   = strlen (text);
    if (caller->fn) {
        caller_free (caller);
        return;
    }
    caller->deadline = g_timeout_add (SILENCE_MS, on_silence, caller);
    caller->source   = g_unix_fd_add (caller->fd, G_IO_OUT, on_writable, caller);
}

/* ---- status: what the worker knows is waited for, but not for long ---- */

static gboolean
on_no_notes (gpointer user)
{
    Caller *caller = user;

    caller->deadline = 0;
    answer (caller, adit_status_text (caller->control->tunnel, NULL));
    return G_SOURCE_REMOVE;
}

static void
ask_worker (Caller *caller)
{
    AditControl    *control = caller->control;
    AditCoreTunnel *tunnel  = control->tunnel;
    AditMessage     status  = { .kind = ADIT_MSG_STATUS };

    if (tunnel->worker != ADIT_WORKER_AT_WORK) {
        answer (caller, adit_status_text (tunnel, NULL));
        return;
    }
    caller->id = status.id = ++control->last_id;
    g_clear_handle_id (&caller->deadline, g_source_remove);
    caller->deadline = g_timeout_add (NOTES_MS, on_no_notes, caller);
    adit_channel_send (tunnel->channel, &status);
}

void
adit_control_notes (AditControl *control, const AditMessage *message)
{
    for (GList *l = control->callers; l; l = l->next) {
        Caller *caller = l->data;

        if (caller->id && caller->id == message->id) {
            answer (caller, adit_status_text (control->tunnel, message));
            return;
        }
    }
}

/* ---- requests ---- */

static gboolean
on_gone (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    Caller *caller = user;

    caller->source = 0;
    caller_free (caller);
    return G_SOURCE_REMOVE;
}

static void
serve (Caller *caller)
{
    AditCoreTunnel *tunnel = caller->control->tunnel;

    if (g_str_equal (caller->request, "status")) {
        ask_worker (caller);
    } else if (g_str_equal (caller->request, "log")) {
        char *text = adit_record_read (tunnel->name);

        answer (caller, text ? text : g_strdup (""));
    } else if (g_str_equal (caller->request, "stop")) {
        g_clear_handle_id (&caller->deadline, g_source_remove);
        caller->source = g_unix_fd_add (caller->fd, G_IO_HUP, on_gone, caller);
        adit_core_tunnel_stop (tunnel);
    } else if (g_str_equal (caller->request, "split")) {
        g_autoptr (GError) error = NULL;

        answer (caller, g_strdup (adit_split_open (tunnel->split, &error) ? "" : error->message));
    } else {
        answer (caller, g_strdup ("unknown request\n"));
    }
}

static gboolean
on_readable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    Caller *caller = user;
    ssize_t n =
        recv (fd, caller->request + caller->len, REQUEST_MAX - 1 - caller->len, MSG_DONTWAIT);
    char *end;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    caller->len += n > 0 ? (gsize) n : 0;
    end = memchr (caller->request, '\n', caller->len);
    if (end == NULL && n > 0 && caller->len < REQUEST_MAX - 1)
        return G_SOURCE_CONTINUE;
    caller->source = 0;
    if (end) {
        *end = '\0';
        serve (caller);
    } else {
        caller_free (caller);
    }
    return G_SOURCE_REMOVE;
}

static gboolean
on_caller (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditControl *control = user;
    int          one     = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    Caller      *caller;

    if (one < 0)
        return G_SOURCE_CONTINUE;
    if (!adit_unix_peer_is_root (one) || g_list_length (control->callers) >= CALLERS_MAX) {
        close (one);
        return G_SOURCE_CONTINUE;
    }
    caller           = g_new0 (Caller, 1);
    caller->control  = control;
    caller->fd       = one;
    caller->source   = g_unix_fd_add (one, G_IO_IN | G_IO_HUP, on_readable, caller);
    caller->deadline = g_timeout_add (SILENCE_MS, on_silence, caller);
    control->callers = g_list_prepend (control->callers, caller);
    return G_SOURCE_CONTINUE;
}

const char *
adit_core_tunnel_interface (const AditCoreTunnel *tunnel)
{
    return tunnel->interface;
}

void
adit_core_tunnel_status (AditCoreTunnel *tunnel, void (*fn) (gpointer user, const char *json),
                         gpointer        user)
{
    AditControl *control = tunnel->control;
    Caller      *caller;

    if (control == NULL) {
        fn (user, NULL);
        return;
    }
    caller           = g_new0 (Caller, 1);
    caller->control  = control;
    caller->fd       = -1;
    caller->fn       = fn;
    caller->user     = user;
    control->callers = g_list_prepend (control->callers, caller);
    ask_worker (caller);
}

AditControl *
adit_control_new (AditCoreTunnel *tunnel, const char *path, GError **error)
{
    g_autoptr (AditStep) step = adit_step_new (ADIT_STEP_FILE);
    AditControl *control;
    int          fd;

    step->name = g_strdup (path);
    if (!adit_journal_do (tunnel->journal, step, error))
        return NULL;
    fd = adit_unix_listen (path, error);
    if (fd < 0)
        return NULL;
    control         = g_new0 (AditControl, 1);
    control->tunnel = tunnel;
    control->fd     = fd;
    control->source = g_unix_fd_add (fd, G_IO_IN, on_caller, control);
    return control;
}

void
adit_control_free (AditControl *control)
{
    if (control == NULL)
        return;
    while (control->callers)
        caller_free (control->callers->data);
    g_clear_handle_id (&control->source, g_source_remove);
    close (control->fd);
    g_free (control);
}
