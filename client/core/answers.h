/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answers.h - which of a name's addresses a protocol gets: the same for all that it wants there,
 * and the next when it wants the same thing again, since it got no further with the last one. */
#pragma once
#include "client/base/packet.h"

enum { ADIT_ANSWERS_MAX = 64 }; /* names; the oldest is forgotten */

typedef struct AditAnswers AditAnswers;

AditAnswers *adit_answers_new (void);
void         adit_answers_free (AditAnswers *answers);
/* One of `found` (n > 0, in the order to be tried), borrowed from there; ports do not count.
 * what: any number for what is wanted there, a kind of socket and a port. */
const AditEndpoint *adit_answers_choose (AditAnswers *answers, const char *host, guint32 what,
                                         const AditEndpoint *found, guint n);
/* This address of the name answered; it is where the rest is wanted too. */
void adit_answers_take (AditAnswers *answers, const char *host, guint32 what,
                        const AditEndpoint *winner);
/* The tunnel is up: what was given last is worth another try. */
void adit_answers_worked (AditAnswers *answers);

/* What the name was found to be, and what it was then; NULL: it never was found. */
void adit_answers_note (AditAnswers *answers, const char *host, const AditEndpoint *found, guint n);
const AditEndpoint *adit_answers_recall (const AditAnswers *answers, const char *host, guint *n);
