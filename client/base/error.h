/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* error.h - one domain, one sentence for the person, a chain of causes for the log.
 * Codes are chosen by what happens next, not by where it broke. */
#pragma once
#include <glib.h>

typedef enum {
    ADIT_ERROR_PROFILE,     /* the profile says something impossible; edit it        */
    ADIT_ERROR_SECRET,      /* a secret is missing or was not given; ask again       */
    ADIT_ERROR_LOOKUP,      /* the server's name has no address                      */
    ADIT_ERROR_UNREACHABLE, /* nothing answered                                      */
    ADIT_ERROR_REFUSED,     /* the server answered and offers nothing we accept      */
    ADIT_ERROR_LOGIN,       /* the server did not accept who we are                  */
    ADIT_ERROR_IDENTITY,    /* we did not accept who the server is; never retried    */
    ADIT_ERROR_MALFORMED,   /* the server broke the protocol                         */
    ADIT_ERROR_LOST,        /* was up, then the server went silent or hung up        */
    ADIT_ERROR_SYSTEM,      /* this machine refused: permission, kernel, disk        */
    ADIT_ERROR_CANCELLED,   /* the person changed their mind                         */
    ADIT_ERROR_BUG,         /* cannot happen; please report                          */
} AditError;

enum { ADIT_N_ERRORS = ADIT_ERROR_BUG + 1 };

#define ADIT_ERROR (adit_error_quark ())
GQuark adit_error_quark (void);

/* Sets *error; always FALSE, so that `return adit_fail (...)` reads as one thought. */
gboolean adit_fail (GError **error, AditError code, const char *fmt, ...) G_GNUC_PRINTF (3, 4);

/* The same, with what lies beneath: takes `cause`. */
gboolean adit_fail_because (GError **error, GError *cause, AditError code, const char *fmt, ...)
    G_GNUC_PRINTF (4, 5);

/* The same, with strerror (number) as the cause. */
gboolean adit_fail_errno (GError **error, int number, AditError code, const char *fmt, ...)
    G_GNUC_PRINTF (4, 5);

const GError *adit_error_cause (const GError *error);

/* "The server did not accept the password.\n  because: CHAP failure 691\n  because: ..."; free with
 * g_free. */
char *adit_error_explain (const GError *error);

/* Stable name of a code for JSON, D-Bus and logs ("unreachable"), and back; FALSE: no such name. */
const char *adit_error_name (AditError code);
gboolean    adit_error_from_name (const char *name, AditError *code);

/* The exit status of `adit` for a code: 2, 3, 4, 4, 5, 3, 6, 7, 4, 8, 130, 70. */
int adit_error_exit_status (AditError code);

/* A cause nearest to the root may come from another process: builds the chain from its sentences,
 * first the person's.  NULL-terminated list, at least one. */
GError *adit_error_from_chain (AditError code, const char *const *sentences);
