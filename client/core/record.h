/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h - one tunnel's log, kept until the next boot: DIR/NAME.log, 0600, and the same again as
 * NAME.log.1 when it grew too long. */
#pragma once
#include "client/base/log.h"

enum { ADIT_RECORD_BYTES = 128 << 10 }; /* of each of the two files */

typedef struct AditRecord AditRecord;

AditRecord *adit_record_open (const char *name); /* never NULL; without a file it keeps nothing */
void        adit_record_write (AditRecord *record, AditLogLevel level, const char *topic,
                               const char *text);
/* Hears each line as it is kept, without its line end. */
void adit_record_listen (AditRecord *record, void (*fn) (gpointer user, const char *line),
                         gpointer    user);
void adit_record_free (AditRecord *record);

/* Whose log it is from now on: root's goes on, anybody else's begins anew unless it was theirs. */
void  adit_record_hand_over (const char *name, guint uid);
guint adit_record_owner (const char *name); /* 0: root's, or there is none */

/* Everything that is kept, oldest first; g_free.  NULL: nothing is known of that name. */
char *adit_record_read (const char *name);
