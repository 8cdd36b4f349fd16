/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* retry.c - one row for each reason; waits double, and no two machines wait equally long. */
#include "client/core/retry.h"

typedef struct {
    guint first_ms; /* after the first failure; then from STEP_MS on twice as much each time */
    guint most_ms;
    guint times; /* 0: never */
} Row;

enum { STEP_MS = 1000, ALWAYS = G_MAXINT };

/* Chosen by what would be different the next time. */
static const Row rows[ADIT_N_ERRORS] = {
    [ADIT_ERROR_PROFILE]     = { 0, 0, 0 },
    [ADIT_ERROR_SECRET]      = { 0, 0, 0 },
    [ADIT_ERROR_LOOKUP]      = { STEP_MS, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_UNREACHABLE] = { STEP_MS, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_REFUSED]     = { 30000, ADIT_RETRY_SLOW_MS, ALWAYS },
    [ADIT_ERROR_LOGIN]       = { 0, 0, 0 }, /* again is how accounts get locked */
    [ADIT_ERROR_IDENTITY]    = { 0, 0, 0 },
    [ADIT_ERROR_MALFORMED]   = { STEP_MS, STEP_MS, 1 },
    [ADIT_ERROR_LOST]        = { 250, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_SYSTEM]      = { 0, ADIT_RETRY_MOST_MS, 8 }, /* a worker that was killed, too */
    [ADIT_ERROR_CANCELLED]   = { 0, 0, 0 },
    [ADIT_ERROR_BUG]         = { 0, ADIT_RETRY_MOST_MS, 3 },
};

static guint
doubled (const Row *row, guint failures)
{
    guint ms = MAX (row->first_ms, STEP_MS);

    if (failures == 0)
        return row->first_ms;
    if (row->first_ms >= STEP_MS)
        failures++;
    while (--failures && ms < row->most_ms)
        ms *= 2;
    return MIN (ms, row->most_ms);
}

/* A quarter more or less. */
static guint
jittered (guint ms, guint32 random)
{
    return ms - ms / 4 + (guint) ((guint64) (ms / 2) * random / G_MAXUINT32);
}

guint
adit_retry_delay_ms (AditError code, guint failures, guint32 random)
{
    const Row *row = (guint) code < ADIT_N_ERRORS ? &rows[code] : &rows[ADIT_ERROR_BUG];

    if (failures >= row->times)
        return ADIT_RETRY_NEVER;
    return MIN (jittered (doubled (row, failures), random), row->most_ms);
}
