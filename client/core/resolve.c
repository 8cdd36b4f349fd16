/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resolve.c - a server's addresses for a worker.  While a tunnel is tried again the name servers
 * may be the ones inside of it, so what a name was is remembered: told at once to the successor of
 * a worker that died, and to everybody else when asking fails or takes too long. */
#include "client/core/tunnel-parts.h"
#include "client/net/lookup.h"

enum { LATE_MS = 2000 };

typedef struct {
    AditCoreTunnel *tunnel;
    char           *host;
    guint16         port;
    AditLookupDone  done;
    gpointer        user;
    GDestroyNotify  free_user;
    GCancellable   *cancel;
    guint           late;
    gboolean        is_answered;
} Question;

static void
question_free (gpointer data)
{
    Question *question = data;

    g_clear_handle_id (&question->late, g_source_remove);
    question->free_user (question->user);
    g_object_unref (question->cancel);
    g_free (question->host);
    g_free (question);
}

static void
answer (Question *question, const AditEndpoint *found, guint n, const GError *error)
{
    AditEndpoint at[ADIT_LOOKUP_MAX];

    n = MIN (n, ADIT_LOOKUP_MAX);
    for (guint i = 0; i < n; i++) {
        at[i]      = found[i];
        at[i].port = question->port;
    }
    question->is_answered = TRUE;
    question->done (question->user, at, n, error);
}

static void
answer_from_memory (Question *question, const GError *error)
{
    guint               n;
    const AditEndpoint *found = adit_answers_recall (question->tunnel->answers, question->host, &n);

    answer (question, found, n, error);
}

static gboolean
on_late (gpointer user)
{
    Question *question = user;

    question->late = 0;
    if (!g_cancellable_is_cancelled (question->cancel) && !question->is_answered)
        answer_from_memory (question, NULL);
    return G_SOURCE_REMOVE;
}

static void
on_looked_up (gpointer user, const AditEndpoint *found, guint n, const GError *error)
{
    Question *question = user;

    if (n)
        adit_answers_note (question->tunnel->answers, question->host, found, n);
    if (!question->is_answered)
        answer_from_memory (question, error);
}

/* The worker died, which says nothing against the server. */
static gboolean
is_successor (const AditCoreTunnel *tunnel)
{
    const AditReconnect *reconnect = &tunnel->reconnect;

    return reconnect->state == ADIT_RECONNECT_TRYING && reconnect->failures == 1 &&
           (g_error_matches (reconnect->reason, ADIT_ERROR, ADIT_ERROR_SYSTEM) ||
            g_error_matches (reconnect->reason, ADIT_ERROR, ADIT_ERROR_BUG));
}

void
adit_tunnel_resolve (AditCoreTunnel *tunnel, const char *host, guint16 port, AditLookupDone done,
                     gpointer user, GDestroyNotify free_user)
{
    Question           *question = g_new0 (Question, 1);
    const AditEndpoint *known;
    guint               n;

    *question = (Question){ .tunnel    = tunnel,
                            .host      = g_strdup (host),
                            .port      = port,
                            .done      = done,
                            .user      = user,
                            .free_user = free_user,
                            .cancel    = g_object_ref (tunnel->wishing) };
    adit_answers_recall (tunnel->answers, host, &n);
    known = n && is_successor (tunnel) ? NULL : adit_tunnel_seek (tunnel, host);
    if (n && (known || is_successor (tunnel))) {
        answer_from_memory (question, NULL);
        question_free (question);
    } else if (known) {
        answer (question, known, 1, NULL);
        question_free (question);
    } else {
        if (n)
            question->late = g_timeout_add (LATE_MS, on_late, question);
        adit_lookup (host, port, tunnel->mark, tunnel->wishing, on_looked_up, question,
                     question_free);
    }
}
