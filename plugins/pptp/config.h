/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.h - the keys of [pptp], checked and read. */
#pragma once
#include "client/plugin.h"
#include "plugins/ppp/ppp.h"

#define PPTP_SECTION "pptp"

typedef struct {
    AditPppConfig ppp;    /* borrows from the profile, but its server */
    char         *server; /* owned */
    guint         echo_s; /* of the control connection; 0: none */
} PptpConfig;

extern const AditField pptp_fields[];

gboolean pptp_config_check (const AditProfile *profile, GError **error);
void     pptp_config_load (PptpConfig *config, const AditProfile *profile);
void     pptp_config_clear (PptpConfig *config);
