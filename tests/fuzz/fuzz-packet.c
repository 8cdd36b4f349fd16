/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-packet.c - an IP packet inside the tunnel: headers, flow, MSS, ECN. */
#include "client/path/inner.h"
#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autofree guint8 *packet = g_memdup2 (data, size);
    PathInner          inner;

    if (!path_inner_parse (&inner, packet, size))
        return 0;
    g_assert_cmpuint (inner.total, <=, size);
    g_assert_cmpuint (inner.payload, <=, inner.total);
    path_inner_flow (&inner, packet, 1);
    path_inner_clamp (&inner, packet, 1280);
    path_inner_set_ecn (packet, PATH_CE);
    path_inner_merge_ecn (packet, PATH_ECT0, PATH_CE);
    return 0;
}
