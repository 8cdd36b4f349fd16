/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.h - the keys of [l2tp], checked and read. */
#pragma once
#include "client/plugin.h"
#include "plugins/ppp/ppp.h"

#define L2TP_SECTION "l2tp"

typedef struct {
    AditPppConfig ppp;                 /* borrows from the profile, but its server */
    char         *server;              /* owned */
    const char   *local_name, *secret; /* borrowed */
    guint16       local_port;
    guint         hello_s; /* 0: none */
} L2tpConfig;

extern const AditField l2tp_fields[];

gboolean l2tp_config_check (const AditProfile *profile, GError **error);
void     l2tp_config_load (L2tpConfig *config, const AditProfile *profile);
void     l2tp_config_clear (L2tpConfig *config);
