/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* departure.h - tells when a connection leaves the bus. */
#pragma once
#include <gio/gio.h>

typedef struct AditDeparture AditDeparture;

/* name: its unique one, copied.  fn may free the departure. */
AditDeparture *adit_departure_new (GDBusConnection *bus, const char *name, GSourceOnceFunc fn,
                                   gpointer user);
void           adit_departure_free (AditDeparture *departure);
