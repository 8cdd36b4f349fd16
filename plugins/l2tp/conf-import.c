/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-import.c - the first [lac …] of an xl2tpd.conf, or a keyfile of NetworkManager's L2TP
 * plugin. Neither says that the tunnel may go without IPsec, so the profile does not either. */
#include "plugins/l2tp/conf-import.h"
#include "client/base/secret.h"
#include "client/base/value.h"
#include "plugins/l2tp/config.h"
#include <glib/gi18n.h>

#define SERVICE "org.freedesktop.NetworkManager.l2tp"

typedef struct {
    const char *word, *key; /* key NULL: adit does so anyhow, or has no use for it */
} Word;

static const Word words[] = {
    { "name", "user" },       { "local name", "local-name" },
    { "redial", NULL },       { "redial timeout", NULL },
    { "max redials", NULL },  { "autodial", NULL },
    { "length bit", NULL },   { "require authentication", NULL },
    { "require chap", NULL }, { "require pap", NULL },
    { "ppp debug", NULL },    { "tunnel rws", NULL },
    { "flow bit", NULL },     { "bps", NULL },
};

typedef struct {
    AditProfile *profile;
    AditReportFn report;
    gpointer     user;
    guint        line;
    gboolean     inside; /* of the section that is taken */
    gboolean     found;  /* there was one */
} Import;

static const Word *
find (const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS (words); i++)
        if (g_str_equal (words[i].word, word))
            return &words[i];
    return NULL;
}

static void
take (const Import *im, const char *word, const char *value)
{
    const Word      *known = find (word);
    g_autofree char *host  = NULL;
    guint16          port;

    if (g_str_equal (word, "lns") && adit_server_parse (value, 1, &host, &port))
        adit_profile_set (im->profile, "connection", "server", value);
    else if (g_str_equal (word, "challenge") && g_str_equal (value, "yes"))
        im->report (im->user, im->line, word, _ ("Set `tunnel-secret` in [l2tp]."));
    else if (g_str_equal (word, "pppoptfile"))
        im->report (im->user, im->line, word, _ ("Further files are not followed."));
    else if (known && known->key && *value)
        adit_profile_set (im->profile, L2TP_SECTION, known->key, value);
    else if (!known && !g_str_equal (word, "challenge"))
        im->report (im->user, im->line, word, _ ("adit has nothing that corresponds to it."));
}

static void
enter_section (Import *im, const char *name)
{
    im->inside = g_str_has_prefix (name, "[lac ") && !im->found;
    im->found |= im->inside;
    if (!im->inside && !g_str_equal (name, "[global]"))
        im->report (im->user, im->line, name, _ ("Only the first [lac …] is taken over."));
}

static void
take_line (Import *im, char *line)
{
    char *comment = strchr (line, ';');
    char *equals;

    if (comment)
        *comment = '\0';
    g_strstrip (line);
    equals = strchr (line, '=');
    if (*line == '[') {
        enter_section (im, line);
    } else if (im->inside && equals) {
        *equals = '\0';
        take (im, g_strchomp (line), g_strchug (equals + 1));
    }
}

static gboolean
import_xl2tpd (AditProfile *profile, const char *text, AditReportFn report, gpointer user)
{
    Import im            = { profile, report, user, 0, FALSE, FALSE };
    g_auto (GStrv) lines = NULL;

    if (!strstr (text, "[lac ") || !strstr (text, "lns"))
        return FALSE;
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        im.line = i + 1;
        take_line (&im, lines[i]);
    }
    return im.found;
}

gboolean
l2tp_conf_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                  gpointer user, GError **error G_GNUC_UNUSED)
{
    char    *copy = g_strndup (text, len);
    gboolean ours = adit_ppp_import_nm (profile, L2TP_SECTION, SERVICE, copy, report, user) ||
                    import_xl2tpd (profile, copy, report, user);

    adit_wipe_string (copy);
    if (ours)
        report (
            user, 0, L2TP_SECTION,
            _ ("L2TP without IPsec hides nothing, and this version has no IPsec: set `ipsec = off` "
               "in [l2tp] if that is what you want."));
    return ours;
}
