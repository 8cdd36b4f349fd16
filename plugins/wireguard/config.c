/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.c - reads the sections [wireguard] and [wireguard peer NAME]. */
#include "plugins/wireguard/config.h"
#include "client/base/secret.h"
#include <glib/gi18n.h>

static const char *
name_of (const char *section)
{
    return section + strlen (WIREGUARD_PEER_SECTION " ");
}

static const char *
file_of (const AditProfile *profile)
{
    return adit_profile_file (profile) ? adit_profile_file (profile) : _ ("profile");
}

static gboolean
check_no_twin (const AditProfile *profile, char *const *sections, guint i, GError **error)
{
    const char *key = adit_profile_get (profile, sections[i], "public-key");

    for (guint j = 0; key && j < i; j++) {
        if (g_strcmp0 (key, adit_profile_get (profile, sections[j], "public-key")) == 0)
            return adit_fail (error, ADIT_ERROR_PROFILE,
                              _ ("%s:%u: `public-key` is that of peer %s too; keep one of them."),
                              file_of (profile),
                              adit_profile_line (profile, sections[i], "public-key"),
                              name_of (sections[j]));
    }
    return TRUE;
}

gboolean
wireguard_config_check (const AditProfile *profile, GError **error)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, WIREGUARD_PEER_SECTION);
    guint n                 = g_strv_length (sections);

    if (!n)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s: there is no peer; add a section [wireguard peer NAME]."),
                          file_of (profile));
    if (n > WIREGUARD_PEERS)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("%s: at most %d peers are possible."),
                          file_of (profile), WIREGUARD_PEERS);
    for (guint i = 0; i < n; i++) {
        if (!check_no_twin (profile, sections, i, error))
            return FALSE;
    }
    return TRUE;
}

static void
load_allowed_ips (WireguardDevice *device, WireguardPeer *peer, const AditProfile *profile,
                  const char *section)
{
    g_auto (GStrv) list = adit_profile_list (profile, section, "allowed-ips");
    AditPrefix prefix;

    for (guint i = 0; list && list[i]; i++) {
        if (adit_prefix_parse (list[i], &prefix))
            wireguard_device_allow (device, peer, &prefix);
    }
}

static gboolean
load_peer (WireguardDevice *device, const AditProfile *profile, const char *section, GError **error)
{
    guint8         key[WIREGUARD_KEY];
    WireguardPeer *peer;

    if (!adit_profile_key (profile, section, "public-key", key, sizeof key))
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("Peer %s has no `public-key`."),
                          name_of (section));
    peer = wireguard_device_add_peer (device, key);
    if (!peer)
        return adit_fail (error, ADIT_ERROR_PROFILE, _ ("At most %d peers are possible."),
                          WIREGUARD_PEERS);
    peer->name = g_strdup (name_of (section));
    if (adit_profile_key (profile, section, "preshared-key", key, sizeof key))
        memcpy (peer->handshake.preshared_key, key, sizeof key);
    adit_wipe (key, sizeof key);
    peer->servers = adit_profile_list (profile, section, "endpoint");
    peer->server  = peer->servers ? peer->servers[0] : NULL;
    peer->persistent_keepalive =
        (guint16) adit_profile_number (profile, section, "persistent-keepalive", 0);
    load_allowed_ips (device, peer, profile, section);
    return TRUE;
}

gboolean
wireguard_config_load (WireguardDevice *device, const AditProfile *profile, GError **error)
{
    g_auto (GStrv) sections = adit_profile_sections (profile, WIREGUARD_PEER_SECTION);
    guint8 key[WIREGUARD_KEY];

    if (!adit_profile_key (profile, WIREGUARD_SECTION, "private-key", key, sizeof key))
        return adit_fail (error, ADIT_ERROR_SECRET, _ ("The private key is needed."));
    wireguard_device_set_private_key (device, key);
    adit_wipe (key, sizeof key);
    device->listen_port =
        (guint16) adit_profile_number (profile, WIREGUARD_SECTION, "listen-port", 0);
    for (guint i = 0; sections[i]; i++) {
        if (!load_peer (device, profile, sections[i], error))
            return FALSE;
    }
    return TRUE;
}

guint
wireguard_config_mtu (const AditProfile *profile)
{
    return (guint) adit_profile_number (profile, "routing", "mtu", 0);
}
