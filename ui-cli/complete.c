/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* complete.c - completion for bash, zsh and fish, from the tables of commands, options and keys.
 * Names of profiles and tunnels are looked for when they are wanted. */
#include "ui-cli/command.h"
#include "ui-cli/describe.h"
#include <stdio.h>
#include <string.h>

static char *
command_names (void)
{
    g_autoptr (GString) names = g_string_new (NULL);

    for (const CliCommand *c = cli_commands; c->name; c++)
        g_string_append_printf (names, "%s%s", names->len ? " " : "", c->name);
    return g_strdup (names->str);
}

static char *
option_names (CliOptions which)
{
    g_autoptr (GString) names = g_string_new ("--color=");

    for (const CliOption *o = cli_options; o->name; o++)
        if (o->option & (which | CLI_VERBOSE | CLI_HELP))
            g_string_append_printf (names, " %s", o->name);
    return g_strdup (names->str);
}

static void
append_keys (GString *keys, const AditField *fields)
{
    for (const AditField *f = fields; f && f->key; f++)
        if (strchr (f->section, ' ') == NULL)
            g_string_append_printf (keys, "%s%s.%s=", keys->len ? " " : "", f->section, f->key);
}

/* Of sections without names, which alone can be known here. */
static char *
key_names (GPtrArray *schemas)
{
    g_autoptr (GString) keys = g_string_new (NULL);

    append_keys (keys, adit_common_fields);
    for (guint i = 0; i < schemas->len; i++)
        append_keys (keys, ((const AditSchema *) g_ptr_array_index (schemas, i))->fields);
    return g_strdup (keys->str);
}

static char *
topic_names (GPtrArray *schemas)
{
    g_autofree char *commands  = command_names ();
    g_autoptr (GString) topics = g_string_new (commands);

    g_string_append (topics, " profile");
    for (guint i = 0; i < schemas->len; i++)
        g_string_append_printf (topics, " %s",
                                ((const AditSchema *) g_ptr_array_index (schemas, i))->name);
    return g_strdup (topics->str);
}

static const char shell_names[] = "_adit_profiles () {\n"
                                  "    local f\n"
                                  "    for f in /etc/adit/profiles/*.conf "
                                  "\"${XDG_CONFIG_HOME:-$HOME/.config}\"/adit/profiles/*.conf; do\n"
                                  "        [ -e \"$f\" ] && f=${f##*/} && echo \"${f%.conf}\"\n"
                                  "    done\n"
                                  "}\n"
                                  "_adit_tunnels () {\n"
                                  "    local f\n"
                                  "    [ -r /run/adit ] || _adit_profiles\n"
                                  "    for f in /run/adit/*.sock; do\n"
                                  "        [ -e \"$f\" ] && f=${f##*/} && echo \"${f%.sock}\"\n"
                                  "    done\n"
                                  "}\n";

static const char *
bash_words (CliTakes takes)
{
    switch (takes) {
    case CLI_TAKES_PROFILE:
    case CLI_TAKES_PROFILE_OR_FILE:
        return "$(_adit_profiles)";
    case CLI_TAKES_TUNNEL:
        return "$(_adit_tunnels)";
    case CLI_TAKES_TOPIC:
        return "$topics";
    case CLI_TAKES_SECRET:
        return "set forget $(_adit_profiles)";
    case CLI_TAKES_NOTHING:
    case CLI_TAKES_FILE:
        break;
    }
    return "";
}

void
cli_describe_bash (GPtrArray *schemas)
{
    g_autofree char *names = command_names (), *keys = key_names (schemas);
    g_autofree char *topics = topic_names (schemas);

    printf (
        "# SPDX-License-Identifier: LGPL-2.1-or-later\n# adit(1) for bash; made by `adit describe "
        "bash`.\n%s_adit () {\n"
        "    local cur prev words cword split\n"
        "    local commands='%s' topics='%s'\n"
        "    local keys='%s'\n"
        "    _init_completion -n = || return\n"
        "    if [ \"$cword\" = 1 ]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$cur\")\n"
        "        return\n    fi\n    local options='' given=''\n    case ${words[1]} in\n",
        shell_names, names, topics, keys);
    for (const CliCommand *c = cli_commands; c->name; c++) {
        g_autofree char *options = option_names (c->options);

        printf ("    %s) options='%s' given=%s%s%s", c->name, options, "\"", bash_words (c->takes),
                "\"");
        if (c->takes == CLI_TAKES_FILE || c->takes == CLI_TAKES_PROFILE_OR_FILE)
            printf ("; [[ $cur == -* ]] || _filedir conf");
        if (c->act == cli_set)
            printf ("; [ \"$cword\" -gt 2 ] && given=$keys && compopt -o nospace");
        puts (" ;;");
    }
    puts ("    esac\n"
          "    [[ $cur == -* ]] && given=$options\n"
          "    local found\n"
          "    mapfile -t found < <(compgen -W \"$given\" -- \"$cur\")\n"
          "    COMPREPLY+=(\"${found[@]}\")\n"
          "}\n"
          "complete -F _adit adit");
}

/* For inside single quotes, without what the shell has a meaning for there. */
static char *
quoted (const char *text, const char *special)
{
    g_auto (GStrv) parts = g_strsplit (text, "'", -1);

    return g_strdelimit (g_strjoinv ("’", parts), special, ' ');
}

static void
zsh_words (const CliCommand *c)
{
    switch (c->takes) {
    case CLI_TAKES_PROFILE:
        printf (" '1:profile:($(_adit_profiles))'");
        break;
    case CLI_TAKES_PROFILE_OR_FILE:
        printf (" '1:profile or file:{ compadd -- $(_adit_profiles); _files -g \"*.conf\" }'");
        break;
    case CLI_TAKES_FILE:
        printf (" '1:file:_files'");
        break;
    case CLI_TAKES_TUNNEL:
        printf (" '1:tunnel:($(_adit_tunnels))'");
        break;
    case CLI_TAKES_TOPIC:
        printf (" \"1:topic:($topics)\"");
        break;
    case CLI_TAKES_SECRET:
        printf (" '1:what:(set forget)' '2:profile:($(_adit_profiles))'");
        break;
    case CLI_TAKES_NOTHING:
        break;
    }
    if (c->act == cli_set)
        printf (" \"*:key:compadd -S '' -- $keys\"");
    if (c->act == cli_export)
        printf (" '2:file:_files'");
}

void
cli_describe_zsh (GPtrArray *schemas)
{
    g_autofree char *keys = key_names (schemas), *topics = topic_names (schemas);

    printf (
        "#compdef adit\n# SPDX-License-Identifier: LGPL-2.1-or-later\n# adit(1) for zsh; made by "
        "`adit describe zsh`.\n%s_adit () {\n    local topics='%s'\n    local keys='%s'\n"
        "    setopt local_options null_glob\n"
        "    if (( CURRENT == 2 )); then\n        local -a commands=(\n",
        shell_names, topics, keys);
    for (const CliCommand *c = cli_commands; c->name; c++) {
        g_autofree char *sentence = quoted (c->sentence, ":[]");

        printf ("            '%s:%s'\n", c->name, sentence);
    }
    puts ("        )\n        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n    (( CURRENT-- ))\n    case $command in");
    for (const CliCommand *c = cli_commands; c->name; c++) {
        printf ("    %s) _arguments", c->name);
        for (const CliOption *o = cli_options; o->name; o++)
            if (o->option & (c->options | CLI_VERBOSE | CLI_HELP)) {
                g_autofree char *sentence = quoted (o->sentence, ":[]");

                printf (" '%s[%s]%s'", o->name, sentence, o->value ? ":value:" : "");
            }
        printf (" '--color=[colours]:when:(auto always never)'");
        zsh_words (c);
        puts (" ;;");
    }
    puts ("    esac\n}\n_adit \"$@\"");
}

static const char *
fish_words (CliTakes takes)
{
    switch (takes) {
    case CLI_TAKES_PROFILE:
    case CLI_TAKES_PROFILE_OR_FILE:
        return "(__adit_stems /etc/adit/profiles .conf; __adit_stems ~/.config/adit/profiles "
               ".conf)";
    case CLI_TAKES_SECRET:
        return "(echo set; echo forget; __adit_stems /etc/adit/profiles .conf; __adit_stems "
               "~/.config/adit/profiles .conf)";
    case CLI_TAKES_TUNNEL:
        return "(__adit_stems /run/adit .sock)";
    case CLI_TAKES_NOTHING:
    case CLI_TAKES_FILE:
    case CLI_TAKES_TOPIC:
        break;
    }
    return NULL;
}

static void
fish_option (const CliOption *o)
{
    g_autofree char *sentence = quoted (o->sentence, "\\");

    printf ("complete -c adit -l %s", o->name + 2);
    if (o->letter)
        printf (" -s %c", o->letter);
    if (o->value)
        printf (" -x");
    if (!(o->option & (CLI_VERBOSE | CLI_HELP))) {
        printf (" -n '__fish_seen_subcommand_from");
        for (const CliCommand *c = cli_commands; c->name; c++)
            if (c->options & o->option)
                printf (" %s", c->name);
        printf ("'");
    }
    printf (" -d '%s'\n", sentence);
}

void
cli_describe_fish (GPtrArray *schemas)
{
    g_autofree char *keys = key_names (schemas), *topics = topic_names (schemas);

    puts (
        "# SPDX-License-Identifier: LGPL-2.1-or-later\n# adit(1) for fish; made by `adit describe "
        "fish`.\nfunction __adit_stems\n    for f in $argv[1]/*$argv[2]\n"
        "        basename $f $argv[2]\n    end\nend\n"
        "complete -c adit -l color -x -a 'auto always never' -d 'whether to use colours'");
    for (const CliCommand *c = cli_commands; c->name; c++) {
        g_autofree char *sentence = quoted (c->sentence, "\\");
        const char      *words    = fish_words (c->takes);
        gboolean files = c->takes == CLI_TAKES_FILE || c->takes == CLI_TAKES_PROFILE_OR_FILE ||
                         c->act == cli_export;

        printf ("complete -c adit -f -n __fish_use_subcommand -a %s -d '%s'\n", c->name, sentence);
        if (words)
            printf ("complete -c adit %s -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                    files ? "-F" : "-f", c->name, words);
        else if (c->takes == CLI_TAKES_TOPIC)
            printf ("complete -c adit -f -n '__fish_seen_subcommand_from %s' -a '%s'\n", c->name,
                    topics);
        else
            printf ("complete -c adit %s -n '__fish_seen_subcommand_from %s'\n",
                    files ? "-F" : "-f", c->name);
        if (c->act == cli_set)
            printf ("complete -c adit -f -n '__fish_seen_subcommand_from set' -a '%s'\n", keys);
    }
    for (const CliOption *o = cli_options; o->name; o++)
        fish_option (o);
}
