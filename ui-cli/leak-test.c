/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* leak-test.c - `adit leak-test`: what got past a tunnel, as a table or JSON. */
#include "client/core/leak-test.h"
#include "ui-cli/command.h"
#include "ui-cli/json.h"
#include "ui-cli/table.h"
#include <stdio.h>
#include <string.h>

static void
add_row (CliTable *table, const AditLeakResult *result)
{
    g_autofree char *figures = g_strdup_printf ("%u", result->clear);
    g_autofree char *through = g_strdup_printf ("%u", result->through);

    if (result->skipped) {
        g_autofree char *why = g_strdup_printf (_ ("%s: %s"), result->what, result->skipped);

        cli_table_add (table, CLI_DIM, _ ("not made"), "-", "-", why, NULL);
        return;
    }
    cli_table_add (table, result->clear ? CLI_BAD : CLI_GOOD,
                   result->clear ? _ ("LEAKS") : _ ("held"), figures, through, result->what, NULL);
}

static void
print_table (const AditLeakReport *report)
{
    CliTable *table = cli_table_new ();

    printf (_ ("%s, guard.mode = %s\n"), report->tunnel, report->guard);
    cli_table_add (table, CLI_DIM, "", _ ("past it"), _ ("through it"), _ ("attack"), NULL);
    for (guint i = 0; i < report->results->len; i++)
        add_row (table, report->results->pdata[i]);
    cli_table_print (table);
    cli_table_free (table);
}

static void
put_number (JsonBuilder *json, const char *member, guint number)
{
    json_builder_set_member_name (json, member);
    json_builder_add_int_value (json, number);
}

static void
print_json (const AditLeakReport *report)
{
    g_autoptr (JsonBuilder) json = json_builder_new ();

    json_builder_begin_object (json);
    cli_json_text (json, "tunnel", report->tunnel);
    cli_json_text (json, "guard", report->guard);
    put_number (json, "leaks", report->leaks);
    json_builder_set_member_name (json, "attacks");
    json_builder_begin_array (json);
    for (guint i = 0; i < report->results->len; i++) {
        const AditLeakResult *result = report->results->pdata[i];

        json_builder_begin_object (json);
        cli_json_text (json, "attack", result->attack);
        cli_json_text (json, "what", result->what);
        cli_json_text (json, "skipped", result->skipped);
        put_number (json, "sent", result->sent);
        put_number (json, "through", result->through);
        put_number (json, "clear", result->clear);
        json_builder_end_object (json);
    }
    json_builder_end_array (json);
    json_builder_end_object (json);
    cli_json_print (json);
}

gboolean
cli_leak_test (const CliCall *call, GError **error)
{
    g_autoptr (AditLeakReport) report = NULL;

    if (!cli_needs_root (_ ("Only root may attack a tunnel; run it with sudo."), error))
        return FALSE;
    report = adit_leak_test (call->n_words ? call->words[0] : NULL, error);
    if (report == NULL)
        return FALSE;
    if (call->options & CLI_JSON)
        print_json (report);
    else
        print_table (report);
    if (report->leaks == 0)
        return TRUE;
    if (strcmp (report->guard, "off") == 0)
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("Packets got past the tunnel by %u attacks; guard.mode = tunnel holds "
                             "them back."),
                          report->leaks);
    return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("Packets got past the tunnel by %u attacks."),
                      report->leaks);
}
