/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve.c - requests of local administrators on the socket that the plugin's description names.
 * The parent made it for root alone; even so a request is bounded, and so is their number.  Keys
 * pass here in both directions, so the room for them is wiped. */
#include "client/base/secret.h"
#include "client/worker/host.h"
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CALLERS = 8, MOST_BYTES = 64 * 1024 };

typedef struct {
    WorkerServe *serve;
    int          fd;
    guint        source;
    char        *request; /* MOST_BYTES + 1, ends with NUL */
    gsize        len;
    char        *answer; /* NULL: listening */
    gsize        answered;
} Caller;

struct WorkerServe {
    WorkerHost *host;
    int         fd;
    guint       source;
    GPtrArray  *callers;
};

static void caller_wait (Caller *caller);
static void serve_wait (WorkerServe *serve);

static void
caller_free (gpointer data)
{
    Caller *caller = data;

    g_clear_handle_id (&caller->source, g_source_remove);
    close (caller->fd);
    adit_secret_free (caller->request);
    adit_wipe_string (caller->answer);
    g_free (caller);
}

static void
hang_up (Caller *caller)
{
    WorkerServe *serve = caller->serve;

    g_ptr_array_remove_fast (serve->callers, caller);
    serve_wait (serve);
}

/* The length of the first whole request, up to and with its empty line; 0: not there yet. */
static gsize
whole (const Caller *caller)
{
    const char *end = strstr (caller->request, "\n\n");

    return end ? (gsize) (end - caller->request) + 2 : 0;
}

/* FALSE: the caller was hung up. */
static gboolean
answer_next (Caller *caller)
{
    WorkerHost *host = caller->serve->host;
    gsize       size = whole (caller);
    char       *rest = caller->request + size;

    if (!size && caller->len < MOST_BYTES)
        return TRUE;
    if (size) {
        char *request = adit_secret_new (size + 1);

        memcpy (request, caller->request, size);
        caller->answer = host->plugin->serve (host->tunnel, request);
        adit_secret_free (request);
    }
    if (!caller->answer) {
        hang_up (caller);
        return FALSE;
    }
    memmove (caller->request, rest, caller->len - size);
    caller->len -= size;
    adit_wipe (caller->request + caller->len, size);
    caller->answered = 0;
    return TRUE;
}

/* FALSE: gone.  What a NUL hides would never end a request, so it is refused. */
static gboolean
hear (Caller *caller)
{
    char   *at  = caller->request + caller->len;
    ssize_t got = read (caller->fd, at, MOST_BYTES - caller->len);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (got <= 0 || memchr (at, 0, (gsize) got)) {
        hang_up (caller);
        return FALSE;
    }
    caller->len += (gsize) got;
    return answer_next (caller);
}

static gboolean
speak (Caller *caller)
{
    gsize   left = strlen (caller->answer + caller->answered);
    ssize_t sent = send (caller->fd, caller->answer + caller->answered, left, MSG_NOSIGNAL);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (sent < 0) {
        hang_up (caller);
        return FALSE;
    }
    caller->answered += (gsize) sent;
    if ((gsize) sent < left)
        return TRUE;
    g_clear_pointer (&caller->answer, adit_wipe_string);
    return answer_next (caller);
}

static gboolean
on_caller (gint fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    Caller  *caller = user;
    gboolean there;

    caller->source = 0;
    there          = caller->answer ? speak (caller) : hear (caller);
    if (there)
        caller_wait (caller);
    return G_SOURCE_REMOVE;
}

static void
caller_wait (Caller *caller)
{
    caller->source =
        g_unix_fd_add (caller->fd, caller->answer ? G_IO_OUT : G_IO_IN, on_caller, caller);
}

static gboolean
on_call (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    WorkerServe *serve  = user;
    int          theirs = accept4 (fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (theirs >= 0) {
        Caller *caller = g_new0 (Caller, 1);

        caller->serve   = serve;
        caller->fd      = theirs;
        caller->request = adit_secret_new (MOST_BYTES + 1);
        g_ptr_array_add (serve->callers, caller);
        caller_wait (caller);
    }
    serve->source = 0;
    serve_wait (serve);
    return G_SOURCE_REMOVE;
}

/* Whoever comes when all places are taken waits in the socket's own queue. */
static void
serve_wait (WorkerServe *serve)
{
    if (!serve->source && serve->fd >= 0 && serve->callers->len < MOST_CALLERS)
        serve->source = g_unix_fd_add (serve->fd, G_IO_IN, on_call, serve);
}

WorkerServe *
worker_serve_new (WorkerHost *host, int listening)
{
    WorkerServe *serve = g_new0 (WorkerServe, 1);

    serve->host    = host;
    serve->fd      = listening;
    serve->callers = g_ptr_array_new_with_free_func (caller_free);
    serve_wait (serve);
    return serve;
}

void
worker_serve_free (WorkerServe *serve)
{
    int listening = serve->fd;

    serve->fd = -1;
    g_clear_handle_id (&serve->source, g_source_remove);
    g_ptr_array_unref (serve->callers);
    close (listening);
    g_free (serve);
}
