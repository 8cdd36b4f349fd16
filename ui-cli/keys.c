/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keys.c - what a key of a profile may be, in words. */
#include "ui-cli/keys.h"
#include <glib/gi18n.h>
#include <string.h>

static char *
words_of (const char *range, const char *between)
{
    g_auto (GStrv) words = g_strsplit (range ? range : "", "|", -1);

    return g_strjoinv (between, words);
}

/* "auto|off|1..9" */
static char *
number (const char *range)
{
    const char *bar        = range ? strrchr (range, '|') : NULL;
    const char *span       = bar ? bar + 1 : range;
    g_auto (GStrv) ends    = g_strsplit (span ? span : "", "..", 2);
    g_autofree char *other = bar ? g_strndup (range, (gsize) (bar - range)) : NULL;
    g_autofree char *words = other ? words_of (other, ", ") : NULL;

    if (ends[0] == NULL || ends[1] == NULL)
        return g_strdup (_ ("a number"));
    if (words)
        return g_strdup_printf (_ ("%s, or %s to %s"), words, ends[0], ends[1]);
    return g_strdup_printf (_ ("%s to %s"), ends[0], ends[1]);
}

static char *
server (const char *range)
{
    if (range == NULL)
        return g_strdup (_ ("name or address"));
    if (strcmp (range, "0") == 0)
        return g_strdup (_ ("name or address, with :port"));
    return g_strdup (_ ("name or address, :port if you like"));
}

char *
cli_key_values (const AditField *field)
{
    switch (field->type) {
    case ADIT_FIELD_TEXT:
        return g_strdup (field->range ? _ ("one word") : _ ("text"));
    case ADIT_FIELD_SECRET:
        return g_strdup (_ ("secret text"));
    case ADIT_FIELD_NUMBER:
        return number (field->range);
    case ADIT_FIELD_FLAG:
        return g_strdup (_ ("yes, no"));
    case ADIT_FIELD_CHOICE:
        return words_of (field->range, ", ");
    case ADIT_FIELD_CHOICES: {
        g_autofree char *words = words_of (field->range, ", ");

        return g_strdup_printf (_ ("list of %s"), words);
    }
    case ADIT_FIELD_SERVER:
        return server (field->range);
    case ADIT_FIELD_SERVERS:
        return g_strdup (_ ("list of names or addresses"));
    case ADIT_FIELD_ADDRESSES:
        return g_strdup (_ ("list of addresses with length"));
    case ADIT_FIELD_PREFIXES:
        return g_strdup (_ ("list of networks"));
    case ADIT_FIELD_IPS:
        return g_strdup (_ ("list of addresses"));
    case ADIT_FIELD_NAMES:
        return g_strdup (_ ("list of names"));
    case ADIT_FIELD_KEY:
        return g_strdup_printf (_ ("%s bytes in base64"), field->range);
    case ADIT_FIELD_SECRET_KEY:
        return g_strdup_printf (_ ("secret, %s bytes in base64"), field->range);
    case ADIT_FIELD_FILE:
        return g_strdup (_ ("path of a file"));
    case ADIT_N_FIELD_TYPES:
        break;
    }
    return g_strdup ("");
}
