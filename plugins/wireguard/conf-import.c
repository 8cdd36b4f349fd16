/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-import.c - a wg-quick(8) file into a profile.  Commands in it are reported, never run.
 * Hostile: the file may come from anywhere. */
#include "client/base/secret.h"
#include "client/base/value.h"
#include "plugins/wireguard/conf.h"
#include "plugins/wireguard/machine.h"
#include <glib/gi18n.h>

enum { NAME = 8 }; /* characters of a public key that make a peer's name */

typedef struct {
    AditProfile *profile;
    AditReportFn report;
    gpointer     user;
    char       **lines;
    guint        line;    /* from 1 */
    const char  *section; /* "Interface", "Peer"; NULL: before the first */
    char        *peer;    /* section of the profile, while section is "Peer" */
} Import;

static gboolean
fail (const Import *im, GError **error, const char *word, const char *cure)
{
    return adit_fail (error, ADIT_ERROR_PROFILE, _ ("Line %u: `%s` %s"), im->line, word, cure);
}

/* Splits "Word = value # comment" in place; FALSE: there is no "=". */
static gboolean
split (char *line, char **word, char **value)
{
    char *equals = strchr (line, '=');

    if (!equals)
        return FALSE;
    *equals = '\0';
    *word   = g_strstrip (line);
    *value  = g_strstrip (equals + 1);
    return TRUE;
}

static void
strip_comment (char *line)
{
    char *hash = strchr (line, '#');

    if (hash)
        *hash = '\0';
    g_strstrip (line);
}

/* Items are what lies between commas; none in an empty value. */
static char **
items_of (const char *value)
{
    return adit_value_list (value);
}

static void
append (AditProfile *profile, const char *section, const char *key, const char *item)
{
    const char      *before = adit_profile_get (profile, section, key);
    g_autofree char *all    = before && *before ? g_strdup_printf ("%s, %s", before, item) : NULL;

    adit_profile_set (profile, section, key, all ? all : item);
}

/* ---- one function for each kind of value: judge, then put ---- */

static gboolean
put_key (const Import *im, const WireguardConfWord *w, const char *into, const char *value,
         GError **error)
{
    if (!adit_value_key (value, NULL, WIREGUARD_KEY))
        return fail (im, error, w->word, _ ("must be a base64 key of 44 characters."));
    adit_profile_set (im->profile, into, w->key, value);
    return TRUE;
}

static gboolean
put_prefixes (const Import *im, const WireguardConfWord *w, const char *into, const char *value,
              GError **error)
{
    g_auto (GStrv) items = items_of (value);
    AditPrefix prefix;

    for (guint i = 0; items[i]; i++) {
        g_autofree char *text = NULL;

        if (!adit_prefix_parse (items[i], &prefix))
            return fail (im, error, w->word,
                         _ ("must be addresses like 10.0.0.2/24 or fd00::2/64, "
                            "separated by commas."));
        if (g_str_equal (w->key, "allowed-ips"))
            adit_prefix_mask (&prefix);
        text = adit_prefix_format (&prefix);
        append (im->profile, into, w->key, text);
    }
    return TRUE;
}

static gboolean
put_dns (const Import *im, const WireguardConfWord *w, const char *value, GError **error)
{
    g_auto (GStrv) items = items_of (value);
    AditPrefix prefix;

    for (guint i = 0; items[i]; i++) {
        if (adit_prefix_parse (items[i], &prefix) && !strchr (items[i], '/'))
            append (im->profile, w->into, w->key, items[i]);
        else if (adit_value_word (items[i], 253))
            append (im->profile, w->into, "domains", items[i]);
        else
            return fail (im, error, w->word,
                         _ ("must be addresses of name servers or names of domains, "
                            "separated by commas."));
    }
    return TRUE;
}

static gboolean
put_endpoint (const Import *im, const WireguardConfWord *w, const char *into, const char *value,
              GError **error)
{
    g_autofree char *host = NULL;
    guint16          port;

    if (!adit_server_parse (value, 0, &host, &port))
        return fail (im, error, w->word,
                     _ ("must be a name or address with a port, like vpn.example.org:51820 or "
                        "[2001:db8::1]:51820."));
    adit_profile_set (im->profile, into, w->key, value);
    return TRUE;
}

/* A number within bounds, or one of two words; `zero` is how the profile spells 0. */
static gboolean
put_number (const Import *im, const WireguardConfWord *w, const char *into, const char *value,
            GError **error)
{
    static const struct {
        guint64     least, most;
        const char *words[2], *zero, *cure;
    } rules[] = {
        [WIREGUARD_CONF_PORT]  = { 0, 65535, { NULL }, "0", N_ ("must be a port, 0 to 65535.") },
        [WIREGUARD_CONF_MARK]  = { 0,
                                   G_MAXUINT32,
                                   { "off" },
                                   "off",
                                   N_ ("must be a number, like 51820 or 0xca6c, or off.") },
        [WIREGUARD_CONF_TABLE] = { 0,
                                   G_MAXUINT32,
                                   { "off", "auto" },
                                   "auto",
                                   N_ ("must be a number, auto or off.") },
        [WIREGUARD_CONF_MTU]   = { 576, 65535, { NULL }, NULL, N_ ("must be from 576 to 65535.") },
        [WIREGUARD_CONF_SECONDS] = { 0,
                                     65535,
                                     { "off" },
                                     "0",
                                     N_ ("must be seconds, 0 to 65535, or off.") },
    };
    g_autofree char *lower  = g_ascii_strdown (value, -1);
    g_autofree char *number = NULL;
    guint64          v      = 0;

    for (guint i = 0; i < 2; i++) {
        if (g_strcmp0 (lower, rules[w->kind].words[i]) == 0) {
            adit_profile_set (im->profile, into, w->key,
                              w->kind == WIREGUARD_CONF_SECONDS ? "0" : lower);
            return TRUE;
        }
    }
    if (!adit_value_number (lower, &v) || v < rules[w->kind].least || v > rules[w->kind].most)
        return fail (im, error, w->word, _ (rules[w->kind].cure));
    number = g_strdup_printf ("%" G_GUINT64_FORMAT, v);
    adit_profile_set (im->profile, into, w->key, v ? number : rules[w->kind].zero);
    return TRUE;
}

static void
refuse (const Import *im, const WireguardConfWord *w)
{
    im->report (im->user, im->line, w->word,
                g_str_equal (w->word, "SaveConfig")
                    ? _ ("A profile is only ever changed by its owner.")
                    : _ ("Commands in a file are never run."));
}

static gboolean
put (const Import *im, const WireguardConfWord *w, const char *value, GError **error)
{
    const char *into = w->into ? w->into : im->peer;

    switch (w->kind) {
    case WIREGUARD_CONF_KEY:
        return put_key (im, w, into, value, error);
    case WIREGUARD_CONF_PREFIXES:
        return put_prefixes (im, w, into, value, error);
    case WIREGUARD_CONF_DNS:
        return put_dns (im, w, value, error);
    case WIREGUARD_CONF_ENDPOINT:
        return put_endpoint (im, w, into, value, error);
    case WIREGUARD_CONF_PORT:
    case WIREGUARD_CONF_MARK:
    case WIREGUARD_CONF_TABLE:
    case WIREGUARD_CONF_MTU:
    case WIREGUARD_CONF_SECONDS:
        return put_number (im, w, into, value, error);
    case WIREGUARD_CONF_REFUSED:
        refuse (im, w);
        return TRUE;
    }
    return FALSE;
}

/* ---- sections ---- */

/* The peer's section begins here: its name is made from the public key somewhere below. */
static char *
name_peer (const Import *im)
{
    char name[NAME + 1] = "";

    for (guint i = im->line; im->lines[i] && im->lines[i][0] != '['; i++) {
        g_autofree char *copy = g_strdup (im->lines[i]);
        char            *word, *value;
        guint            n = 0;

        if (!split (copy, &word, &value) || g_ascii_strcasecmp (word, "PublicKey") != 0 ||
            !adit_value_key (value, NULL, WIREGUARD_KEY))
            continue;
        for (; *value && n < NAME; value++) {
            if (g_ascii_isalnum (*value))
                name[n++] = *value;
        }
        name[n] = '\0';
    }
    return *name ? g_strdup (name) : NULL;
}

static gboolean
begin_peer (Import *im, GError **error)
{
    g_autofree char *name = name_peer (im);

    if (!name)
        return fail (im, error, "[Peer]", _ ("has no valid PublicKey; add it."));
    g_free (im->peer);
    im->peer = g_strdup_printf (WIREGUARD_PEER_SECTION " %s", name);
    for (guint n = 2; adit_profile_get (im->profile, im->peer, "public-key"); n++) {
        g_free (im->peer);
        im->peer = g_strdup_printf (WIREGUARD_PEER_SECTION " %s-%u", name, n);
    }
    return TRUE;
}

static gboolean
begin_section (Import *im, const char *line, GError **error)
{
    if (!g_ascii_strcasecmp (line, "[Interface]")) {
        im->section = "Interface";
    } else if (!g_ascii_strcasecmp (line, "[Peer]")) {
        im->section = "Peer";
        return begin_peer (im, error);
    } else {
        return fail (im, error, line, _ ("is neither [Interface] nor [Peer]."));
    }
    return TRUE;
}

static gboolean
take_line (Import *im, GError **error)
{
    char                    *line = im->lines[im->line - 1], *word, *value;
    const WireguardConfWord *w;

    if (!*line)
        return TRUE;
    if (*line == '[')
        return begin_section (im, line, error);
    if (!split (line, &word, &value))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("Line %u has no `=`; write Key = Value."),
                          im->line);
    w = im->section ? wireguard_conf_word (im->section, word) : NULL;
    if (!w)
        return fail (im, error, word, _ ("is not known here; see wg(8) and wg-quick(8)."));
    return put (im, w, value, error);
}

/* ---- the file ---- */

/* Ours begins with one of our sections, whatever comes after. */
static gboolean
is_ours (char **lines)
{
    for (guint i = 0; lines[i]; i++) {
        if (*lines[i])
            return !g_ascii_strcasecmp (lines[i], "[Interface]") ||
                   !g_ascii_strcasecmp (lines[i], "[Peer]");
    }
    return FALSE;
}

static gboolean
take_file (Import *im, GError **error)
{
    adit_profile_set (im->profile, "connection", "type", "wireguard");
    for (im->line = 1; im->lines[im->line - 1]; im->line++) {
        if (!take_line (im, error))
            return FALSE;
    }
    if (!adit_profile_get (im->profile, WIREGUARD_SECTION, "private-key"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The file has no PrivateKey; add it to [Interface]."));
    return TRUE;
}

gboolean
wireguard_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                  gpointer user, GError **error)
{
    Import   im   = { .profile = profile, .report = report, .user = user };
    char    *copy = g_strndup (text, len);
    gboolean ok   = FALSE;

    im.lines = g_strsplit (copy, "\n", -1);
    adit_wipe (copy, strlen (copy));
    g_free (copy);
    for (guint i = 0; im.lines[i]; i++)
        strip_comment (im.lines[i]);
    if (memchr (text, '\0', len) || len > ADIT_PROFILE_MAX ||
        !g_utf8_validate (text, (gssize) len, NULL))
        adit_fail (error, ADIT_ERROR_PROFILE, _ ("The file is not a text file."));
    else if (is_ours (im.lines))
        ok = take_file (&im, error);
    for (guint i = 0; im.lines[i]; i++)
        adit_wipe_string (im.lines[i]);
    g_free (im.lines);
    g_free (im.peer);
    return ok;
}
