/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.h - org.adit.Daemon1.Manager and the table of all sessions. */
#pragma once
#include "client/daemon/rest.h"
#include <gio/gio.h>

enum {
    ADIT_SERVICE_TUNNELS      = 64, /* of all users */
    ADIT_SERVICE_TUNNELS_USER = 16, /* of one, but root */
};

typedef struct AditService AditService;

/* Exports the objects; the name is asked for afterwards.  rest is held by whatever is under way. */
AditService *adit_service_new (GDBusConnection *bus, AditRest *rest);
/* Clears up what a dead process left, and starts what is to start by itself. */
void adit_service_begin (AditService *service);
void adit_service_reload (AditService *service);
/* Ends every tunnel, then calls fn; more may not begin. */
void adit_service_end (AditService *service, GSourceFunc fn, gpointer user);
void adit_service_free (AditService *service); /* after the end */
