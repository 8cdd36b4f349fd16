/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answers.h - which of a name's addresses a protocol gets when it asks: one that worked again, else
 * the next, since who asks again got no further with the last one. */
#pragma once
#include "client/base/packet.h"

enum { ADIT_ANSWERS_MAX = 64 }; /* names; the oldest is forgotten */

typedef struct AditAnswers AditAnswers;

AditAnswers *adit_answers_new (void);
void         adit_answers_free (AditAnswers *answers);
/* One of `found` (n > 0, in the order to be tried), borrowed from there. */
const AditEndpoint *adit_answers_choose (AditAnswers *answers, const char *host,
                                         const AditEndpoint *found, guint n);
/* The tunnel is up: what was given last is worth another try. */
void adit_answers_worked (AditAnswers *answers);
