/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-backends.h - the three back ends, for dns.c and their tests only. */
#pragma once
#include "client/net/dns.h"

void     adit_dns_resolved_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                                gpointer user);
gboolean adit_dns_resolved_unset (const AditDnsWish *wish, GError **error);
gboolean adit_dns_resolved_serves (const char *resolv_conf); /* is resolved who answers? */

const char *adit_dns_resolvconf_program (void); /* NULL: there is none */
void     adit_dns_resolvconf_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                                  gpointer user);
gboolean adit_dns_resolvconf_unset (const AditDnsWish *wish, GError **error);

/* The file at `path`, "/etc/resolv.conf" but in tests. */
gboolean adit_dns_file_set (const char *path, const AditDnsWish *wish, GError **error);
gboolean adit_dns_file_unset (const char *path, const AditDnsWish *wish, GError **error);
