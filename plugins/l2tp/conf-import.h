/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf-import.h - profiles from xl2tpd.conf(5) and from NetworkManager's keyfiles. */
#pragma once
#include "client/plugin.h"

gboolean l2tp_conf_import (AditProfile *profile, const char *text, gsize len, AditReportFn report,
                           gpointer user, GError **error);
