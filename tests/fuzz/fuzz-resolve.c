/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-resolve.c - a message of systemd-resolved's monitor. */
#include "client/core/resolve-monitor.h"
#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_auto (GStrv) names         = NULL;
    g_autoptr (GArray) addresses = NULL;

    if (!adit_resolve_parse ((const char *) data, size, &names, &addresses)) {
        g_assert_true (names == NULL && addresses == NULL);
        return 0;
    }
    g_assert_nonnull (names[0]);
    g_assert_cmpuint (addresses->len, >, 0);
    g_assert_cmpuint (addresses->len, <=, ADIT_RESOLVE_ANSWERS);
    for (guint i = 0; i < addresses->len; i++) {
        const AditPrefix *one = &g_array_index (addresses, AditPrefix, i);

        g_assert_cmpuint (one->length, ==, one->family == 4 ? 32 : 128);
    }
    return 0;
}
