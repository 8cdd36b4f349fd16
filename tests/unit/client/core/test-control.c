/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-control.c - asking a live tunnel from another process's side: status, log, stop, list, and
 * callers that do not keep to the form. */
#include "client/base/schema.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/tunnel-parts.h"
#include "client/net/unix.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char      *worker_program;
static gboolean   has_namespace;
static GMainLoop *loop;

/* What the other side found; filled on its thread, judged on ours. */
typedef struct {
    char    *status, *log, *unknown, *list;
    gboolean silent_closed, stopped, clean;
} Found;

static char *
raw (const char *request, gsize len)
{
    g_autofree char *path = adit_runtime_path ("happy", "sock");
    int              fd   = adit_unix_connect (path, NULL);
    GString         *text = g_string_new (NULL);
    char             part[256];
    ssize_t          n;

    g_assert_cmpint (fd, >=, 0);
    send (fd, request, len, MSG_NOSIGNAL);
    shutdown (fd, SHUT_WR);
    while ((n = recv (fd, part, sizeof part, 0)) > 0)
        g_string_append_len (text, part, n);
    close (fd);
    return g_string_free (text, FALSE);
}

static gpointer
other_side (gpointer user)
{
    Found           *found   = user;
    g_autofree char *endless = g_strnfill (4096, 'x'), *none = NULL;
    g_autofree char *path = adit_runtime_path ("happy", "journal");
    g_auto (GStrv) names  = adit_remote_list ();

    found->list          = g_strjoinv (",", names);
    found->unknown       = raw ("dance\n", 6);
    none                 = raw (endless, 4096);
    found->silent_closed = none[0] == '\0';
    found->status        = adit_remote_status ("happy", NULL);
    found->log           = adit_remote_log ("happy", NULL);
    found->stopped       = adit_remote_stop ("happy", NULL);
    found->clean         = !g_file_test (path, G_FILE_TEST_EXISTS);
    return NULL;
}

static GThread *thread;

static void
on_state (gpointer user, AditState state, const char *sentence G_GNUC_UNUSED)
{
    if (state == ADIT_STATE_UP)
        thread = g_thread_new ("other-side", other_side, user);
}

static void
on_ended (gpointer user G_GNUC_UNUSED, const GError *error)
{
    g_assert_no_error (error);
    g_main_loop_quit (loop);
}

static void
run_tunnel (Found *found)
{
    static const AditCoreTunnelEvents events = { .state = on_state, .ended = on_ended };
    static const char text[] = "[connection]\nname = happy\ntype = toy\ninterface = toy0\n";
    AditSchema       *schema = g_new0 (AditSchema, 1);
    AditCoreTunnel   *tunnel;

    schema->name   = g_strdup ("toy");
    schema->title  = g_strdup ("Toy");
    schema->fields = g_new0 (AditField, 1);
    tunnel = adit_core_tunnel_new (adit_profile_parse (text, strlen (text), "test", NULL), schema,
                                   &events, found);
    tunnel->program = g_strdup (worker_program);
    loop            = g_main_loop_new (NULL, FALSE);
    adit_core_tunnel_start (tunnel);
    g_main_loop_run (loop);
    adit_core_tunnel_free (tunnel);
    g_main_loop_unref (loop);
    g_thread_join (thread);
}

static const char *
text_in (JsonObject *object, const char *key)
{
    return json_object_get_string_member_with_default (object, key, NULL);
}

static void
judge_status (const char *text)
{
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *status, *peer;

    g_assert_true (json_parser_load_from_data (parser, text, -1, NULL));
    status = json_node_get_object (json_parser_get_root (parser));
    g_assert_cmpstr (text_in (status, "name"), ==, "happy");
    g_assert_cmpstr (text_in (status, "protocol"), ==, "toy");
    g_assert_cmpstr (text_in (status, "state"), ==, "up");
    g_assert_cmpstr (text_in (status, "interface"), ==, "toy0");
    g_assert_cmpstr (text_in (status, "data-path"), ==, "user");
    g_assert_cmpstr (text_in (status, "cipher"), ==, "none");
    g_assert_cmpint (json_object_get_int_member (status, "mtu"), ==, 1400);
    g_assert_cmpint (json_object_get_int_member (status, "pid"), ==, getpid ());
    g_assert_cmpint (
        json_object_get_int_member (json_object_get_object_member (status, "rx"), "bytes"), ==, 11);
    g_assert_true (json_object_has_member (status, "offloads"));
    g_assert_cmpuint (json_array_get_length (json_object_get_array_member (status, "routes")), ==,
                      4);
    g_assert_cmpstr (
        text_in (json_object_get_object_member (status, "keys"), "connection.interface"), ==,
        "toy0");
    peer = json_array_get_object_element (json_object_get_array_member (status, "peers"), 0);
    g_assert_cmpstr (text_in (peer, "name"), ==, "hq");
    g_assert_cmpstr (text_in (peer, "endpoint"), ==, "192.0.2.1:5");
    g_assert_cmpint (json_object_get_int_member (peer, "rx-bytes"), ==, 7);
}

static void
test_asked (void)
{
    Found found = { 0 };

    if (!has_namespace) {
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
        return;
    }
    run_tunnel (&found);
    g_assert_cmpstr (found.list, ==, "happy");
    g_assert_cmpstr (found.unknown, ==, "unknown request\n");
    g_assert_true (found.silent_closed);
    judge_status (found.status);
    g_assert_nonnull (strstr (found.log, "fake: has a socket"));
    g_assert_true (found.stopped);
    g_assert_true (found.clean); /* it returns when everything is undone */
    g_free (found.list);
    g_free (found.unknown);
    g_free (found.status);
    g_free (found.log);
}

static void
test_nobody (void)
{
    static const char *const names[] = { "nobody", "../etc/passwd", "" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (adit_remote_status (names[i], &error));
        g_assert_error (error, ADIT_ERROR, ADIT_ERROR_PROFILE);
        g_assert_null (adit_remote_log (names[i], NULL));
        g_assert_false (adit_remote_stop (names[i], NULL));
    }
}

int
main (int argc, char **argv)
{
    g_autofree char *dir = test_folder_new ("control");

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    g_test_init (&argc, &argv, NULL);
    worker_program = argv[1];
    adit_runtime_set_dir (dir);
    g_test_add_func ("/control/asked-from-outside", test_asked);
    g_test_add_func ("/control/nobody-is-there", test_nobody);
    return g_test_run ();
}
