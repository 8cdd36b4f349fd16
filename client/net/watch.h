/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.h - tells when this host's addresses or routes changed, or when it woke from sleep.  Sleeps
 * itself until then. */
#pragma once
#include "client/base/error.h"

enum { ADIT_WATCH_SETTLE_MS = 300 }; /* changes come in flocks: one call for all of them */

typedef struct AditWatch AditWatch;
typedef void (*AditWatchFn) (gpointer user, gboolean woke);

/* On the default main context.  Changes of the device `own` are not counted. */
AditWatch *adit_watch_new (guint own, AditWatchFn moved, gpointer user, GError **error);
void       adit_watch_free (AditWatch *watch);
