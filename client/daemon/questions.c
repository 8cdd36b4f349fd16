/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* questions.c - what a session wants to know from its owner, and for how long it waits. */
#include "client/base/secret.h"
#include "client/core/borrow.h"
#include "client/core/vault.h"
#include "client/daemon/session-parts.h"
#include <glib/gi18n.h>
#include <glib/gstdio.h>

enum { QUESTIONS = 8, PATIENCE_S = 180 };

typedef struct {
    AditSession *session;
    guint        id, core_id;
    char        *key; /* NULL: the server asks */
    char        *text;
    gboolean     secret;
    guint        deadline;
} Question;

static void
question_free (gpointer data)
{
    Question *question = data;

    g_clear_handle_id (&question->deadline, g_source_remove);
    g_free (question->key);
    g_free (question->text);
    g_free (question);
}

void
session_forget_questions (AditSession *session)
{
    g_queue_clear_full (&session->questions, question_free);
}

static Question *
find (AditSession *session, guint id)
{
    for (GList *l = session->questions.head; l; l = l->next)
        if (((Question *) l->data)->id == id)
            return l->data;
    return NULL;
}

/* text NULL: there is no answer.  The question is over. */
static void
answer (Question *question, char *text)
{
    AditSession *session = question->session;
    guint        core_id = question->core_id;
    gboolean     gathers = question->key != NULL;

    g_queue_remove (&session->questions, question);
    question_free (question);
    if (gathers && session->gather)
        adit_gather_answer (session->gather, text);
    else if (session->phase == SESSION_RUNNING)
        adit_core_tunnel_answer (session->tunnel, core_id, text);
}

static gboolean
on_patience (gpointer user)
{
    Question    *question = user;
    AditSession *session  = adit_session_ref (question->session);

    question->deadline = 0;
    answer (question, NULL);
    adit_session_unref (session);
    return G_SOURCE_REMOVE;
}

static GVariant *
form (const Question *question)
{
    return g_variant_new ("(ussb)", question->id, question->key ? question->key : "",
                          question->text, question->secret);
}

void
session_ask (AditSession *session, const char *key, guint core_id, const char *text,
             gboolean secret)
{
    Question *question;

    if (g_queue_get_length (&session->questions) >= QUESTIONS) {
        if (session->tunnel)
            adit_core_tunnel_answer (session->tunnel, core_id, NULL);
        return;
    }
    question           = g_new0 (Question, 1);
    question->session  = session;
    question->id       = ++session->last_question;
    question->core_id  = core_id;
    question->key      = g_strdup (key);
    question->text     = adit_fault_text (text);
    question->secret   = secret;
    question->deadline = g_timeout_add_seconds (PATIENCE_S, on_patience, question);
    g_queue_push_tail (&session->questions, question);
    adit_audience_tell_user (session->audience, session->uid, "Question", form (question));
}

void
session_ask_again (AditSession *session, const char *name)
{
    for (GList *l = session->questions.head; l; l = l->next)
        adit_audience_tell_one (session->audience, name, "Question", form (l->data));
}

/* ---- answers ---- */

typedef struct {
    AditCall *call;
    guint     id;
    int       fd;
} Answer;

static void
fail_unknown (AditCall *call)
{
    GError *error = NULL;

    adit_fail (&error, ADIT_ERROR_PROFILE, _ ("Nobody waits for this answer any more."));
    adit_call_fail (call, error);
}

static void
on_read (gpointer user, AditKeyFile *file, GError *error)
{
    g_autofree Answer *it       = user;
    AditSession       *session  = it->call->data;
    Question          *question = find (session, it->id);

    g_close (it->fd, NULL);
    if (error) {
        adit_call_fail (it->call, error);
        return;
    }
    adit_keyfile_drop_line_end (file);
    if (question == NULL) {
        fail_unknown (it->call);
    } else {
        answer (question, file->text);
        adit_call_return (it->call, NULL);
    }
    adit_keyfile_clear (file);
}

void
session_answer (AditCall *call, guint id, int fd)
{
    Answer *it    = g_new0 (Answer, 1);
    GError *error = NULL;

    it->call = call;
    it->id   = id;
    it->fd   = fd;
    if (find (call->data, id) &&
        adit_borrow_fd (fd, ADIT_BORROW_STREAM, call->uid, _ ("The answer"), ADIT_VAULT_SECRET_MAX,
                        on_read, it, &error))
        return;
    g_close (fd, NULL);
    g_free (it);
    if (error)
        adit_call_fail (call, error);
    else
        fail_unknown (call);
}

void
session_refuse (AditCall *call, guint id)
{
    Question *question = find (call->data, id);

    if (question == NULL) {
        fail_unknown (call);
        return;
    }
    answer (question, NULL);
    adit_call_return (call, NULL);
}
