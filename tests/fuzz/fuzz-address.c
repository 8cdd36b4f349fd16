/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-address.c - text of prefixes, endpoints and servers; what is formatted parses to the same.
 */
#include "client/base/prefix.h"
#include "tests/fuzz/target.h"

static void
prefix (const char *text)
{
    AditPrefix once, again;

    if (!adit_prefix_parse (text, &once))
        return;
    g_autofree char *formatted = adit_prefix_format (&once);

    g_assert_true (adit_prefix_parse (formatted, &again));
    g_assert_true (adit_prefix_equal (&once, &again));
    g_assert_true (adit_prefix_contains (&once, once.family, once.address));
    g_assert_true (adit_prefix_covers (&once, &again));
    adit_prefix_mask (&again);
}

static void
endpoint (const char *text)
{
    AditEndpoint once, again;

    if (!adit_endpoint_parse (text, &once))
        return;
    g_autofree char *formatted = adit_endpoint_format (&once);

    g_assert_true (adit_endpoint_parse (formatted, &again));
    g_assert_true (adit_endpoint_equal (&once, &again));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup ((const char *) data, size);
    g_autofree char *host = NULL;
    guint16          port = 0;

    prefix (text);
    endpoint (text);
    if (adit_server_parse (text, 4444, &host, &port))
        g_assert_nonnull (host);
    return 0;
}
