/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* retry.c - one row for each reason; waits double, and no two machines wait equally long. */
#include "client/core/retry.h"

typedef struct {
    guint first_ms;  /* after the first failure, … */
    guint second_ms; /* … the second, then twice as much each time, … */
    guint most_ms;   /* … up to this */
    guint times;     /* 0: never */
} Row;

enum { ALWAYS = G_MAXINT };

/* Chosen by what would be different the next time. */
static const Row rows[ADIT_N_ERRORS] = {
    [ADIT_ERROR_PROFILE]     = { 0, 0, 0, 0 },
    [ADIT_ERROR_SECRET]      = { 0, 0, 0, 0 },
    [ADIT_ERROR_LOOKUP]      = { 1000, 2000, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_UNREACHABLE] = { 1000, 2000, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_REFUSED]     = { 30000, 60000, ADIT_RETRY_SLOW_MS, ALWAYS },
    [ADIT_ERROR_LOGIN]       = { 0, 0, 0, 0 }, /* again is how accounts get locked */
    [ADIT_ERROR_IDENTITY]    = { 0, 0, 0, 0 },
    [ADIT_ERROR_MALFORMED]   = { 1000, 0, ADIT_RETRY_MOST_MS, 1 },
    [ADIT_ERROR_LOST]        = { 250, 1000, ADIT_RETRY_MOST_MS, ALWAYS },
    [ADIT_ERROR_SYSTEM]      = { 0, 250, ADIT_RETRY_MOST_MS, 8 }, /* a killed worker, too */
    [ADIT_ERROR_CANCELLED]   = { 0, 0, 0, 0 },
    [ADIT_ERROR_BUG]         = { 0, 250, ADIT_RETRY_MOST_MS, 4 },
};

static guint
doubled (const Row *row, guint failures)
{
    guint ms = row->second_ms;

    if (failures == 0)
        return row->first_ms;
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
