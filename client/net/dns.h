/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns.h - tells whoever resolves names on this host to ask a tunnel's servers, and takes it back.
 * Back ends: systemd-resolved over D-Bus, the resolvconf program, a dnsmasq of our own, and
 * /etc/resolv.conf itself. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"
#include <gio/gio.h>

typedef enum {
    ADIT_DNS_RESOLVED,
    ADIT_DNS_RESOLVCONF,
    ADIT_DNS_DNSMASQ,
    ADIT_DNS_FILE,
    ADIT_N_DNS,
} AditDnsBackend;

/* What somebody was told who asked for a name.  Only a dnsmasq of ours tells. */
typedef void (*AditDnsHeard) (gpointer user, const char *name, const AditPrefix *address);

typedef struct {
    guint              index;
    const char        *interface;
    const char *const *servers, *const *domains; /* NULL-terminated */
    const char *const *zones;                    /* domains too, of addresses: never for search */
    gboolean           exclusive; /* all names are asked there; else only the domains, where the
                                     back end can tell them apart */
    const char  *saved;           /* where the file that is replaced is kept, and beside it more */
    AditDnsHeard heard;           /* NULL: nobody listens; called until the wish is cancelled */
    gpointer     heard_user;
} AditDnsWish;

/* error NULL: it is set.  Takes error. */
typedef void (*AditDnsDone) (gpointer user, GError *error);

AditDnsBackend adit_dns_pick (void); /* for all names; looks at files only */
/* One that asks by domain.  FALSE: this host has none. */
gboolean    adit_dns_pick_split (AditDnsBackend *out);
const char *adit_dns_name (AditDnsBackend backend); /* "systemd-resolved", "resolvconf", … */
gboolean    adit_dns_from_name (const char *name, AditDnsBackend *out);

/* `done` is called later or before this returns; not after a cancel. */
void adit_dns_set (AditDnsBackend backend, const AditDnsWish *wish, GCancellable *cancel,
                   AditDnsDone done, gpointer user);
/* Blocks for a moment.  Only index, interface and saved count; nothing set is success. */
gboolean adit_dns_unset (AditDnsBackend backend, const AditDnsWish *wish, GError **error);

/* Calls back when the service behind a back end was started anew, so that nothing is set any more.
 * NULL: this one cannot forget. */
typedef struct AditDnsWatch AditDnsWatch;
AditDnsWatch *adit_dns_watch_new (AditDnsBackend backend, void (*on_forgot) (gpointer user),
                                  gpointer       user);
void          adit_dns_watch_free (AditDnsWatch *watch); /* NULL does nothing */
