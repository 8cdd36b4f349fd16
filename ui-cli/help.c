/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help.c - `adit help`: the table of commands, one command, or the keys of a profile. */
#include "client/core/store.h"
#include "ui-cli/command.h"
#include "ui-cli/keys.h"
#include "ui-cli/table.h"
#include "ui-cli/terminal.h"
#include <stdio.h>
#include <string.h>

static void
title (const char *text)
{
    printf ("%s%s%s\n", cli_on (stdout, CLI_BOLD), text, cli_off (stdout));
}

static void
paragraph (const char *text)
{
    g_autofree char *lines = cli_wrap (text, MIN (cli_columns (), 100), 0);

    puts (lines);
}

static void
print_options (CliOptions which)
{
    CliTable *table = cli_table_new ();

    for (const CliOption *o = cli_options; o->name; o++) {
        g_autofree char *full =
            o->value ? g_strdup_printf ("%s %s", o->name, o->value) : g_strdup (o->name);
        g_autofree char *name = o->letter ? g_strdup_printf ("  -%c, %s", o->letter, full)
                                          : g_strdup_printf ("      %s", full);

        if (o->option & which)
            cli_table_add (table, CLI_ACCENT, name, _ (o->sentence), NULL);
    }
    if (which & CLI_VERBOSE)
        cli_table_add (table, CLI_ACCENT, "      --color=WHEN", _ ("auto, always or never"), NULL);
    cli_table_print (table);
    cli_table_free (table);
}

static void
print_all (void)
{
    CliTable *table        = cli_table_new ();
    g_auto (GStrv) plugins = adit_store_plugins ();
    g_autofree char *list  = g_strjoinv (", ", plugins);
    g_autofree char *topics =
        g_strdup_printf (_ ("Protocols: %s.  `adit help PROTOCOL` tells their keys."), list);

    paragraph (_ ("adit connects this machine to VPNs.  Use: adit COMMAND …"));
    puts ("");
    for (const CliCommand *c = cli_commands; c->name; c++) {
        g_autofree char *use =
            g_strdup_printf ("  %s %s", c->name, c->arguments ? _ (c->arguments) : "");

        cli_table_add (table, CLI_ACCENT, use, _ (c->sentence), NULL);
    }
    cli_table_print (table);
    cli_table_free (table);
    puts ("");
    print_options (CLI_VERBOSE | CLI_HELP);
    puts ("");
    paragraph (topics);
}

static void
print_command (const CliCommand *c)
{
    printf (_ ("Use: adit %s%s%s\n"), c->name, c->arguments ? " " : "",
            c->arguments ? _ (c->arguments) : "");
    puts ("");
    paragraph (_ (c->sentence));
    if (c->more) {
        puts ("");
        paragraph (_ (c->more));
    }
    puts ("");
    print_options (c->options | CLI_VERBOSE | CLI_HELP);
}

static void
add_field (CliTable *table, const AditField *f)
{
    g_autofree char *values = cli_key_values (f);
    g_autofree char *key    = g_strdup_printf ("  %s", f->key);
    g_autofree char *note   = NULL;

    if (!adit_field_has_effect (f))
        note = g_strdup_printf (_ ("%s; not in this version"), values);
    else if (f->required)
        note = g_strdup_printf (_ ("%s; required"), values);
    else if (f->fallback && *f->fallback)
        note = g_strdup_printf (_ ("%s; default %s"), values, f->fallback);
    cli_table_add (table, CLI_ACCENT, key, _ (f->title), note ? note : values, NULL);
}

/* Fields of one section lie together. */
static void
print_fields (const AditField *fields)
{
    for (const AditField *f = fields; f && f->key;) {
        const char *section = f->section;
        CliTable   *table   = cli_table_new ();

        printf ("%s%s[%s%s]%s\n", f == fields ? "" : "\n", cli_on (stdout, CLI_BOLD), section,
                strchr (section, ' ') ? _ (" NAME") : "", cli_off (stdout));
        for (; f->key && strcmp (f->section, section) == 0; f++)
            add_field (table, f);
        cli_table_print (table);
        cli_table_free (table);
    }
}

static gboolean
has_secrets (const AditField *fields)
{
    for (const AditField *f = fields; f && f->key; f++)
        if (adit_field_is_secret (f))
            return TRUE;
    return FALSE;
}

static gboolean
print_protocol (const char *plugin, GError **error)
{
    g_autoptr (AditSchema) schema = adit_store_schema (plugin, error);

    if (schema == NULL)
        return FALSE;
    title (_ (schema->title));
    if (schema->warning)
        paragraph (_ (schema->warning));
    puts ("");
    print_fields (schema->fields);
    if (has_secrets (schema->fields)) {
        puts ("");
        paragraph (
            _ ("Instead of a secret KEY, KEY-source may say where it comes from: ask, keyring, "
               "file:/PATH or credential:NAME (of systemd)."));
    }
    puts ("");
    paragraph (_ ("`adit help profile` tells the keys that all protocols share."));
    return TRUE;
}

static gboolean
fail_unknown_topic (const char *topic, char **plugins, GError **error)
{
    g_autofree char *list = g_strjoinv (", ", plugins);

    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("There is no help on “%s”; give a command, “profile”, or one of these "
                         "protocols: %s."),
                      topic, list);
}

gboolean
cli_help (const CliCall *call, GError **error)
{
    const char       *topic   = call->n_words ? call->words[0] : NULL;
    const CliCommand *command = topic ? cli_command_find (topic) : NULL;
    g_auto (GStrv) plugins    = adit_store_plugins ();

    if (topic == NULL)
        print_all ();
    else if (command && command->act != cli_describe)
        print_command (command);
    else if (strcmp (topic, "profile") == 0)
        print_fields (adit_common_fields);
    else if (g_strv_contains ((const char *const *) plugins, topic))
        return print_protocol (topic, error);
    else
        return fail_unknown_topic (topic, plugins, error);
    return TRUE;
}
