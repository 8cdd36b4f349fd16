/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-journal.c - a line of the journal, and the offer of a tunnel as its worker words it. */
#include "client/core/plan.h"
#include "client/core/step.h"
#include "tests/fuzz/target.h"

static void
step (const char *line)
{
    g_autoptr (AditStep) once  = adit_step_parse (line);
    g_autofree char *formatted = once ? adit_step_format (once) : NULL;
    g_autoptr (AditStep) again = once ? adit_step_parse (formatted) : NULL;

    if (once)
        g_assert_true (again && adit_step_equal (once, again));
}

static void
offer (const char *text)
{
    g_auto (GStrv) words             = g_strsplit (text, "\n", -1);
    g_autoptr (GError) error         = NULL;
    g_autoptr (AditPlanOffer) parsed = adit_plan_offer_parse (words, 1420, &error);

    g_assert_true ((parsed == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup ((const char *) data, size);

    step (text);
    if (g_utf8_validate (text, -1, NULL))
        offer (text);
    return 0;
}
