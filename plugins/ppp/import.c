/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import.c - what other programs' files say about a PPP link: options of pppd(8), and keyfiles of
 * NetworkManager's PPTP and L2TP plugins.  What is not taken over is reported with its line;
 * nothing that would be run is obeyed.  Hostile: the files may come from anywhere. */
#include "client/base/secret.h"
#include "client/base/value.h"
#include "plugins/ppp/ppp.h"
#include <glib/gi18n.h>

enum { WORDS_MAX = 8 };

typedef struct {
    AditProfile *profile;
    const char  *section; /* "pptp" */
    AditReportFn report;
    gpointer     user;
    guint        line, refused; /* set of ADIT_PPP_… */
    gboolean     ours;          /* something in it names the protocol */
    gboolean     weak;          /* needs connection.legacy */
    gboolean     certified;     /* a certificate of ours is named */
} Import;

static void
leave (const Import *im, const char *what, const char *why)
{
    im->report (im->user, im->line, what, why);
}

static void
put (const Import *im, const char *section, const char *key, const char *value)
{
    adit_profile_set (im->profile, section, key, value);
}

static gboolean
is_plain (const char *value)
{
    for (const char *c = value; *c; c++)
        if (g_ascii_iscntrl (*c))
            return FALSE;
    return *value != '\0';
}

static void
put_server (Import *im, const char *value)
{
    g_autofree char *host = NULL;
    guint16          port;

    if (adit_server_parse (value, 1, &host, &port))
        put (im, "connection", "server", value);
    else
        leave (im, value, _ ("is no name or address of a server."));
}

/* What remains of the ways to sign in; EAP where there is a certificate, or nothing else. */
static void
finish (const Import *im)
{
    static const struct {
        const char *name;
        guint       bit;
    } ways[]                 = { { "mschapv2", ADIT_PPP_MSCHAPV2 },
                                 { "chap", ADIT_PPP_CHAP },
                                 { "pap", ADIT_PPP_PAP } };
    g_autoptr (GString) list = g_string_new (NULL);

    if (im->weak)
        put (im, "connection", "legacy", "yes");
    for (guint i = 0; i < G_N_ELEMENTS (ways) && !im->certified; i++)
        if (!(im->refused & ways[i].bit))
            g_string_append_printf (list, "%s%s", list->len ? ", " : "", ways[i].name);
    if (!list->len && !(im->refused & ADIT_PPP_EAP))
        g_string_append (list, "eap");
    if (list->len && (im->refused || im->certified))
        put (im, im->section, "auth", list->str);
}

/* ---- options of pppd ---- */

typedef enum {
    SO_ALREADY, /* adit does so anyhow, or has no use for it */
    TEXT,       /* of `key` in the own section */
    NUMBER,     /* the same, or in `routing` */
    MPPE,       /* key: the value of `mppe` */
    REFUSE,     /* bit */
    SERVER,     /* address of the link; not ours to choose */
    ROUTE,      /* key: the value of routing.default-route */
    PEM,        /* a path, of `key` in the own section */
    COMMAND,    /* would be run */
} Kind;

typedef struct {
    const char *word;
    Kind        kind;
    guint       arguments;
    const char *key;
    guint       bit;
} Option;

/* clang-format off */
static const Option options[] = {
    { "name", TEXT, 1, "user", 0 },            { "user", TEXT, 1, "user", 0 },
    { "password", TEXT, 1, "password", 0 },    { "lcp-echo-interval", NUMBER, 1, "echo", 0 },
    { "mtu", NUMBER, 1, "mtu", 0 },            { "mru", NUMBER, 1, "mru", 0 },
    { "ca", PEM, 1, "ca", 0 },                 { "cert", PEM, 1, "certificate", 0 },
    { "key", PEM, 1, "key-source", 0 },
    { "require-mppe", MPPE, 0, "128", 0 },     { "require-mppe-128", MPPE, 0, "128", 0 },
    { "require-mppe-40", MPPE, 0, "40", 0 },   { "nomppe", MPPE, 0, "off", 0 },
    { "mppe", MPPE, 1, "128", 0 },
    { "refuse-pap", REFUSE, 0, NULL, ADIT_PPP_PAP },   { "refuse-chap", REFUSE, 0, NULL, ADIT_PPP_CHAP },
    { "refuse-mschap-v2", REFUSE, 0, NULL, ADIT_PPP_MSCHAPV2 }, { "refuse-eap", REFUSE, 0, NULL, ADIT_PPP_EAP },
    { "refuse-mschap", SO_ALREADY, 0, NULL, 0 },
    { "defaultroute", ROUTE, 0, "yes", 0 },    { "nodefaultroute", ROUTE, 0, "no", 0 },
    { "replacedefaultroute", ROUTE, 0, "yes", 0 },
    { "noauth", SO_ALREADY, 0, NULL, 0 },      { "nobsdcomp", SO_ALREADY, 0, NULL, 0 },
    { "nodeflate", SO_ALREADY, 0, NULL, 0 },   { "novj", SO_ALREADY, 0, NULL, 0 },
    { "novjccomp", SO_ALREADY, 0, NULL, 0 },   { "noccp", SO_ALREADY, 0, NULL, 0 },
    { "nopcomp", SO_ALREADY, 0, NULL, 0 },     { "noaccomp", SO_ALREADY, 0, NULL, 0 },
    { "lock", SO_ALREADY, 0, NULL, 0 },        { "nodetach", SO_ALREADY, 0, NULL, 0 },
    { "debug", SO_ALREADY, 0, NULL, 0 },       { "usepeerdns", SO_ALREADY, 0, NULL, 0 },
    { "nomppe-stateful", SO_ALREADY, 0, NULL, 0 }, { "noipdefault", SO_ALREADY, 0, NULL, 0 },
    { "ipcp-accept-local", SO_ALREADY, 0, NULL, 0 }, { "ipcp-accept-remote", SO_ALREADY, 0, NULL, 0 },
    { "hide-password", SO_ALREADY, 0, NULL, 0 }, { "crtscts", SO_ALREADY, 0, NULL, 0 },
    { "lcp-echo-failure", SO_ALREADY, 1, NULL, 0 }, { "connect-delay", SO_ALREADY, 1, NULL, 0 },
    { "idle", SO_ALREADY, 1, NULL, 0 },        { "remotename", SO_ALREADY, 1, NULL, 0 },
    { "ipparam", SO_ALREADY, 1, NULL, 0 },     { "linkname", SO_ALREADY, 1, NULL, 0 },
    { "connect", COMMAND, 1, NULL, 0 },        { "disconnect", COMMAND, 1, NULL, 0 },
    { "init", COMMAND, 1, NULL, 0 },           { "welcome", COMMAND, 1, NULL, 0 },
    { "plugin", COMMAND, 1, NULL, 0 },         { "file", COMMAND, 1, NULL, 0 },
    { "call", COMMAND, 1, NULL, 0 },           { "pty", SERVER, 1, NULL, 0 },
};
/* clang-format on */

/* pppd's words: white space between them, quotes around, a backslash before anything, # to the end.
 */
static guint
split (const char *line, char *words[WORDS_MAX])
{
    guint n = 0;

    while (n < WORDS_MAX) {
        GString *word  = NULL;
        char     quote = '\0';

        while (g_ascii_isspace (*line))
            line++;
        if (*line == '\0' || *line == '#')
            break;
        word = g_string_new (NULL);
        for (; *line && (quote || !g_ascii_isspace (*line)); line++) {
            if (*line == '\\' && line[1])
                g_string_append_c (word, *++line);
            else if (quote ? *line == quote : *line == '"' || *line == '\'')
                quote = quote ? '\0' : *line;
            else
                g_string_append_c (word, *line);
        }
        words[n++] = g_string_free (word, FALSE);
    }
    return n;
}

static const Option *
find (const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS (options); i++)
        if (g_str_equal (options[i].word, word))
            return &options[i];
    return NULL;
}

/* "pptp vpn.example.org --nolaunchpppd …": the one command that is understood instead of run. */
static void
take_pty (Import *im, const char *command)
{
    g_auto (GStrv) words = g_strsplit_set (command, " \t", -1);
    const char *program  = words[0] ? strrchr (words[0], '/') : NULL;

    program = program ? program + 1 : words[0];
    if (!program || !g_str_equal (program, "pptp") || !g_str_equal (im->section, "pptp")) {
        leave (im, "pty", _ ("Commands are not run."));
        return;
    }
    im->ours = TRUE;
    for (guint i = 1; words[i]; i++)
        if (*words[i] && *words[i] != '-') {
            put_server (im, words[i]);
            return;
        }
}

static void
take_number (const Import *im, const Option *o, const char *value)
{
    gboolean inside = !g_str_equal (o->key, "mtu");
    guint64  number;

    if (!g_ascii_string_to_unsigned (value, 10, 0, 65535, &number, NULL))
        leave (im, o->word, _ ("is not followed by a number."));
    else if (g_str_equal (o->key, "mru") && g_str_equal (im->section, "pptp"))
        ; /* it has one of its own */
    else if (!inside && number >= 576)
        put (im, "routing", "mtu", value);
    else if (inside)
        put (im, im->section, o->key, value);
}

static void
take_path (Import *im, const Option *o, const char *path)
{
    gboolean         is_secret = g_str_has_suffix (o->key, "-source");
    g_autofree char *value     = g_strconcat (is_secret ? "file:" : "", path, NULL);

    if (!g_path_is_absolute (path) || !is_plain (path)) {
        leave (im, o->word, _ ("is not followed by the whole path of a file."));
        return;
    }
    im->certified = TRUE;
    put (im, im->section, o->key, value);
}

static void
take_option (Import *im, const Option *o, const char *value)
{
    switch (o->kind) {
    case SO_ALREADY:
        break;
    case TEXT:
        if (is_plain (value))
            put (im, im->section, o->key, value);
        else
            leave (im, o->word, _ ("has no value."));
        break;
    case NUMBER:
        take_number (im, o, value);
        break;
    case MPPE:
        im->weak |= g_str_equal (o->key, "40") ||
                    (g_str_equal (o->key, "off") && g_str_equal (im->section, "pptp"));
        put (im, im->section, "mppe", o->key);
        break;
    case REFUSE:
        im->refused |= o->bit;
        break;
    case SERVER:
        take_pty (im, value);
        break;
    case ROUTE:
        put (im, "routing", "default-route", o->key);
        break;
    case PEM:
        take_path (im, o, value);
        break;
    case COMMAND:
        leave (im, o->word, _ ("Commands and further files are not followed."));
        break;
    }
}

static void
take_words (Import *im, char **words, guint n)
{
    for (guint i = 0; i < n;) {
        const Option *o = find (words[i]);

        if (!o) {
            leave (im, words[i], _ ("adit has nothing that corresponds to it."));
            return; /* whose arguments the rest are nobody knows */
        }
        if (i + o->arguments >= n) {
            leave (im, words[i], _ ("has no value."));
            return;
        }
        take_option (im, o, words[i + o->arguments]);
        i += 1 + o->arguments;
    }
}

gboolean
adit_ppp_import_pppd (AditProfile *profile, const char *section, const char *text,
                      AditReportFn report, gpointer user)
{
    Import im            = { profile, section, report, user, 0, 0, FALSE, FALSE, FALSE };
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        char *words[WORDS_MAX] = { NULL };
        guint n;

        im.line = i + 1;
        n       = split (lines[i], words);
        take_words (&im, words, n);
        for (guint j = 0; j < n; j++)
            adit_wipe_string (words[j]);
        adit_wipe (lines[i], strlen (lines[i]));
    }
    finish (&im);
    return im.ours;
}

/* ---- keyfiles of NetworkManager ---- */

typedef struct {
    const char *section, *key;
    Kind        kind;
    const char *into;
    guint       bit;
} NmKey;

/* clang-format off */
static const NmKey nm_keys[] = {
    { "connection", "id", TEXT, NULL, 0 },        { "connection", "uuid", SO_ALREADY, NULL, 0 },
    { "connection", "type", SO_ALREADY, NULL, 0 }, { "connection", "permissions", SO_ALREADY, NULL, 0 },
    { "connection", "autoconnect", SO_ALREADY, NULL, 0 }, { "connection", "timestamp", SO_ALREADY, NULL, 0 },
    { "vpn", "service-type", SO_ALREADY, NULL, 0 }, { "vpn", "gateway", SERVER, NULL, 0 },
    { "vpn", "user", TEXT, "user", 0 },           { "vpn", "password-flags", SO_ALREADY, NULL, 0 },
    { "vpn", "user-auth-type", SO_ALREADY, NULL, 0 }, { "vpn", "user-ca", PEM, "ca", 0 },
    { "vpn", "user-cert", PEM, "certificate", 0 }, { "vpn", "user-key", PEM, "key-source", 0 },
    { "vpn", "user-certpass-flags", SO_ALREADY, NULL, 0 },
    { "vpn-secrets", "user-certpass", TEXT, "key-passphrase", 0 },
    { "vpn", "require-mppe", MPPE, "128", 0 },    { "vpn", "require-mppe-128", MPPE, "128", 0 },
    { "vpn", "require-mppe-40", MPPE, "40", 0 },  { "vpn", "refuse-pap", REFUSE, NULL, ADIT_PPP_PAP },
    { "vpn", "refuse-chap", REFUSE, NULL, ADIT_PPP_CHAP },
    { "vpn", "refuse-mschap", SO_ALREADY, NULL, 0 },
    { "vpn", "refuse-mschapv2", REFUSE, NULL, ADIT_PPP_MSCHAPV2 },
    { "vpn", "refuse-eap", REFUSE, NULL, ADIT_PPP_EAP },
    { "vpn", "nobsdcomp", SO_ALREADY, NULL, 0 },  { "vpn", "nodeflate", SO_ALREADY, NULL, 0 },
    { "vpn", "no-vj-comp", SO_ALREADY, NULL, 0 }, { "vpn", "nopcomp", SO_ALREADY, NULL, 0 },
    { "vpn", "noaccomp", SO_ALREADY, NULL, 0 },   { "vpn", "lcp-echo-failure", SO_ALREADY, NULL, 0 },
    { "vpn", "lcp-echo-interval", NUMBER, "echo", 0 }, { "vpn", "mru", NUMBER, "mru", 0 },
    { "vpn", "mtu", NUMBER, "mtu", 0 },           { "vpn-secrets", "password", TEXT, "password", 0 },
    { "ipv4", "method", SO_ALREADY, NULL, 0 },    { "ipv6", "method", SO_ALREADY, NULL, 0 },
    { "ipv4", "never-default", ROUTE, "no", 0 },  { "ipv6", "addr-gen-mode", SO_ALREADY, NULL, 0 },
};
/* clang-format on */

static const NmKey *
find_nm (const char *section, const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS (nm_keys); i++)
        if (g_str_equal (nm_keys[i].section, section) && g_str_equal (nm_keys[i].key, key))
            return &nm_keys[i];
    return NULL;
}

static void
take_nm (Import *im, const char *section, const char *key, const char *value)
{
    const NmKey *k = find_nm (section, key);
    Option       o = { key, SO_ALREADY, 1, NULL, 0 };

    if (!k) {
        leave (im, key, _ ("adit has nothing that corresponds to it."));
        return;
    }
    if (k->kind == SERVER) {
        put_server (im, value);
        return;
    }
    if (k->kind == TEXT && !k->into)
        return; /* the profile is named after its file */
    if ((k->kind == MPPE || k->kind == REFUSE || k->kind == ROUTE) && !g_str_equal (value, "yes") &&
        !g_str_equal (value, "true"))
        return;
    o.kind = k->kind;
    o.key  = k->into;
    o.bit  = k->bit;
    take_option (im, &o, value);
}

/* "service-type=org.freedesktop.NetworkManager.pptp" in [vpn]. */
static gboolean
is_service (const char *text, const char *service)
{
    g_autofree char *line = g_strconcat ("service-type=", service, "\n", NULL);

    return strstr (text, line) != NULL;
}

gboolean
adit_ppp_import_nm (AditProfile *profile, const char *section, const char *service,
                    const char *text, AditReportFn report, gpointer user)
{
    Import im                = { profile, section, report, user, 0, 0, TRUE, FALSE, FALSE };
    g_auto (GStrv) lines     = NULL;
    g_autofree char *current = g_strdup ("");

    if (!is_service (text, service))
        return FALSE;
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip (lines[i]), *equals = strchr (line, '=');

        im.line = i + 1;
        if (*line == '[' && line[strlen (line) - 1] == ']') {
            g_free (current);
            current = g_strndup (line + 1, strlen (line) - 2);
        } else if (*line && *line != '#' && equals) {
            *equals = '\0';
            take_nm (&im, current, g_strchomp (line), g_strchug (equals + 1));
            adit_wipe (equals + 1, strlen (equals + 1));
        }
    }
    finish (&im);
    return TRUE;
}
