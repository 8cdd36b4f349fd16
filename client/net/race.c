/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* race.c - connections begun one after the other, the first that stands wins. */
#include "client/net/race.h"
#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Race Race;

typedef struct {
    Race   *race;
    int     fd; /* -1: not begun, or failed */
    guint16 local_port;
    guint   writable; /* source */
} Runner;

struct Race {
    AditSocketSpec spec;
    AditEndpoint   endpoints[ADIT_RACE_MAX];
    Runner         runners[ADIT_RACE_MAX];
    guint          n, begun, running;
    guint          next, deadline; /* sources */
    GSource       *cancelled;
    GError        *error; /* of the last that failed */
    AditRaceDone   done;
    gpointer       user;
    GDestroyNotify free_user;
};

static void begin_next (Race *race);

static void
drop (Runner *runner)
{
    g_clear_handle_id (&runner->writable, g_source_remove);
    if (runner->fd >= 0)
        close (runner->fd);
    runner->fd = -1;
}

static void
race_free (Race *race)
{
    for (guint i = 0; i < race->begun; i++)
        drop (&race->runners[i]);
    g_clear_handle_id (&race->next, g_source_remove);
    g_clear_handle_id (&race->deadline, g_source_remove);
    if (race->cancelled) {
        g_source_destroy (race->cancelled);
        g_source_unref (race->cancelled);
    }
    g_clear_error (&race->error);
    if (race->free_user)
        race->free_user (race->user);
    g_free (race);
}

static gboolean
on_cancelled (GCancellable *cancel G_GNUC_UNUSED, gpointer user)
{
    race_free (user);
    return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer user)
{
    Race *race = user;

    race->deadline = 0;
    g_clear_error (&race->error);
    adit_fail_errno (&race->error, ETIMEDOUT, ADIT_ERROR_UNREACHABLE,
                     _ ("The server did not answer."));
    race->done (race->user, -1, NULL, 0, race->error);
    race_free (race);
    return G_SOURCE_REMOVE;
}

static void
win (Runner *runner)
{
    Race *race = runner->race;
    int   fd   = runner->fd;

    runner->fd = -1;
    race->done (race->user, fd, &race->endpoints[runner - race->runners], runner->local_port, NULL);
    race_free (race);
}

/* Takes error.  The next one begins at once; without a next one and without others that still run
 * the race is over. */
static void
lose (Runner *runner, GError *error)
{
    Race *race = runner->race;

    drop (runner);
    race->running--;
    g_clear_error (&race->error);
    race->error = error;
    if (race->begun < race->n) {
        begin_next (race);
    } else if (race->running == 0) {
        race->done (race->user, -1, NULL, 0, race->error);
        race_free (race);
    }
}

static gboolean
on_writable (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    Runner   *runner = user;
    int       number = 0;
    socklen_t size   = sizeof number;
    GError   *error  = NULL;

    runner->writable = 0;
    if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0)
        number = errno;
    if (number) {
        adit_fail_errno (&error, number, ADIT_ERROR_UNREACHABLE, _ ("The server did not answer."));
        lose (runner, error);
    } else {
        win (runner);
    }
    return G_SOURCE_REMOVE;
}

static gboolean
on_next (gpointer user)
{
    Race *race = user;

    race->next = 0;
    begin_next (race);
    return G_SOURCE_REMOVE;
}

static void
begin_next (Race *race)
{
    Runner *runner = &race->runners[race->begun];
    GError *error  = NULL;

    g_clear_handle_id (&race->next, g_source_remove);
    *runner = (Runner){ .race = race };
    runner->fd =
        adit_socket_open (&race->spec, &race->endpoints[race->begun], &runner->local_port, &error);
    race->begun++;
    race->running++;
    if (runner->fd < 0) {
        lose (runner, error);
        return;
    }
    runner->writable = g_unix_fd_add (runner->fd, G_IO_OUT, on_writable, runner);
    if (race->begun < race->n && race->spec.local_port == 0)
        race->next = g_timeout_add (ADIT_RACE_NEXT_MS, on_next, race);
}

void
adit_race (const AditSocketSpec *spec, const AditEndpoint *endpoints, guint n, GCancellable *cancel,
           AditRaceDone done, gpointer user, GDestroyNotify free_user)
{
    Race *race = g_new0 (Race, 1);

    race->spec      = *spec;
    race->n         = MIN (n, ADIT_RACE_MAX);
    race->done      = done;
    race->user      = user;
    race->free_user = free_user;
    race->deadline  = g_timeout_add (ADIT_RACE_MS, on_deadline, race);
    for (guint i = 0; i < race->n; i++)
        race->endpoints[i] = endpoints[i];
    if (cancel) {
        race->cancelled = g_cancellable_source_new (cancel);
        g_source_set_callback (race->cancelled, G_SOURCE_FUNC (on_cancelled), race, NULL);
        g_source_attach (race->cancelled, NULL);
    }
    /* Not within this call, even when it fails at once. */
    race->next = g_idle_add (on_next, race);
}
