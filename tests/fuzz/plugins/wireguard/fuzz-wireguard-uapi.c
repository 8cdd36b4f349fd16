/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wireguard-uapi.c - requests of a local administrator to a live tunnel: always an answer of
 * the right form or none, and one that failed changed nothing. */
#include "tests/fuzz/plugins/wireguard/live.h"
#include "tests/fuzz/target.h"

static void
is_an_answer (const char *answer)
{
    const char *last = strstr (answer, "errno=");

    g_assert_nonnull (last);
    g_assert_true (g_str_has_suffix (answer, "\n\n"));
    g_assert_true (last == answer || last[-1] == '\n');
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    Live             live    = live_new ();
    g_autofree char *request = g_strndup ((const char *) data, size);
    g_autofree char *before = NULL, *answer = NULL, *after = NULL;

    before = wireguard_serve (live.tunnel, "get=1");
    is_an_answer (before);
    answer = wireguard_serve (live.tunnel, request);
    if (answer)
        is_an_answer (answer);
    after = wireguard_serve (live.tunnel, "get=1");
    if (!answer || strncmp (answer, "errno=-", 7) == 0)
        g_assert_cmpstr (before, ==, after);
    fake_wire_run (live.wire, 2000);
    live_free (&live);
    return 0;
}
