/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault.c - one name per code, one message per chain of causes. */
#include "client/daemon/fault.h"

#define BUS_ERROR "org.freedesktop.DBus.Error."

static const char *const names[ADIT_N_FAULTS] = {
    [ADIT_FAULT_DENIED] = BUS_ERROR "AccessDenied",
    [ADIT_FAULT_ASK]    = BUS_ERROR "InteractiveAuthorizationRequired",
    [ADIT_FAULT_LIMIT]  = BUS_ERROR "LimitsExceeded",
    [ADIT_FAULT_ARGS]   = BUS_ERROR "InvalidArgs",
};

char *
adit_fault_name (AditError code)
{
    char *name = g_strconcat ("org.adit.Error.", adit_error_name (code), NULL);
    char *dot  = g_strrstr (name, ".");

    dot[1] = g_ascii_toupper (dot[1]);
    return name;
}

char *
adit_fault_text (const char *text)
{
    return g_utf8_make_valid (text ? text : "", -1);
}

void
adit_fault_return (GDBusMethodInvocation *invocation, GError *error)
{
    AditError        code = error->domain == ADIT_ERROR ? (AditError) error->code : ADIT_ERROR_BUG;
    g_autofree char *name = adit_fault_name (code);
    g_autofree char *said = adit_error_explain (error);
    g_autofree char *text = adit_fault_text (said);

    g_dbus_method_invocation_return_dbus_error (invocation, name, text);
    g_error_free (error);
}

void
adit_fault_return_call (GDBusMethodInvocation *invocation, AditFault fault, const char *sentence)
{
    g_autofree char *text = adit_fault_text (sentence);

    g_dbus_method_invocation_return_dbus_error (invocation, names[fault], text);
}
