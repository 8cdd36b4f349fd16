/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* error.c - the one error domain and its chain of causes. */
#include "client/base/error.h"

typedef struct {
    GError *cause;
} AditErrorPrivate;

static void
adit_error_private_init (AditErrorPrivate *priv)
{
    priv->cause = NULL;
}

static void
adit_error_private_copy (const AditErrorPrivate *src, AditErrorPrivate *dest)
{
    dest->cause = src->cause ? g_error_copy (src->cause) : NULL;
}

static void
adit_error_private_clear (AditErrorPrivate *priv)
{
    g_clear_error (&priv->cause);
}

G_DEFINE_EXTENDED_ERROR (AditError, adit_error)

static gboolean G_GNUC_PRINTF (4, 0)
    fail (GError **error, GError *cause, AditError code, const char *fmt, va_list args)
{
    if (error == NULL)
        g_clear_error (&cause);
    else {
        g_assert (*error == NULL);
        *error = g_error_new_valist (ADIT_ERROR, (int) code, fmt, args);
        adit_error_get_private (*error)->cause = cause;
    }
    return FALSE;
}

gboolean
adit_fail (GError **error, AditError code, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    fail (error, NULL, code, fmt, args);
    va_end (args);
    return FALSE;
}

gboolean
adit_fail_because (GError **error, GError *cause, AditError code, const char *fmt, ...)
{
    va_list args;

    va_start (args, fmt);
    fail (error, cause, code, fmt, args);
    va_end (args);
    return FALSE;
}

const GError *
adit_error_cause (const GError *error)
{
    if (error->domain != ADIT_ERROR)
        return NULL;
    return adit_error_get_private (error)->cause;
}

char *
adit_error_explain (const GError *error)
{
    GString *text = g_string_new (error->message);

    while ((error = adit_error_cause (error)))
        g_string_append_printf (text, "\n  because: %s", error->message);
    return g_string_free (text, FALSE);
}

gboolean
adit_fail_errno (GError **error, int number, AditError code, const char *fmt, ...)
{
    GError *cause = NULL;
    va_list args;

    g_set_error_literal (&cause, ADIT_ERROR, ADIT_ERROR_SYSTEM, g_strerror (number));
    va_start (args, fmt);
    fail (error, cause, code, fmt, args);
    va_end (args);
    return FALSE;
}

GError *
adit_error_from_chain (AditError code, const char *const *sentences)
{
    GError *chain = NULL;

    for (guint i = g_strv_length ((char **) sentences); i-- > 0;) {
        GError *outer = NULL;

        adit_fail_because (&outer, chain, code, "%s", sentences[i]);
        chain = outer;
    }
    return chain;
}

static const struct {
    const char *name;
    int         exit_status;
} codes[ADIT_N_ERRORS] = {
    [ADIT_ERROR_PROFILE]     = { "profile", 2 },
    [ADIT_ERROR_SECRET]      = { "secret", 3 },
    [ADIT_ERROR_LOOKUP]      = { "lookup", 4 },
    [ADIT_ERROR_UNREACHABLE] = { "unreachable", 4 },
    [ADIT_ERROR_REFUSED]     = { "refused", 5 },
    [ADIT_ERROR_LOGIN]       = { "login", 3 },
    [ADIT_ERROR_IDENTITY]    = { "identity", 6 },
    [ADIT_ERROR_MALFORMED]   = { "malformed", 7 },
    [ADIT_ERROR_LOST]        = { "lost", 4 },
    [ADIT_ERROR_SYSTEM]      = { "system", 8 },
    [ADIT_ERROR_CANCELLED]   = { "cancelled", 130 },
    [ADIT_ERROR_BUG]         = { "bug", 70 },
};

const char *
adit_error_name (AditError code)
{
    return (guint) code < ADIT_N_ERRORS ? codes[code].name : "bug";
}

gboolean
adit_error_from_name (const char *name, AditError *code)
{
    for (guint i = 0; i < ADIT_N_ERRORS; i++)
        if (g_str_equal (codes[i].name, name)) {
            *code = (AditError) i;
            return TRUE;
        }
    return FALSE;
}

int
adit_error_exit_status (AditError code)
{
    return (guint) code < ADIT_N_ERRORS ? codes[code].exit_status : 70;
}
