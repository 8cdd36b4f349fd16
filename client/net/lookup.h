/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lookup.h - names to addresses without blocking. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"
#include <gio/gio.h>

enum { ADIT_LOOKUP_MAX = 32 }; /* addresses of one name */

/* n 0: error says why (borrowed). */
typedef void (*AditLookupDone) (gpointer user, const AditEndpoint *endpoints, guint n,
                                const GError *error);

/* FALSE: host is not an address in digits. */
gboolean adit_lookup_number (const char *host, guint16 port, AditEndpoint *out);

/* An address in digits is answered before this returns.  All addresses come in the order in which
 * to try them: first those that this machine has a route to (with `mark`), families in turn.  After
 * a cancel `done` is not called; `free_user` (may be NULL) always is, at the end. */
void adit_lookup (const char *host, guint16 port, guint32 mark, GCancellable *cancel,
                  AditLookupDone done, gpointer user, GDestroyNotify free_user);

/* One of each family in turn, beginning with the first, else in the order they have (RFC 8305 4).
 */
void adit_lookup_interleave (AditEndpoint *endpoints, guint n);
