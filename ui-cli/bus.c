/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bus.c - calls of aditd, one at a time, while the main loop goes on. */
#include "ui-cli/bus.h"
#include "ui-cli/agent.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DBUS "org.freedesktop.DBus"

/* ---- is it there ---- */

static gboolean
is_absence (const GError *error)
{
    static const int none[] = {
        G_DBUS_ERROR_SERVICE_UNKNOWN,         G_DBUS_ERROR_NAME_HAS_NO_OWNER,
        G_DBUS_ERROR_SPAWN_SERVICE_INVALID,   G_DBUS_ERROR_SPAWN_EXEC_FAILED,
        G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND, G_DBUS_ERROR_SPAWN_FILE_INVALID
    };

    for (guint i = 0; i < G_N_ELEMENTS (none); i++)
        if (g_error_matches (error, G_DBUS_ERROR, none[i]))
            return TRUE;
    return FALSE;
}

static gboolean
has_owner (GDBusConnection *bus)
{
    g_autoptr (GVariant) answer =
        g_dbus_connection_call_sync (bus, DBUS, "/org/freedesktop/DBus", DBUS, "NameHasOwner",
                                     g_variant_new ("(s)", CLI_BUS_NAME), G_VARIANT_TYPE ("(b)"),
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    gboolean is_there = FALSE;

    if (answer)
        g_variant_get (answer, "(b)", &is_there);
    return is_there;
}

/* FALSE without an error: nobody knows how to start it. */
static gboolean
start_it (GDBusConnection *bus, GError **error)
{
    GError *cause               = NULL;
    g_autoptr (GVariant) answer = g_dbus_connection_call_sync (
        bus, DBUS, "/org/freedesktop/DBus", DBUS, "StartServiceByName",
        g_variant_new ("(su)", CLI_BUS_NAME, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &cause);

    if (answer)
        return TRUE;
    if (is_absence (cause)) {
        g_error_free (cause);
        return FALSE;
    }
    g_dbus_error_strip_remote_error (cause);
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("aditd could not be started; `systemctl status aditd` says why."));
}

GDBusConnection *
cli_bus_open (GError **error)
{
    g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

    if (bus == NULL)
        return NULL;
    g_dbus_connection_set_exit_on_close (bus, FALSE);
    if (has_owner (bus) || start_it (bus, error))
        return g_steal_pointer (&bus);
    return NULL;
}

GDBusConnection *
cli_bus_need (GError **error)
{
    GError          *cause = NULL;
    GDBusConnection *bus   = cli_bus_open (&cause);

    if (cause)
        g_propagate_error (error, cause);
    else if (bus == NULL)
        adit_fail (
            error, ADIT_ERROR_SYSTEM,
            _ ("aditd does not run; start it with `systemctl start aditd`, or use `adit run` "
               "as root, which needs none."));
    return bus;
}

/* ---- failures ---- */

#define ERRORS "org.adit.Error."
#define BECAUSE "  because: "

static gboolean
take_code (const char *name, AditError *code)
{
    g_autofree char *small = NULL;

    if (!g_str_has_prefix (name, ERRORS))
        return FALSE;
    small = g_ascii_strdown (name + strlen (ERRORS), -1);
    return adit_error_from_name (small, code);
}

/* "The sentence.\n  because: a cause" */
static GError *
chain_of (AditError code, const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (char **line = lines + 1; *lines && *line; line++)
        if (g_str_has_prefix (*line, BECAUSE))
            memmove (*line, *line + strlen (BECAUSE), strlen (*line) - strlen (BECAUSE) + 1);
    return adit_error_from_chain (code, (const char *const *) lines);
}

gboolean
cli_bus_fail (GError *remote, GError **error)
{
    g_autofree char *name = g_dbus_error_get_remote_error (remote);
    AditError        code = ADIT_ERROR_SYSTEM;

    g_dbus_error_strip_remote_error (remote);
    if (g_error_matches (remote, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        adit_fail (error, ADIT_ERROR_CANCELLED, _ ("Cancelled."));
    else if (is_absence (remote) || g_error_matches (remote, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
             g_error_matches (remote, G_IO_ERROR, G_IO_ERROR_CLOSED))
        adit_fail (error, ADIT_ERROR_LOST, _ ("aditd has ended before it answered."));
    else if (g_error_matches (remote, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
        adit_fail (error, ADIT_ERROR_LOST, _ ("The tunnel has just ended."));
    else if (name && (take_code (name, &code) || g_str_has_prefix (name, DBUS)))
        g_propagate_error (error, chain_of (code, remote->message));
    else
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("aditd could not be asked: %s."), remote->message);
    g_error_free (remote);
    return FALSE;
}

/* ---- one call ---- */

typedef struct {
    GMainLoop    *loop;
    GCancellable *cancel;
    GVariant     *answer;
    GError       *remote;
} Wait;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user)
{
    Wait *wait = user;

    wait->answer = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source),
                                                                    NULL, result, &wait->remote);
    g_main_loop_quit (wait->loop);
}

static gboolean
on_signal (gpointer user)
{
    g_cancellable_cancel (((Wait *) user)->cancel);
    return G_SOURCE_CONTINUE;
}

GVariant *
cli_bus_call (GDBusConnection *bus, const char *path, const char *method, GVariant *arguments,
              GUnixFDList *fds, GError **error)
{
    gboolean    top       = strcmp (path, CLI_BUS_TOP) == 0;
    const char *interface = top ? CLI_BUS_NAME ".Manager" : CLI_BUS_NAME ".Tunnel";
    Wait        wait      = { g_main_loop_new (NULL, FALSE), g_cancellable_new (), NULL, NULL };
    guint       sigint    = g_unix_signal_add (SIGINT, on_signal, &wait);
    guint       sigterm   = g_unix_signal_add (SIGTERM, on_signal, &wait);

    cli_agent_start ();
    g_dbus_connection_call_with_unix_fd_list (bus, CLI_BUS_NAME, path, interface, method, arguments,
                                              NULL,
                                              G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                              G_MAXINT, fds, wait.cancel, on_answer, &wait);
    g_main_loop_run (wait.loop);
    g_source_remove (sigint);
    g_source_remove (sigterm);
    g_object_unref (wait.cancel);
    g_main_loop_unref (wait.loop);
    if (wait.remote)
        cli_bus_fail (wait.remote, error);
    return wait.answer;
}

/* ---- which tunnels ---- */

static void
tunnel_free (gpointer data)
{
    CliBusTunnel *tunnel = data;

    g_free (tunnel->name);
    g_free (tunnel->path);
    g_free (tunnel);
}

GPtrArray *
cli_bus_tunnels (GDBusConnection *bus, GError **error)
{
    g_autoptr (GVariant) answer  = cli_bus_call (bus, CLI_BUS_TOP, "List", NULL, NULL, error);
    g_autoptr (GVariant) tunnels = NULL;
    GPtrArray   *all             = NULL;
    GVariantIter iter;
    GVariant    *one;

    if (answer == NULL)
        return NULL;
    all     = g_ptr_array_new_with_free_func (tunnel_free);
    tunnels = g_variant_get_child_value (answer, 0);
    g_variant_iter_init (&iter, tunnels);
    while ((one = g_variant_iter_next_value (&iter))) {
        CliBusTunnel *tunnel = g_new0 (CliBusTunnel, 1);

        if (g_variant_lookup (one, "name", "s", &tunnel->name) &&
            g_variant_lookup (one, "tunnel", "o", &tunnel->path))
            g_ptr_array_add (all, tunnel);
        else
            tunnel_free (tunnel);
        g_variant_unref (one);
    }
    return all;
}

int
cli_bus_memfd (const char *text, gsize len, GError **error)
{
    int fd     = memfd_create ("adit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int number = errno;

    if (fd >= 0 && write (fd, text, len) == (gssize) len && lseek (fd, 0, SEEK_SET) == 0 &&
        fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
        return fd;
    number = errno ? errno : number;
    if (fd >= 0)
        close (fd);
    adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("This machine has no memory for files."));
    return -1;
}
