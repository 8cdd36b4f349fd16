/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-sleep.c - what logind says before and after a sleep, by a stand-in on a bus of this test's
 * own. */
#include "client/net/sleep.h"
#include <gio/gio.h>

static GMainLoop *loop;
static guint      times;

static void
on_awake (gpointer user)
{
    g_assert_true (user == &times);
    times++;
}

static gboolean
on_time (gpointer user G_GNUC_UNUSED)
{
    g_main_loop_quit (loop);
    return G_SOURCE_REMOVE;
}

static void
wait_a_while (guint ms)
{
    g_timeout_add (ms, on_time, NULL);
    g_main_loop_run (loop);
}

static void
say (GDBusConnection *logind, gboolean going)
{
    g_assert_true (g_dbus_connection_emit_signal (
        logind, NULL, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
        "PrepareForSleep", g_variant_new ("(b)", going), NULL));
    wait_a_while (1200);
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
    g_autoptr (GDBusConnection) logind   = connect_to (address);
    g_autoptr (GDBusConnection) stranger = connect_to (address);
    g_autoptr (GVariant) reply           = NULL;
    AditSleep *sleep                     = adit_sleep_new (on_awake, &times);

    reply = g_dbus_connection_call_sync (logind, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                         "org.freedesktop.DBus", "RequestName",
                                         g_variant_new ("(su)", "org.freedesktop.login1", 0), NULL,
                                         G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    g_assert_nonnull (reply);
    wait_a_while (1200);
    say (logind, TRUE);
    g_assert_cmpuint (times, ==, 0); /* still going to sleep */
    say (logind, FALSE);
    g_assert_cmpuint (times, ==, 1);
    say (stranger, FALSE);
    g_assert_cmpuint (times, ==, 1);
    adit_sleep_free (sleep);
    say (logind, FALSE);
    g_assert_cmpuint (times, ==, 1);
}

/* Freed before it knows whether there is a bus. */
static void
test_hurry (void)
{
    AditSleep *sleep = adit_sleep_new (on_awake, &times);

    wait_a_while (1001);
    adit_sleep_free (sleep);
    adit_sleep_free (adit_sleep_new (on_awake, &times));
    wait_a_while (1200);
}

static void
test_no_bus (void)
{
    AditSleep *sleep = adit_sleep_new (on_awake, &times);

    wait_a_while (1200);
    adit_sleep_free (sleep);
}

int
main (int argc, char **argv)
{
    g_autofree char *program = g_find_program_in_path ("dbus-daemon");
    GTestDBus       *bus     = program ? g_test_dbus_new (G_TEST_DBUS_NONE) : NULL;
    int              result;

    g_test_init (&argc, &argv, NULL);
    loop = g_main_loop_new (NULL, FALSE);
    if (bus) {
        g_test_dbus_up (bus);
        g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
        g_test_add_data_func ("/sleep/tells-of-waking", g_test_dbus_get_bus_address (bus),
                              test_wakes);
    } else {
        g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
        g_test_add_func ("/sleep/without-a-bus", test_no_bus);
    }
    g_test_add_func ("/sleep/ends-before-it-began", test_hurry);
    result = g_test_run ();
    if (bus) {
        g_test_dbus_stop (bus);
        g_object_unref (bus);
    }
    g_main_loop_unref (loop);
    return result;
}
