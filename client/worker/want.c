/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* want.c - questions to the parent and who waits for the answer. */
#include "client/base/secret.h"
#include "client/worker/host.h"
#include <string.h>

typedef struct {
    AditMessageKind fits;
    WorkerReplyFn   fn;
    gpointer        object;
    GDestroyNotify  free_object;
} Want;

struct WorkerWants {
    GHashTable *by_id;
    guint32     last;
};

static void
want_free (gpointer data)
{
    Want *want = data;

    if (want->free_object)
        want->free_object (want->object);
    g_free (want);
}

WorkerWants *
worker_wants_new (void)
{
    WorkerWants *wants = g_new0 (WorkerWants, 1);

    wants->by_id = g_hash_table_new_full (NULL, NULL, NULL, want_free);
    return wants;
}

void
worker_wants_free (WorkerWants *wants)
{
    g_hash_table_unref (wants->by_id);
    g_free (wants);
}

guint32
worker_want_id (WorkerHost *host)
{
    WorkerWants *wants = host->wants;

    do
        wants->last++;
    while (!wants->last || g_hash_table_contains (wants->by_id, GUINT_TO_POINTER (wants->last)));
    return wants->last;
}

void
worker_want (WorkerHost *host, guint32 id, AditMessageKind fits, WorkerReplyFn fn, gpointer object,
             GDestroyNotify free_object)
{
    Want *want = g_new0 (Want, 1);

    *want = (Want){ fits, fn, object, free_object };
    g_hash_table_insert (host->wants->by_id, GUINT_TO_POINTER (id), want);
}

void
worker_want_end (WorkerHost *host, guint32 id)
{
    g_hash_table_remove (host->wants->by_id, GUINT_TO_POINTER (id));
}

gboolean
worker_want_reply (WorkerHost *host, AditMessage *reply)
{
    Want *want = g_hash_table_lookup (host->wants->by_id, GUINT_TO_POINTER (reply->id));

    if (!want || (reply->kind != want->fits && reply->kind != ADIT_MSG_REFUSED))
        return FALSE;
    want->fn (want->object, reply);
    return TRUE;
}

GError *
worker_want_refusal (const AditMessage *refused)
{
    return adit_error_from_chain ((AditError) refused->number,
                                  (const char *const *) refused->texts);
}

/* ---- questions with one answer ---- */

typedef struct {
    WorkerHost *host;
    guint32     id;
    union {
        AditLookupFn found;
        AditAnswerFn answered;
    } fn;
    gpointer user;
} Question;

static Question *
question_new (WorkerHost *host, AditMessageKind fits, WorkerReplyFn fn, gpointer user)
{
    Question *q = g_new0 (Question, 1);

    q->host = host;
    q->id   = worker_want_id (host);
    q->user = user;
    worker_want (host, q->id, fits, fn, q, g_free);
    return q;
}

/* A copy, since the want is over before the plugin hears of it and may ask again. */
static Question
question_end (Question *q)
{
    Question copy = *q;

    worker_want_end (copy.host, copy.id);
    return copy;
}

static void
on_found (gpointer object, AditMessage *reply)
{
    Question q               = question_end (object);
    g_autoptr (GError) error = NULL;

    if (reply->kind == ADIT_MSG_REFUSED)
        error = worker_want_refusal (reply);
    q.fn.found (q.user, error ? NULL : &reply->endpoint, error ? 0 : (guint) reply->number, error);
}

void
worker_lookup (AditHost *base, const char *server, guint16 port, AditLookupFn fn, gpointer user)
{
    WorkerHost *host    = worker_host (base);
    char       *texts[] = { (char *) server, NULL };
    AditMessage want    = { .kind = ADIT_MSG_WANT_LOOKUP, .number = port, .texts = texts };
    Question   *q;

    if (host->state == WORKER_ENDING)
        return;
    q           = question_new (host, ADIT_MSG_FOUND, on_found, user);
    q->fn.found = fn;
    want.id     = q->id;
    adit_parent_send (host->parent, &want);
}

static void
on_answer (gpointer object, AditMessage *reply)
{
    Question q     = question_end (object);
    char    *given = NULL;

    if (reply->kind == ADIT_MSG_ANSWER && reply->number &&
        (!reply->size || !memchr (reply->data, 0, reply->size))) {
        given = adit_secret_new (reply->size + 1);
        if (reply->size)
            memcpy (given, reply->data, reply->size);
    }
    q.fn.answered (q.user, given);
    adit_secret_free (given);
}

void
worker_ask (AditHost *base, const AditQuestion *question, AditAnswerFn fn, gpointer user)
{
    WorkerHost      *host    = worker_host (base);
    g_autofree char *text    = adit_message_text (question->text);
    char            *texts[] = { text, (char *) question->key, NULL };
    AditMessage ask = { .kind = ADIT_MSG_ASK, .number = question->secret ? 1 : 0, .texts = texts };
    Question   *q;

    if (host->state == WORKER_ENDING)
        return;
    q              = question_new (host, ADIT_MSG_ANSWER, on_answer, user);
    q->fn.answered = fn;
    ask.id         = q->id;
    adit_parent_send (host->parent, &ask);
}
