/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-backends.h - the back ends, for dns.c and their tests only. */
#pragma once
#include "client/net/dns.h"

void     adit_dns_resolved_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                                gpointer user);
gboolean adit_dns_resolved_unset (const AditDnsWish *wish, GError **error);
gboolean adit_dns_resolved_serves (const char *resolv_conf); /* is resolved who answers? */
AditDnsWatch *adit_dns_resolved_watch_new (void (*on_forgot) (gpointer user), gpointer user);
void          adit_dns_resolved_watch_free (AditDnsWatch *watch);

const char *adit_dns_resolvconf_program (void); /* NULL: there is none */
gboolean    adit_dns_resolvconf_splits (void);  /* it feeds a resolver that asks by domain */
/* Name servers of all records. */
char   **adit_dns_resolvconf_others (void);
void     adit_dns_resolvconf_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                                  gpointer user);
gboolean adit_dns_resolvconf_unset (const AditDnsWish *wish, GError **error);

/* The file at `path`, "/etc/resolv.conf" but in tests. */
gboolean adit_dns_file_set (const char *path, const AditDnsWish *wish, GError **error);
gboolean adit_dns_file_unset (const char *path, const AditDnsWish *wish, GError **error);
/* Whole or not at all; what a death in between leaves beside it goes with `remove`. */
gboolean adit_dns_file_write (const char *path, const char *text, GError **error);
void     adit_dns_file_remove (const char *path);
/* Name servers of a text in the form of resolv.conf, appended as strings. */
void adit_dns_file_servers (const char *text, GPtrArray *out);
/* Name servers of what `saved` keeps; NULL: nothing is kept there. */
char **adit_dns_file_saved (const char *saved);

/* A dnsmasq of the tunnel's own on a loopback address of its own, which resolvconf or resolv.conf
 * is pointed at. */
const char *adit_dns_dnsmasq_program (void); /* NULL: there is none */
gboolean    adit_dns_dnsmasq_is_ours (const char *server);
void        adit_dns_dnsmasq_set (const char *path, const AditDnsWish *wish, GCancellable *cancel,
                                  AditDnsDone done, gpointer user);
gboolean    adit_dns_dnsmasq_unset (const char *path, const AditDnsWish *wish, GError **error);
