/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parent.c - spawning, talking, waiting. */
#include "tests/sandbox/parent.h"

#include "tests/lib/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static char *folder, *program, *module;
static guint log_lines;

static void
copy (const char *from, const char *to, mode_t mode)
{
    g_autofree char *dir  = g_path_get_dirname (to);
    g_autofree char *text = NULL;
    gsize            len;

    g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
    g_assert_true (g_file_get_contents (from, &text, &len, NULL));
    g_assert_true (g_file_set_contents (to, text, (gssize) len, NULL));
    g_assert_cmpint (chmod (to, mode), ==, 0);
}

void
sandbox_begin (int *argc, char ***argv)
{
    g_test_init (argc, argv, NULL);
    /* What a sanitizer finds in a worker must look like a crash, not like an orderly end. */
    g_setenv ("ASAN_OPTIONS", "abort_on_error=1", TRUE);
    g_setenv ("UBSAN_OPTIONS", "halt_on_error=1:abort_on_error=1", TRUE);
    g_assert_cmpint (*argc, ==, 3);
    folder = test_folder_new ("sandbox");
    chmod (folder, 0755);
    program = g_build_filename (folder, "client/worker/adit-worker", NULL);
    module  = g_build_filename (folder, "plugins/probe/probe.so", NULL);
    copy ((*argv)[1], program, 0755);
    copy ((*argv)[2], module, 0644);
}

int
sandbox_end (void)
{
    return g_test_run ();
}

static void
forbid (long call)
{
    struct sock_filter steps[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) call, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { G_N_ELEMENTS (steps), steps };

    if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
        _exit (126);
}

Worker
worker_spawn_without (long call)
{
    char  *arguments[] = { (char *) "adit-worker", NULL };
    int    ends[2];
    Worker w;

    g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
    w.fd  = ends[0];
    w.pid = fork ();
    if (w.pid == 0) {
        /* A descriptor too many, which the worker has to close. */
        fcntl (ends[1], F_DUPFD, 20);
        if (ends[1] == ADIT_WORKER_FD)
            fcntl (ends[1], F_SETFD, 0);
        else
            dup2 (ends[1], ADIT_WORKER_FD);
        if (call >= 0)
            forbid (call);
        execv (program, arguments);
        _exit (127);
    }
    g_assert_cmpint (w.pid, >, 0);
    close (ends[1]);
    return w;
}

Worker
worker_spawn (void)
{
    return worker_spawn_without (-1);
}

char *
worker_run_alone (const char *argument, int *wait_status)
{
    char *arguments[] = { program, (char *) argument, NULL };
    char *out = NULL, *err = NULL;

    g_assert_true (g_spawn_sync (NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err,
                                 wait_status, NULL));
    if (!*out) {
        g_free (out);
        return err;
    }
    g_free (err);
    return out;
}

void
worker_send_bytes (const Worker *w, gconstpointer bytes, gsize len)
{
    send (w->fd, bytes, len, MSG_NOSIGNAL);
}

void
worker_send (const Worker *w, const AditMessage *message, const int *fds, guint n)
{
    g_autoptr (GByteArray) bytes                        = adit_message_encode (message);
    char            room[CMSG_SPACE (sizeof (int) * 8)] = { 0 };
    struct iovec    vector;
    struct msghdr   letter = { .msg_iov = &vector, .msg_iovlen = 1 };
    struct cmsghdr *c;

    g_assert_nonnull (bytes);
    vector = (struct iovec){ bytes->data, bytes->len };
    if (n) {
        letter.msg_control    = room;
        letter.msg_controllen = CMSG_SPACE (sizeof (int) * n);
        c                     = CMSG_FIRSTHDR (&letter);
        c->cmsg_level         = SOL_SOCKET;
        c->cmsg_type          = SCM_RIGHTS;
        c->cmsg_len           = CMSG_LEN (sizeof (int) * n);
        memcpy (CMSG_DATA (c), fds, sizeof (int) * n);
    }
    sendmsg (w->fd, &letter, MSG_NOSIGNAL);
}

gboolean
worker_receive (const Worker *w, AditMessage *out)
{
    static guint8 buffer[ADIT_MESSAGE_BYTES];

    for (;;) {
        struct pollfd wanted     = { .fd = w->fd, .events = POLLIN };
        g_autoptr (GError) error = NULL;
        ssize_t got;

        g_assert_cmpint (poll (&wanted, 1, PATIENCE_MS), ==, 1);
        got = recv (w->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got <= 0)
            return FALSE;
        memset (out, 0, sizeof *out);
        adit_message_decode (buffer, (gsize) got, FALSE, out, &error);
        g_assert_no_error (error);
        if (out->kind != ADIT_MSG_LOG)
            return TRUE;
        log_lines++;
        g_test_message ("%s: %s", out->texts[0], out->texts[1]);
        adit_message_clear (out);
    }
}

void
worker_expect (const Worker *w, AditMessageKind kind, AditMessage *out)
{
    g_assert_true (worker_receive (w, out));
    if (out->kind == ADIT_MSG_FAILED && kind != ADIT_MSG_FAILED)
        for (char **text = out->texts; *text; text++)
            g_test_message ("failed: %s", *text);
    g_assert_cmpstr (adit_message_name (out->kind), ==, adit_message_name (kind));
}

guint
worker_log_lines (void)
{
    guint n = log_lines;

    log_lines = 0;
    return n;
}

int
text_fd (const char *text)
{
    int fd = memfd_create ("text", MFD_CLOEXEC);

    g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
    lseek (fd, 0, SEEK_SET);
    return fd;
}

Worker
worker_open (const char *mode, guint64 flags, const int *more, guint n_more, guint *bits)
{
    g_autofree char *text =
        g_strdup_printf ("[connection]\nname = test\ntype = probe\n[probe]\nmode = %s\n", mode);
    char       *texts[] = { (char *) "probe", (char *) "test", NULL };
    AditMessage open    = { .kind = ADIT_MSG_OPEN, .number = flags, .extra = 1420, .texts = texts };
    AditMessage ready;
    Worker      w      = worker_spawn ();
    int         fds[3] = { text_fd (text) };

    for (guint i = 0; i < n_more; i++)
        fds[1 + i] = more[i];
    worker_send (&w, &open, fds, 1 + n_more);
    close (fds[0]);
    worker_expect (&w, ADIT_MSG_READY, &ready);
    if (bits)
        *bits = (guint) ready.number;
    adit_message_clear (&ready);
    return w;
}

GHashTable *
worker_status (const Worker *w)
{
    GHashTable *notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    AditMessage ask   = { .kind = ADIT_MSG_STATUS, .id = 77 }, got;

    worker_send (w, &ask, NULL, 0);
    for (;;) {
        g_assert_true (worker_receive (w, &got));
        if (got.kind == ADIT_MSG_NOTES)
            break;
        adit_message_clear (&got);
    }
    g_assert_cmpuint (got.id, ==, 77);
    for (char **text = got.texts; *text; text++) {
        char *sign = strchr (*text, '=');

        g_hash_table_insert (notes, g_strndup (*text, (gsize) (sign - *text)), g_strdup (sign + 1));
    }
    adit_message_clear (&got);
    return notes;
}

int
worker_reap (Worker *w)
{
    gint64 until_us = g_get_monotonic_time () + PATIENCE_MS * 1000;
    int    status   = -1;

    while (waitpid (w->pid, &status, WNOHANG) == 0) {
        g_assert_cmpint (g_get_monotonic_time (), <, until_us);
        poll (NULL, 0, 1);
    }
    close (w->fd);
    return status;
}

static char *
value_in (const char *path, const char *key)
{
    g_autofree char *text = NULL;
    g_auto (GStrv) lines  = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    lines = g_strsplit (text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix (*line, key) && (*line)[strlen (key)] == ':')
            return g_strstrip (g_strdup (*line + strlen (key) + 1));
    return NULL;
}

char *
worker_proc (const Worker *w, const char *key)
{
    g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) w->pid);

    return value_in (path, key);
}

char *
worker_switches (const Worker *w)
{
    g_autofree char *tasks = g_strdup_printf ("/proc/%d/task", (int) w->pid);
    g_autoptr (GDir) dir   = g_dir_open (tasks, 0, NULL);
    GString    *all        = g_string_new (NULL);
    const char *task;

    while ((task = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (tasks, task, "status", NULL);
        g_autofree char *n    = value_in (path, "voluntary_ctxt_switches");

        g_string_append_printf (all, "%s ", n);
    }
    return g_string_free (all, FALSE);
}
