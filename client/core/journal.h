/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.h - what a tunnel did to this host, one line per step, written before the step is done:
 * DIR/NAME.journal.  Whoever holds its lock owns it; the kernel drops the lock of a dead owner, so
 * anyone can then undo from the file alone. */
#pragma once
#include "client/core/step.h"

typedef struct AditJournal AditJournal;

/* A new one, or the one that a dead tunnel of that name left, when nothing but its guard is still
 * to be undone: that holds until the new one replaces it.  Fails when a live tunnel has it. */
AditJournal *adit_journal_new (const char *name, GError **error);
/* One that a dead process of this network namespace left.  NULL with no error: it is alive, gone,
 * or not ours to undo. */
AditJournal *adit_journal_inherit (const char *name, GError **error);

/* AditStep: what a tunnel of this network namespace did so far, live or dead; NULL: nothing. */
GPtrArray *adit_journal_peek (const char *name);

gboolean adit_journal_is_locked (const char *name); /* by a live tunnel */

/* Writes it down, and only then does it (but FILE and DNS, which the caller does next). */
gboolean adit_journal_do (AditJournal *journal, const AditStep *step, GError **error);
/* Takes one back and writes that down.  `step` may be one of adit_journal_steps. */
gboolean adit_journal_undo (AditJournal *journal, const AditStep *step, GError **error);
/* Does `next` in place of `old` (one of adit_journal_steps), whose kind changes in one go. */
gboolean adit_journal_replace (AditJournal *journal, const AditStep *old, const AditStep *next,
                               GError **error);
const GPtrArray *adit_journal_steps (const AditJournal *journal); /* AditStep, in order */

/* Undoes everything, newest first, going on after a failure; removes the file when nothing failed.
 * The first failure is the error. */
gboolean adit_journal_undo_all (AditJournal *journal, GError **error);
/* The same but for a guard: it holds, and the file stays as long as there is one. */
gboolean adit_journal_undo_but_guard (AditJournal *journal, GError **error);
/* Lets go of the lock; a file with steps stays for adit_remote_restore. */
void adit_journal_free (AditJournal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditJournal, adit_journal_free)
