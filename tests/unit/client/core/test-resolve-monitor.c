/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-resolve-monitor.c - what systemd-resolved tells of answers, well and badly said, in one
 * piece and in many, and a service that goes and comes. */
#include "client/core/resolve-monitor.h"
#include "client/net/unix.h"
#include "tests/lib/folder.h"
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY(type, name) "{\"class\":1,\"type\":" #type ",\"name\":\"" name "\"}"
#define FOUR(name, bytes) \
    "{\"rr\":{\"key\":" KEY (1, name) ",\"address\":[" bytes "]},\"raw\":\"\"}"
#define SIX(name, bytes) "{\"rr\":{\"key\":" KEY (28, name) ",\"address\":[" bytes "]}}"
#define MESSAGE(questions, answers)                                                            \
    "{\"parameters\":{\"state\":\"success\",\"question\":[" questions "],\"answer\":[" answers \
    "]},\"continues\":true}"
#define ALIAS "{\"rr\":{\"key\":" KEY (5, "www.example") ",\"name\":\"cdn.example\"}}"

static void
test_answers (void)
{
    static const char text[] =
        MESSAGE (KEY (1, "WWW.example"), ALIAS "," FOUR ("cdn.example", "192,0,2,7") "," SIX (
                                             "cdn.example", "32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,9"));
    g_auto (GStrv) names         = NULL;
    g_autoptr (GArray) addresses = NULL;
    g_autofree char *four = NULL, *six = NULL;

    g_assert_true (adit_resolve_parse (text, strlen (text), &names, &addresses));
    g_assert_cmpuint (g_strv_length (names), ==, 1);
    g_assert_cmpstr (names[0], ==, "www.example");
    g_assert_cmpuint (addresses->len, ==, 2);
    four = adit_prefix_format (&g_array_index (addresses, AditPrefix, 0));
    six  = adit_prefix_format (&g_array_index (addresses, AditPrefix, 1));
    g_assert_cmpstr (four, ==, "192.0.2.7/32");
    g_assert_cmpstr (six, ==, "2001:db8::9/128");
}

static const char *const nothing[] = {
    "",
    "{}",
    "[]",
    "7",
    "\"parameters\"",
    "{\"parameters\":[]}",
    "{\"parameters\":{\"ready\":true},\"continues\":true}",
    "{\"parameters\":{\"question\":{},\"answer\":7}}",
    "{\"parameters\":{\"question\":[[]],\"answer\":[[],null,{}]}}",
    MESSAGE (KEY (1, "a.example"), ALIAS),
    MESSAGE ("", FOUR ("a.example", "192,0,2,7")),
    MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2")),
    MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,256")),
    MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,-1")),
    MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,\"7\"")),
    MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,7,8")),
    MESSAGE (KEY (1, "a.example"), SIX ("a.example", "192,0,2,7")),
    MESSAGE ("{\"class\":1,\"type\":1,\"name\":7}", FOUR ("a.example", "192,0,2,7")),
    "{\"parameters\":{\"question\":[",
    "{\"error\":\"io.systemd.NotSupported\"}",
    "\xff\xfe",
};

static void
test_nothing (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (nothing); i++) {
        g_autofree char *shown     = g_strescape (nothing[i], NULL);
        char           **names     = NULL;
        GArray          *addresses = NULL;

        g_test_message ("%s", shown);
        g_assert_false (adit_resolve_parse (nothing[i], strlen (nothing[i]), &names, &addresses));
        g_assert_null (names);
        g_assert_null (addresses);
    }
}

/* No byte of it can be left out or changed such that more than this comes of it. */
static void
test_broken (void)
{
    static const char text[] = MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,7"));

    for (gsize i = 0; i < strlen (text); i++)
        for (guint bit = 0; bit < 8; bit++) {
            g_autofree char *bad         = g_strdup (text);
            g_auto (GStrv) names         = NULL;
            g_autoptr (GArray) addresses = NULL;

            bad[i] = (char) (bad[i] ^ (1 << bit));
            if (adit_resolve_parse (bad, strlen (text), &names, &addresses))
                g_assert_cmpuint (addresses->len, ==, 1);
            g_clear_pointer (&names, g_strfreev);
            g_clear_pointer (&addresses, g_array_unref);
            g_assert_false (adit_resolve_parse (text, i, &names, &addresses));
        }
}

/* ---- a service ---- */

typedef struct {
    GMainLoop *loop;
    guint      heard;
    int        listener;
} World;

static void
on_heard (gpointer user, const char *const *names, const GArray *addresses)
{
    World *world = user;

    g_assert_cmpstr (names[0], ==, "a.example");
    g_assert_cmpuint (addresses->len, ==, 1);
    world->heard++;
    g_main_loop_quit (world->loop);
}

static gboolean
on_patience (gpointer user G_GNUC_UNUSED)
{
    g_error ("nothing was heard in time");
    return G_SOURCE_REMOVE;
}

static void
wait_to_hear (World *world)
{
    guint patience = g_timeout_add_seconds (10, on_patience, NULL);

    g_main_loop_run (world->loop);
    g_source_remove (patience);
}

/* Takes the call and gives back the connection. */
static int
take_call (World *world)
{
    char call[256] = "";
    int  one;

    while ((one = accept (world->listener, NULL, NULL)) < 0)
        g_main_context_iteration (NULL, TRUE);
    g_assert_cmpint (recv (one, call, sizeof call - 1, 0), >, 0);
    g_assert_nonnull (strstr (call, "\"io.systemd.Resolve.Monitor.SubscribeQueryResults\""));
    g_assert_nonnull (strstr (call, "\"more\":true"));
    return one;
}

static void
tell (int one, const char *text, gsize len)
{
    g_assert_cmpint (send (one, text, len, 0), ==, len);
}

static void
test_service (void)
{
    static const char ready[]   = "{\"parameters\":{\"ready\":true},\"continues\":true}";
    static const char message[] = MESSAGE (KEY (1, "a.example"), FOUR ("a.example", "192,0,2,7"));
    g_autofree char  *dir       = test_folder_new ("monitor");
    g_autofree char  *path      = g_build_filename (dir, "monitor", NULL);
    World             world     = { g_main_loop_new (NULL, FALSE), 0, -1 };
    g_autoptr (AditResolveMonitor) monitor = NULL;
    int one;

    world.listener = adit_unix_listen (path, NULL);
    g_assert_cmpint (world.listener, >=, 0);
    monitor = adit_resolve_monitor_new (path, on_heard, &world);
    g_assert_true (adit_resolve_monitor_is_on (monitor));
    one = take_call (&world);
    tell (one, ready, sizeof ready);
    tell (one, message, sizeof message);
    wait_to_hear (&world);
    for (gsize i = 0; i < sizeof message; i++) /* byte by byte */
        tell (one, message + i, 1);
    wait_to_hear (&world);
    g_assert_cmpuint (world.heard, ==, 2);

    close (one); /* it is started anew */
    one = take_call (&world);
    tell (one, message, sizeof message);
    wait_to_hear (&world);
    g_assert_cmpuint (world.heard, ==, 3);
    close (one);
    close (world.listener);
    g_main_loop_unref (world.loop);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/resolve-monitor/answers", test_answers);
    g_test_add_func ("/resolve-monitor/what-tells-nothing", test_nothing);
    g_test_add_func ("/resolve-monitor/broken-messages", test_broken);
    g_test_add_func ("/resolve-monitor/a-service-that-goes-and-comes", test_service);
    return g_test_run ();
}
