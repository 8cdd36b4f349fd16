/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split.h - what telling programs, users and domains apart needs of this host while a tunnel lives:
 * its seat (plan.h), control groups as they come and go, whom numbers of users belong to, and
 * what else the tunnel's networks are.  What follows from it is the plan's. */
#pragma once
#include "client/core/plan.h"
#include "client/core/tunnel.h"

typedef struct AditSplit AditSplit;

/* Reads the profile, and takes a seat when it names programs or users. */
AditSplit *adit_split_new (AditCoreTunnel *tunnel, GError **error);
void       adit_split_free (AditSplit *split);

/* Fills its part of the facts; what they point to is the split's, but for `neighbours`. */
void adit_split_gather (AditSplit *split, AditPlanFacts *facts);
/* After each plan that was done: programs that run already, and those that start later. */
gboolean adit_split_follow (AditSplit *split, GError **error);
/* The steps were done anew, since all rules were gone: with them what is added while it is up. */
void adit_split_tell_again (AditSplit *split);
/* Says what the profile alone tells about whose networks these are, before anything is changed. */
void     adit_split_forewarn (AditSplit *split);
gboolean adit_split_said (const AditSplit *split, const char *warning);

/* Does it want to know what names this host was told of?  And then: it was told of one. */
gboolean adit_split_listens (const AditSplit *split);
void     adit_split_heard (AditSplit *split, const char *name, const AditPrefix *address);
/* The tunnel's name servers answer. */
void     adit_split_names_ready (AditSplit *split);
gboolean adit_split_has_seat (const AditSplit *split);
gboolean adit_split_has_family (const AditSplit *split, guint family); /* addresses of the tunnel */
/* May a host of a domain go through the tunnel, or past it, as far as other keys say? */
gboolean adit_split_may_learn (const AditSplit *split, const AditPrefix *host, gboolean past);

/* From now on this tunnel takes processes by adit_split_enter, too. */
gboolean adit_split_open (AditSplit *split, GError **error);

/* Of a tunnel of this process; NULL: it has none of that name. */
AditSplit *adit_split_of (const char *name);

/* ---- enter.c ---- */

/* Puts a process, and all that it starts from then on, into the running tunnel of that name, or
 * past it.  Needs root; the tunnel may be this process's own. */
gboolean adit_split_enter (const char *name, GPid pid, gboolean past, GError **error);
/* For `adit exec` run by root: enters, becomes the user who called sudo, and runs the command in
 * this process's place.  Returns only with an error. */
void adit_split_run (const char *name, gboolean past, const char *const *command, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditSplit, adit_split_free)
