/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are read with another user's rights; needs root for most. */
#include "client/core/borrow.h"
#include "tests/lib/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NOBODY = 65534, SOMEBODY = 54321, MOST = 4096 };

typedef struct {
    GMainLoop *loop;
    char      *text; /* what was read, or … */
    AditError  code; /* … why not */
    char      *said;
    mode_t     mode;
} Heard;

static void
on_done (gpointer user, AditKeyFile *file, GError *error)
{
    Heard *heard = user;

    g_assert_true ((file == NULL) != (error == NULL));
    if (file) {
        heard->text = g_strndup (file->text, file->len);
        heard->mode = file->about.st_mode;
        adit_keyfile_clear (file);
    } else {
        heard->code = (AditError) error->code;
        heard->said = g_strdup (error->message);
        g_error_free (error);
    }
    g_main_loop_quit (heard->loop);
}

static void
heard_clear (Heard *heard)
{
    g_main_loop_unref (heard->loop);
    g_free (heard->text);
    g_free (heard->said);
}

static Heard
from_fd (int fd, AditBorrowKind kind, uid_t uid)
{
    Heard   heard = { .loop = g_main_loop_new (NULL, FALSE) };
    GError *error = NULL;

    g_assert_nonnull (adit_borrow_fd (fd, kind, uid, "The thing", MOST, on_done, &heard, &error));
    g_assert_no_error (error);
    g_main_loop_run (heard.loop);
    return heard;
}

static Heard
from_path (const char *path, uid_t uid)
{
    Heard   heard = { .loop = g_main_loop_new (NULL, FALSE) };
    GError *error = NULL;

    g_assert_nonnull (adit_borrow_path (path, uid, MOST, on_done, &heard, &error));
    g_assert_no_error (error);
    g_main_loop_run (heard.loop);
    return heard;
}

static void
refused (Heard heard, AditError code, const char *word)
{
    g_assert_cmpstr (heard.text, ==, NULL);
    g_assert_cmpint (heard.code, ==, code);
    if (strstr (heard.said, word) == NULL)
        g_test_message ("“%s” lacks “%s”", heard.said, word);
    g_assert_true (strstr (heard.said, word) != NULL);
    heard_clear (&heard);
}

static void
accepted (Heard heard, const char *text)
{
    g_assert_cmpstr (heard.said, ==, NULL);
    g_assert_cmpstr (heard.text, ==, text);
    heard_clear (&heard);
}

static int
memory (const char *text, gsize len)
{
    int fd = memfd_create ("test", MFD_CLOEXEC);

    g_assert_cmpint (write (fd, text, len), ==, (gssize) len);
    lseek (fd, 0, SEEK_SET);
    return fd;
}

static char *
home_of (uid_t uid)
{
    char *folder = test_folder_new ("borrow");

    g_assert_cmpint (chmod (folder, 0755), ==, 0);
    g_assert_cmpint (chown (folder, uid, (gid_t) -1), ==, 0);
    return folder;
}

static char *
make_file (const char *folder, const char *name, uid_t uid, mode_t mode)
{
    char *path = g_build_filename (folder, name, NULL);

    g_assert_true (g_file_set_contents (path, "hunter2\n", -1, NULL));
    g_assert_cmpint (chown (path, uid, (gid_t) -1), ==, 0);
    g_assert_cmpint (chmod (path, mode), ==, 0);
    return path;
}

static gboolean
is_root (void)
{
    if (geteuid () == 0)
        return TRUE;
    g_test_skip ("needs root");
    return FALSE;
}

static void
test_descriptors (void)
{
    char  large[MOST + 1];
    int   fd = memory ("hunter2\n", 8), ends[2];
    Heard heard;

    heard = from_fd (fd, ADIT_BORROW_FILE, geteuid ());
    g_assert_cmpuint (heard.mode & 077, ==, 0); /* it has no name that others could open */
    accepted (heard, "hunter2\n");
    close (fd);
    memset (large, 'x', sizeof large);
    fd = memory (large, sizeof large);
    refused (from_fd (fd, ADIT_BORROW_FILE, geteuid ()), ADIT_ERROR_PROFILE, "larger than 4 KiB");
    close (fd);
    g_assert_cmpint (pipe (ends), ==, 0);
    g_assert_cmpint (write (ends[1], "abc", 3), ==, 3);
    close (ends[1]);
    refused (from_fd (ends[0], ADIT_BORROW_FILE, geteuid ()), ADIT_ERROR_PROFILE, "regular file");
    accepted (from_fd (ends[0], ADIT_BORROW_STREAM, geteuid ()), "abc");
    close (ends[0]);
}

static void
test_endless (void)
{
    int fd = open ("/dev/zero", O_RDONLY);

    refused (from_fd (fd, ADIT_BORROW_STREAM, geteuid ()), ADIT_ERROR_PROFILE, "larger");
    close (fd);
    fd = open ("/", O_RDONLY);
    accepted (from_fd (fd, ADIT_BORROW_STREAM, geteuid ()), ""); /* nothing can be read from it */
    close (fd);
}

/* The pipe is held open here, so only the deadline ends it; nothing else waits meanwhile. */
static void
test_silent (void)
{
    gint64 start = g_get_monotonic_time ();
    int    ends[2];

    g_assert_cmpint (pipe (ends), ==, 0);
    refused (from_fd (ends[0], ADIT_BORROW_STREAM, geteuid ()), ADIT_ERROR_SYSTEM,
             "within 5 seconds");
    g_assert_cmpint (g_get_monotonic_time () - start, >=, (ADIT_BORROW_MS - 100) * 1000);
    close (ends[0]);
    close (ends[1]);
}

static void
test_rights (void)
{
    g_autofree char *folder = NULL, *own = NULL, *roots = NULL, *theirs = NULL, *link = NULL;
    g_autofree char *through = NULL, *pipe_path = NULL, *gone = NULL, *way = NULL;

    if (!is_root ())
        return;
    folder    = home_of (NOBODY);
    own       = make_file (folder, "own", NOBODY, 0600);
    roots     = make_file (folder, "roots", 0, 0600);
    theirs    = make_file (folder, "theirs", SOMEBODY, 0644);
    link      = g_build_filename (folder, "link", NULL);
    way       = g_build_filename (folder, "way", NULL);
    through   = g_build_filename (way, "own", NULL);
    pipe_path = g_build_filename (folder, "pipe", NULL);
    gone      = g_build_filename (folder, "gone", NULL);
    g_assert_cmpint (symlink (own, link), ==, 0);
    g_assert_cmpint (symlink (folder, way), ==, 0);
    g_assert_cmpint (mkfifo (pipe_path, 0666), ==, 0);
    accepted (from_path (own, NOBODY), "hunter2\n");
    accepted (from_path (roots, 0), "hunter2\n");
    refused (from_path (roots, NOBODY), ADIT_ERROR_SYSTEM, "may not be read");
    refused (from_path (own, SOMEBODY), ADIT_ERROR_SYSTEM, "may not be read");
    refused (from_path (theirs, NOBODY), ADIT_ERROR_PROFILE, "another user");
    refused (from_path (link, NOBODY), ADIT_ERROR_PROFILE, "symbolic link");
    refused (from_path (through, NOBODY), ADIT_ERROR_PROFILE, "symbolic link");
    refused (from_path (pipe_path, NOBODY), ADIT_ERROR_PROFILE, "regular file");
    refused (from_path (gone, NOBODY), ADIT_ERROR_PROFILE, "does not exist");
    refused (from_path ("/proc/self/environ", NOBODY), ADIT_ERROR_PROFILE, "symbolic link");
}

/* What the child opened it closes; what it was is waited for. */
static void
test_nothing_stays (void)
{
    guint before = 0, after = 0;

    for (guint round = 0; round < 2; round++) {
        g_autoptr (GDir) dir = NULL;
        int fd               = memory ("x", 1);

        for (guint i = 0; i < 50; i++) {
            lseek (fd, 0, SEEK_SET);
            accepted (from_fd (fd, ADIT_BORROW_STREAM, geteuid ()), "x");
        }
        close (fd);
        dir = g_dir_open ("/proc/self/fd", 0, NULL);
        for (after = 0; g_dir_read_name (dir);)
            after++;
        if (round == 0)
            before = after;
    }
    g_assert_cmpuint (after, ==, before);
    while (g_main_context_iteration (NULL, FALSE))
        ;
}

static void
test_cancel (void)
{
    GError *error = NULL;
    int     ends[2];

    g_assert_cmpint (pipe (ends), ==, 0);
    adit_borrow_cancel (
        adit_borrow_fd (ends[0], ADIT_BORROW_STREAM, geteuid (), "x", MOST, on_done, NULL, &error));
    g_assert_no_error (error);
    while (g_main_context_iteration (NULL, FALSE))
        ;
    close (ends[0]);
    close (ends[1]);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/borrow/descriptors", test_descriptors);
    g_test_add_func ("/borrow/endless-files-end-at-the-limit", test_endless);
    g_test_add_func ("/borrow/a-silent-pipe-is-given-up", test_silent);
    g_test_add_func ("/borrow/paths-with-the-rights-of-their-user", test_rights);
    g_test_add_func ("/borrow/nothing-stays", test_nothing_stays);
    g_test_add_func ("/borrow/cancel", test_cancel);
    return g_test_run ();
}
