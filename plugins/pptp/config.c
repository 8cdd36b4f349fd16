/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c - the keys of [pptp]. */
#include "plugins/pptp/config.h"
#include "client/base/secret.h"
#include <glib/gi18n.h>

/* clang-format off */
const AditField pptp_fields[] = {
    { PPTP_SECTION, "user",     N_("User name"),           ADIT_FIELD_TEXT,    NULL,  NULL, FALSE },
    { PPTP_SECTION, "password", N_("Password"),            ADIT_FIELD_SECRET,  NULL,  NULL, FALSE },
    { PPTP_SECTION, "auth",     N_("Ways to sign in"),     ADIT_FIELD_CHOICES, "mschapv2", "pap|chap|mschapv2|eap", FALSE },
    { PPTP_SECTION, "mppe",     N_("Least bits of encryption"), ADIT_FIELD_CHOICE, "128", "128|56|40|off", FALSE },
    { PPTP_SECTION, "stateful", N_("Accept keys that change seldom"), ADIT_FIELD_FLAG, "no", NULL, FALSE },
    { PPTP_SECTION, "echo",     N_("Seconds between echoes"), ADIT_FIELD_NUMBER, "60", "0..3600", FALSE },
    ADIT_PPP_EAP_FIELDS (PPTP_SECTION),
    { NULL, NULL, NULL, 0, NULL, NULL, FALSE },
};
/* clang-format on */

static const char *
file_of (const AditProfile *profile)
{
    return adit_profile_file (profile) ? adit_profile_file (profile) : _ ("profile");
}

gboolean
pptp_config_check (const AditProfile *profile, GError **error)
{
    const char *mppe = adit_profile_get (profile, PPTP_SECTION, "mppe");

    if (!adit_profile_get (profile, "connection", "server"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The profile names no server: add `server = …` to [connection]."));
    if (mppe && !g_str_equal (mppe, "128") &&
        !adit_profile_flag (profile, "connection", "legacy", FALSE))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s:%u: `mppe = %s` lets anybody on the way read along; set `legacy = "
                             "yes` in [connection] to use it all the same."),
                          file_of (profile), adit_profile_line (profile, PPTP_SECTION, "mppe"),
                          mppe);
    return adit_ppp_eap_check (profile, PPTP_SECTION, error);
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
    g_auto (GStrv) list = adit_profile_list (profile, PPTP_SECTION, "auth");
    guint set           = 0;

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
        if (list && g_strv_contains ((const char *const *) list, ways[i].name))
            set |= ways[i].bit;
    return set ? set : ADIT_PPP_MSCHAPV2;
}

static guint
load_mppe (const char *mppe)
{
    if (mppe && g_str_equal (mppe, "off"))
        return 0;
    if (mppe && g_str_equal (mppe, "40"))
        return ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56 | ADIT_PPP_MPPE_40;
    if (mppe && g_str_equal (mppe, "56"))
        return ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56;
    return ADIT_PPP_MPPE_128;
}

void
pptp_config_load (PptpConfig *config, const AditProfile *profile)
{
    g_auto (GStrv) servers = adit_profile_list (profile, "connection", "server");

    config->profile  = profile;
    config->server   = g_strdup (servers && servers[0] ? servers[0] : "");
    config->user     = g_strdup (adit_profile_get (profile, PPTP_SECTION, "user"));
    config->password = g_strdup (adit_profile_get (profile, PPTP_SECTION, "password"));
    config->auth     = load_auth (profile);
    config->mppe     = load_mppe (adit_profile_get (profile, PPTP_SECTION, "mppe"));
    config->legacy   = adit_profile_flag (profile, "connection", "legacy", FALSE);
    config->stateful = adit_profile_flag (profile, PPTP_SECTION, "stateful", FALSE);
    config->echo_s   = (guint) adit_profile_number (profile, PPTP_SECTION, "echo", 60);
}

void
pptp_config_clear (PptpConfig *config)
{
    adit_wipe_string (config->password);
    g_free (config->server);
    g_free (config->user);
    memset (config, 0, sizeof *config);
}
