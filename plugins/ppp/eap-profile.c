/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* eap-profile.c - the keys of a profile that EAP has, for every protocol that carries PPP. */
#include "plugins/ppp/ppp.h"

#include "client/crypto/tls.h"
#include <glib/gi18n.h>

static const struct {
    const char *key;
    gboolean    is_file; /* a path, or what was in that file */
    gboolean    is_needed;
} keys[] = { { "ca", TRUE, TRUE },
             { "certificate", TRUE, TRUE },
             { "key", FALSE, TRUE },
             { "key-passphrase", FALSE, FALSE },
             { "server-name", FALSE, FALSE } };

static gboolean
has (const AditProfile *profile, const char *section, const char *key)
{
    g_autofree char *source = g_strconcat (key, "-source", NULL);

    return adit_profile_get (profile, section, key) || adit_profile_get (profile, section, source);
}

/* The first key of EAP-TLS that is there, or NULL. */
static const char *
find_key (const AditProfile *profile, const char *section)
{
    for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
        if (has (profile, section, keys[i].key))
            return keys[i].key;
    return NULL;
}

static gboolean
lists (const AditProfile *profile, const char *section, const char *key, const char *word)
{
    g_auto (GStrv) list = adit_profile_list (profile, section, key);

    return list && g_strv_contains ((const char *const *) list, word);
}

static gboolean
check_keys (const AditProfile *profile, const char *section, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
        const char      *value = adit_profile_get (profile, section, keys[i].key);
        g_autofree char *place = adit_profile_place (profile, section, keys[i].key);

        if (keys[i].is_needed && !has (profile, section, keys[i].key))
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("%s: EAP-TLS needs `ca`, `certificate` and `key`; `%s` is "
                                 "missing."),
                              place, keys[i].key);
        if (keys[i].is_file && *value != '/' && !strstr (value, "-----BEGIN "))
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("%s: `%s` must be the path of a file in PEM form, from / on."),
                              place, keys[i].key);
    }
    return TRUE;
}

/* Once they are no paths any more: a wrong passphrase is told before anybody is called. */
static gboolean
check_texts (const AditProfile *profile, const char *section, GError **error)
{
    const AditTlsConfig config = {
        .ca          = adit_profile_get (profile, section, "ca"),
        .certificate = adit_profile_get (profile, section, "certificate"),
        .key         = adit_profile_get (profile, section, "key"),
        .passphrase  = adit_profile_get (profile, section, "key-passphrase"),
    };
    g_autoptr (AditTls) tls = NULL;

    if (!config.key || *config.ca == '/' || *config.certificate == '/')
        return TRUE;
    tls = adit_tls_new (&config, error);
    return tls != NULL;
}

gboolean
adit_ppp_eap_check (const AditProfile *profile, const char *section, GError **error)
{
    const char      *key   = find_key (profile, section);
    const char      *first = key ? key : "eap";
    g_autofree char *at    = adit_profile_place (profile, section, first);

    if (!key && !adit_profile_get (profile, section, "eap"))
        return TRUE;
    if (!lists (profile, section, "auth", "eap"))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s: `%s` is for EAP; add eap to `auth`."),
                          at, first);
    if (key && adit_profile_get (profile, section, "eap") &&
        !lists (profile, section, "eap", "tls"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: `%s` is for EAP-TLS; add tls to `eap`."), at, key);
    return (!key && !lists (profile, section, "eap", "tls")) ||
           (check_keys (profile, section, error) && check_texts (profile, section, error));
}

/* Who has a certificate would not be talked into a password. */
void
adit_ppp_eap_load (AditPppConfig *config, const AditProfile *profile, const char *section)
{
    static const struct {
        const char *name;
        guint       bit;
    } methods[] = { { "tls", ADIT_PPP_EAP_TLS },
                    { "mschapv2", ADIT_PPP_EAP_MSCHAPV2 },
                    { "md5", ADIT_PPP_EAP_MD5 },
                    { "gtc", ADIT_PPP_EAP_GTC } };

    for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
        if (lists (profile, section, "eap", methods[i].name))
            config->eap |= methods[i].bit;
    config->ca             = adit_profile_get (profile, section, "ca");
    config->certificate    = adit_profile_get (profile, section, "certificate");
    config->key            = adit_profile_get (profile, section, "key");
    config->key_passphrase = adit_profile_get (profile, section, "key-passphrase");
    config->server_name    = adit_profile_get (profile, section, "server-name");
    if (!config->eap && config->certificate)
        config->eap = ADIT_PPP_EAP_TLS;
}
