/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote.c - `adit down`, `log`, `restore`, `reload`: root asks a tunnel's own socket, whoever runs
 * it; others ask aditd, and polkit decides. */
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/standing.h"
#include "client/core/store.h"
#include "ui-cli/bus.h"
#include "ui-cli/command.h"
#include "ui-cli/status.h"
#include "ui-cli/terminal.h"
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- down ---- */

static gboolean
down_on_bus (const char *name, gboolean *lifted, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);
    g_autoptr (GVariant) answer     = NULL;
    g_autofree char *path           = NULL;
    GError          *not_up = NULL, *problem = NULL;

    if (bus == NULL)
        return FALSE;
    path    = cli_status_path (bus, name, &not_up);
    *lifted = path == NULL;
    if (path)
        answer = cli_bus_call (bus, path, "Down", NULL, NULL, &problem);
    else if (adit_store_name_ok (name, NULL))
        answer =
            cli_bus_call (bus, CLI_BUS_TOP, "Lift", g_variant_new ("(s)", name), NULL, &problem);
    if (problem == NULL || g_error_matches (problem, ADIT_ERROR, ADIT_ERROR_PROFILE)) {
        GError *said = problem; /* there is no guard either, which nobody had asked about */

        problem = answer ? NULL : g_steal_pointer (&not_up);
        g_clear_error (&said);
    }
    g_clear_error (&not_up);
    if (problem)
        g_propagate_error (error, problem);
    return answer != NULL;
}

static gboolean
down_here (const char *name, gboolean *lifted, GError **error)
{
    g_autoptr (GError) not_up = NULL;
    gboolean always           = FALSE;

    if (cli_status_is_up (name, &not_up))
        return adit_remote_stop (name, error);
    *lifted = adit_store_name_ok (name, NULL) && adit_standing_find (name, &always);
    if (*lifted && !always)
        return adit_standing_lift (name, error);
    if (always)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("%s has ended, and its guard is to hold always; `adit guard lift %s` "
                             "lifts it."),
                          name, name);
    g_propagate_error (error, g_steal_pointer (&not_up));
    return FALSE;
}

/* Who ends a tunnel that has died meanwhile wants to be rid of its guard too. */
gboolean
cli_down (const CliCall *call, GError **error)
{
    const char *name   = call->words[0];
    gboolean    lifted = FALSE;
    gboolean    ok =
        geteuid () == 0 ? down_here (name, &lifted, error) : down_on_bus (name, &lifted, error);

    if (ok && lifted)
        printf (_ ("%s had ended already; its guard is lifted.\n"), name);
    else if (ok)
        printf (_ ("%s has ended, and everything it changed is undone.\n"), name);
    return ok;
}

/* ---- log ---- */

static void
print_log (const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (char **line = lines; *line && (line[1] || **line); line++) {
        g_autofree char *clean = cli_clean (*line);

        puts (clean);
    }
    fflush (stdout);
}

typedef struct {
    GMainLoop *loop;
    char      *path; /* of the file, or of the object */
    int        fd;
    GString   *rest; /* of a line that has no end yet */
    gboolean   is_over;
} Follow;

static gboolean
on_stop (gpointer user)
{
    g_main_loop_quit (((Follow *) user)->loop);
    return G_SOURCE_CONTINUE;
}

static void
follow (Follow *f)
{
    const guint signals[] = { g_unix_signal_add (SIGINT, on_stop, f),
                              g_unix_signal_add (SIGTERM, on_stop, f),
                              g_unix_signal_add (SIGHUP, on_stop, f) };

    if (!f->is_over)
        g_main_loop_run (f->loop);
    for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
        g_source_remove (signals[i]);
}

/* Whole lines only. */
static void
read_on (Follow *f)
{
    char   part[4096];
    gssize n;

    while (f->fd >= 0 && (n = read (f->fd, part, sizeof part)) > 0) {
        char *end;

        g_string_append_len (f->rest, part, n);
        end = strrchr (f->rest->str, '\n');
        if (end) {
            *end = '\0';
            print_log (f->rest->str);
            g_string_erase (f->rest, 0, end + 1 - f->rest->str);
        }
    }
}

static void
on_changed (GFileMonitor *monitor G_GNUC_UNUSED, GFile *file G_GNUC_UNUSED,
            GFile *other G_GNUC_UNUSED, GFileMonitorEvent event, gpointer user)
{
    Follow *f = user;

    read_on (f);
    if (event == G_FILE_MONITOR_EVENT_CREATED) { /* it grew too long, and a new one was begun */
        if (f->fd >= 0)
            close (f->fd);
        f->fd = open (f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        read_on (f);
    }
}

/* What is there is printed by reading on, too, so that no line is missed between the two. */
static gboolean
follow_file (const char *name, GError **error)
{
    g_autofree char *path            = adit_runtime_path (name, "log");
    g_autoptr (GFile) file           = g_file_new_for_path (path);
    g_autoptr (GFileMonitor) monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
    g_autofree char *known           = adit_remote_log (name, error);
    Follow f = { .path = path, .loop = g_main_loop_new (NULL, FALSE), .rest = g_string_new (NULL) };

    if (known) {
        f.fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (monitor)
            g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), &f);
        read_on (&f);
        follow (&f);
        if (f.fd >= 0)
            close (f.fd);
    }
    g_string_free (f.rest, TRUE);
    g_main_loop_unref (f.loop);
    return known != NULL;
}

static void
on_told (GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path,
         const char *interface G_GNUC_UNUSED, const char *name, GVariant *values, gpointer user)
{
    Follow     *f = user;
    const char *line;

    if (strcmp (path, f->path) != 0)
        return;
    if (strcmp (name, "LogLine") == 0 && g_variant_is_of_type (values, G_VARIANT_TYPE ("(s)"))) {
        g_variant_get (values, "(&s)", &line);
        print_log (line);
    } else if (strcmp (name, "Ended") == 0) {
        f->is_over = TRUE;
        g_main_loop_quit (f->loop);
    }
}

static void
on_vanished (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer user)
{
    Follow *f = user;

    f->is_over = TRUE;
    g_main_loop_quit (f->loop);
}

static gboolean
follow_on_bus (GDBusConnection *bus, char *path, GError **error)
{
    Follow f = { .path = path, .loop = g_main_loop_new (NULL, FALSE) };
    guint  heard =
        g_dbus_connection_signal_subscribe (bus, CLI_BUS_NAME, CLI_BUS_NAME ".Tunnel", NULL, path,
                                            NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_told, &f, NULL);
    guint watch =
        g_bus_watch_name_on_connection (bus, CLI_BUS_NAME, 0, NULL, on_vanished, &f, NULL);
    g_autoptr (GVariant) answer = cli_bus_call (bus, path, "Watch", NULL, NULL, error);

    if (answer)
        follow (&f);
    g_bus_unwatch_name (watch);
    g_dbus_connection_signal_unsubscribe (bus, heard);
    g_main_loop_unref (f.loop);
    return answer != NULL;
}

static gboolean
log_on_bus (const char *name, gboolean follows, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);
    g_autofree char *path           = bus && follows ? cli_status_path (bus, name, error) : NULL;
    g_autoptr (GVariant) answer     = NULL;
    const char *text;

    if (bus && (path || !follows)) /* also of a tunnel that has ended */
        answer =
            cli_bus_call (bus, CLI_BUS_TOP, "Log", g_variant_new ("(su)", name, 0), NULL, error);
    if (answer == NULL)
        return FALSE;
    g_variant_get (answer, "(&s)", &text);
    print_log (text);
    return !follows || follow_on_bus (bus, path, error);
}

gboolean
cli_log (const CliCall *call, GError **error)
{
    const char      *name    = call->words[0];
    gboolean         follows = (call->options & CLI_FOLLOW) != 0;
    g_autofree char *text    = NULL;

    if (!adit_store_name_ok (name, error))
        return FALSE;
    if (geteuid () != 0)
        return log_on_bus (name, follows, error);
    if (follows)
        return follow_file (name, error);
    text = adit_remote_log (name, error);
    if (text)
        print_log (text);
    return text != NULL;
}

/* ---- restore, reload ---- */

static GVariant *
ask_daemon (const char *method, GError **error)
{
    g_autoptr (GDBusConnection) bus = cli_bus_need (error);

    return bus ? cli_bus_call (bus, CLI_BUS_TOP, method, NULL, NULL, error) : NULL;
}

gboolean
cli_restore (const CliCall *call G_GNUC_UNUSED, GError **error)
{
    g_autoptr (GVariant) answer = NULL;

    if (geteuid () == 0) {
        if (!adit_remote_restore_all (error))
            return FALSE;
    } else if ((answer = ask_daemon ("Restore", error)) == NULL)
        return FALSE;
    puts (_ ("Nothing of ended tunnels is left."));
    return TRUE;
}

gboolean
cli_reload (const CliCall *call G_GNUC_UNUSED, GError **error)
{
    g_autoptr (GVariant) answer     = ask_daemon ("Reload", error);
    g_autofree const char **started = NULL;
    g_autofree char        *list    = NULL;

    if (answer == NULL)
        return FALSE;
    g_variant_get (answer, "(^a&s)", &started);
    list = g_strjoinv (", ", (char **) started);
    if (started[0])
        printf (_ ("Started: %s.\n"), list);
    else
        puts (_ ("Nothing was to be started."));
    return TRUE;
}
