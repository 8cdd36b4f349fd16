/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* syntax.c - a profile's text to its parts and back.  What the keys are is not known here. */
#include "client/base/profile-parts.h"
#include "client/base/secret.h"
#include <glib/gi18n.h>
#include <string.h>

enum { NAME_MAX_LEN = 255 };

typedef struct {
    AditProfile *profile;
    AditSection *section;
    GString     *above; /* comment and empty lines not yet given to anything */
    const char  *file;
    guint        line;
} Parser;

static gboolean
fail_here (const Parser *p, GError **error, const char *sentence)
{
    g_autofree char *place = adit_place_format (p->file, p->line);

    return adit_fail (error, ADIT_ERROR_PROFILE, "%s: %s", place, sentence);
}

static gboolean
is_blank (char c)
{
    return c == ' ' || c == '\t';
}

static const char *
skip_blanks (const char *at, const char *end)
{
    while (at < end && is_blank (*at))
        at++;
    return at;
}

static const char *
trim_end (const char *start, const char *end)
{
    while (end > start && is_blank (end[-1]))
        end--;
    return end;
}

/* The # that follows white space and so begins a comment, or `end`; a byte comes before start. */
static const char *
find_comment (const char *start, const char *end)
{
    for (const char *at = start; at < end; at++)
        if (*at == '#' && is_blank (at[-1]))
            return at;
    return end;
}

/* What may stand behind a value or a header: nothing, or white space and a comment. */
static gboolean
parse_behind (const char *at, const char *end, char **behind)
{
    const char *mark = skip_blanks (at, end);

    if (mark < end && (*mark != '#' || mark == at))
        return FALSE;
    *behind = mark < end ? g_strndup (at, (gsize) (end - at)) : NULL;
    return TRUE;
}

/* "…" with \" and \\ inside; at: behind the opening quote, moves behind the closing one. */
static char *
parse_quoted (const char **at, const char *end)
{
    char *value = g_malloc ((gsize) (end - *at) + 1), *out = value;

    for (const char *c = *at; c < end; c++) {
        if (*c == '"') {
            *out = '\0';
            *at  = c + 1;
            return value;
        }
        if (*c == '\\' && ++c < end && *c != '"' && *c != '\\')
            break;
        if (c < end)
            *out++ = *c;
    }
    *out = '\0';
    adit_wipe_string (value);
    return NULL;
}

static gboolean
parse_value (Parser *p, const char *at, const char *end, char **value, char **behind,
             GError **error)
{
    const char *raw = at;

    at = skip_blanks (at, end);
    if (at == end || *at != '"') {
        const char *comment = find_comment (at, end);
        const char *stop    = trim_end (at, comment);

        *value  = g_strndup (at, (gsize) (stop - at));
        raw     = stop > at ? stop : raw;
        *behind = comment < end ? g_strndup (raw, (gsize) (end - raw)) : NULL;
        return TRUE;
    }
    at++;
    *value = parse_quoted (&at, end);
    if (*value == NULL)
        return fail_here (p, error,
                          _ ("the quoted value does not end, or has a backslash before something "
                             "other than \" and \\."));
    if (parse_behind (at, end, behind))
        return TRUE;
    adit_wipe_string (g_steal_pointer (value));
    return fail_here (p, error, _ ("only white space and a # comment may follow a quoted value."));
}

static char *
take_above (Parser *p)
{
    char *above = p->above->len ? g_strdup (p->above->str) : NULL;

    adit_wipe (p->above->str, p->above->len);
    g_string_truncate (p->above, 0);
    return above;
}

static gboolean
key_ok (const char *key)
{
    for (const char *c = key; *c; c++)
        if (!g_ascii_isalnum (*c) && strchr ("-_.", *c) == NULL)
            return FALSE;
    return *key != '\0' && strlen (key) <= NAME_MAX_LEN;
}

static gboolean
parse_key (Parser *p, const char *start, const char *equals, const char *end, GError **error)
{
    g_autofree char *key   = g_strndup (start, (gsize) (trim_end (start, equals) - start));
    g_autofree char *place = adit_place_format (p->file, p->line);
    char            *value = NULL, *behind = NULL;
    AditEntry       *entry;

    if (!key_ok (key))
        return fail_here (p, error,
                          _ ("a key is made of letters, digits and dashes, and stands alone before "
                             "the equals sign."));
    if (p->section == NULL)
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("%s: `%s` stands before the first [section]; begin with [connection]."), place, key);
    entry = g_hash_table_lookup (p->section->by_key, key);
    if (entry)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: `%s` is there already, in line %u; remove one of them."), place,
                          key, entry->line);
    if (!parse_value (p, equals + 1, end, &value, &behind, error))
        return FALSE;
    entry         = adit_section_add (p->section, g_steal_pointer (&key), value, p->line);
    entry->behind = behind;
    entry->above  = take_above (p);
    return TRUE;
}

/* Words apart by one space, or NULL. */
static char *
parse_name (const char *at, const char *end)
{
    GString *name = g_string_new (NULL);

    for (at = skip_blanks (at, end); at < end; at++) {
        if (strchr ("[\"#", *at) || name->len > NAME_MAX_LEN) {
            g_string_free (name, TRUE);
            return NULL;
        }
        if (!is_blank (*at))
            g_string_append_c (name, *at);
        else if (at + 1 < end && !is_blank (at[1]))
            g_string_append_c (name, ' ');
    }
    return g_string_free (name, name->len == 0);
}

static gboolean
parse_header (Parser *p, const char *at, const char *end, GError **error)
{
    const char      *close  = memchr (at, ']', (gsize) (end - at));
    g_autofree char *name   = close ? parse_name (at, close) : NULL;
    g_autofree char *behind = NULL;
    AditSection     *section;

    if (name == NULL || !parse_behind (close + 1, end, &behind))
        return fail_here (
            p, error, _ ("a section is words in brackets, like [connection], alone on its line."));
    section = adit_profile_find (p->profile, name);
    if (section) {
        g_autofree char *place = adit_place_format (p->file, p->line);

        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: [%s] is there already, in line %u; move its keys there."), place,
                          name, section->line);
    }
    p->section         = adit_profile_add_section (p->profile, name, p->line);
    p->section->above  = take_above (p);
    p->section->behind = g_steal_pointer (&behind);
    return TRUE;
}

static gboolean
parse_line (Parser *p, const char *start, const char *end, GError **error)
{
    const char *equals;

    end   = trim_end (start, end);
    start = skip_blanks (start, end);
    if (start == end || *start == '#') {
        g_string_append_len (p->above, start, end - start);
        g_string_append_c (p->above, '\n');
        return TRUE;
    }
    if (*start == '[')
        return parse_header (p, start + 1, end, error);
    equals = memchr (start, '=', (gsize) (end - start));
    if (equals == NULL)
        return fail_here (p, error, _ ("this line is neither a [section] nor a `key = value`."));
    return parse_key (p, start, equals, end, error);
}

/* The line of the first byte that no profile may hold, or 0. */
static guint
find_control (const char *text, gsize len)
{
    guint line = 1;

    for (gsize i = 0; i < len; i++) {
        guchar c = (guchar) text[i];

        if (c == '\n')
            line++;
        else if (c == 0x7f ||
                 (c < 0x20 && c != '\t' && !(c == '\r' && i + 1 < len && text[i + 1] == '\n')))
            return line;
    }
    return 0;
}

static gboolean
judge_bytes (Parser *p, const char *text, gsize len, GError **error)
{
    const char *bad;

    p->line = 0;
    if (len > ADIT_PROFILE_MAX)
        return fail_here (p, error, _ ("it is larger than 1 MiB, so it cannot be a profile."));
    p->line = find_control (text, len);
    if (p->line)
        return fail_here (p, error, _ ("a control character is in this line; profiles are text."));
    if (!g_utf8_validate (text, (gssize) len, &bad)) {
        p->line = 1;
        for (const char *c = text; c < bad; c++)
            p->line += *c == '\n';
        return fail_here (p, error, _ ("this line is not UTF-8 text; save the file as UTF-8."));
    }
    return TRUE;
}

static gboolean
parse_lines (Parser *p, const char *text, gsize len, GError **error)
{
    const char *end = text + len;

    if (!judge_bytes (p, text, len, error))
        return FALSE;
    if (len >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
        text += 3; /* byte order mark */
    for (p->line = 1; text < end; p->line++) {
        const char *stop = memchr (text, '\n', (gsize) (end - text));
        const char *next = stop ? stop + 1 : end;

        stop = stop ? stop : end;
        if (stop > text && stop[-1] == '\r')
            stop--;
        if (!parse_line (p, text, stop, error))
            return FALSE;
        text = next;
    }
    return TRUE;
}

AditProfile *
adit_profile_parse (const char *text, gsize len, const char *file, GError **error)
{
    g_autoptr (AditProfile) profile = adit_profile_new ();
    Parser   p                      = { profile, NULL, g_string_sized_new (256), file, 0 };
    gboolean ok;

    profile->file  = g_strdup (file);
    ok             = parse_lines (&p, text, len, error);
    profile->below = take_above (&p);
    g_string_free (p.above, TRUE);
    return ok ? g_steal_pointer (&profile) : NULL;
}

/* A value with a line end is quoted too: then its line has no end of the quote and is refused. */
static gboolean
needs_quotes (const char *value)
{
    const char *end = value + strlen (value);

    if (value == end)
        return FALSE;
    return is_blank (value[0]) || is_blank (end[-1]) || strchr ("\"#", value[0]) ||
           strpbrk (value, "\r\n") || find_comment (value + 1, end) < end;
}

static void
format_value (GString *text, const char *value)
{
    if (!needs_quotes (value)) {
        g_string_append (text, value);
        return;
    }
    g_string_append_c (text, '"');
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c (text, '\\');
        g_string_append_c (text, *c);
    }
    g_string_append_c (text, '"');
}

static gsize
size_of (const char *text)
{
    return text ? strlen (text) : 0;
}

/* At least as many bytes as the text will have, so that it never moves and leaves a copy. */
static gsize
bound (const AditProfile *profile)
{
    gsize size = 64 + size_of (profile->below);

    for (guint i = 0; i < profile->sections->len; i++) {
        const AditSection *s = g_ptr_array_index (profile->sections, i);

        size += strlen (s->name) + size_of (s->above) + size_of (s->behind) + 8;
        for (guint k = 0; k < s->entries->len; k++) {
            const AditEntry *e = g_ptr_array_index (s->entries, k);

            size += strlen (e->key) + 2 * strlen (e->value) + size_of (e->above) +
                    size_of (e->behind) + 8;
        }
    }
    return size;
}

static void
append (GString *text, const char *more)
{
    g_string_append (text, more ? more : "");
}

char *
adit_profile_format (const AditProfile *profile)
{
    GString *text = g_string_sized_new (bound (profile));

    for (guint i = 0; i < profile->sections->len; i++) {
        const AditSection *s = g_ptr_array_index (profile->sections, i);

        append (text, s->line || i == 0 ? s->above : "\n");
        g_string_append_printf (text, "[%s]", s->name);
        append (text, s->behind);
        g_string_append_c (text, '\n');
        for (guint k = 0; k < s->entries->len; k++) {
            const AditEntry *e = g_ptr_array_index (s->entries, k);

            append (text, e->above);
            g_string_append (text, e->key);
            g_string_append (text, *e->value ? " = " : " =");
            format_value (text, e->value);
            append (text, e->behind);
            g_string_append_c (text, '\n');
        }
    }
    append (text, profile->below);
    return g_string_free (text, FALSE);
}
