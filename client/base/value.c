/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.c - one judge per type of field. */
#include "client/base/value.h"
#include "client/base/prefix.h"
#include "client/base/secret.h"
#include <glib/gi18n.h>
#include <string.h>

enum { SHOWN = 48, KEY_MAX = 512, NAME_MAX_BYTES = 255 };

gboolean
adit_value_number (const char *value, guint64 *out)
{
    gboolean hex   = g_str_has_prefix (value, "0x");
    guint    base  = hex ? 16 : 10;
    guint64  total = 0;

    value += hex ? 2 : 0;
    if (*value == '\0')
        return FALSE;
    for (; *value; value++) {
        int digit = hex ? g_ascii_xdigit_value (*value) : g_ascii_digit_value (*value);

        if (digit < 0 || total > (G_MAXUINT64 - (guint) digit) / base)
            return FALSE;
        total = total * base + (guint) digit;
    }
    *out = total;
    return TRUE;
}

gboolean
adit_value_flag (const char *value, gboolean *out)
{
    *out = strcmp (value, "yes") == 0;
    return *out || strcmp (value, "no") == 0;
}

char **
adit_value_list (const char *value)
{
    char **list = g_strsplit (value, ",", -1);

    for (char **item = list; *item; item++)
        g_strstrip (*item);
    if (list[0] && list[1] == NULL && *list[0] == '\0') {
        g_free (list[0]);
        list[0] = NULL;
    }
    return list;
}

gboolean
adit_value_word (const char *value, gsize most)
{
    gsize len = strlen (value);

    if (len == 0 || len > most || value[0] == '.' || value[0] == '-')
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum (value[i]) && strchr ("-_.", value[i]) == NULL)
            return FALSE;
    return TRUE;
}

/* 0 to 63, or a value with bit 8 set; no branch or table tells which.  RFC 4648 4 */
static guint
sextet (guint c)
{
    guint v = 0x100;

#define IN(first, last) ((((first) -1 - c) & (c - (last) -1)) >> 31)
#define WHEN(inside, result) v = (v & ~(0u - (inside))) | ((0u - (inside)) & (result))
    WHEN (IN ('A', 'Z'), c - 'A');
    WHEN (IN ('a', 'z'), c - 'a' + 26);
    WHEN (IN ('0', '9'), c - '0' + 52);
    WHEN (IN ('+', '+'), 62);
    WHEN (IN ('/', '/'), 63);
#undef IN
#undef WHEN
    return v;
}

gboolean
adit_value_key (const char *value, guint8 *out, gsize size)
{
    gsize   n_chars = (size + 2) / 3 * 4, used = (size * 8 + 5) / 6;
    guint   wrong = 0, held = 0, n_bits = 0;
    guint8 *at = out;

    if (out)
        memset (out, 0, size);
    if (strlen (value) != n_chars)
        return FALSE;
    for (gsize i = 0; i < used; i++) {
        guint v = sextet ((guint8) value[i]);

        wrong |= v >> 8;
        held = held << 6 | (v & 0x3f);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            if (at)
                *at++ = (guint8) (held >> n_bits);
            held &= (1u << n_bits) - 1;
        }
    }
    wrong |= held; /* bits that no byte has must be zero */
    for (gsize i = used; i < n_chars; i++)
        wrong |= value[i] != '=';
    adit_wipe (&held, sizeof held);
    if (wrong && out)
        adit_wipe (out, size);
    return wrong == 0;
}

/* What a person sees of a value: one line, not too long. */
static char *
shown (const char *value)
{
    GString *text = g_string_new (NULL);
    guint    n    = 0;

    for (; *value && n < SHOWN; value = g_utf8_next_char (value), n++) {
        gunichar c = g_utf8_get_char (value);

        g_string_append_unichar (text, g_unichar_iscntrl (c) ? '?' : c);
    }
    if (*value)
        g_string_append (text, "…");
    return g_string_free (text, FALSE);
}

static gboolean
is_among (const char *range, const char *word)
{
    g_auto (GStrv) words = g_strsplit (range, "|", -1);

    return g_strv_contains ((const char *const *) words, word);
}

static char *
judge_number (const AditField *f, const char *value)
{
    const char *span       = f->range ? strrchr (f->range, '|') : NULL;
    const char *limits     = span ? span + 1 : f->range;
    g_auto (GStrv) ends    = g_strsplit (limits ? limits : "0..18446744073709551615", "..", 2);
    g_autofree char *see   = shown (value);
    g_autofree char *words = span ? g_strndup (f->range, (gsize) (span - f->range)) : NULL;
    guint64          v, least = 0, most = G_MAXUINT64;

    adit_value_number (ends[0], &least);
    if (ends[0] && ends[1])
        adit_value_number (ends[1], &most);
    if ((words && is_among (words, value)) ||
        (adit_value_number (value, &v) && v >= least && v <= most))
        return NULL;
    if (words) {
        g_auto (GStrv) parts  = g_strsplit (words, "|", -1);
        g_autofree char *list = g_strjoinv (", ", parts);

        return g_strdup_printf (_ ("`%s` is %s; it must be %s, or a number from %s to %s."), f->key,
                                see, list, ends[0], ends[1] ? ends[1] : ends[0]);
    }
    return g_strdup_printf (_ ("`%s` is %s; it must be between %s and %s."), f->key, see, ends[0],
                            ends[1] ? ends[1] : ends[0]);
}

static char *
judge_choice (const AditField *f, const char *value)
{
    g_auto (GStrv) words  = g_strsplit (f->range ? f->range : "", "|", -1);
    g_autofree char *list = g_strjoinv (", ", words);
    g_autofree char *see  = shown (value);

    if (g_strv_contains ((const char *const *) words, value))
        return NULL;
    return g_strdup_printf (_ ("`%s` is %s; it must be one of %s."), f->key, see, list);
}

static char *
judge_flag (const AditField *f, const char *value)
{
    g_autofree char *see = shown (value);
    gboolean         v;

    if (adit_value_flag (value, &v))
        return NULL;
    return g_strdup_printf (_ ("`%s` is %s; it must be yes or no."), f->key, see);
}

/* range: NULL no port, "any" with or without, a number: the port when none is given, "0": none. */
static char *
judge_server (const AditField *f, const char *value)
{
    g_autofree char *see  = shown (value);
    g_autofree char *host = NULL;
    gboolean         any  = g_strcmp0 (f->range, "any") == 0;
    guint64          port = 0;
    guint16          found;

    if (f->range == NULL || any)
        port = 1;
    else
        adit_value_number (f->range, &port);
    if (adit_server_parse (value, (guint16) port, &host, &found) &&
        (f->range != NULL || found == 1))
        return NULL;
    if (f->range == NULL)
        return g_strdup_printf (_ ("`%s` is %s; it must be a name, an IPv4 address or an IPv6 "
                                   "address in [brackets]."),
                                f->key, see);
    if (port == 0)
        return g_strdup_printf (_ ("`%s` is %s; it must be a name, an IPv4 address or an IPv6 "
                                   "address in [brackets], then a colon and a port."),
                                f->key, see);
    return g_strdup_printf (_ ("`%s` is %s; it must be a name, an IPv4 address or an IPv6 address "
                               "in [brackets], perhaps with a colon and a port."),
                            f->key, see);
}

static char *
judge_address (const AditField *f, const char *value)
{
    g_autofree char *see = shown (value);
    AditPrefix       prefix;

    if (adit_prefix_parse (value, &prefix))
        return NULL;
    return g_strdup_printf (
        _ ("`%s` has %s; it must be an IPv4 or IPv6 address with a length, like "
           "10.0.0.7/24."),
        f->key, see);
}

static char *
judge_ip (const AditField *f, const char *value)
{
    g_autofree char *see = shown (value);
    AditPrefix       prefix;

    if (strchr (value, '/') == NULL && adit_prefix_parse (value, &prefix))
        return NULL;
    return g_strdup_printf (_ ("`%s` has %s; it must be an IPv4 or IPv6 address."), f->key, see);
}

static char *
judge_name (const AditField *f, const char *value)
{
    g_autofree char *see = shown (value);

    if (*value && strlen (value) <= NAME_MAX_BYTES && strpbrk (value, " \t\"'\\$`") == NULL)
        return NULL;
    return g_strdup_printf (_ ("`%s` has %s; it must be one word of at most 255 bytes."), f->key,
                            see);
}

static char *
judge_key (const AditField *f, const char *value)
{
    guint64 size = 0;

    if (f->range == NULL || !adit_value_number (f->range, &size) || size > KEY_MAX)
        return g_strdup_printf (_ ("`%s` has no length in this version of adit."), f->key);
    if (adit_value_key (value, NULL, (gsize) size))
        return NULL;
    return g_strdup_printf (_ ("`%s` is not a key; it must be %s bytes in base64, %u characters."),
                            f->key, f->range, (guint) ((size + 2) / 3 * 4));
}

static char *
judge_text (const AditField *f, const char *value)
{
    g_autofree char *see  = shown (value);
    guint64          most = 0;

    if (f->range == NULL || !adit_value_number (f->range, &most))
        return NULL;
    if (adit_value_word (value, (gsize) most))
        return NULL;
    return g_strdup_printf (_ ("`%s` is %s; it must be a word of at most %s letters, digits, dots, "
                               "dashes and underscores, and start with a letter or digit."),
                            f->key, see, f->range);
}

static const struct {
    char *(*judge) (const AditField *, const char *);
    gboolean list, may_be_empty;
} types[ADIT_N_FIELD_TYPES] = {
    [ADIT_FIELD_TEXT]       = { judge_text, FALSE, TRUE },
    [ADIT_FIELD_SECRET]     = { NULL, FALSE, TRUE },
    [ADIT_FIELD_NUMBER]     = { judge_number, FALSE, FALSE },
    [ADIT_FIELD_FLAG]       = { judge_flag, FALSE, FALSE },
    [ADIT_FIELD_CHOICE]     = { judge_choice, FALSE, FALSE },
    [ADIT_FIELD_CHOICES]    = { judge_choice, TRUE, TRUE },
    [ADIT_FIELD_SERVER]     = { judge_server, FALSE, FALSE },
    [ADIT_FIELD_SERVERS]    = { judge_server, TRUE, TRUE },
    [ADIT_FIELD_ADDRESSES]  = { judge_address, TRUE, TRUE },
    [ADIT_FIELD_PREFIXES]   = { judge_address, TRUE, TRUE },
    [ADIT_FIELD_IPS]        = { judge_ip, TRUE, TRUE },
    [ADIT_FIELD_NAMES]      = { judge_name, TRUE, TRUE },
    [ADIT_FIELD_KEY]        = { judge_key, FALSE, FALSE },
    [ADIT_FIELD_SECRET_KEY] = { judge_key, FALSE, FALSE },
    [ADIT_FIELD_FILE]       = { NULL, FALSE, FALSE },
};

static char *
judge_list (const AditField *f, const char *value)
{
    g_auto (GStrv) items = adit_value_list (value);

    for (char **item = items; *item; item++) {
        char *wrong = **item ? types[f->type].judge (f, *item)
                             : g_strdup_printf (_ ("`%s` has a comma too many."), f->key);

        if (wrong)
            return wrong;
    }
    return NULL;
}

char *
adit_value_judge (const AditField *field, const char *value)
{
    g_return_val_if_fail (field->type < ADIT_N_FIELD_TYPES, NULL);
    if (*value == '\0') {
        if (types[field->type].may_be_empty && !(field->type == ADIT_FIELD_TEXT && field->range))
            return NULL;
        return g_strdup_printf (_ ("`%s` has no value; give it one or remove the line."),
                                field->key);
    }
    if (types[field->type].list)
        return judge_list (field, value);
    return types[field->type].judge ? types[field->type].judge (field, value) : NULL;
}
