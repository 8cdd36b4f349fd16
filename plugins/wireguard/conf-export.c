/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-export.c - a profile as a wg-quick(8) file; what such a file cannot say is reported. */
#include "client/base/secret.h"
#include "plugins/wireguard/conf.h"
#include "plugins/wireguard/machine.h"
#include <glib/gi18n.h>

typedef struct {
    const AditProfile *profile;
    GString           *text;
} Export;

/* g_string grows by moving: what is left behind would hold keys. */
static void
put (Export *ex, const char *word, const char *value)
{
    gsize need = ex->text->len + strlen (word) + strlen (value) + 4;

    if (need >= ex->text->allocated_len) {
        GString *larger = g_string_sized_new (2 * need);

        g_string_append_len (larger, ex->text->str, (gssize) ex->text->len);
        adit_wipe (ex->text->str, ex->text->len);
        g_string_free (ex->text, TRUE);
        ex->text = larger;
    }
    g_string_append_printf (ex->text, "%s = %s\n", word, value);
}

static void
put_dns (Export *ex, const WireguardConfWord *w)
{
    const char      *servers = adit_profile_get (ex->profile, w->into, w->key);
    const char      *domains = adit_profile_get (ex->profile, w->into, "domains");
    g_autofree char *both =
        servers && domains ? g_strdup_printf ("%s, %s", servers, domains) : NULL;

    if (servers || domains)
        put (ex, w->word, both ? both : servers ? servers : domains);
}

/* Of several only the first: the file has room for one. */
static void
put_first (Export *ex, const WireguardConfWord *w, const char *list)
{
    g_auto (GStrv) parts = g_strsplit (list, ",", 2);

    put (ex, w->word, g_strstrip (parts[0]));
}

static void
put_word (Export *ex, const WireguardConfWord *w, const char *section)
{
    const char *value = w->key ? adit_profile_get (ex->profile, section, w->key) : NULL;

    if (w->kind == WIREGUARD_CONF_DNS)
        put_dns (ex, w);
    else if (!value)
        return;
    else if (w->kind == WIREGUARD_CONF_ENDPOINT)
        put_first (ex, w, value);
    else if (w->kind == WIREGUARD_CONF_SECONDS && g_str_equal (value, "0"))
        put (ex, w->word, "off");
    else if ((w->kind != WIREGUARD_CONF_MTU && w->kind != WIREGUARD_CONF_MARK) ||
             !g_str_equal (value, "auto"))
        put (ex, w->word, value);
}

static void
put_section (Export *ex, const char *title, const char *section)
{
    g_string_append_printf (ex->text, "%s[%s]\n", ex->text->len ? "\n" : "", title);
    for (const WireguardConfWord *w = wireguard_conf_words; w->word; w++) {
        if (g_str_equal (w->section, title))
            put_word (ex, w, w->into ? w->into : section);
    }
}

static gboolean
is_said (const char *section, const char *key)
{
    if (g_str_equal (section, "dns") && g_str_equal (key, "domains"))
        return TRUE;
    if (g_str_equal (section, "connection") &&
        (g_str_equal (key, "type") || g_str_equal (key, "name")))
        return TRUE;
    for (const WireguardConfWord *w = wireguard_conf_words; w->word; w++) {
        gboolean there = w->into ? g_str_equal (section, w->into)
                                 : g_str_has_prefix (section, WIREGUARD_PEER_SECTION " ");

        if (there && g_strcmp0 (key, w->key) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
report_rest (const AditProfile *profile, AditReportFn report, gpointer user)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, NULL);

    for (guint i = 0; sections[i]; i++) {
        g_auto (GStrv) keys = adit_profile_keys (profile, sections[i]);

        for (guint j = 0; keys[j]; j++) {
            if (!is_said (sections[i], keys[j]))
                report (user, adit_profile_line (profile, sections[i], keys[j]), keys[j],
                        _ ("A wg-quick file has no word for this."));
            else if (g_str_equal (keys[j], "endpoint") &&
                     strchr (adit_profile_get (profile, sections[i], keys[j]), ','))
                report (user, adit_profile_line (profile, sections[i], keys[j]), keys[j],
                        _ ("A wg-quick file has room for one endpoint only; it got the first."));
        }
    }
}

char *
wireguard_export (const AditProfile *profile, AditReportFn report, gpointer user, GError **error)
{
    g_auto (GStrv) peers = adit_profile_sections (profile, WIREGUARD_PEER_SECTION);
    Export ex            = { profile, NULL };

    if (!adit_profile_get (profile, WIREGUARD_SECTION, "private-key")) {
        adit_fail (error, ADIT_ERROR_SECRET, _ ("The private key is needed."));
        return NULL;
    }
    ex.text = g_string_new (NULL);
    put_section (&ex, "Interface", WIREGUARD_SECTION);
    for (guint i = 0; peers[i]; i++)
        put_section (&ex, "Peer", peers[i]);
    report_rest (profile, report, user);
    return g_string_free (ex.text, FALSE);
}
