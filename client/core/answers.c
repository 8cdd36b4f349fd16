/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answers.c - the last answer for each name. */
#include "client/core/answers.h"
#include "client/base/prefix.h"

enum { WANTED_MAX = 16 };

typedef struct {
    char         *host;
    AditEndpoint  last; /* without a port */
    gboolean      has_worked;
    guint32       wanted[WANTED_MAX]; /* of it */
    guint         n_wanted;
    AditEndpoint *found;
    guint         n_found;
} Answer;

struct AditAnswers {
    GArray *all; /* Answer */
};

static void
answer_clear (gpointer data)
{
    g_free (((Answer *) data)->host);
    g_free (((Answer *) data)->found);
}

AditAnswers *
adit_answers_new (void)
{
    AditAnswers *answers = g_new (AditAnswers, 1);

    answers->all = g_array_new (FALSE, TRUE, sizeof (Answer));
    g_array_set_clear_func (answers->all, answer_clear);
    return answers;
}

void
adit_answers_free (AditAnswers *answers)
{
    if (answers == NULL)
        return;
    g_array_unref (answers->all);
    g_free (answers);
}

/* NULL: not there. */
static Answer *
find (const AditAnswers *answers, const char *host)
{
    for (guint i = 0; i < answers->all->len; i++) {
        Answer *answer = &g_array_index (answers->all, Answer, i);

        if (g_ascii_strcasecmp (answer->host, host) == 0)
            return answer;
    }
    return NULL;
}

static Answer *
find_or_add (AditAnswers *answers, const char *host)
{
    Answer *answer = find (answers, host);
    Answer  fresh  = { .host = NULL };

    if (answer)
        return answer;
    if (answers->all->len == ADIT_ANSWERS_MAX)
        g_array_remove_index (answers->all, 0);
    fresh.host = g_strdup (host);
    g_array_append_val (answers->all, fresh);
    return &g_array_index (answers->all, Answer, answers->all->len - 1);
}

static AditEndpoint
without_port (const AditEndpoint *endpoint)
{
    AditEndpoint bare = *endpoint;

    bare.port = 0;
    return bare;
}

/* Where it stands now; n: nowhere any more. */
static guint
position (const Answer *answer, const AditEndpoint *found, guint n)
{
    for (guint i = 0; i < n; i++) {
        AditEndpoint bare = without_port (&found[i]);

        if (adit_endpoint_equal (&bare, &answer->last))
            return i;
    }
    return n;
}

static gboolean
is_wanted (const Answer *answer, guint32 what)
{
    for (guint i = 0; i < answer->n_wanted; i++)
        if (answer->wanted[i] == what)
            return TRUE;
    return FALSE;
}

static void
want (Answer *answer, guint32 what)
{
    if (!is_wanted (answer, what) && answer->n_wanted < WANTED_MAX)
        answer->wanted[answer->n_wanted++] = what;
}

const AditEndpoint *
adit_answers_choose (AditAnswers *answers, const char *host, guint32 what,
                     const AditEndpoint *found, guint n)
{
    Answer  *answer = find_or_add (answers, host);
    guint    at     = position (answer, found, n);
    gboolean again  = is_wanted (answer, what);

    if (at == n)
        at = 0;
    else if (again && !answer->has_worked)
        at = (at + 1) % n;
    if (again || at != position (answer, found, n)) {
        answer->n_wanted   = 0;
        answer->has_worked = FALSE;
    }
    answer->last = without_port (&found[at]);
    want (answer, what);
    return &found[at];
}

void
adit_answers_take (AditAnswers *answers, const char *host, guint32 what, const AditEndpoint *winner)
{
    Answer *answer = find_or_add (answers, host);

    answer->last       = without_port (winner);
    answer->has_worked = FALSE;
    answer->n_wanted   = 0;
    want (answer, what);
}

void
adit_answers_worked (AditAnswers *answers)
{
    for (guint i = 0; i < answers->all->len; i++)
        g_array_index (answers->all, Answer, i).has_worked = TRUE;
}

void
adit_answers_note (AditAnswers *answers, const char *host, const AditEndpoint *found, guint n)
{
    Answer *answer = find_or_add (answers, host);

    g_free (answer->found);
    answer->found   = g_memdup2 (found, n * sizeof *found);
    answer->n_found = n;
}

const AditEndpoint *
adit_answers_recall (const AditAnswers *answers, const char *host, guint *n)
{
    const Answer *answer = find (answers, host);

    *n = answer ? answer->n_found : 0;
    return *n ? answer->found : NULL;
}
