/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prefix.h - IP addresses, prefixes and endpoints as text and bytes. */
#pragma once
#include "client/base/packet.h"

typedef struct {
    guint8 address[16]; /* an IPv4 address fills the first four bytes */
    guint8 length;      /* bits */
    guint8 family;      /* 4 or 6 */
} AditPrefix;

/* "10.0.0.7/24", "fd00::1"; without a length all bits count.  Host bits are kept. */
gboolean adit_prefix_parse (const char *text, AditPrefix *out);
char    *adit_prefix_format (const AditPrefix *prefix);             /* "10.0.0.0/24"; g_free */
char    *adit_address_format (guint family, const guint8 *address); /* "10.0.0.7"; g_free */
void     adit_prefix_mask (AditPrefix *prefix);                     /* clears the host bits */
gboolean adit_prefix_contains (const AditPrefix *prefix, guint family, const guint8 *address);
gboolean adit_prefix_covers (const AditPrefix *outer, const AditPrefix *inner);
gboolean adit_prefix_equal (const AditPrefix *a, const AditPrefix *b);

/* "192.0.2.1:51820", "[2001:db8::1%3]:51820": numbers only, port 1 to 65535. */
gboolean adit_endpoint_parse (const char *text, AditEndpoint *out);
char    *adit_endpoint_format (const AditEndpoint *endpoint); /* g_free */
gboolean adit_endpoint_equal (const AditEndpoint *a, const AditEndpoint *b);

/* "vpn.example.org:443", "192.0.2.1", "[fd00::1]:443" into host (g_free) and port; a missing port
 * is default_port; FALSE when there is none, or the name is not one (letters, digits, - . _). */
gboolean adit_server_parse (const char *text, guint16 default_port, char **host, guint16 *port);
