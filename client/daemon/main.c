/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* main.c - aditd: takes its name on the system bus, hosts tunnels until it is told to end, and then
 * undoes all of them.  When there has been nothing to do for a while it ends by itself; the bus
 * starts it again. */
#include "client/base/log.h"
#include "client/core/notify.h"
#include "client/core/runtime.h"
#include "client/core/store.h"
#include "client/daemon/service.h"
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <malloc.h>

#define BUS_NAME "org.adit.Daemon1"

/* A fixed size from which memory goes back to the kernel at once, however large blocks were before.
 */
enum { MMAP_FROM = 128 << 10 };

enum { REST_S = 60 };

typedef struct {
    GMainLoop       *loop;
    GDBusConnection *bus;
    AditService     *service;
    AditRest        *rest;
    guint            name; /* 0: not asked for, or given back */
    gboolean         is_fine;
} Daemon;

/* The level in front, as sd-daemon(3) has it. */
static void
on_log (gpointer user G_GNUC_UNUSED, AditLogLevel level, const char *topic, const char *text)
{
    static const guint syslog[ADIT_N_LOG_LEVELS] = { 3, 4, 5, 6, 7 };
    g_autofree char   *line                      = g_strdup (text);

    for (char *c = line; *c; c++)
        if (g_ascii_iscntrl (*c))
            *c = ' ';
    g_printerr ("<%u>%s: %s\n", syslog[level], topic, line);
}

static gboolean
on_all_over (gpointer user)
{
    Daemon *daemon = user;

    g_main_loop_quit (daemon->loop);
    return G_SOURCE_REMOVE;
}

static gboolean
on_term (gpointer user)
{
    Daemon *daemon = user;

    adit_notify_stopping ();
    if (daemon->service)
        adit_service_end (daemon->service, on_all_over, daemon);
    else
        g_main_loop_quit (daemon->loop);
    return G_SOURCE_CONTINUE;
}

/* Who calls from now on has the next aditd started: first the service manager is told, which would
 * take this one for a running one, then the bus. */
static void
on_rest (gpointer user)
{
    Daemon *daemon = user;

    on_term (daemon);
    g_clear_handle_id (&daemon->name, g_bus_unown_name);
}

static gboolean
on_hang_up (gpointer user)
{
    Daemon *daemon = user;

    if (daemon->service)
        adit_service_reload (daemon->service);
    return G_SOURCE_CONTINUE;
}

static void
on_bus (GDBusConnection *bus, const char *name G_GNUC_UNUSED, gpointer user)
{
    Daemon *daemon = user;

    daemon->bus     = g_object_ref (bus);
    daemon->service = adit_service_new (bus, daemon->rest);
}

static void
on_name (GDBusConnection *bus G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer user)
{
    Daemon *daemon = user;

    daemon->is_fine = TRUE;
    adit_service_begin (daemon->service);
    adit_notify_ready ();
}

static void
on_name_lost (GDBusConnection *bus, const char *name G_GNUC_UNUSED, gpointer user)
{
    Daemon *daemon = user;

    daemon->is_fine = FALSE;
    adit_log (ADIT_LOG_ERROR, "daemon", "%s",
              bus ? "the name " BUS_NAME " is taken, or this user may not have it"
                  : "there is no system bus, or no more");
    on_term (user);
}

static gboolean
read_options (int *argc, char ***argv, int *rest_s, GError **error)
{
    const GOptionEntry entries[] = {
        { "exit-after", 0, 0, G_OPTION_ARG_INT, rest_s,
          N_ ("end after that long with nothing to do; 0: never"), N_ ("SECONDS") },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_add_main_entries (context, entries, "adit");
    return g_option_context_parse (context, argc, argv, error);
}

static void
run (Daemon *daemon, guint rest_s)
{
    daemon->loop = g_main_loop_new (NULL, FALSE);
    daemon->rest = adit_rest_new (rest_s, on_rest, daemon);
    g_unix_signal_add (SIGTERM, on_term, daemon);
    g_unix_signal_add (SIGINT, on_term, daemon);
    g_unix_signal_add (SIGHUP, on_hang_up, daemon);
    daemon->name = g_bus_own_name (G_BUS_TYPE_SYSTEM, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                   on_bus, on_name, on_name_lost, daemon, NULL);
    g_main_loop_run (daemon->loop);
    g_clear_handle_id (&daemon->name, g_bus_unown_name);
    g_clear_pointer (&daemon->service, adit_service_free);
    g_clear_pointer (&daemon->rest, adit_rest_free);
    g_clear_object (&daemon->bus);
    g_main_loop_unref (daemon->loop);
}

int
main (int argc, char **argv)
{
    Daemon daemon            = { 0 };
    g_autoptr (GError) error = NULL;
    int rest_s               = REST_S;

    mallopt (M_MMAP_THRESHOLD, MMAP_FROM);
    setlocale (LC_ALL, "");
    bindtextdomain ("adit", adit_store_locale_dir ());
    bind_textdomain_codeset ("adit", "UTF-8");
    textdomain ("adit");
    adit_log_to (on_log, NULL, ADIT_LOG_NOTICE);
    if (!read_options (&argc, &argv, &rest_s, &error) || !adit_runtime_ensure (&error)) {
        adit_log (ADIT_LOG_ERROR, "daemon", "%s", error->message);
        return 1;
    }
    run (&daemon, (guint) MAX (rest_s, 0));
    return daemon.is_fine ? 0 : 1;
}
