/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-import.h - profiles from pppd's peers files that call pptp(8), as pptpsetup writes them, and
 * from NetworkManager's keyfiles. */
#pragma once
#include "client/plugin.h"

gboolean pptp_conf_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                           gpointer user, GError **error);
