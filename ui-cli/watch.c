/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* watch.c - `adit status --watch`: the same facts anew every second, and the traffic as a graph. */
#include "client/base/error.h"
#include "ui-cli/facts.h"
#include "ui-cli/figures.h"
#include "ui-cli/graph.h"
#include "ui-cli/json.h"
#include "ui-cli/status.h"
#include "ui-cli/terminal.h"
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { RATE_COLUMNS = 19, PEAK_COLUMNS = 18, LEAST_GRAPH = 10, CTRL_D = 4 };

/* The other screen, no cursor, no lines broken by the terminal; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

typedef struct {
    CliGraph rx, tx;
} Traffic;

typedef struct {
    const char    *name;
    gboolean       is_verbose;
    GMainLoop     *loop;
    GHashTable    *traffic; /* by name of tunnel */
    struct termios before;
} Watch;

static void
append_graph (GString *text, const char *label, const CliGraph *graph, guint columns)
{
    guint room  = columns > RATE_COLUMNS + LEAST_GRAPH ? columns - RATE_COLUMNS : LEAST_GRAPH;
    guint cells = MIN (room, (guint) CLI_GRAPH_SECONDS);
    g_autofree char *bars = cli_graph_draw (graph, cells);
    g_autofree char *now  = cli_rate (cli_graph_now (graph));
    g_autofree char *most = cli_rate (cli_graph_most (graph));

    g_string_append_printf (text, "  %s%s%s %s%s%s %s%-12s%s", cli_on (stdout, CLI_DIM), label,
                            cli_off (stdout), cli_on (stdout, CLI_ACCENT), bars, cli_off (stdout),
                            cli_on (stdout, CLI_BOLD), now, cli_off (stdout));
    if (columns >= cells + RATE_COLUMNS + PEAK_COLUMNS) {
        g_autofree char *peak = g_strdup_printf (_ ("most %s"), most);

        g_string_append_printf (text, " %s%s%s", cli_on (stdout, CLI_DIM), peak, cli_off (stdout));
    }
    g_string_append_c (text, '\n');
}

static guint64
bytes_of (JsonObject *tunnel, const char *way)
{
    return (guint64) cli_json_number (cli_json_object (tunnel, way), "bytes");
}

static void
append_tunnel (Watch *w, GString *text, JsonObject *tunnel, guint columns)
{
    const char      *name    = cli_json_get (tunnel, "name");
    Traffic         *traffic = g_hash_table_lookup (w->traffic, name ? name : "?");
    gint64           now_us  = g_get_monotonic_time ();
    const char      *rest;
    g_autofree char *facts =
        cli_facts (tunnel, g_get_real_time () / G_USEC_PER_SEC, columns, w->is_verbose);

    if (traffic == NULL) {
        traffic = g_new0 (Traffic, 1);
        g_hash_table_insert (w->traffic, g_strdup (name ? name : "?"), traffic);
    }
    cli_graph_sample (&traffic->rx, bytes_of (tunnel, "rx"), now_us);
    cli_graph_sample (&traffic->tx, bytes_of (tunnel, "tx"), now_us);
    rest = strchr (facts, '\n') + 1;
    g_string_append_printf (text, "%.*s\n", (int) (rest - facts), facts);
    append_graph (text, _ ("in "), &traffic->rx, columns);
    append_graph (text, _ ("out"), &traffic->tx, columns);
    g_string_append_printf (text, "\n%s\n", rest);
}

static char *
compose (Watch *w)
{
    g_autoptr (GError) error      = NULL;
    g_autoptr (JsonArray) tunnels = cli_status_gather (w->name, &error);
    guint    n                    = tunnels ? json_array_get_length (tunnels) : 0;
    GString *text                 = g_string_new (NULL);

    for (guint i = 0; i < n; i++)
        append_tunnel (w, text, json_array_get_object_element (tunnels, i), cli_columns ());
    if (n == 0)
        g_string_append_printf (text, "%s%s%s\n", cli_on (stdout, CLI_DIM),
                                error ? error->message : _ ("No tunnel is up."), cli_off (stdout));
    return g_string_free (text, FALSE);
}

/* Line by line over what is there, so that nothing flickers; what does not fit is left out. */
static void
draw (const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    guint rows           = cli_rows ();

    fputs ("\033[H", stdout);
    for (guint i = 0; lines[i] && i + 1 < rows; i++)
        printf ("%s\033[K\r\n", lines[i]);
    printf ("\033[J\033[%u;1H%s%s%s", rows, cli_on (stdout, CLI_DIM), _ ("q ends this view"),
            cli_off (stdout));
    fflush (stdout);
}

static gboolean
on_second (gpointer user)
{
    g_autofree char *text = compose (user);

    draw (text);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer user)
{
    g_main_loop_quit (((Watch *) user)->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_resize (gpointer user)
{
    g_autofree char *text = compose (user);

    draw (text);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_key (int fd, GIOCondition condition, gpointer user)
{
    char key;

    if (condition & (G_IO_HUP | G_IO_ERR) || read (fd, &key, 1) != 1 || key == 'q' || key == CTRL_D)
        g_main_loop_quit (((Watch *) user)->loop);
    return G_SOURCE_CONTINUE;
}

static void
watch (Watch *w)
{
    guint sources[] = {
        g_timeout_add_seconds (1, on_second, w),    g_unix_signal_add (SIGINT, on_signal, w),
        g_unix_signal_add (SIGTERM, on_signal, w),  g_unix_signal_add (SIGHUP, on_signal, w),
        g_unix_signal_add (SIGWINCH, on_resize, w), g_unix_fd_add (STDIN_FILENO, G_IO_IN, on_key, w)
    };

    on_second (w);
    g_main_loop_run (w->loop);
    for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
        g_source_remove (sources[i]);
}

gboolean
cli_status_watch (const char *name, gboolean is_verbose, GError **error)
{
    Watch          w = { .name = name, .is_verbose = is_verbose };
    struct termios raw;

    if (!isatty (STDOUT_FILENO) || tcgetattr (STDIN_FILENO, &w.before) < 0)
        return adit_fail (error, ADIT_ERROR_PROFILE,
                          _ ("--watch needs a terminal; leave it out here."));
    w.loop    = g_main_loop_new (NULL, FALSE);
    w.traffic = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    raw       = w.before;
    raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
    tcsetattr (STDIN_FILENO, TCSANOW, &raw);
    fputs (ENTER, stdout);
    watch (&w);
    fputs (LEAVE, stdout);
    fflush (stdout);
    tcsetattr (STDIN_FILENO, TCSANOW, &w.before);
    g_main_loop_unref (w.loop);
    g_hash_table_unref (w.traffic);
    return TRUE;
}
