/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.h - from a profile to a device.  The profile's types were checked before; the rules that
 * tie fields together are here, for `check` and for `open` alike. */
#pragma once
#include "plugins/wireguard/device.h"

extern const AditField wireguard_fields[];

#define WIREGUARD_SECTION "wireguard"
#define WIREGUARD_PEER_SECTION "wireguard peer"

/* AditPlugin.check */
gboolean wireguard_config_check (const AditProfile *profile, GError **error);
/* Gives an empty device its key and peers; the private key must be there by now. */
gboolean wireguard_config_load (WireguardDevice *device, const AditProfile *profile,
                                GError **error);
/* The mtu that the profile demands; 0: it leaves that to us. */
guint wireguard_config_mtu (const AditProfile *profile);
