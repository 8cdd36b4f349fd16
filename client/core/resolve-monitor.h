/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resolve-monitor.h - hears which names this host asked for and what it was told, from the monitor
 * of systemd-resolved (251 or later), which speaks varlink and only to root. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

#define ADIT_RESOLVE_MONITOR "/run/systemd/resolve/io.systemd.Resolve.Monitor"

enum {
    ADIT_RESOLVE_BYTES   = 256 * 1024, /* of one message */
    ADIT_RESOLVE_ANSWERS = 256,        /* addresses of one message */
};

/* names: what was asked for, without a dot at the end; addresses: AditPrefix, of one host each. */
typedef void (*AditResolveHeard) (gpointer user, const char *const *names, const GArray *addresses);

/* One message without its end: FALSE: it does not tell of an answer with addresses.  Both out
 * values are for g_strfreev and g_array_unref. */
gboolean adit_resolve_parse (const char *text, gsize len, char ***names, GArray **addresses);

/* On the default main context.  When the service ends it is looked for again, ever more seldom, up
 * to once in a minute. */
typedef struct AditResolveMonitor AditResolveMonitor;
AditResolveMonitor *adit_resolve_monitor_new (const char *path, AditResolveHeard heard,
                                              gpointer user);
gboolean            adit_resolve_monitor_is_on (const AditResolveMonitor *monitor);
void                adit_resolve_monitor_free (AditResolveMonitor *monitor); /* NULL: nothing */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditResolveMonitor, adit_resolve_monitor_free)
