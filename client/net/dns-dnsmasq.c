/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-dnsmasq.c - split DNS where no resolver of the host's can: a dnsmasq of the tunnel's own, on
 * a loopback address of its own, as a user that owns nothing.  It asks the tunnel's servers for the
 * tunnel's domains and the servers found on this host for all others.  It dies with this process,
 * is started again when it dies alone, and follows when the host's servers change. */
#include "client/base/log.h"
#include "client/net/dns-backends.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const places[] = { "/usr/sbin/dnsmasq", "/sbin/dnsmasq", "/usr/bin/dnsmasq",
                                      "/usr/local/sbin/dnsmasq" };

/* A worker's numbers (client/worker/sandbox.h): the process number makes them unique. */
enum { FIRST_UID = 0x7ac00000, AGAIN_MS = 1000, STEADY_S = 10 };

#define OURS "127.173." /* + the device's index: of the loopback's 2^24 addresses */
#define RECORDS "/run/resolvconf"

typedef enum {
    STARTING, /* and nobody asks it yet */
    SERVING,
    RESTARTING, /* told to end, for a new configuration; or waiting to be started again */
} State;

enum { QUESTIONS = 64 };

typedef struct {
    guint64 number;
    char   *name;
} Question;

typedef struct {
    State         state;
    guint         index;
    char         *interface, *saved, *path, *address;
    char        **servers, **domains, **zones;
    char         *config;
    GSubprocess  *process;
    int           pid;
    char         *last; /* line that it wrote */
    gint64        started_us;
    GFileMonitor *monitors[2];
    AditDnsHeard  heard;
    gpointer      heard_user;
    Question      questions[QUESTIONS]; /* the latest, by their number */
    GCancellable *cancel;               /* of `done` and `heard` */
    AditDnsDone   done;                 /* NULL: it was called */
    gpointer      user;
} Keeper;

const char *
adit_dns_dnsmasq_program (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
        if (g_file_test (places[i], G_FILE_TEST_IS_EXECUTABLE))
            return places[i];
    return NULL;
}

gboolean
adit_dns_dnsmasq_is_ours (const char *server)
{
    return g_str_has_prefix (server, OURS);
}

static char *
address_of (guint index)
{
    return g_strdup_printf (OURS "%u.%u", index >> 8 & 255, index & 255);
}

/* ---- who answers for all other names ---- */

static char **
servers_found (const Keeper *keeper)
{
    g_autofree char *text = NULL;
    GPtrArray       *found;
    char           **kept = adit_dns_file_saved (keeper->saved);

    if (kept)
        return kept;
    if (adit_dns_resolvconf_program ()) {
        char **others = adit_dns_resolvconf_others ();

        if (others[0])
            return others;
        g_strfreev (others);
    }
    found = g_ptr_array_new ();
    if (g_file_get_contents (keeper->path, &text, NULL, NULL))
        adit_dns_file_servers (text, found);
    g_ptr_array_add (found, NULL);
    return (char **) g_ptr_array_free (found, FALSE);
}

/* Of an older tunnel, which knows names of its own: it goes on by itself to what it had found.
 * Never of a younger one, which asks us. */
static const char *
older_of (const Keeper *keeper, char **found)
{
    guint high, low;

    for (guint i = 0; found[i]; i++)
        if (sscanf (found[i], OURS "%u.%u", &high, &low) == 2 && high * 256 + low < keeper->index)
            return found[i];
    return NULL;
}

static void
put_upstream (GString *config, const Keeper *keeper)
{
    g_auto (GStrv) found = servers_found (keeper);
    const char *older    = older_of (keeper, found);

    if (older) {
        g_string_append_printf (config, "server=%s\n", older);
        return;
    }
    for (guint i = 0; found[i]; i++)
        if (!adit_dns_dnsmasq_is_ours (found[i]))
            g_string_append_printf (config, "server=%s\n", found[i]);
}

static void
put_domains (GString *config, const Keeper *keeper, char **domains)
{
    for (guint i = 0; domains[i]; i++)
        for (guint k = 0; keeper->servers[k]; k++)
            g_string_append_printf (config, "server=/%s/%s@%s\n", domains[i], keeper->servers[k],
                                    keeper->interface);
}

/* user: only looked up, as it does not start as root.  No search lists, hosts or leases: those are
 * the host's own. */
static char *
config_of (const Keeper *keeper)
{
    GString *config = g_string_new ("user=root\nno-resolv\nno-hosts\nbind-interfaces\n"
                                    "proxy-dnssec\nlog-facility=-\n");

    g_string_append_printf (config, "listen-address=%s\n", keeper->address);
    if (keeper->heard)
        g_string_append (config, "log-queries=extra\n");
    put_domains (config, keeper, keeper->domains);
    put_domains (config, keeper, keeper->zones);
    put_upstream (config, keeper);
    return g_string_free (config, FALSE);
}

/* ---- the process, and the record of it that outlives us ---- */

static char *
record_path (const char *saved)
{
    return g_strconcat (saved, ".dnsmasq", NULL);
}

/* Field 22 of proc(5)'s stat: a number alone may be a later process. */
static guint64
start_time (int pid)
{
    g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid), *text = NULL;
    const char      *at = NULL;

    if (g_file_get_contents (path, &text, NULL, NULL))
        at = strrchr (text, ')');
    for (guint field = 2; at && field < 22; field++)
        at = strchr (at + 1, ' ');
    return at ? g_ascii_strtoull (at + 1, NULL, 10) : 0;
}

/* 0: none that lives is recorded. */
static int
recorded (const char *saved)
{
    g_autofree char   *path = record_path (saved), *text = NULL;
    int                pid = 0;
    unsigned long long start;

    if (!g_file_get_contents (path, &text, NULL, NULL) ||
        sscanf (text, "%d %llu", &pid, &start) != 2 || pid <= 1 || start_time (pid) != start)
        return 0;
    return pid;
}

/* One that ended already has no number: 0, which is nobody's. */
static gboolean
record (Keeper *keeper, GError **error)
{
    g_autofree char *path = record_path (keeper->saved), *text = NULL;
    const char      *name = g_subprocess_get_identifier (keeper->process);
    int              pid  = name ? atoi (name) : 0;

    text = g_strdup_printf ("%d %" G_GUINT64_FORMAT "\n", pid, start_time (pid));
    if (!adit_dns_file_write (path, text, error))
        return FALSE;
    keeper->pid = pid;
    return TRUE;
}

/* FALSE: it was taken back, and may have a successor. */
static gboolean
is_wanted (const Keeper *keeper)
{
    g_autofree char *path = record_path (keeper->saved), *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) && atoi (text) == keeper->pid;
}

/* Between fork and exec: no memory, no locks.  Ambient, so that they survive becoming a program:
 * the port below 1024, and binding to the tunnel's device. */
static void
become_nobody (gpointer parent)
{
    const guint                     kept   = 1u << CAP_NET_BIND_SERVICE | 1u << CAP_NET_RAW;
    const uid_t                     number = FIRST_UID + (uid_t) getpid ();
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct   caps[] = { { kept, kept, kept }, { 0, 0, 0 } };

    if (prctl (PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || syscall (SYS_setgroups, 0, NULL) < 0 ||
        setresgid (number, number, number) < 0 || setresuid (number, number, number) < 0 ||
        syscall (SYS_capset, &header, caps) < 0 ||
        prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) < 0 ||
        prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) < 0 ||
        prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid () != GPOINTER_TO_INT (parent))
        _exit (127);
}

static GSubprocess *
start (const char *config, GError **error)
{
    static const char *const environment[] = { "LC_ALL=C", NULL };
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE |
                                   G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_autoptr (GSubprocess) process = NULL;
    const char    *program          = adit_dns_dnsmasq_program ();
    GOutputStream *input;

    if (program == NULL) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("There is no dnsmasq any more."));
        return NULL;
    }
    g_subprocess_launcher_set_environ (launcher, (char **) environment);
    g_subprocess_launcher_set_cwd (launcher, "/");
    g_subprocess_launcher_set_child_setup (launcher, become_nobody, GINT_TO_POINTER (getpid ()),
                                           NULL);
    process = g_subprocess_launcher_spawn (launcher, error, program, "--keep-in-foreground",
                                           "--conf-file=-", "--pid-file", NULL);
    if (process == NULL)
        return NULL;
    input = g_subprocess_get_stdin_pipe (process);
    g_output_stream_write_all (input, config, strlen (config), NULL, NULL, NULL);
    g_output_stream_close (input, NULL, NULL);
    return g_steal_pointer (&process);
}

/* ---- keeping it ---- */

static void
keeper_free (Keeper *keeper)
{
    for (guint i = 0; i < G_N_ELEMENTS (keeper->monitors); i++)
        g_clear_object (&keeper->monitors[i]);
    g_clear_object (&keeper->process);
    g_clear_object (&keeper->cancel);
    g_free (keeper->interface);
    g_free (keeper->saved);
    g_free (keeper->path);
    g_free (keeper->address);
    g_free (keeper->config);
    g_free (keeper->last);
    for (guint i = 0; i < QUESTIONS; i++)
        g_free (keeper->questions[i].name);
    g_strfreev (keeper->servers);
    g_strfreev (keeper->domains);
    g_strfreev (keeper->zones);
    g_free (keeper);
}

/* Takes error. */
static void
tell (Keeper *keeper, GError *error)
{
    AditDnsDone done = keeper->done;

    keeper->done = NULL;
    if (done == NULL || g_cancellable_is_cancelled (keeper->cancel))
        g_clear_error (&error);
    else
        done (keeper->user, error);
}

/* Takes cause. */
static void
tell_failure (Keeper *keeper, GError *cause)
{
    GError *error = NULL;

    adit_fail_because (&error, cause, ADIT_ERROR_SYSTEM,
                       _ ("dnsmasq did not take the tunnel's name servers."));
    tell (keeper, error);
}

static gboolean on_again (gpointer user);
static void     on_line (GObject *source, GAsyncResult *result, gpointer user);
static void     on_ended (GObject *source, GAsyncResult *result, gpointer user);

/* A reader of its lines goes on to the end of its output, and then waits for its end. */
static gboolean
launch (Keeper *keeper, GError **error)
{
    GDataInputStream *lines;

    g_free (keeper->config);
    keeper->config = config_of (keeper);
    g_clear_object (&keeper->process);
    keeper->process = start (keeper->config, error);
    if (keeper->process == NULL)
        return FALSE;
    keeper->started_us = g_get_monotonic_time ();
    if (!record (keeper, error)) {
        g_subprocess_force_exit (keeper->process);
        return FALSE;
    }
    lines = g_data_input_stream_new (g_subprocess_get_stderr_pipe (keeper->process));
    g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, keeper);
    g_object_unref (lines);
    return TRUE;
}

/* Taken back; or it could not start, died alone, or was to start anew. */
static void
on_ended (GObject *source, GAsyncResult *result, gpointer user)
{
    Keeper  *keeper = user;
    GError  *cause  = NULL;
    gboolean steady = g_get_monotonic_time () - keeper->started_us >= STEADY_S * G_USEC_PER_SEC;

    g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
    if (!is_wanted (keeper)) {
        keeper_free (keeper);
    } else if (keeper->state == STARTING) {
        adit_fail (&cause, ADIT_ERROR_SYSTEM, _ ("It ended: %s"),
                   keeper->last ? keeper->last : "-");
        tell_failure (keeper, cause);
        keeper_free (keeper);
    } else if (keeper->state == RESTARTING || steady) {
        on_again (keeper);
    } else {
        keeper->state = RESTARTING;
        g_timeout_add (AGAIN_MS, on_again, keeper);
    }
}

/* The host is pointed at it, so it is tried until it is taken back. */
static gboolean
on_again (gpointer user)
{
    Keeper *keeper           = user;
    g_autoptr (GError) error = NULL;

    if (!is_wanted (keeper)) {
        keeper_free (keeper);
    } else if (launch (keeper, &error)) {
        keeper->state = SERVING;
    } else {
        adit_log (ADIT_LOG_WARNING, "dns", "dnsmasq does not start again: %s", error->message);
        keeper->state = RESTARTING;
        g_timeout_add (STEADY_S * 1000, on_again, keeper);
    }
    return G_SOURCE_REMOVE;
}

/* ---- following the host ---- */

static void
on_changed (GFileMonitor *monitor G_GNUC_UNUSED, GFile *file G_GNUC_UNUSED,
            GFile *other G_GNUC_UNUSED, GFileMonitorEvent event G_GNUC_UNUSED, gpointer user)
{
    Keeper          *keeper = user;
    g_autofree char *config = config_of (keeper);

    if (keeper->state != SERVING || g_str_equal (config, keeper->config) || !is_wanted (keeper))
        return;
    keeper->state = RESTARTING;
    g_subprocess_force_exit (keeper->process);
}

static void
follow (Keeper *keeper)
{
    const char *const watched[] = { keeper->saved, RECORDS "/interfaces" };

    for (guint i = 0; i < G_N_ELEMENTS (watched); i++) {
        g_autoptr (GFile) file = g_file_new_for_path (watched[i]);

        keeper->monitors[i] =
            i == 0 ? g_file_monitor_file (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL)
                   : g_file_monitor_directory (file, G_FILE_MONITOR_NONE, NULL, NULL);
        if (keeper->monitors[i])
            g_signal_connect (keeper->monitors[i], "changed", G_CALLBACK (on_changed), keeper);
    }
}

/* ---- pointing the host at it ---- */

static char **
search_list (const char *path)
{
    g_autofree char *text   = NULL;
    g_auto (GStrv) lines    = NULL;
    const char *const words = "search ";

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return g_new0 (char *, 1);
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        if (g_str_has_prefix (lines[i], words))
            return g_strsplit (g_strstrip (lines[i] + strlen (words)), " ", -1);
    return g_new0 (char *, 1);
}

static void
on_pointed (gpointer user, GError *error)
{
    Keeper *keeper = user;

    tell (keeper, error);
    follow (keeper);
}

/* What the host searches stays; of the tunnel's domains only whole names are asked. */
static void
point (Keeper *keeper)
{
    const char *const server[] = { keeper->address, NULL };
    g_auto (GStrv) search      = search_list (keeper->path);
    AditDnsWish wish           = { .index     = keeper->index,
                                   .interface = keeper->interface,
                                   .servers   = server,
                                   .domains   = (const char *const *) search,
                                   .exclusive = TRUE,
                                   .saved     = keeper->saved };
    GError     *error          = NULL;

    if (adit_dns_resolvconf_program ()) {
        adit_dns_resolvconf_set (&wish, NULL, on_pointed, keeper);
        return;
    }
    adit_dns_file_set (keeper->path, &wish, &error);
    on_pointed (keeper, error);
}

/* ---- what it tells of answers ---- */

static void
note_question (Keeper *keeper, guint64 number, const char *name)
{
    Question *question = &keeper->questions[number % QUESTIONS];

    g_free (question->name);
    *question = (Question){ number, g_strdup (name) };
}

static void
hear_answer (Keeper *keeper, guint64 number, const char *text)
{
    const Question *question = &keeper->questions[number % QUESTIONS];
    AditPrefix      address;

    if (question->name && question->number == number && strchr (text, '/') == NULL &&
        adit_prefix_parse (text, &address))
        keeper->heard (keeper->heard_user, question->name, &address);
}

/* "dnsmasq: 7 127.0.0.1/4321 query[A] www.example from 127.0.0.1", "… 7 127.0.0.1/4321 reply
 * cdn.example is 192.0.2.1": the name of a reply may be another than was asked for. */
static void
hear (Keeper *keeper, const char *line)
{
    g_auto (GStrv) words = g_strsplit (line, " ", 8);
    guint64 number;

    if (g_strv_length (words) != 7 ||
        !g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXUINT64, &number, NULL))
        return;
    if (g_str_has_prefix (words[3], "query["))
        note_question (keeper, number, words[4]);
    else if (g_str_equal (words[3], "reply") || g_str_equal (words[3], "cached"))
        hear_answer (keeper, number, words[6]);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user)
{
    Keeper           *keeper = user;
    GDataInputStream *lines  = G_DATA_INPUT_STREAM (source);
    char             *line   = g_data_input_stream_read_line_finish (lines, result, NULL, NULL);

    if (line == NULL) {
        g_subprocess_wait_async (keeper->process, NULL, on_ended, keeper);
        return;
    }
    g_free (keeper->last);
    keeper->last = line;
    if (keeper->heard && !g_cancellable_is_cancelled (keeper->cancel))
        hear (keeper, line);
    if (keeper->state == STARTING && strstr (line, "started, version")) {
        keeper->state = SERVING;
        point (keeper);
    }
    g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, keeper);
}

/* ---- the two verbs ---- */

void
adit_dns_dnsmasq_set (const char *path, const AditDnsWish *wish, GCancellable *cancel,
                      AditDnsDone done, gpointer user)
{
    static const char *const none[] = { NULL };
    Keeper                  *keeper = g_new0 (Keeper, 1);
    GError                  *cause  = NULL;

    keeper->state      = STARTING;
    keeper->index      = wish->index;
    keeper->interface  = g_strdup (wish->interface);
    keeper->saved      = g_strdup (wish->saved);
    keeper->path       = g_strdup (path);
    keeper->heard      = cancel ? wish->heard : NULL;
    keeper->heard_user = wish->heard_user;
    keeper->address    = address_of (wish->index);
    keeper->servers    = g_strdupv ((char **) wish->servers);
    keeper->domains    = g_strdupv ((char **) wish->domains);
    keeper->zones      = g_strdupv ((char **) (wish->zones ? wish->zones : none));
    keeper->cancel     = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    keeper->done       = done;
    keeper->user       = user;
    if (launch (keeper, &cause))
        return;
    tell_failure (keeper, cause);
    keeper_free (keeper);
}

gboolean
adit_dns_dnsmasq_unset (const char *path, const AditDnsWish *wish, GError **error)
{
    g_autofree char *record = record_path (wish->saved);
    GError          *second = NULL;
    gboolean         fine   = adit_dns_resolvconf_unset (wish, error);
    int              pid    = recorded (wish->saved);

    if (!adit_dns_file_unset (path, wish, &second)) {
        if (fine)
            g_propagate_error (error, second);
        else
            g_clear_error (&second);
        fine = FALSE;
    }
    adit_dns_file_remove (record);
    if (pid)
        kill (pid, SIGKILL);
    return fine;
}
