/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* learn.h - routes to the addresses of domains that go through a tunnel or past it, learned as this
 * host is told them.  They stand in the tunnel's own tables, which one step of its journal covers.
 */
#pragma once
#include "client/base/profile.h"
#include "client/core/tunnel.h"

enum { ADIT_LEARN_MAX = 4096 }; /* addresses of one tunnel; the oldest goes */

typedef struct AditLearn AditLearn;

typedef enum {
    ADIT_LEARN_NOT, /* none of its domains */
    ADIT_LEARN_THROUGH,
    ADIT_LEARN_PAST,
} AditLearnWay;

/* The way of a name by the longest domain that it is or lies below; past wins a tie. */
AditLearnWay adit_learn_way (const AditProfile *profile, const char *name);

/* NULL: the profile names no domain. */
AditLearn *adit_learn_new (AditCoreTunnel *tunnel);
/* The tunnel's tables are there: listens from now on. */
void adit_learn_follow (AditLearn *learn);
/* Somebody was told an address of a name. */
void adit_learn_hear (AditLearn *learn, const char *name, const AditPrefix *address);
/* The tunnel's name servers are asked from now on: asks for the domains themselves. */
void adit_learn_ask (AditLearn *learn);
/* The guard was set anew, and knows nothing of what was learned. */
void  adit_learn_tell_again (const AditLearn *learn);
guint adit_learn_count (const AditLearn *learn); /* addresses it knows now */
void  adit_learn_free (AditLearn *learn);        /* NULL does nothing */
