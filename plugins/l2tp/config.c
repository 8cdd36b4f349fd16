/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c - the keys of [l2tp]. */
#include "plugins/l2tp/config.h"
#include "client/base/secret.h"
#include <glib/gi18n.h>

enum { MRU_DEFAULT = 1400 }; /* fits most lines with L2TP's and IPsec's headers around it */

/* clang-format off */
const AditField l2tp_fields[] = {
    { L2TP_SECTION,
        "user",           N_("User name"),                  ADIT_FIELD_TEXT,    NULL,  NULL, FALSE },
    { L2TP_SECTION,
        "password",       N_("Password"),                   ADIT_FIELD_SECRET,  NULL,  NULL, FALSE },
    { L2TP_SECTION, "auth",           N_("Ways to sign in"),            ADIT_FIELD_CHOICES, "mschapv2, chap, pap",
        "pap|chap|mschapv2|eap", FALSE },
    { L2TP_SECTION, "mppe",           N_("Encryption by PPP"),          ADIT_FIELD_CHOICE,  "off",
        "off|128|56|40", FALSE },
    { L2TP_SECTION, "ipsec",          N_("Protection by IPsec"),        ADIT_FIELD_CHOICE,  "required",
        "required|off", FALSE },
    { L2TP_SECTION,
        "tunnel-secret",  N_("Secret of the tunnel"),       ADIT_FIELD_SECRET,  NULL,  NULL, FALSE },
    { L2TP_SECTION, "local-name",     N_("Name of this machine to the server"), ADIT_FIELD_TEXT, NULL,
        "64", FALSE },
    { L2TP_SECTION,
        "local-port",     N_("UDP port of this end"),       ADIT_FIELD_NUMBER,  "0",   "0..65535", FALSE },
    { L2TP_SECTION, "mru",            N_("Largest packet of PPP, bytes"), ADIT_FIELD_NUMBER, "1400",
        "576..1500", FALSE },
    { L2TP_SECTION,
        "hello",          N_("Seconds between hellos"),     ADIT_FIELD_NUMBER,  "60",  "0..3600", FALSE },
    { L2TP_SECTION, "echo",           N_("Seconds between echoes of PPP"), ADIT_FIELD_NUMBER, "30",
        "0..3600", FALSE },
    ADIT_PPP_EAP_FIELDS (L2TP_SECTION),
    { NULL, NULL, NULL, 0, NULL, NULL, FALSE },
};
/* clang-format on */

static const char *
file_of (const AditProfile *profile)
{
    return adit_profile_file (profile) ? adit_profile_file (profile) : _ ("profile");
}

gboolean
l2tp_config_check (const AditProfile *profile, GError **error)
{
    const char *ipsec = adit_profile_get (profile, L2TP_SECTION, "ipsec");
    const char *mppe  = adit_profile_get (profile, L2TP_SECTION, "mppe");

    if (!adit_profile_get (profile, "connection", "server"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The profile names no server: add `server = …` to [connection]."));
    if (g_strcmp0 (ipsec, "off") != 0)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: this version of adit has no IPsec to protect L2TP with. Set "
                             "`ipsec = off` in [l2tp] to send everything in the clear."),
                          file_of (profile));
    if (mppe && (g_str_equal (mppe, "56") || g_str_equal (mppe, "40")) &&
        !adit_profile_flag (profile, "connection", "legacy", FALSE))
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("%s:%u: MPPE with %s bits can be broken by anybody; set `legacy = yes` "
               "in [connection] to use it all the same."),
            file_of (profile), adit_profile_line (profile, L2TP_SECTION, "mppe"), mppe);
    return adit_ppp_eap_check (profile, L2TP_SECTION, error);
}

static guint
load_auth (const AditProfile *profile)
{
    static const struct {
        const char *name;
        guint       bit;
    } ways[]            = { { "pap", ADIT_PPP_PAP },
                            { "chap", ADIT_PPP_CHAP },
                            { "mschapv2", ADIT_PPP_MSCHAPV2 },
                            { "eap", ADIT_PPP_EAP } };
    g_auto (GStrv) list = adit_profile_list (profile, L2TP_SECTION, "auth");
    guint set           = 0;

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
        if (list && g_strv_contains ((const char *const *) list, ways[i].name))
            set |= ways[i].bit;
    /* SoftEther offers EAP first, and gets lost when its only method (TLS) is declined. */
    return set ? set : ADIT_PPP_MSCHAPV2 | ADIT_PPP_CHAP | ADIT_PPP_PAP;
}

static void
load_mppe (L2tpConfig *config, const char *mppe)
{
    if (!mppe || g_str_equal (mppe, "off"))
        return;
    config->mppe          = ADIT_PPP_MPPE_128;
    config->mppe_required = TRUE;
    if (g_str_equal (mppe, "56"))
        config->mppe |= ADIT_PPP_MPPE_56;
    if (g_str_equal (mppe, "40"))
        config->mppe |= ADIT_PPP_MPPE_56 | ADIT_PPP_MPPE_40;
}

void
l2tp_config_load (L2tpConfig *config, const AditProfile *profile)
{
    g_auto (GStrv) servers = adit_profile_list (profile, "connection", "server");

    config->profile    = profile;
    config->server     = g_strdup (servers && servers[0] ? servers[0] : "");
    config->user       = g_strdup (adit_profile_get (profile, L2TP_SECTION, "user"));
    config->password   = g_strdup (adit_profile_get (profile, L2TP_SECTION, "password"));
    config->secret     = g_strdup (adit_profile_get (profile, L2TP_SECTION, "tunnel-secret"));
    config->local_name = g_strdup (adit_profile_get (profile, L2TP_SECTION, "local-name"));
    config->auth       = load_auth (profile);
    config->legacy     = adit_profile_flag (profile, "connection", "legacy", FALSE);
    config->local_port = (guint16) adit_profile_number (profile, L2TP_SECTION, "local-port", 0);
    config->mru        = (guint) adit_profile_number (profile, L2TP_SECTION, "mru", MRU_DEFAULT);
    config->hello_s    = (guint) adit_profile_number (profile, L2TP_SECTION, "hello", 60);
    config->echo_s     = (guint) adit_profile_number (profile, L2TP_SECTION, "echo", 30);
    load_mppe (config, adit_profile_get (profile, L2TP_SECTION, "mppe"));
}

void
l2tp_config_clear (L2tpConfig *config)
{
    adit_wipe_string (config->password);
    adit_wipe_string (config->secret);
    g_free (config->server);
    g_free (config->user);
    g_free (config->local_name);
    memset (config, 0, sizeof *config);
}
