/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - `adit`: a table of commands, and the one place where a failure becomes a line and an
 * exit status. */
#include "client/base/profile.h"
#include "client/core/remote.h"
#include "client/core/store.h"
#include "ui-cli/agent.h"
#include "ui-cli/command.h"
#include "ui-cli/journal.h"
#include "ui-cli/terminal.h"
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANY_NUMBER = 1000 };

const CliOption cli_options[] = {
    { "--verbose", 'v', CLI_VERBOSE, NULL, N_ ("tell more: causes and log; twice: each packet") },
    { "--help", 'h', CLI_HELP, NULL, N_ ("tell about the command") },
    { "--json", 0, CLI_JSON, NULL, N_ ("write JSON") },
    { "--watch", 'w', CLI_WATCH, NULL, N_ ("stay and show it anew every second; q ends it") },
    { "--follow", 'f', CLI_FOLLOW, NULL, N_ ("stay and show what comes") },
    { "--force", 'f', CLI_FORCE, NULL, N_ ("replace what is there") },
    { "--exclude", 0, CLI_EXCLUDE, NULL, N_ ("past the tunnel instead of through it") },
    { "--secrets", 0, CLI_SECRETS, NULL, N_ ("do not hide keys and passwords") },
    { "--secret", 0, CLI_SECRET, "KEY=fd:N", N_ ("take a secret from a descriptor") },
    { "--secrets-fd", 0, CLI_LINES, "N",
      N_ ("take secrets from a descriptor, lines of KEY=SECRET") },
    { NULL, 0, 0, NULL, NULL },
};

const CliCommand cli_commands[] = {
    { "up", N_ ("PROFILE|FILE"), 1, 1, CLI_TAKES_PROFILE_OR_FILE, CLI_SECRET | CLI_LINES, cli_up,
      N_ ("connect, and leave the tunnel to aditd"),
      N_ ("A profile of your own is opened with your rights; one of root's is named.  Its secrets "
          "come, in this order, from a descriptor, from where the profile says, or from you.  "
          "Ctrl+C before “connected” ends it again.  aditd must run; `adit run` needs none.") },
    { "run", N_ ("PROFILE|FILE"), 1, 1, CLI_TAKES_PROFILE_OR_FILE, CLI_SECRET | CLI_LINES, cli_run,
      N_ ("connect, and stay until Ctrl+C"),
      N_ ("FILE may be a profile of adit or of another program, like a wg-quick .conf; a name with "
          "a slash or ending in .conf is a file.  One line is written per step, and “connected” "
          "when traffic flows.  Ending it undoes everything it changed on this machine.") },
    { "import", N_ ("FILE [NAME]"), 1, 2, CLI_TAKES_FILE, CLI_FORCE, cli_import,
      N_ ("take over a file of another program as a profile"),
      N_ ("Lines that would run commands, and whatever else adit does not take over, are "
          "listed.") },
    { "list", NULL, 0, 0, CLI_TAKES_NOTHING, CLI_JSON, cli_list, N_ ("show the profiles"), NULL },
    { "show", N_ ("NAME"), 1, 1, CLI_TAKES_PROFILE, CLI_SECRETS, cli_show, N_ ("show one profile"),
      NULL },
    { "set", N_ ("NAME SECTION.KEY=VALUE…"), 2, ANY_NUMBER, CLI_TAKES_PROFILE, 0, cli_set,
      N_ ("change keys of a profile"),
      N_ ("SECTION.KEY= removes the key.  SECTION.KEY alone asks for the value, which is the way "
          "to give a secret: other users can see command lines.  In front of the name of a peer "
          "or the like the protocol may be left out: \"peer hq.endpoint=192.0.2.1:51820\".") },
    { "export", N_ ("NAME [FILE]"), 1, 2, CLI_TAKES_PROFILE, CLI_FORCE | CLI_SECRETS, cli_export,
      N_ ("write a profile the way other programs read it"),
      N_ ("Without FILE it goes to standard output.") },
    { "forget", N_ ("NAME"), 1, 1, CLI_TAKES_PROFILE, 0, cli_forget, N_ ("delete a profile"),
      NULL },
    { "status", N_ ("[NAME]"), 0, 1, CLI_TAKES_TUNNEL, CLI_JSON | CLI_WATCH, cli_status,
      N_ ("show the tunnels that are up"), NULL },
    { "down", N_ ("NAME"), 1, 1, CLI_TAKES_TUNNEL, 0, cli_down, N_ ("end a tunnel"),
      N_ ("Of one that has ended by itself it lifts the guard.") },
    { "log", N_ ("NAME"), 1, 1, CLI_TAKES_TUNNEL, CLI_FOLLOW, cli_log,
      N_ ("show the log of a tunnel, also after its end"), NULL },
    { "secret", N_ ("set|forget NAME [KEY]"), 2, 3, CLI_TAKES_SECRET, CLI_SECRET, cli_secret,
      N_ ("keep a secret of a profile, or forget it"),
      N_ ("It is asked for, and kept in your key ring; for a profile of root's, where only root "
          "reads.  The profile says `KEY-source = keyring` to have it used.  `forget` without KEY "
          "forgets all of the profile.") },
    { "reload", NULL, 0, 0, CLI_TAKES_NOTHING, 0, cli_reload,
      N_ ("start the profiles with `autoconnect` that do not run"), NULL },
    { "exec", N_ ("NAME -- COMMAND…"), 2, ANY_NUMBER, CLI_TAKES_TUNNEL, CLI_EXCLUDE, cli_exec,
      N_ ("run a command through one tunnel"),
      N_ ("It and all that it starts go through the running tunnel NAME, or with --exclude past "
          "it, whatever others do.  Under sudo the command is yours again.") },
    { "explain", N_ ("ADDRESS|NAME|PID"), 1, 1, CLI_TAKES_NOTHING, CLI_JSON, cli_explain,
      N_ ("tell which tunnel takes something, and why"),
      N_ ("It names the rule and the route, the key of the profile that put the route there, what "
          "the guard does with it, and for a NAME who is asked for its addresses.  A PID stands "
          "for what that process sends.") },
    { "guard", N_ ("[up | lift NAME]"), 0, 2, CLI_TAKES_NOTHING, 0, cli_guard,
      N_ ("show what holds traffic back without a tunnel, or lift it"),
      N_ ("A guard (guard.mode) holds when its tunnel ended by itself or was killed; with mode "
          "“always” also after its end and after a boot, when “up” sets what was kept.") },
    { "leak-test", N_ ("[NAME]"), 0, 1, CLI_TAKES_TUNNEL, CLI_JSON, cli_leak_test,
      N_ ("attack a tunnel that is up, and tell what got past it"),
      N_ ("It does what a hostile network would: routes by DHCP, foreign prefixes, packets from "
          "outside; and what a program could: bound sockets, IPv6, other name servers.  Its worker "
          "is killed too, so the tunnel is away for a moment.  Everything is undone.") },
    { "restore", NULL, 0, 0, CLI_TAKES_NOTHING, 0, cli_restore,
      N_ ("undo what a killed tunnel left behind"),
      N_ ("It lifts such a tunnel’s guard; all else every other command undoes too.") },
    { "help", N_ ("[COMMAND|PROTOCOL|profile]"), 0, 1, CLI_TAKES_TOPIC, 0, cli_help,
      N_ ("tell about a command, or the keys of a profile"), NULL },
    { "version", NULL, 0, 0, CLI_TAKES_NOTHING, 0, cli_version, N_ ("show the version"), NULL },
    { NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL },
};

/* For the build: the same tables as a man page and for shells. */
static const CliCommand describe = { "describe",
                                     "man|bash|zsh|fish [PROTOCOL]…",
                                     1,
                                     ANY_NUMBER,
                                     CLI_TAKES_NOTHING,
                                     0,
                                     cli_describe,
                                     "",
                                     NULL };

const CliCommand *
cli_command_find (const char *name)
{
    for (const CliCommand *c = cli_commands; c->name; c++)
        if (strcmp (c->name, name) == 0)
            return c;
    return strcmp (name, describe.name) == 0 ? &describe : NULL;
}

gboolean
cli_needs_root (const char *sentence, GError **error)
{
    if (geteuid () == 0)
        return TRUE;
    return adit_fail (error, ADIT_ERROR_SYSTEM, "%s", sentence);
}

gboolean
cli_version (const CliCall *call G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    puts ("adit " ADIT_VERSION);
    return TRUE;
}

/* The command line, sorted; each list is as long as the line, and so ends with a NULL. */
typedef struct {
    const char **words, **secrets;
    guint        n_secrets;
    CliOptions   own;
} Words;

static gboolean
fail_unknown_command (const char *name, GError **error)
{
    g_autoptr (GPtrArray) names = g_ptr_array_new ();
    const char *near;

    for (const CliCommand *c = cli_commands; c->name; c++)
        g_ptr_array_add (names, (gpointer) c->name);
    g_ptr_array_add (names, NULL);
    near = adit_profile_nearest (name, (const char *const *) names->pdata);
    if (near)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("There is no command “%s”; did you mean `%s`?"), name, near);
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("There is no command “%s”; `adit help` lists them."), name);
}

/* A letter may stand for several; the command's own comes first. */
static const CliOption *
find_letter (char letter, CliOptions own)
{
    const CliOption *found = NULL;

    for (const CliOption *o = cli_options; o->name; o++)
        if (o->letter == letter && (found == NULL || (o->option & own && !(found->option & own))))
            found = o;
    return found;
}

static gboolean
take_letters (const char *letters, CliOptions own, CliCall *call)
{
    for (; *letters; letters++) {
        const CliOption *o = find_letter (*letters, own);

        if (o == NULL)
            return FALSE;
        if (o->option == CLI_VERBOSE && call->options & CLI_VERBOSE)
            call->options |= CLI_DEBUG;
        call->options |= o->option;
    }
    return TRUE;
}

/* "--secret KEY=fd:3" or "--secret=KEY=fd:3".  *word moves on when the value is the next one. */
static gboolean
take_value (const CliOption *o, char ***word, Words *words, CliCall *call, GError **error)
{
    const char *value = (**word)[strlen (o->name)] == '=' ? **word + strlen (o->name) + 1 : NULL;

    if (value == NULL && (*word)[1])
        value = *++*word;
    if (value == NULL)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s wants a value: %s %s"), o->name,
                          o->name, o->value);
    call->options |= o->option;
    words->secrets[words->n_secrets++] = value;
    return TRUE;
}

static gboolean
is_option (const CliOption *o, const char *word)
{
    gsize len = strlen (o->name);

    return strncmp (word, o->name, len) == 0 &&
           (word[len] == '\0' || (word[len] == '=' && o->value));
}

/* One word that begins with a dash. */
static gboolean
take_option (char ***word, Words *words, CliCall *call, GError **error)
{
    const char *text = **word;

    if (g_str_has_prefix (text, "--color=") || g_str_has_prefix (text, "--colour=")) {
        if (cli_terminal_colour (strchr (text, '=') + 1))
            return TRUE;
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("`--color` must be auto, always or never."));
    }
    for (const CliOption *o = cli_options; o->name; o++)
        if (is_option (o, text)) {
            if (o->value)
                return take_value (o, word, words, call, error);
            call->options |= o->option;
            return TRUE;
        }
    if (text[1] != '-' && take_letters (text + 1, words->own, call))
        return TRUE;
    return adit_fail (error, ADIT_ERROR_PROFILE,
                      _ ("There is no option %s; `adit help` lists them."), text);
}

/* Options of the command that the line names. */
static CliOptions
own_options (char **argv)
{
    for (char **word = argv + 1; *word; word++)
        if ((*word)[0] != '-') {
            const CliCommand *command = cli_command_find (*word);

            return command ? command->options : 0;
        }
    return 0;
}

/* Sorts options from words. */
static gboolean
sort (char **argv, Words *words, CliCall *call, GError **error)
{
    gboolean options_over = FALSE;

    words->own = own_options (argv);
    for (char **word = argv + 1; *word; word++) {
        if (!g_utf8_validate (*word, -1, NULL))
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("Word %u of the command line is not UTF-8 text."),
                              (guint) (word - argv));
        if (options_over || (*word)[0] != '-' || (*word)[1] == '\0')
            words->words[call->n_words++] = *word;
        else if (strcmp (*word, "--") == 0)
            options_over = TRUE;
        else if (strcmp (*word, "--version") == 0)
            words->words[call->n_words++] = "version";
        else if (!take_option (&word, words, call, error))
            return FALSE;
    }
    call->words   = words->words;
    call->secrets = words->secrets;
    return TRUE;
}

static gboolean
judge (const CliCommand *command, const CliCall *call, GError **error)
{
    CliOptions foreign = call->options & ~(command->options | CLI_VERBOSE | CLI_DEBUG | CLI_HELP);

    if (call->n_words < command->least || call->n_words > command->most)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("Use it like this: adit %s%s%s"),
                          command->name, command->arguments ? " " : "",
                          command->arguments ? _ (command->arguments) : "");
    for (const CliOption *o = cli_options; o->name; o++)
        if (foreign & o->option)
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("`adit %s` has no option %s; see `adit help %s`."), command->name,
                              o->name, command->name);
    return TRUE;
}

/* A tunnel that was killed leaves a journal; whoever comes next clears up. */
static void
clear_up (const CliCommand *command)
{
    g_autoptr (GError) error = NULL;

    if (geteuid () != 0 || command->act == cli_help || command->act == cli_version ||
        command->act == cli_describe || command->act == cli_restore)
        return;
    if (!adit_remote_restore (&error))
        cli_warn (error->message);
}

static gboolean
dispatch (CliCall *call, GError **error)
{
    const char       *name    = call->n_words ? call->words[0] : "help";
    const CliCommand *command = cli_command_find (name);
    const char *const topic[] = { name, NULL };

    if (command == NULL)
        return fail_unknown_command (name, error);
    call->words += call->n_words ? 1 : 0;
    call->n_words -= call->n_words ? 1 : 0;
    if (call->options & CLI_HELP) {
        const CliCall help = { topic, command->act == cli_help ? 0 : 1, 0, NULL };

        return cli_help (&help, error);
    }
    if (!judge (command, call, error))
        return FALSE;
    cli_journal_open (call->options);
    clear_up (command);
    return command->act (call, error);
}

/* The sentence, and with --verbose what lies beneath. */
static int
report (const GError *error, gboolean is_verbose)
{
    g_autofree char *sentence = cli_clean (error->message);
    const GError    *cause    = error;

    if (!g_error_matches (error, ADIT_ERROR, ADIT_ERROR_CANCELLED)) /* the person knows */
        fprintf (stderr, "%sadit:%s %s\n", cli_on (stderr, CLI_BAD), cli_off (stderr), sentence);
    while (is_verbose && (cause = adit_error_cause (cause))) {
        g_autofree char *why = cli_clean (cause->message);

        fprintf (stderr, _ ("  because: %s\n"), why);
    }
    return adit_error_exit_status (error->domain == ADIT_ERROR ? (AditError) error->code
                                                               : ADIT_ERROR_BUG);
}

int
main (int argc, char **argv)
{
    g_autofree const char **plain   = g_new0 (const char *, (gsize) argc + 1);
    g_autofree const char **secrets = g_new0 (const char *, (gsize) argc + 1);
    g_autoptr (GError) error        = NULL;
    Words   words                   = { .words = plain, .secrets = secrets };
    CliCall call                    = { 0 };

    setlocale (LC_MESSAGES, ""); /* each category is a file to map: only what is used */
    setlocale (LC_CTYPE, "");
    setlocale (LC_NUMERIC, "");
    bindtextdomain ("adit", adit_store_locale_dir ());
    bind_textdomain_codeset ("adit", "UTF-8");
    textdomain ("adit");
    if (sort (argv, &words, &call, &error) && dispatch (&call, &error)) {
        cli_agent_stop ();
        if (fflush (stdout) == 0 && !ferror (stdout))
            return 0;
        adit_fail (&error, ADIT_ERROR_SYSTEM, _ ("What adit had to say could not be written."));
    }
    cli_agent_stop ();
    fflush (stdout);
    return report (error, (call.options & CLI_VERBOSE) != 0);
}
