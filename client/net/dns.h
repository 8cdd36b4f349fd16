/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns.h - tells whoever resolves names on this host to ask a tunnel's servers, and takes it back.
 * Three back ends: systemd-resolved over D-Bus, the resolvconf program, /etc/resolv.conf itself. */
#pragma once
#include "client/base/error.h"
#include <gio/gio.h>

typedef enum {
    ADIT_DNS_RESOLVED,
    ADIT_DNS_RESOLVCONF,
    ADIT_DNS_FILE,
    ADIT_N_DNS,
} AditDnsBackend;

typedef struct {
    guint              index;
    const char        *interface;
    const char *const *servers, *const *domains; /* NULL-terminated */
    gboolean exclusive; /* all names are asked there; else only the domains, where the
                           back end can tell them apart */
    const char *saved;  /* where ADIT_DNS_FILE keeps the file it replaces */
} AditDnsWish;

/* error NULL: it is set.  Takes error. */
typedef void (*AditDnsDone) (gpointer user, GError *error);

AditDnsBackend adit_dns_pick (void);                /* looks at files only */
const char *adit_dns_name (AditDnsBackend backend); /* "systemd-resolved", "resolvconf", "file" */
gboolean    adit_dns_from_name (const char *name, AditDnsBackend *out);

/* `done` is called later or before this returns; not after a cancel. */
void adit_dns_set (AditDnsBackend backend, const AditDnsWish *wish, GCancellable *cancel,
                   AditDnsDone done, gpointer user);
/* Blocks for a moment.  Only index, interface and saved count; nothing set is success. */
gboolean adit_dns_unset (AditDnsBackend backend, const AditDnsWish *wish, GError **error);
