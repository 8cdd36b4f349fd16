/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-import.c - see conf-import.h. */
#include "plugins/pptp/conf-import.h"
#include "client/base/secret.h"
#include "plugins/pptp/config.h"

#define SERVICE "org.freedesktop.NetworkManager.pptp"

gboolean
pptp_conf_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                  gpointer user, GError **error G_GNUC_UNUSED)
{
    char    *copy = g_strndup (text, len);
    gboolean ours = adit_ppp_import_nm (profile, PPTP_SECTION, SERVICE, copy, report, user) ||
                    adit_ppp_import_pppd (profile, PPTP_SECTION, copy, report, user);

    adit_wipe_string (copy);
    return ours;
}
