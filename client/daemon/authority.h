/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* authority.h - may this one do that?  Asks polkit over the bus; root is never asked about, so that
 * a machine without polkit serves root alone. */
#pragma once
#include "client/daemon/fault.h"

typedef enum {
    ADIT_ACTION_UP_OWN,
    ADIT_ACTION_UP_SYSTEM,
    ADIT_ACTION_DOWN_OWN,
    ADIT_ACTION_DOWN_OTHERS,
    ADIT_ACTION_STATUS,
    ADIT_ACTION_RELOAD,
    ADIT_ACTION_SECRET,
    ADIT_ACTION_RESTORE,
    ADIT_ACTION_EXPLAIN,
    ADIT_ACTION_EXEC,
    ADIT_N_ACTIONS,
} AditAction;

/* "org.adit.daemon.up-own" */
const char *adit_authority_action (AditAction action);

/* sentence NULL: it is allowed; else why not, and as which error. */
typedef void (*AditAuthorityDone) (gpointer user, AditFault fault, const char *sentence);

/* may_ask: the caller waits while the person is asked. */
void adit_authority_check (GDBusConnection *bus, const char *sender, AditAction action,
                           gboolean may_ask, AditAuthorityDone done, gpointer user);
