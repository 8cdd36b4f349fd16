/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply.h - does one step to this host, and takes it back. */
#pragma once
#include "client/core/step.h"
#include "client/net/dns.h"
#include <gio/gio.h>

/* All but ADIT_STEP_FILE and ADIT_STEP_DNS, which are done by who needs them. */
gboolean adit_apply_do (AditStep *step, GError **error);
/* Idempotent: what is not there any more is success. */
gboolean adit_apply_undo (const AditStep *step, GError **error);

/* Takes error; not called after a cancel. */
typedef void (*AditApplyDone) (gpointer user, GError *error);
/* heard: see client/net/dns.h; NULL: nobody listens. */
void adit_apply_dns (const AditStep *step, AditDnsHeard heard, GCancellable *cancel,
                     AditApplyDone done, gpointer user);
