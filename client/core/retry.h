/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* retry.h - whether and when a tunnel that ended is tried again.  Pure: why it ended, how often in
 * a row it did, and chance decide. */
#pragma once
#include "client/base/error.h"

enum {
    ADIT_RETRY_MOST_MS  = 60000,  /* between two attempts, whatever their number */
    ADIT_RETRY_SLOW_MS  = 600000, /* the same after a refusal: nothing changes there in minutes */
    ADIT_RETRY_STEADY_S = 30,     /* so long up, and the failures before no longer count */
};

#define ADIT_RETRY_NEVER G_MAXUINT

/* Milliseconds to wait, or ADIT_RETRY_NEVER.  `failures`: tries in a row that failed before this
 * one; random: any number. */
guint adit_retry_delay_ms (AditError code, guint failures, guint32 random);
