/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf.c - every word of wg(8) and wg-quick(8) configuration files. */
#include "plugins/wireguard/conf.h"
#include "plugins/wireguard/config.h"

const WireguardConfWord wireguard_conf_words[] = {
    { "Interface", "PrivateKey", WIREGUARD_CONF_KEY, WIREGUARD_SECTION, "private-key" },
    { "Interface", "Address", WIREGUARD_CONF_PREFIXES, WIREGUARD_SECTION, "address" },
    { "Interface", "ListenPort", WIREGUARD_CONF_PORT, WIREGUARD_SECTION, "listen-port" },
    { "Interface", "DNS", WIREGUARD_CONF_DNS, "dns", "servers" },
    { "Interface", "MTU", WIREGUARD_CONF_MTU, "routing", "mtu" },
    { "Interface", "Table", WIREGUARD_CONF_TABLE, "routing", "table" },
    { "Interface", "FwMark", WIREGUARD_CONF_MARK, "routing", "mark" },
    { "Interface", "PreUp", WIREGUARD_CONF_REFUSED, NULL, NULL },
    { "Interface", "PostUp", WIREGUARD_CONF_REFUSED, NULL, NULL },
    { "Interface", "PreDown", WIREGUARD_CONF_REFUSED, NULL, NULL },
    { "Interface", "PostDown", WIREGUARD_CONF_REFUSED, NULL, NULL },
    { "Interface", "SaveConfig", WIREGUARD_CONF_REFUSED, NULL, NULL },
    { "Peer", "PublicKey", WIREGUARD_CONF_KEY, NULL, "public-key" },
    { "Peer", "PresharedKey", WIREGUARD_CONF_KEY, NULL, "preshared-key" },
    { "Peer", "Endpoint", WIREGUARD_CONF_ENDPOINT, NULL, "endpoint" },
    { "Peer", "AllowedIPs", WIREGUARD_CONF_PREFIXES, NULL, "allowed-ips" },
    { "Peer", "PersistentKeepalive", WIREGUARD_CONF_SECONDS, NULL, "persistent-keepalive" },
    { .word = NULL },
};

const WireguardConfWord *
wireguard_conf_word (const char *section, const char *word)
{
    for (const WireguardConfWord *w = wireguard_conf_words; w->word; w++) {
        if (g_str_equal (w->section, section) && !g_ascii_strcasecmp (w->word, word))
            return w;
    }
    return NULL;
}
