/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fields.c - the keys that every protocol's profile shares, and which of them have an effect in
 * this version: a profile must not promise what nobody keeps. */
#include "client/base/schema.h"
#include <glib/gi18n.h>
#include <string.h>

/* clang-format off */
const AditField adit_common_fields[] = {
    { "connection", "name",           N_("Name"),                      ADIT_FIELD_TEXT,     NULL,   "64", FALSE },
    { "connection", "type",           N_("Protocol"),                  ADIT_FIELD_TEXT,     NULL,   "32", TRUE },
    { "connection", "server",         N_("Servers, tried in order"),   ADIT_FIELD_SERVERS,  NULL,   "any", FALSE },
    { "connection", "autoconnect",    N_("Connect at start"),          ADIT_FIELD_FLAG,     "no",   NULL, FALSE },
    { "connection", "data-path",      N_("Who moves the packets"),     ADIT_FIELD_CHOICE,   "auto", "auto|user|kernel", FALSE },
    { "connection", "legacy",         N_("Accept weak cryptography"),  ADIT_FIELD_FLAG,     "no",   NULL, FALSE },
    { "connection", "interface",      N_("Name of the device"),        ADIT_FIELD_TEXT,     NULL,   "15", FALSE },
    { "connection", "offloads-off",   N_("Offloads not to use"),       ADIT_FIELD_CHOICES,  "",
      "tso|uso|coalesce|udp-coalesce|udp-segment|udp-gro|mmsg|vnet", FALSE },
    { "connection", "crypto-engine",  N_("Whose cryptography"),        ADIT_FIELD_CHOICE,   "auto", "auto|openssl|ipsec-mb", FALSE },
    { "connection", "queue",          N_("Queue when the line is full"), ADIT_FIELD_CHOICE, "fq-codel", "fq-codel|fifo", FALSE },
    { "connection", "copy-dscp",      N_("Show the class of traffic outside"), ADIT_FIELD_FLAG, "no", NULL, FALSE },

    { "routing", "default-route",  N_("Everything through the tunnel"), ADIT_FIELD_FLAG,     NULL,   NULL, FALSE },
    { "routing", "include",        N_("Also through the tunnel"),       ADIT_FIELD_PREFIXES, "",     NULL, FALSE },
    { "routing", "exclude",        N_("Never through the tunnel"),      ADIT_FIELD_PREFIXES, "",     NULL, FALSE },
    { "routing", "include-domain", N_("Domains through the tunnel"),    ADIT_FIELD_NAMES,    "",     NULL, FALSE },
    { "routing", "exclude-domain", N_("Domains past the tunnel"),       ADIT_FIELD_NAMES,    "",     NULL, FALSE },
    { "routing", "include-app",    N_("Applications through the tunnel"), ADIT_FIELD_NAMES,  "",     NULL, FALSE },
    { "routing", "exclude-app",    N_("Applications past the tunnel"),  ADIT_FIELD_NAMES,    "",     NULL, FALSE },
    { "routing", "include-uid",    N_("Users through the tunnel"),      ADIT_FIELD_NAMES,    "",     NULL, FALSE },
    { "routing", "exclude-uid",    N_("Users past the tunnel"),         ADIT_FIELD_NAMES,    "",     NULL, FALSE },
    { "routing", "lan",            N_("Local network past the tunnel"),   ADIT_FIELD_CHOICE,   "off",  "off|on", FALSE },
    { "routing", "priority",       N_("Precedence over other tunnels"), ADIT_FIELD_NUMBER,   "100",  "0..1000", FALSE },
    { "routing", "mtu",            N_("Largest packet, bytes"),         ADIT_FIELD_NUMBER,   "auto", "auto|576..65535", FALSE },
    { "routing", "table",          N_("Routing table"),                 ADIT_FIELD_NUMBER,   "auto", "auto|off|1..4294967295", FALSE },
    { "routing", "mark",           N_("Firewall mark of our own packets"), ADIT_FIELD_NUMBER, "auto", "auto|off|1..4294967295", FALSE },

    { "dns", "mode",    N_("Who is asked for names"),  ADIT_FIELD_CHOICE, "auto", "auto|split|full|off", FALSE },
    { "dns", "servers", N_("Name servers"),            ADIT_FIELD_IPS,    "",     NULL, FALSE },
    { "dns", "domains", N_("Domains to ask them for"), ADIT_FIELD_NAMES,  "",     NULL, FALSE },

    { "guard", "mode", N_("Block traffic past the tunnel"), ADIT_FIELD_CHOICE, "off", "off|tunnel|always", FALSE },
    { NULL, NULL, NULL, ADIT_FIELD_TEXT, NULL, NULL, FALSE },
};
/* clang-format on */

/* Keys that are known and do nothing yet: section and key; ends with a NULL. */
static const char *const without_effect[][2] = {
    { NULL, NULL },
};

gboolean
adit_field_limits (const AditField *field)
{
    return (field->type == ADIT_FIELD_ADDRESSES || field->type == ADIT_FIELD_PREFIXES) &&
           g_strcmp0 (field->range, "limit") == 0;
}

gboolean
adit_field_has_effect (const AditField *field)
{
    for (guint i = 0; without_effect[i][0]; i++)
        if (strcmp (field->section, without_effect[i][0]) == 0 &&
            strcmp (field->key, without_effect[i][1]) == 0)
            return FALSE;
    return TRUE;
}
