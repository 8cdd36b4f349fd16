/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* conf.h - the words of a wg-quick(8) file and where they live in a profile; conf-import.c and
 * conf-export.c both go by this table. */
#pragma once
#include "client/plugin.h"

typedef enum {
    WIREGUARD_CONF_KEY,      /* base64 of 32 bytes */
    WIREGUARD_CONF_PREFIXES, /* a list of address/length; several lines add up */
    WIREGUARD_CONF_DNS,      /* a list: addresses to dns.servers, names to dns.domains */
    WIREGUARD_CONF_PORT,     /* 0 to 65535 */
    WIREGUARD_CONF_MARK,     /* "off", decimal or 0x… */
    WIREGUARD_CONF_TABLE,    /* "off", "auto" or a number */
    WIREGUARD_CONF_MTU,
    WIREGUARD_CONF_SECONDS, /* "off" or 0 to 65535 */
    WIREGUARD_CONF_ENDPOINT,
    WIREGUARD_CONF_REFUSED, /* reported, never obeyed */
} WireguardConfKind;

typedef struct {
    const char       *section; /* "Interface", "Peer" */
    const char       *word;    /* in the file, any case */
    WireguardConfKind kind;
    const char       *into; /* section of the profile; NULL: that of the peer in hand */
    const char       *key;  /* of the profile */
} WireguardConfWord;

extern const WireguardConfWord wireguard_conf_words[]; /* ends with a NULL word */

/* NULL: there is no such word there. */
const WireguardConfWord *wireguard_conf_word (const char *section, const char *word);
