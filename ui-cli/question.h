/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* question.h - asks the person on the controlling terminal, whatever standard input is.  What is
 * typed to a secret question is not shown.  The main loop goes on meanwhile. */
#pragma once
#include "client/base/error.h"

typedef struct CliQuestion CliQuestion;

/* answer NULL: there is no terminal, or its end was typed.  Borrowed, wiped afterwards. */
typedef void (*CliAnswerFn) (gpointer user, const char *answer);

CliQuestion *cli_question_new (const char *text, gboolean secret, CliAnswerFn fn, gpointer user);
/* Takes the question back and leaves the terminal as it was; fn is not called. */
void cli_question_free (CliQuestion *question);

/* Is there a terminal? */
gboolean cli_can_ask (void);
/* The same at once, ended by SIGINT or SIGTERM; adit_wipe_string the answer. */
char *cli_ask (const char *text, gboolean secret, GError **error);
