/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* departure.c - NameOwnerChanged of one name, to nobody. */
#include "client/daemon/departure.h"

#define DBUS "org.freedesktop.DBus"

struct AditDeparture {
    GDBusConnection *bus;
    guint            subscription;
    GSourceOnceFunc  fn;
    gpointer         user;
};

static void
on_owner (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
          const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
          const char *signal G_GNUC_UNUSED, GVariant *values, gpointer data)
{
    const AditDeparture *departure = data;
    const char          *owner     = NULL;

    g_variant_get (values, "(&s&s&s)", NULL, NULL, &owner);
    if (owner[0] == '\0')
        departure->fn (departure->user);
}

AditDeparture *
adit_departure_new (GDBusConnection *bus, const char *name, GSourceOnceFunc fn, gpointer user)
{
    AditDeparture *departure = g_new0 (AditDeparture, 1);

    departure->bus          = g_object_ref (bus);
    departure->fn           = fn;
    departure->user         = user;
    departure->subscription = g_dbus_connection_signal_subscribe (
        bus, DBUS, DBUS, "NameOwnerChanged", "/org/freedesktop/DBus", name,
        G_DBUS_SIGNAL_FLAGS_NONE, on_owner, departure, NULL);
    return departure;
}

void
adit_departure_free (AditDeparture *departure)
{
    g_dbus_connection_signal_unsubscribe (departure->bus, departure->subscription);
    g_object_unref (departure->bus);
    g_free (departure);
}
