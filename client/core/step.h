/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step.h - one change of this host, as data: a line of the journal says enough to undo it. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef enum {
    ADIT_STEP_FILE,    /* name: a path made by us, to be unlinked */
    ADIT_STEP_DEVICE,  /* name, kind, index (0: not known yet): a link of the kernel's */
    ADIT_STEP_SETTING, /* name: path below /proc/sys; value, before */
    ADIT_STEP_LINK,    /* index, mtu: up */
    ADIT_STEP_ADDRESS, /* index, prefix */
    ADIT_STEP_TABLE,   /* table: ours alone, routes come and go in it without a step */
    ADIT_STEP_ROUTE,   /* index (0: throw, or refused), prefix, table */
    ADIT_STEP_GROUP,   /* name: a control group of ours */
    ADIT_STEP_SPLIT,   /* name: tunnel; value: rules that mark its programs (net/steer.h) */
    ADIT_STEP_RULE,    /* of net/route.h: all of AditRule; of prefix the family */
    ADIT_STEP_DNS,     /* name: backend; index; interface; and what it is to say */
    ADIT_STEP_GUARD,   /* name: tunnel; mode: off, tunnel, always; value: rules (net/guard.h) */
    ADIT_N_STEPS,
} AditStepKind;

typedef struct {
    AditStepKind kind;
    guint        index, mtu;
    guint32      mark, mask, table, target, preference, uid_first, uid_last;
    gboolean     is_marked, has_users; /* of a rule */
    gboolean     is_refused;           /* of a route */
    AditPrefix   prefix;               /* of a rule only the family */
    char        *name, *value, *before, *mode;
    gboolean     exclusive; /* DNS: all names are asked here */
    char       **servers, **domains, **zones;
} AditStep;

AditStep *adit_step_new (AditStepKind kind);
void      adit_step_free (AditStep *step);
/* One line without its end; g_free. */
char *adit_step_format (const AditStep *step);
/* NULL: not a line that format wrote. */
AditStep *adit_step_parse (const char *line);
gboolean  adit_step_equal (const AditStep *a, const AditStep *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditStep, adit_step_free)
