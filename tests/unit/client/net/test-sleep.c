/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sleep.c - what logind says before and after a sleep, by a stand-in on a bus of this test's
 * own. */
#include "client/net/sleep.h"
#include <gio/gio.h>

enum { PATIENCE_S = 10, BEGUN_MS = 1200 }; /* it looks for the bus a second after its start */

static guint times, barriers;

static void
on_awake (gpointer user)
{
    g_assert_true (user == &times);
    times++;
}

static gboolean
on_time (gpointer is_over)
{
    *(gboolean *) is_over = TRUE;
    return G_SOURCE_REMOVE;
}

static void
wait_until_more (const guint *count, guint than)
{
    gboolean is_over = FALSE;
    guint    timer   = g_timeout_add_seconds (PATIENCE_S, on_time, &is_over);

    while (*count <= than && !is_over)
        g_main_context_iteration (NULL, TRUE);
    g_assert_false (is_over);
    g_source_remove (timer);
}

static void
wait_until_begun (void)
{
    gboolean is_over = FALSE;

    g_timeout_add (BEGUN_MS, on_time, &is_over);
    while (!is_over)
        g_main_context_iteration (NULL, TRUE);
}

static void
on_barrier (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
            const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
            const char *name G_GNUC_UNUSED, GVariant *arguments G_GNUC_UNUSED,
            gpointer user G_GNUC_UNUSED)
{
    barriers++;
}

static void
emit (GDBusConnection *who, const char *name, gboolean going)
{
    g_assert_true (g_dbus_connection_emit_signal (who, NULL, "/org/freedesktop/login1",
                                                  "org.freedesktop.login1.Manager", name,
                                                  g_variant_new ("(b)", going), NULL));
}

static gboolean
on_tick (gpointer logind)
{
    emit (logind, "PrepareForSleep", FALSE);
    return G_SOURCE_CONTINUE;
}

/* What it said before has been heard: a bus keeps the order, and this one is heard on the same
 * connection. */
static void
settle (GDBusConnection *who)
{
    guint before = barriers;

    emit (who, "Barrier", FALSE);
    wait_until_more (&barriers, before);
}

/* How often that woke. */
static guint
say (GDBusConnection *who, gboolean going)
{
    guint before = times;

    emit (who, "PrepareForSleep", going);
    settle (who);
    return times - before;
}

static GDBusConnection *
connect_to (const char *address)
{
    return g_dbus_connection_new_for_address_sync (
        address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, NULL);
}

static void
test_wakes (gconstpointer address)
{
    g_autoptr (GDBusConnection) logind = NULL, stranger = NULL, ours = NULL;
    g_autoptr (GVariant) reply = NULL;
    AditSleep *sleep;
    guint      tick;

    if (address == NULL) {
        g_test_skip ("needs dbus-daemon");
        return;
    }
    g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
    logind   = connect_to (address);
    stranger = connect_to (address);
    ours     = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
    g_dbus_connection_signal_subscribe (ours, NULL, "org.freedesktop.login1.Manager", "Barrier",
                                        NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_barrier, NULL,
                                        NULL);
    reply = g_dbus_connection_call_sync (logind, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                         "org.freedesktop.DBus", "RequestName",
                                         g_variant_new ("(su)", "org.freedesktop.login1", 0), NULL,
                                         G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    g_assert_nonnull (reply);
    sleep = adit_sleep_new (on_awake, &times);
    tick  = g_timeout_add (50, on_tick, logind); /* until it listens */
    wait_until_more (&times, times);
    g_source_remove (tick);
    settle (logind);
    g_assert_cmpuint (say (logind, TRUE), ==, 0); /* still going to sleep */
    g_assert_cmpuint (say (logind, FALSE), ==, 1);
    g_assert_cmpuint (say (stranger, FALSE), ==, 0);
    adit_sleep_free (sleep);
    g_assert_cmpuint (say (logind, FALSE), ==, 0);
}

/* Freed before it looks for a bus, and before it knows whether there is one. */
static void
test_hurry (void)
{
    AditSleep *sleep  = adit_sleep_new (on_awake, &times);
    guint      before = times;

    adit_sleep_free (adit_sleep_new (on_awake, &times));
    wait_until_begun ();
    adit_sleep_free (sleep);
    wait_until_begun ();
    g_assert_cmpuint (times, ==, before);
}

static void
test_no_bus (void)
{
    AditSleep *sleep = adit_sleep_new (on_awake, &times);

    g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
    wait_until_begun ();
    adit_sleep_free (sleep);
    g_assert_cmpuint (times, ==, 0);
}

int
main (int argc, char **argv)
{
    g_autofree char *program = g_find_program_in_path ("dbus-daemon");
    GTestDBus       *bus     = program ? g_test_dbus_new (G_TEST_DBUS_NONE) : NULL;
    const char      *address = NULL;
    int              result;

    g_test_init (&argc, &argv, NULL);
    if (bus) {
        g_test_dbus_up (bus);
        address = g_test_dbus_get_bus_address (bus);
    }
    g_test_add_func ("/sleep/without-a-bus", test_no_bus);
    g_test_add_data_func ("/sleep/tells-of-waking", address, test_wakes);
    g_test_add_func ("/sleep/ends-before-it-began", test_hurry);
    result = g_test_run ();
    if (bus) {
        g_test_dbus_stop (bus);
        g_object_unref (bus);
    }
    return result;
}
