/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c - the keys of [pptp]. */
#include "plugins/pptp/config.h"
#include <glib/gi18n.h>

enum { MRU = 1400 }; /* fits a line of 1500 with IP, GRE, PPP and MPPE around it, and of 1492 */

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

static const AditPppKeys keys = { PPTP_SECTION, "128", ADIT_PPP_MSCHAPV2 };

gboolean
pptp_config_check (const AditProfile *profile, GError **error)
{
    return adit_ppp_profile_check (profile, &keys, error);
}

void
pptp_config_load (PptpConfig *config, const AditProfile *profile)
{
    g_auto (GStrv) servers = adit_profile_list (profile, "connection", "server");
    AditPppConfig *ppp     = &config->ppp;

    adit_ppp_profile_load (ppp, profile, &keys);
    config->server      = g_strdup (servers && servers[0] ? servers[0] : "");
    config->echo_s      = (guint) adit_profile_number (profile, PPTP_SECTION, "echo", 60);
    ppp->server         = config->server;
    ppp->mru            = MRU;
    ppp->mppe_stateful  = adit_profile_flag (profile, PPTP_SECTION, "stateful", FALSE);
    ppp->mppe_stateless = !ppp->mppe_stateful;
}

void
pptp_config_clear (PptpConfig *config)
{
    g_free (config->server);
    memset (config, 0, sizeof *config);
}
