/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-unix.c - sockets in the file system. */
#include "client/net/unix.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *dir;

static void
test_listens (void)
{
    g_autofree char *path    = g_build_filename (dir, "a.sock", NULL);
    g_autoptr (GError) error = NULL;
    int      fd              = adit_unix_listen (path, &error);
    GStatBuf about;
    int      other, here;

    g_assert_no_error (error);
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpuint (about.st_mode & 0777, ==, 0600);
    other = adit_unix_connect (path, &error);
    g_assert_no_error (error);
    here = accept (fd, NULL, NULL);
    g_assert_cmpint (here, >=, 0);
    g_assert_cmpint (adit_unix_peer_is_root (here), ==, geteuid () == 0);
    /* Somebody listens: it is not taken away. */
    g_assert_cmpint (adit_unix_listen (path, &error), ==, -1);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_clear_error (&error);
    close (here);
    close (other);
    close (fd);
    /* Nobody does any more: it is replaced. */
    g_assert_cmpint (adit_unix_connect (path, &error), ==, -1);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_LOST);
    fd = adit_unix_listen (path, NULL);
    g_assert_cmpint (fd, >=, 0);
    close (fd);
    g_unlink (path);
}

static void
test_spares_files (void)
{
    g_autofree char *path = g_build_filename (dir, "file", NULL), *text = NULL;

    g_assert_true (g_file_set_contents (path, "kept", -1, NULL));
    g_assert_cmpint (adit_unix_listen (path, NULL), ==, -1);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, "kept");
    g_unlink (path);
}

static void
test_long_path (void)
{
    g_autofree char *name    = g_strnfill (200, 'x');
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (adit_unix_listen (name, &error), ==, -1);
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
}

int
main (int argc, char **argv)
{
    int result;

    g_test_init (&argc, &argv, NULL);
    dir = test_folder_new ("unix");
    g_test_add_func ("/unix/listens-for-its-owner-alone", test_listens);
    g_test_add_func ("/unix/spares-what-is-no-socket", test_spares_files);
    g_test_add_func ("/unix/refuses-a-long-path", test_long_path);
    result = g_test_run ();
    g_free (dir);
    return result;
}
