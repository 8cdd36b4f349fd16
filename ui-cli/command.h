/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* command.h - what a command of `adit` is.  One table in main.c names them all; help, the man page
 * and the shells' completions are made from it. */
#pragma once
#include "client/base/error.h"
#include <glib/gi18n.h>

typedef enum {
    CLI_VERBOSE = 1, /* twice: CLI_DEBUG too */
    CLI_DEBUG   = 2,
    CLI_JSON    = 4,
    CLI_WATCH   = 8,
    CLI_FORCE   = 16,
    CLI_SECRETS = 32,
    CLI_HELP    = 64,
    CLI_EXCLUDE = 128,
    CLI_FOLLOW  = 256,
    CLI_SECRET  = 512,  /* a secret on a descriptor; has a value */
    CLI_LINES   = 1024, /* several; has a value */
} CliOptions;

typedef struct {
    const char *const *words; /* after the command's name, without options; NULL-terminated */
    guint              n_words;
    CliOptions         options;
    const char *const *secrets; /* values of --secret and --secrets-fd; NULL-terminated */
} CliCall;

/* What a word may be, for completion. */
typedef enum {
    CLI_TAKES_NOTHING,
    CLI_TAKES_PROFILE,
    CLI_TAKES_FILE,
    CLI_TAKES_PROFILE_OR_FILE,
    CLI_TAKES_TUNNEL,
    CLI_TAKES_TOPIC,
    CLI_TAKES_SECRET, /* set or forget, then a profile */
} CliTakes;

typedef struct {
    const char *name;
    const char *arguments; /* "NAME [FILE]", or NULL */
    guint       least, most;
    CliTakes    takes;
    CliOptions  options; /* its own, besides the common ones */
    gboolean (*act) (const CliCall *call, GError **error);
    const char *sentence;
    const char *more; /* paragraphs, or NULL */
} CliCommand;

typedef struct {
    const char *name;   /* "--json" */
    char        letter; /* 'v', or 0 */
    CliOptions  option;
    const char *value; /* what follows, "KEY=fd:N", or NULL */
    const char *sentence;
} CliOption;

extern const CliCommand cli_commands[]; /* ends with a NULL name */
extern const CliOption  cli_options[];  /* ends with a NULL name */

const CliCommand *cli_command_find (const char *name);

gboolean cli_run (const CliCall *call, GError **error);
gboolean cli_up (const CliCall *call, GError **error);
gboolean cli_import (const CliCall *call, GError **error);
gboolean cli_list (const CliCall *call, GError **error);
gboolean cli_show (const CliCall *call, GError **error);
gboolean cli_export (const CliCall *call, GError **error);
gboolean cli_set (const CliCall *call, GError **error);
gboolean cli_forget (const CliCall *call, GError **error);
gboolean cli_status (const CliCall *call, GError **error);
gboolean cli_down (const CliCall *call, GError **error);
gboolean cli_log (const CliCall *call, GError **error);
gboolean cli_explain (const CliCall *call, GError **error);
gboolean cli_leak_test (const CliCall *call, GError **error);
gboolean cli_guard (const CliCall *call, GError **error);
gboolean cli_exec (const CliCall *call, GError **error);
gboolean cli_reload (const CliCall *call, GError **error);
gboolean cli_secret (const CliCall *call, GError **error);
gboolean cli_restore (const CliCall *call, GError **error);
gboolean cli_help (const CliCall *call, GError **error);
gboolean cli_version (const CliCall *call, GError **error);
gboolean cli_describe (const CliCall *call, GError **error);

/* FALSE with a sentence when this is not root; `what`: "To connect". */
gboolean cli_needs_root (const char *sentence, GError **error);
