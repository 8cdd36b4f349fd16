/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-message.c - what a worker and its parent say to each other, in both directions; what was
 * understood can be said again. */
#include "client/base/message.h"
#include "tests/fuzz/target.h"

static void
understand (const guint8 *data, gsize size, gboolean to_worker)
{
    g_autoptr (GError) error = NULL;
    AditMessage message, again;

    if (!adit_message_decode (data, size, to_worker, &message, &error)) {
        g_assert_nonnull (error);
        return;
    }
    g_autoptr (GByteArray) said = adit_message_encode (&message);

    g_assert_nonnull (said);
    g_assert_true (adit_message_decode (said->data, said->len, to_worker, &again, NULL));
    g_assert_cmpint (again.kind, ==, message.kind);
    adit_message_clear (&again);
    adit_message_clear (&message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    understand (data, size, TRUE);
    understand (data, size, FALSE);
    return 0;
}
