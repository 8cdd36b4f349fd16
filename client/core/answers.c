/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answers.c - the last answer for each name. */
#include "client/core/answers.h"
#include "client/base/prefix.h"

typedef struct {
    char        *host;
    AditEndpoint last;
    gboolean     has_worked;
} Answer;

struct AditAnswers {
    GArray *all; /* Answer */
};

static void
answer_clear (gpointer data)
{
    g_free (((Answer *) data)->host);
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

static Answer *
find (AditAnswers *answers, const char *host)
{
    Answer fresh = { .host = NULL };

    for (guint i = 0; i < answers->all->len; i++) {
        Answer *answer = &g_array_index (answers->all, Answer, i);

        if (g_ascii_strcasecmp (answer->host, host) == 0)
            return answer;
    }
    if (answers->all->len == ADIT_ANSWERS_MAX)
        g_array_remove_index (answers->all, 0);
    fresh.host = g_strdup (host);
    g_array_append_val (answers->all, fresh);
    return &g_array_index (answers->all, Answer, answers->all->len - 1);
}

/* Where it stands now; n: nowhere any more. */
static guint
position (const Answer *answer, const AditEndpoint *found, guint n)
{
    for (guint i = 0; i < n; i++)
        if (adit_endpoint_equal (&found[i], &answer->last))
            return i;
    return n;
}

const AditEndpoint *
adit_answers_choose (AditAnswers *answers, const char *host, const AditEndpoint *found, guint n)
{
    Answer *answer = find (answers, host);
    guint   at     = position (answer, found, n);

    if (at == n)
        at = 0;
    else if (!answer->has_worked)
        at = (at + 1) % n;
    answer->last       = found[at];
    answer->has_worked = FALSE;
    return &found[at];
}

void
adit_answers_worked (AditAnswers *answers)
{
    for (guint i = 0; i < answers->all->len; i++)
        g_array_index (answers->all, Answer, i).has_worked = TRUE;
}
