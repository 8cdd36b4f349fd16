/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prefix.c - IP addresses, prefixes and endpoints as text and bytes.  Written out here, not through
 * the C library, so that it runs wherever bytes are all there is; strict: no octal, no short forms,
 * no names of interfaces. */
#include "client/base/prefix.h"

enum { TEXT_MAX = 64, HOST_MAX = 253, PORT_MAX = 65535 };

/* Decimal without sign, space or leading zeros, at most `most`. */
static gboolean
parse_decimal (const char *text, gsize len, guint64 most, guint64 *out)
{
    guint64 v = 0;

    if (len == 0 || len > 10 || (len > 1 && text[0] == '0'))
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isdigit (text[i]))
            return FALSE;
        v = v * 10 + (guint64) g_ascii_digit_value (text[i]);
    }
    *out = v;
    return v <= most;
}

static gboolean
parse_v4 (const char *text, gsize len, guint8 *out)
{
    const char *end = text + len;

    for (guint i = 0; i < 4; i++) {
        const char *dot = i < 3 ? memchr (text, '.', (gsize) (end - text)) : end;
        guint64     v;

        if (dot == NULL || !parse_decimal (text, (gsize) (dot - text), 255, &v))
            return FALSE;
        out[i] = (guint8) v;
        text   = dot + (i < 3);
    }
    return TRUE;
}

static gboolean
parse_group (const char *text, gsize len, guint16 *out)
{
    guint v = 0;

    if (len == 0 || len > 4)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        int digit = g_ascii_xdigit_value (text[i]);

        if (digit < 0)
            return FALSE;
        v = v << 4 | (guint) digit;
    }
    *out = (guint16) v;
    return TRUE;
}

/* One side of "::", or all: groups apart by single colons, the last may be dotted IPv4.  Writes at
 * most 16 bytes; FALSE when it is not well formed. */
static gboolean
parse_groups (const char *text, gsize len, guint8 *out, guint *n_bytes)
{
    const char *end = text + len;
    guint       n   = 0;

    while (text < end) {
        const char *colon = memchr (text, ':', (gsize) (end - text));
        gsize       size  = (gsize) ((colon ? colon : end) - text);
        guint16     group;

        if (colon == NULL && n <= 12 && memchr (text, '.', size)) {
            *n_bytes = n + 4;
            return parse_v4 (text, size, out + n);
        }
        if (n > 14 || !parse_group (text, size, &group) || colon == end - 1)
            return FALSE;
        out[n++] = (guint8) (group >> 8);
        out[n++] = (guint8) group;
        text     = colon ? colon + 1 : end;
    }
    *n_bytes = n;
    return TRUE;
}

/* RFC 4291 2.2 */
static gboolean
parse_v6 (const char *text, gsize len, guint8 *out)
{
    const char *gap      = g_strstr_len (text, (gssize) len, "::");
    guint8      tail[16] = { 0 };
    guint       n_head = 0, n_tail = 0;

    memset (out, 0, 16);
    if (gap == NULL)
        return parse_groups (text, len, out, &n_head) && n_head == 16;
    if (memchr (text, '.', (gsize) (gap - text)) ||
        !parse_groups (text, (gsize) (gap - text), out, &n_head) ||
        !parse_groups (gap + 2, len - (gsize) (gap + 2 - text), tail, &n_tail) ||
        n_head + n_tail > 14)
        return FALSE;
    memcpy (out + 16 - n_tail, tail, n_tail);
    return TRUE;
}

static gboolean
parse_address (const char *text, gsize len, guint8 *out, guint8 *family)
{
    guint8 bytes[16] = { 0 };

    if (len == 0 || len > TEXT_MAX)
        return FALSE;
    *family = memchr (text, ':', len) ? 6 : 4;
    if (*family == 6 ? !parse_v6 (text, len, bytes) : !parse_v4 (text, len, bytes))
        return FALSE;
    memcpy (out, bytes, sizeof bytes);
    return TRUE;
}

static guint
bits (guint family)
{
    return family == 4 ? 32 : 128;
}

gboolean
adit_prefix_parse (const char *text, AditPrefix *out)
{
    const char *slash  = strchr (text, '/');
    AditPrefix  prefix = { 0 };
    guint64     length;

    if (!parse_address (text, slash ? (gsize) (slash - text) : strlen (text), prefix.address,
                        &prefix.family))
        return FALSE;
    length = bits (prefix.family);
    if (slash && !parse_decimal (slash + 1, strlen (slash + 1), length, &length))
        return FALSE;
    prefix.length = (guint8) length;
    *out          = prefix;
    return TRUE;
}

/* RFC 5952 4.2.2, 4.2.3: the longest run of at least two zero groups, the first of equals. */
static guint
longest_gap (const guint16 *group, guint *start)
{
    guint best = 1;

    for (guint i = 0; i < 8; i++) {
        guint run = 0;

        while (i + run < 8 && group[i + run] == 0)
            run++;
        if (run > best) {
            best   = run;
            *start = i;
        }
        i += run;
    }
    return best > 1 ? best : 0;
}

static char *
format_v6 (const guint8 *a)
{
    GString *text = g_string_sized_new (48);
    guint16  group[8];
    guint    start = 8, run;

    for (guint i = 0; i < 8; i++)
        group[i] = (guint16) (a[2 * i] << 8 | a[2 * i + 1]);
    run = longest_gap (group, &start);
    /* RFC 5952 5: IPv4-mapped addresses show their IPv4 half */
    if (start == 0 && run == 5 && group[5] == 0xffff) {
        g_string_printf (text, "::ffff:%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
        return g_string_free (text, FALSE);
    }
    for (guint i = 0; i < 8; i++)
        if (run && i == start) {
            g_string_append (text, "::");
            i += run - 1;
        } else
            g_string_append_printf (text, "%s%x", i && i != start + run ? ":" : "", group[i]);
    return g_string_free (text, FALSE);
}

char *
adit_address_format (guint family, const guint8 *a)
{
    if (family == 4)
        return g_strdup_printf ("%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    return format_v6 (a);
}

char *
adit_prefix_format (const AditPrefix *prefix)
{
    g_autofree char *address = adit_address_format (prefix->family, prefix->address);

    return g_strdup_printf ("%s/%u", address, prefix->length);
}

void
adit_prefix_mask (AditPrefix *prefix)
{
    for (guint i = 0; i < 16; i++) {
        guint keep = prefix->length > i * 8 ? MIN (prefix->length - i * 8, 8) : 0;

        prefix->address[i] &= (guint8) (0xff00u >> keep);
    }
}

static gboolean
same_bits (const guint8 *a, const guint8 *b, guint n)
{
    guint whole = n / 8, rest = n % 8;

    return memcmp (a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

gboolean
adit_prefix_contains (const AditPrefix *prefix, guint family, const guint8 *address)
{
    return prefix->family == family && same_bits (prefix->address, address, prefix->length);
}

gboolean
adit_prefix_covers (const AditPrefix *outer, const AditPrefix *inner)
{
    return outer->length <= inner->length &&
           adit_prefix_contains (outer, inner->family, inner->address);
}

gboolean
adit_prefix_equal (const AditPrefix *a, const AditPrefix *b)
{
    return a->family == b->family && a->length == b->length &&
           memcmp (a->address, b->address, a->family == 4 ? 4 : 16) == 0;
}

static gboolean
parse_port (const char *text, guint16 *port)
{
    guint64 v;

    if (!parse_decimal (text, strlen (text), PORT_MAX, &v) || v == 0)
        return FALSE;
    *port = (guint16) v;
    return TRUE;
}

/* The inside of brackets: an IPv6 address, perhaps with a numeric scope. RFC 4007 11.2 */
static gboolean
parse_scoped (const char *text, gsize len, guint8 *out, guint32 *scope)
{
    const char *percent = memchr (text, '%', len);
    gsize       size    = percent ? (gsize) (percent - text) : len;
    guint64     v       = 0;
    guint8      family;

    if (!parse_address (text, size, out, &family) || family != 6)
        return FALSE;
    if (percent && (!parse_decimal (percent + 1, len - size - 1, G_MAXUINT32, &v) || v == 0))
        return FALSE;
    *scope = (guint32) v;
    return TRUE;
}

gboolean
adit_endpoint_parse (const char *text, AditEndpoint *out)
{
    AditEndpoint endpoint = { 0 };
    const char  *colon    = strrchr (text, ':');
    gsize        len;

    if (colon == NULL || !parse_port (colon + 1, &endpoint.port))
        return FALSE;
    len = (gsize) (colon - text);
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        endpoint.family = 6;
        if (!parse_scoped (text + 1, len - 2, endpoint.address, &endpoint.scope))
            return FALSE;
    } else if (!parse_address (text, len, endpoint.address, &endpoint.family) ||
               endpoint.family != 4)
        return FALSE;
    *out = endpoint;
    return TRUE;
}

char *
adit_endpoint_format (const AditEndpoint *endpoint)
{
    g_autofree char *address = adit_address_format (endpoint->family, endpoint->address);

    if (endpoint->family == 4)
        return g_strdup_printf ("%s:%u", address, endpoint->port);
    if (endpoint->scope == 0)
        return g_strdup_printf ("[%s]:%u", address, endpoint->port);
    return g_strdup_printf ("[%s%%%u]:%u", address, endpoint->scope, endpoint->port);
}

gboolean
adit_endpoint_equal (const AditEndpoint *a, const AditEndpoint *b)
{
    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           memcmp (a->address, b->address, a->family == 4 ? 4 : 16) == 0;
}

static gboolean
host_ok (const char *host)
{
    gsize    len     = strlen (host);
    gboolean letters = FALSE;

    if (len == 0 || len > HOST_MAX || host[0] == '.' || host[0] == '-' || strstr (host, ".."))
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum (host[i]) && strchr ("-._", host[i]) == NULL)
            return FALSE;
        letters = letters || !(g_ascii_isdigit (host[i]) || host[i] == '.');
    }
    return letters;
}

/* Digits and dots only are an address or a mistake, never a name. */
static gboolean
name_or_v4_ok (const char *host)
{
    guint8 v4[4];

    return host_ok (host) || parse_v4 (host, strlen (host), v4);
}

gboolean
adit_server_parse (const char *text, guint16 default_port, char **host, guint16 *port)
{
    g_autofree char *name  = NULL;
    const char      *rest  = NULL;
    guint16          found = default_port;
    guint8           v6[16];
    guint32          scope;

    if (text[0] == '[') {
        rest = strchr (text, ']');
        if (rest == NULL)
            return FALSE;
        name = g_strndup (text + 1, (gsize) (rest - text - 1));
        if (!parse_scoped (name, strlen (name), v6, &scope))
            return FALSE;
        rest++;
    } else {
        rest = text + strcspn (text, ":");
        name = g_strndup (text, (gsize) (rest - text));
        if (!name_or_v4_ok (name))
            return FALSE;
    }
    if (*rest && (*rest != ':' || !parse_port (rest + 1, &found)))
        return FALSE;
    if (found == 0)
        return FALSE;
    *host = g_steal_pointer (&name);
    *port = found;
    return TRUE;
}
