/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile.c - the keys that every protocol with PPP inside has in its section of a profile: who we
 * are, how that may be proved, and how little encryption will do.  Those of EAP: eap-profile.c. */
#include "plugins/ppp/ppp.h"
#include <glib/gi18n.h>

static const char *
least_mppe (const AditProfile *profile, const AditPppKeys *keys)
{
    const char *mppe = adit_profile_get (profile, keys->section, "mppe");

    return mppe ? mppe : keys->mppe;
}

gboolean
adit_ppp_profile_check (const AditProfile *profile, const AditPppKeys *keys, GError **error)
{
    const char      *mppe  = least_mppe (profile, keys);
    g_autofree char *place = adit_profile_place (profile, keys->section, "mppe");

    if (!adit_profile_get (profile, "connection", "server"))
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("The profile names no server: add `server = …` to [connection]."));
    if (!g_str_equal (mppe, "128") && !g_str_equal (mppe, keys->mppe) &&
        !adit_profile_flag (profile, "connection", "legacy", FALSE))
        return adit_fail (
            error, ADIT_ERROR_PROFILE,
            _ ("%s: `mppe = %s` lets anybody on the way read along; set `legacy = yes` "
               "in [connection] to use it all the same."),
            place, mppe);
    return adit_ppp_eap_check (profile, keys->section, error);
}

static guint
load_auth (const AditProfile *profile, const AditPppKeys *keys)
{
    static const struct {
        const char *name;
        guint       bit;
    } ways[]            = { { "pap", ADIT_PPP_PAP },
                            { "chap", ADIT_PPP_CHAP },
                            { "mschapv2", ADIT_PPP_MSCHAPV2 },
                            { "eap", ADIT_PPP_EAP } };
    g_auto (GStrv) list = adit_profile_list (profile, keys->section, "auth");
    guint set           = 0;

    for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
        if (list && g_strv_contains ((const char *const *) list, ways[i].name))
            set |= ways[i].bit;
    return set ? set : keys->auth;
}

static guint
load_mppe (const char *least)
{
    if (g_str_equal (least, "off"))
        return 0;
    if (g_str_equal (least, "40"))
        return ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56 | ADIT_PPP_MPPE_40;
    if (g_str_equal (least, "56"))
        return ADIT_PPP_MPPE_128 | ADIT_PPP_MPPE_56;
    return ADIT_PPP_MPPE_128;
}

void
adit_ppp_profile_load (AditPppConfig *config, const AditProfile *profile, const AditPppKeys *keys)
{
    config->role          = ADIT_PPP_CLIENT;
    config->topic         = keys->section;
    config->user          = adit_profile_get (profile, keys->section, "user");
    config->password      = adit_profile_get (profile, keys->section, "password");
    config->auth          = load_auth (profile, keys);
    config->legacy        = adit_profile_flag (profile, "connection", "legacy", FALSE);
    config->mppe          = load_mppe (least_mppe (profile, keys));
    config->mppe_required = config->mppe != 0;
    config->ipv6          = TRUE;
    adit_ppp_eap_load (config, profile, keys->section);
}
