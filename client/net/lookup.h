/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lookup.h - names to addresses without blocking. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"
#include <gio/gio.h>

/* endpoint NULL: error says why (borrowed). */
typedef void (*AditLookupDone) (gpointer user, const AditEndpoint *endpoint, const GError *error);

/* FALSE: host is not an address in digits. */
gboolean adit_lookup_number (const char *host, guint16 port, AditEndpoint *out);

/* An address in digits is answered before this returns.  Of several addresses the first that this
 * machine has a route to (with `mark`) is taken.  After a cancel `done` is not called. */
void adit_lookup (const char *host, guint16 port, guint32 mark, GCancellable *cancel,
                  AditLookupDone done, gpointer user);
