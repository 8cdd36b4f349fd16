/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault.h - failures as D-Bus errors: org.adit.Error.NAME, the sentence first, then the causes. */
#pragma once
#include "client/base/error.h"
#include <gio/gio.h>

/* What is no failure of a tunnel but of the call, with the bus's own names. */
typedef enum {
    ADIT_FAULT_DENIED, /* AccessDenied */
    ADIT_FAULT_ASK,    /* InteractiveAuthorizationRequired */
    ADIT_FAULT_LIMIT,  /* LimitsExceeded */
    ADIT_FAULT_ARGS,   /* InvalidArgs */
    ADIT_N_FAULTS,
} AditFault;

/* "org.adit.Error.Login"; g_free. */
char *adit_fault_name (AditError code);
/* Both take invocation; the first takes error too. */
void adit_fault_return (GDBusMethodInvocation *invocation, GError *error);
void adit_fault_return_call (GDBusMethodInvocation *invocation, AditFault fault,
                             const char *sentence);

/* Text of any origin for a message: UTF-8; g_free. */
char *adit_fault_text (const char *text);
