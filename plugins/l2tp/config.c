/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c - the keys of [l2tp]. */
#include "plugins/l2tp/config.h"
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

/* SoftEther offers EAP first, and gets lost when its only method (TLS) is declined: EAP only where
 * it is named. */
static const AditPppKeys keys = { L2TP_SECTION, "off",
                                  ADIT_PPP_MSCHAPV2 | ADIT_PPP_CHAP | ADIT_PPP_PAP };

gboolean
l2tp_config_check (const AditProfile *profile, GError **error)
{
    g_autofree char *place = adit_profile_place (profile, L2TP_SECTION, "ipsec");

    if (!adit_ppp_profile_check (profile, &keys, error))
        return FALSE;
    if (g_strcmp0 (adit_profile_get (profile, L2TP_SECTION, "ipsec"), "off") != 0)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: this version of adit has no IPsec to protect L2TP with. Set "
                             "`ipsec = off` in [l2tp] to send everything in the clear."),
                          place);
    return TRUE;
}

void
l2tp_config_load (L2tpConfig *config, const AditProfile *profile)
{
    g_auto (GStrv) servers = adit_profile_list (profile, "connection", "server");
    AditPppConfig *ppp     = &config->ppp;

    adit_ppp_profile_load (ppp, profile, &keys);
    config->server      = g_strdup (servers && servers[0] ? servers[0] : "");
    config->secret      = adit_profile_get (profile, L2TP_SECTION, "tunnel-secret");
    config->local_name  = adit_profile_get (profile, L2TP_SECTION, "local-name");
    config->local_port  = (guint16) adit_profile_number (profile, L2TP_SECTION, "local-port", 0);
    config->hello_s     = (guint) adit_profile_number (profile, L2TP_SECTION, "hello", 60);
    ppp->server         = config->server;
    ppp->mppe_stateless = TRUE;
    ppp->mru            = (guint16) adit_profile_number (profile, L2TP_SECTION, "mru", MRU_DEFAULT);
    ppp->echo_s         = (guint) adit_profile_number (profile, L2TP_SECTION, "echo", 30);
}

void
l2tp_config_clear (L2tpConfig *config)
{
    g_free (config->server);
    memset (config, 0, sizeof *config);
}
