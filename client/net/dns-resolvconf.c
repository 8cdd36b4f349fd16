/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-resolvconf.c - the resolvconf program, openresolv's or Debian's, run with an argument list
 * and its input on standard input. */
#include "client/net/dns-backends.h"
#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fixed places: what PATH says does not decide what runs as root. */
static const char *const places[] = { "/usr/sbin/resolvconf", "/sbin/resolvconf",
                                      "/usr/bin/resolvconf", "/bin/resolvconf",
                                      "/usr/local/sbin/resolvconf" };

enum { UNSET_MS = 5000 };

typedef struct {
    AditDnsDone   done;
    gpointer      user;
    GCancellable *cancel;
} Job;

/* systemd's answers to this name too, and only hands on to resolved, which was not picked. */
static gboolean
is_systemds (const char *place)
{
    g_autofree char *target = g_file_read_link (place, NULL);

    return target && g_str_has_suffix (target, "resolvectl");
}

const char *
adit_dns_resolvconf_program (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
        if (g_file_test (places[i], G_FILE_TEST_IS_EXECUTABLE) && !is_systemds (places[i]))
            return places[i];
    return NULL;
}

/* Debian's ranks by name: tun.* comes before the wires.  openresolv ranks by -m and -x. */
static gboolean
is_debians (void)
{
    return g_file_test ("/etc/resolvconf/interface-order", G_FILE_TEST_EXISTS);
}

/* openresolv, which feeds a resolver on this host that it names instead of the servers; without one
 * it leaves the servers of a private record out altogether. */
gboolean
adit_dns_resolvconf_splits (void)
{
    g_autofree char *text = NULL;
    g_auto (GStrv) lines  = NULL;
    gboolean has_resolver = FALSE;

    if (adit_dns_resolvconf_program () == NULL || is_debians () ||
        !g_file_get_contents ("/etc/resolvconf.conf", &text, NULL, NULL))
        return FALSE;
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        const char *value = strchr (lines[i], '=');

        if (g_str_has_prefix (g_strchug (lines[i]), "name_servers=") && value)
            has_resolver = strpbrk (value + 1, "0123456789:") != NULL;
    }
    return has_resolver;
}

static int
by_text (gconstpointer a, gconstpointer b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
files_in (const char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    GPtrArray  *files    = g_ptr_array_new_with_free_func (g_free);
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir)))
        g_ptr_array_add (files, g_build_filename (folder, entry, NULL));
    g_ptr_array_sort (files, by_text);
    return files;
}

char **
adit_dns_resolvconf_others (void)
{
    g_autoptr (GPtrArray) files =
        files_in (is_debians () ? "/run/resolvconf/interface" : "/run/resolvconf/interfaces");
    GPtrArray *servers = g_ptr_array_new ();

    for (guint i = 0; i < files->len; i++) {
        g_autofree char *text = NULL;

        if (g_file_get_contents (files->pdata[i], &text, NULL, NULL))
            adit_dns_file_servers (text, servers);
    }
    g_ptr_array_add (servers, NULL);
    return (char **) g_ptr_array_free (servers, FALSE);
}

static char *
record_of (const char *interface)
{
    return g_strdup_printf ("%s%s", is_debians () ? "tun." : "", interface);
}

static char *
input_of (const AditDnsWish *wish)
{
    GString *text = g_string_new (NULL);

    for (guint i = 0; wish->servers[i]; i++)
        g_string_append_printf (text, "nameserver %s\n", wish->servers[i]);
    if (wish->domains[0]) {
        g_autofree char *domains = g_strjoinv (" ", (char **) wish->domains);

        g_string_append_printf (text, "search %s\n", domains);
    }
    return g_string_free (text, FALSE);
}

/* Whole before the program starts, so that it never reads half of it. */
static gboolean
give_input (GSubprocessLauncher *launcher, const char *text)
{
    int   fd  = memfd_create ("resolvconf", MFD_CLOEXEC);
    gsize len = strlen (text);

    if (fd < 0)
        return FALSE;
    g_subprocess_launcher_take_stdin_fd (launcher, fd);
    return write (fd, text, len) == (ssize_t) len && lseek (fd, 0, SEEK_SET) == 0;
}

static GSubprocess *
run (const char *verb, const AditDnsWish *wish, const char *input, GError **error)
{
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    const char      *program = adit_dns_resolvconf_program ();
    g_autofree char *record  = record_of (wish->interface);
    const char      *words[] = { program, verb, record, NULL, NULL, NULL, NULL };

    if (program == NULL) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("There is no resolvconf any more."));
        return NULL;
    }
    if (input && !give_input (launcher, input)) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("There was no memory for resolvconf's input."));
        return NULL;
    }
    if (input && !is_debians ()) {
        words[3] = "-m";
        words[4] = "0";
        words[5] = wish->exclusive ? "-x" : adit_dns_resolvconf_splits () ? "-p" : NULL;
    }
    if (!input && !is_debians ())
        words[3] = "-f"; /* that there is none is no error */
    return g_subprocess_launcher_spawnv (launcher, words, error);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user)
{
    Job         *job     = user;
    GSubprocess *program = G_SUBPROCESS (source);
    GError      *cause = NULL, *error = NULL;

    if (g_subprocess_wait_finish (program, result, &cause) &&
        !g_subprocess_get_successful (program))
        adit_fail (&cause, ADIT_ERROR_SYSTEM, _ ("It ended with status %d."),
                   g_subprocess_get_if_exited (program) ? g_subprocess_get_exit_status (program)
                                                        : -1);
    if (cause)
        adit_fail_because (&error, cause, ADIT_ERROR_SYSTEM,
                           _ ("resolvconf did not take the tunnel's name servers."));
    if (g_cancellable_is_cancelled (job->cancel))
        g_clear_error (&error);
    else
        job->done (job->user, error);
    g_object_unref (job->cancel);
    g_free (job);
}

void
adit_dns_resolvconf_set (const AditDnsWish *wish, GCancellable *cancel, AditDnsDone done,
                         gpointer user)
{
    GError          *cause = NULL, *error = NULL;
    g_autofree char *input          = input_of (wish);
    g_autoptr (GSubprocess) program = run ("-a", wish, input, &cause);
    Job *job;

    if (program == NULL) {
        adit_fail_because (&error, cause, ADIT_ERROR_SYSTEM, _ ("resolvconf did not start."));
        done (user, error);
        return;
    }
    job         = g_new0 (Job, 1);
    job->done   = done;
    job->user   = user;
    job->cancel = cancel ? g_object_ref (cancel) : g_cancellable_new ();
    g_subprocess_wait_async (program, job->cancel, on_done, job);
}

/* ---- taking back ---- */

static gboolean
adds (const char *pid, const char *record)
{
    g_autofree char *path = g_build_filename ("/proc", pid, "cmdline", NULL), *text = NULL;
    g_autofree char *pattern = g_strdup_printf ("resolvconf -a %s ", record);
    gsize            len     = 0;

    if (!g_ascii_isdigit (pid[0]) || !g_file_get_contents (path, &text, &len, NULL))
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    return len && strstr (text, pattern) != NULL;
}

/* One that adds our record, and outlived whoever started it, would do so after it is taken back. */
static void
await_adding (const char *record)
{
    g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
    const char *pid;

    while (processes && (pid = g_dir_read_name (processes))) {
        struct pollfd process = { .fd = -1, .events = POLLIN };

        if (adds (pid, record))
            process.fd = (int) syscall (SYS_pidfd_open, atoi (pid), 0);
        if (process.fd < 0)
            continue;
        if (poll (&process, 1, UNSET_MS) == 0)
            syscall (SYS_pidfd_send_signal, process.fd, SIGKILL, NULL, 0);
        close (process.fd);
    }
}

static void
on_waited (GObject *source G_GNUC_UNUSED, GAsyncResult *result G_GNUC_UNUSED, gpointer is_over)
{
    *(gboolean *) is_over = TRUE;
}

static gboolean
on_too_long (gpointer program)
{
    g_subprocess_force_exit (program);
    return G_SOURCE_REMOVE;
}

/* Undoing goes on without a program that hangs; it is ended then. */
static gboolean
ends_well (GSubprocess *program, GError **error)
{
    g_autoptr (GMainContext) own = g_main_context_new ();
    g_autoptr (GSource) timer    = g_timeout_source_new (UNSET_MS);
    gboolean is_over             = FALSE;

    g_main_context_push_thread_default (own);
    g_source_set_callback (timer, on_too_long, program, NULL);
    g_source_attach (timer, own);
    g_subprocess_wait_async (program, NULL, on_waited, &is_over);
    while (!is_over)
        g_main_context_iteration (own, TRUE);
    g_source_destroy (timer);
    g_main_context_pop_thread_default (own);
    if (g_subprocess_get_successful (program))
        return TRUE;
    return adit_fail (error, ADIT_ERROR_SYSTEM, _ ("It ended with status %d."),
                      g_subprocess_get_if_exited (program) ? g_subprocess_get_exit_status (program)
                                                           : -1);
}

gboolean
adit_dns_resolvconf_unset (const AditDnsWish *wish, GError **error)
{
    GError          *cause          = NULL;
    g_autofree char *record         = record_of (wish->interface);
    g_autoptr (GSubprocess) program = NULL;

    if (adit_dns_resolvconf_program () == NULL)
        return TRUE;
    await_adding (record);
    program = run ("-d", wish, NULL, &cause);
    if (program && ends_well (program, &cause))
        return TRUE;
    return adit_fail_because (error, cause, ADIT_ERROR_SYSTEM,
                              _ ("resolvconf did not take back the tunnel's name servers."));
}
