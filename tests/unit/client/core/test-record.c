/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-record.c - logs that stay bounded, folders that are root's alone, words to the service
 * manager, memory that cannot change. */
#include "client/core/memory.h"
#include "client/core/notify.h"
#include "client/core/record.h"
#include "client/core/runtime.h"
#include "tests/lib/folder.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char *dir;

static void
test_bounded (void)
{
    AditRecord      *record    = adit_record_open ("toy");
    g_autofree char *long_text = g_strnfill (5000, 'x');
    g_autofree char *text = NULL, *path = adit_runtime_path ("toy", "log");
    g_autofree char *older = adit_runtime_path ("toy", "log.1");
    GStatBuf         about;

    for (guint i = 0; i < 200; i++)
        adit_record_write (record, ADIT_LOG_INFO, "toy", long_text);
    adit_record_write (record, ADIT_LOG_ERROR, "toy", "the last");
    adit_record_free (record);
    text = adit_record_read ("toy");
    g_assert_cmpuint (strlen (text), <=, 2 * ADIT_RECORD_BYTES);
    g_assert_cmpuint (strlen (text), >, ADIT_RECORD_BYTES);
    g_assert_true (g_str_has_suffix (text, " error toy: the last\n"));
    g_assert_cmpint (g_stat (path, &about), ==, 0);
    g_assert_cmpuint (about.st_mode & 0777, ==, 0600);
    g_assert_null (adit_record_read ("other"));
    g_unlink (path);
    g_unlink (older);
}

static void
on_heard (gpointer user, const char *line)
{
    g_string_append_printf (user, "[%s]", strstr (line, "info"));
}

static void
test_listened_to (void)
{
    g_autoptr (GString) heard = g_string_new (NULL);
    g_autofree char *kept     = NULL;
    AditRecord      *record   = adit_record_open ("heard");

    adit_record_write (record, ADIT_LOG_INFO, "toy", "before");
    adit_record_listen (record, on_heard, heard);
    adit_record_write (record, ADIT_LOG_INFO, "toy", "after");
    adit_record_free (record);
    g_assert_cmpstr (heard->str, ==, "[info toy: after]");
    kept = adit_record_read ("heard");
    g_assert_nonnull (strstr (kept, "before"));
    g_assert_nonnull (strstr (kept, "after\n"));
    adit_record_hand_over ("heard", 1000);
    g_assert_null (adit_record_read ("heard"));
    adit_record_hand_over ("heard", 0);
}

static void
say (const char *text)
{
    AditRecord *record = adit_record_open ("owned");

    adit_record_write (record, ADIT_LOG_INFO, "core", text);
    adit_record_free (record);
}

static gboolean
tells (const char *text)
{
    g_autofree char *kept = adit_record_read ("owned");

    return kept && strstr (kept, text);
}

static void
test_owned (void)
{
    g_assert_cmpuint (adit_record_owner ("owned"), ==, 0);
    adit_record_hand_over ("owned", 1000);
    say ("hers");
    adit_record_hand_over ("owned", 1000); /* the same one again */
    g_assert_true (tells ("hers"));
    g_assert_cmpuint (adit_record_owner ("owned"), ==, 1000);
    adit_record_hand_over ("owned", 1001);
    g_assert_false (tells ("hers"));
    say ("his");
    adit_record_hand_over ("owned", 0); /* root may read all, and he no longer */
    g_assert_true (tells ("his"));
    g_assert_cmpuint (adit_record_owner ("owned"), ==, 0);
    adit_record_hand_over ("owned", 1001); /* root's is not his, either */
    g_assert_false (tells ("his"));
    adit_record_hand_over ("owned", 0);
}

static void
test_folder (void)
{
    g_autofree char *inner   = g_build_filename (dir, "run", NULL);
    g_autoptr (GError) error = NULL;
    GStatBuf about;

    adit_runtime_set_dir (inner);
    g_assert_true (adit_runtime_ensure (&error));
    g_assert_cmpint (g_stat (inner, &about), ==, 0);
    g_assert_cmpuint (about.st_mode & 0777, ==, 0700);
    g_assert_true (adit_runtime_ensure (&error));
    g_assert_cmpint (g_chmod (inner, 0777), ==, 0);
    g_assert_false (adit_runtime_ensure (&error)); /* anybody could have put things there */
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    g_clear_error (&error);
    g_rmdir (inner);
    g_assert_cmpint (symlink ("/tmp", inner), ==, 0);
    g_assert_false (adit_runtime_ensure (&error));
    g_unlink (inner);
    adit_runtime_set_dir (dir);
}

static void
test_notify (void)
{
    struct sockaddr_un address  = { .sun_family = AF_UNIX };
    g_autofree char   *path     = g_build_filename (dir, "notify", NULL);
    int                fd       = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    char               text[64] = "";

    adit_notify_ready (); /* no manager: nothing happens */
    g_strlcpy (address.sun_path, path, sizeof address.sun_path);
    g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
    g_setenv ("NOTIFY_SOCKET", path, TRUE);
    adit_notify_ready ();
    g_assert_cmpint (recv (fd, text, sizeof text - 1, 0), ==, 7);
    g_assert_cmpstr (text, ==, "READY=1");
    adit_notify_status ("a\nREADY=0"); /* one line is one variable */
    text[recv (fd, text, sizeof text - 1, 0)] = '\0';
    g_assert_cmpstr (text, ==, "STATUS=a READY=0");
    adit_notify_stopping ();
    g_assert_cmpint (recv (fd, text, sizeof text - 1, 0), ==, 10);
    g_unsetenv ("NOTIFY_SOCKET");
    g_unlink (path);
    close (fd);
}

static void
test_memory (void)
{
    int   sealed = adit_memory_sealed ("secret", 6, NULL), empty = adit_memory_empty (NULL);
    gsize len             = 0;
    g_autofree char *text = adit_memory_read (sealed, 100, &len, NULL);

    g_assert_cmpuint (len, ==, 6);
    g_assert_cmpstr (text, ==, "secret");
    g_assert_cmpint (write (sealed, "x", 1), ==, -1);
    g_assert_cmpint (ftruncate (sealed, 0), ==, -1);
    g_assert_true (mmap (NULL, 6, PROT_WRITE, MAP_SHARED, sealed, 0) == MAP_FAILED);
    g_assert_cmpint (ftruncate (empty, 1 << 30), ==, 0);
    g_assert_null (adit_memory_read (empty, 100, &len, NULL));
    close (sealed);
    close (empty);
}

int
main (int argc, char **argv)
{
    int result;

    g_test_init (&argc, &argv, NULL);
    dir = test_folder_new ("record");
    adit_runtime_set_dir (dir);
    g_test_add_func ("/record/stays-bounded", test_bounded);
    g_test_add_func ("/record/listened-to-and-forgotten", test_listened_to);
    g_test_add_func ("/record/is-one-users", test_owned);
    g_test_add_func ("/record/a-folder-of-roots-alone", test_folder);
    g_test_add_func ("/record/tells-the-service-manager", test_notify);
    g_test_add_func ("/record/memory-that-cannot-change", test_memory);
    result = g_test_run ();
    g_free (dir);
    return result;
}
