/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* man.c - the manual page adit(1), from the tables of commands, options and keys. */
#include "ui-cli/command.h"
#include "ui-cli/describe.h"
#include "ui-cli/keys.h"
#include <stdio.h>
#include <string.h>

static const char head[] =
    ".\\\" Made by `adit describe man`.\n"
    ".TH ADIT 1 \"\" \"adit " ADIT_VERSION "\" \"User commands\"\n"
    ".SH NAME\nadit \\- VPN client\n"
    ".SH SYNOPSIS\n.B adit\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIWORD\\fR...]\n"
    ".SH DESCRIPTION\n"
    "adit connects this machine to VPNs.  A connection is described by a profile, a "
    "small text file; \\fBadit run\\fR connects and stays in the foreground until it "
    "is interrupted, then undoes all it changed.  The code that reads what the "
    "network sends runs in a process of its own without rights.\n";

static const char tail[] =
    ".SH FILES\n"
    ".TP\n.I /etc/adit/profiles/NAME.conf\nroot's profiles\n"
    ".TP\n.I $XDG_CONFIG_HOME/adit/profiles/NAME.conf\na user's profiles\n"
    ".TP\n.I /run/adit/\ntunnels that are up, their logs, and what is to be undone\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nAll is well; a tunnel ended because it was asked to.\n"
    ".TP\n.B 2\nThe command line or the profile is wrong.\n"
    ".TP\n.B 3\nA secret is missing, or the server did not accept it.\n"
    ".TP\n.B 4\nThe server was not found, did not answer, or fell silent.\n"
    ".TP\n.B 5\nThe server offers nothing that we accept.\n"
    ".TP\n.B 6\nThe server could not prove who it is.\n"
    ".TP\n.B 7\nThe server broke the protocol.\n"
    ".TP\n.B 8\nThis machine did not allow it.\n"
    ".TP\n.B 70\nadit made a mistake; please report it.\n"
    ".TP\n.B 130\nIt was cancelled.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B NO_COLOR\nwhen set, no colours\n"
    ".TP\n.B CREDENTIALS_DIRECTORY\nset by systemd; where credential:NAME is looked for\n"
    ".SH EXAMPLES\n"
    ".EX\nsudo adit run ./wg0.conf\nsudo adit import wg0.conf office\nsudo adit run office\n"
    "adit up office\nadit status office\nadit down office\nadit explain intranet.example\n"
    "sudo adit status \\-\\-watch\nsudo systemctl enable \\-\\-now adit@office\n.EE\n"
    ".SH SEE ALSO\n.BR systemd.unit (5),\n.BR ip (8),\n.BR wg\\-quick (8)\n";

static void
put (const char *text)
{
    gboolean starts = TRUE;

    for (; *text; text++) {
        if (starts && (*text == '.' || *text == '\''))
            fputs ("\\&", stdout);
        if (*text == '-')
            fputs ("\\-", stdout);
        else if (*text == '\\')
            fputs ("\\e", stdout);
        else
            putchar (*text);
        starts = *text == '\n';
    }
}

static void
put_commands (void)
{
    puts (".SH COMMANDS");
    for (const CliCommand *c = cli_commands; c->name; c++) {
        printf (".TP\n.B ");
        put (c->name);
        if (c->arguments) {
            printf (" \\fI");
            put (c->arguments);
            printf ("\\fR");
        }
        for (const CliOption *o = cli_options; o->name; o++)
            if (o->option & c->options) {
                printf (" [\\fB");
                put (o->name);
                printf ("\\fR]");
            }
        putchar ('\n');
        put (c->sentence);
        puts (".");
        if (c->more) {
            put (c->more);
            putchar ('\n');
        }
    }
}

static void
put_options (void)
{
    puts (".SH OPTIONS");
    for (const CliOption *o = cli_options; o->name; o++) {
        printf (".TP\n.B ");
        if (o->letter)
            printf ("\\-%c\\fR, \\fB", o->letter);
        put (o->name);
        if (o->value) {
            printf (" \\fI");
            put (o->value);
        }
        putchar ('\n');
        put (o->sentence);
        putchar ('\n');
    }
    puts (".TP\n.BR \\-\\-color= {\\fIauto\\fR | \\fIalways\\fR | \\fInever\\fR}\nwhether to use "
          "colours");
}

static void
put_field (const AditField *f)
{
    g_autofree char *values = cli_key_values (f);

    printf (".TP\n.B ");
    put (f->key);
    printf ("\n");
    put (f->title);
    printf (".  ");
    put (values);
    if (f->required)
        printf ("; required");
    else if (f->fallback && *f->fallback) {
        printf ("; default ");
        put (f->fallback);
    }
    if (!adit_field_has_effect (f))
        printf ("; not in this version");
    puts (".");
}

static void
put_fields (const AditField *fields)
{
    const char *section = NULL;

    for (const AditField *f = fields; f && f->key; f++) {
        if (g_strcmp0 (section, f->section) != 0) {
            section = f->section;
            printf (".SS [%s%s]\n", section, strchr (section, ' ') ? " NAME" : "");
        }
        put_field (f);
    }
}

void
cli_describe_man (GPtrArray *schemas)
{
    fputs (head, stdout);
    put_commands ();
    put_options ();
    puts (
        ".SH PROFILES\n"
        "Sections of `key = value' lines.  A # after white space begins a comment.  A value in "
        "\"double quotes\" is taken as it is, with \\e\" and \\e\\e inside.  Lists are separated "
        "by "
        "commas.  An unknown key is an error.  A file with a secret in it must be readable by its "
        "owner alone.  Instead of a secret KEY, KEY\\-source may be ask, keyring, file:/PATH "
        "or credential:NAME.");
    put_fields (adit_common_fields);
    for (guint i = 0; i < schemas->len; i++) {
        const AditSchema *schema = g_ptr_array_index (schemas, i);

        printf (".SH %s\nIn [connection]: type = %s.", schema->title, schema->name);
        if (schema->warning) {
            printf ("  ");
            put (schema->warning);
        }
        putchar ('\n');
        put_fields (schema->fields);
    }
    fputs (tail, stdout);
}
