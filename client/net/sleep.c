/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sleep.c - PrepareForSleep of org.freedesktop.login1.Manager: TRUE before, FALSE after. */
#include "client/net/sleep.h"
#include <gio/gio.h>

enum { LATER_MS = 1000 }; /* the first moments belong to the tunnel */

struct AditSleep {
    guint            begin;
    GCancellable    *cancel;
    GDBusConnection *bus; /* NULL: not there, or not yet */
    guint            subscription;
    AditSleepFn      awake;
    gpointer         user;
};

static void
on_signal (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
           const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
           const char *name G_GNUC_UNUSED, GVariant *arguments, gpointer user)
{
    AditSleep *sleep = user;
    gboolean   going = TRUE;

    if (g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(b)")))
        g_variant_get (arguments, "(b)", &going);
    if (!going)
        sleep->awake (sleep->user);
}

static void
on_bus (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user)
{
    g_autoptr (GError) error = NULL;
    GDBusConnection *bus     = g_bus_get_finish (result, &error);
    AditSleep       *sleep   = user;

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* it is gone */
    sleep->bus = bus;
    if (bus == NULL)
        return;
    g_dbus_connection_set_exit_on_close (bus, FALSE); /* a bus may be started anew */
    sleep->subscription = g_dbus_connection_signal_subscribe (
        bus, "org.freedesktop.login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
        "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, sleep, NULL);
}

static gboolean
on_begin (gpointer user)
{
    AditSleep *sleep = user;

    sleep->begin = 0;
    g_bus_get (G_BUS_TYPE_SYSTEM, sleep->cancel, on_bus, sleep);
    return G_SOURCE_REMOVE;
}

AditSleep *
adit_sleep_new (AditSleepFn awake, gpointer user)
{
    AditSleep *sleep = g_new0 (AditSleep, 1);

    sleep->cancel = g_cancellable_new ();
    sleep->awake  = awake;
    sleep->user   = user;
    sleep->begin  = g_timeout_add (LATER_MS, on_begin, sleep);
    return sleep;
}

void
adit_sleep_free (AditSleep *sleep)
{
    if (sleep == NULL)
        return;
    g_cancellable_cancel (sleep->cancel);
    g_clear_handle_id (&sleep->begin, g_source_remove);
    if (sleep->subscription)
        g_dbus_connection_signal_unsubscribe (sleep->bus, sleep->subscription);
    g_clear_object (&sleep->bus);
    g_object_unref (sleep->cancel);
    g_free (sleep);
}
