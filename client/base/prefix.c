/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prefix.c - IP addresses, prefixes and endpoints as text and bytes; strict: no octal, no short
 * forms, no names of interfaces. */
#include "client/base/prefix.h"
#include <arpa/inet.h>

enum { HOST_MAX = 253, PORT_MAX = 65535 };

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
parse_address (const char *text, gsize len, guint8 *out, guint8 *family)
{
    char   copy[INET6_ADDRSTRLEN];
    guint8 bytes[16] = { 0 };

    if (len >= sizeof copy)
        return FALSE;
    memcpy (copy, text, len);
    copy[len] = '\0';
    *family   = strchr (copy, ':') ? 6 : 4;
    if (inet_pton (*family == 6 ? AF_INET6 : AF_INET, copy, bytes) != 1)
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

char *
adit_address_format (guint family, const guint8 *address)
{
    char text[INET6_ADDRSTRLEN];

    return g_strdup (inet_ntop (family == 4 ? AF_INET : AF_INET6, address, text, sizeof text));
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
    guint8 bytes[16], family;

    return host_ok (host) || (parse_address (host, strlen (host), bytes, &family) && family == 4);
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
