/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-tunnel.c - a tunnel's life with a worker that keeps to the rules and with ones that do not,
 * in a network namespace of this test's own. */
#include "client/base/schema.h"
#include "client/core/remote.h"
#include "client/core/runtime.h"
#include "client/core/tunnel-parts.h"
#include "client/net/address.h"
#include "client/net/link.h"
#include "client/net/route.h"
#include "client/net/unix.h"
#include "tests/lib/folder.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char    *worker_program, *socket_pattern;
static gboolean has_namespace;

typedef struct {
    AditCoreTunnel *tunnel;
    GMainLoop      *loop;
    GError         *error;
    gboolean        stop_when_up, persistent;
    guint           stop_at_reconnecting, stop_at_ups, ups; /* the how many-th */
    GString        *states, *warnings;
    guint           nudge_at_reconnecting; /* the how many-th; the network changes then */
    gint64          nudged_us, tried_us;
    guint           routes_up; /* bits: 1 10.78, 2 10.79, 4 10.80 */
    guint           mtu;
} Run;

static guint
leads_to (const char *address, guint32 mark)
{
    AditPrefix     prefix;
    AditRouteFound found;

    g_assert_true (adit_prefix_parse (address, &prefix));
    return adit_route_find (prefix.family, prefix.address, mark, &found, NULL) ? found.index : 0;
}

static gboolean
on_looked (gpointer user)
{
    Run  *run   = user;
    guint index = run->tunnel->index;

    run->routes_up = (leads_to ("10.78.1.1", 0) == index ? 1 : 0) |
                     (leads_to ("10.79.1.1", 0) == index ? 2 : 0) |
                     (leads_to ("10.80.1.1", 0) == index ? 4 : 0);
    run->mtu = adit_link_mtu (index);
    /* The worker has it; this process needs it no more. */
    g_assert_null (adit_profile_get (run->tunnel->profile, "toy", "password"));
    g_assert_cmpuint (leads_to ("10.78.1.1", ADIT_PLAN_MARK), ==, 0);
    adit_core_tunnel_stop (run->tunnel);
    return G_SOURCE_REMOVE;
}

static gboolean
on_enough (gpointer user)
{
    Run *run = user;

    adit_core_tunnel_stop (run->tunnel);
    return G_SOURCE_REMOVE;
}

/* An address comes to the loopback: perhaps the network is there by now. */
static gboolean
on_nudge (gpointer user)
{
    Run       *run = user;
    AditPrefix address;

    g_assert_true (adit_prefix_parse ("10.66.6.6/32", &address));
    g_assert_true (adit_address_add (1, &address, NULL));
    run->nudged_us = g_get_monotonic_time ();
    return G_SOURCE_REMOVE;
}

static void
on_state (gpointer user, AditState state, const char *sentence)
{
    Run *run = user;

    g_string_append_printf (run->states, "%s(%s) ", adit_state_name (state), sentence);
    if (state == ADIT_STATE_UP && run->stop_when_up && ++run->ups >= run->stop_at_ups)
        g_timeout_add (50, on_looked, run);
    if (state == ADIT_STATE_RECONNECTING && g_str_has_prefix (sentence, "reaching")) {
        if (run->nudged_us && !run->tried_us) {
            run->tried_us = g_get_monotonic_time ();
            g_idle_add (on_enough, run);
        }
        return;
    }
    if (state == ADIT_STATE_RECONNECTING && --run->nudge_at_reconnecting == 0)
        g_idle_add (on_nudge, run);
    if (state == ADIT_STATE_RECONNECTING && --run->stop_at_reconnecting == 0)
        g_idle_add (on_enough, run);
}

static void
on_warning (gpointer user, const char *sentence)
{
    Run *run = user;

    g_string_append_printf (run->warnings, "%s\n", sentence);
}

static void
on_ended (gpointer user, const GError *error)
{
    Run *run = user;

    if (error)
        run->error = g_error_copy (error);
    g_main_loop_quit (run->loop);
}

/* Nobody answers. */
static void
on_ask (gpointer user G_GNUC_UNUSED, guint id G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
        gboolean secret G_GNUC_UNUSED)
{
}

static AditSchema *
toy_schema (void)
{
    AditSchema *schema = g_new0 (AditSchema, 1);

    schema->name              = g_strdup ("toy");
    schema->title             = g_strdup ("Toy");
    schema->socket            = g_strdup (socket_pattern);
    schema->fields            = g_new0 (AditField, 2);
    schema->fields[0].type    = ADIT_FIELD_SECRET;
    schema->fields[0].section = g_strdup ("toy");
    schema->fields[0].key     = g_strdup ("password");
    return schema;
}

/* Nothing of a tunnel is left but its log; locks are everybody's. */
static void
assert_clean (const char *interface)
{
    g_autoptr (GDir) dir = g_dir_open (adit_runtime_dir (), 0, NULL);
    const char *entry;

    g_assert_cmpuint (adit_link_index (interface), ==, 0);
    g_assert_cmpuint (leads_to ("10.78.1.1", 0), ==, 0);
    while ((entry = g_dir_read_name (dir)))
        g_assert_true (g_str_has_suffix (entry, ".lock") || strstr (entry, ".log"));
}

static void
run_tunnel (Run *run, const char *name, const char *more)
{
    static const AditCoreTunnelEvents events = {
        .state = on_state, .warning = on_warning, .ask = on_ask, .ended = on_ended
    };
    g_autofree char *text =
        g_strdup_printf ("[connection]\nname = %s\ntype = toy\ninterface = toy0\n"
                         "data-path = user\n%s"
                         "[toy]\npassword = hunter2\n",
                         name, more);
    GError      *error   = NULL;
    AditProfile *profile = adit_profile_parse (text, strlen (text), "test", &error);

    g_assert_no_error (error);
    run->states          = g_string_new (NULL);
    run->warnings        = g_string_new (NULL);
    run->loop            = g_main_loop_new (NULL, FALSE);
    run->tunnel          = adit_core_tunnel_new (profile, toy_schema (), &events, run);
    run->tunnel->program = g_strdup (worker_program);
    adit_core_tunnel_set_persistent (run->tunnel, run->persistent);
    adit_core_tunnel_start (run->tunnel);
    g_main_loop_run (run->loop);
    adit_core_tunnel_free (run->tunnel);
    g_main_loop_unref (run->loop);
    assert_clean ("toy0");
}

static void
run_clear (Run *run)
{
    g_clear_error (&run->error);
    g_string_free (run->states, TRUE);
    g_string_free (run->warnings, TRUE);
}

static gboolean
skipped (void)
{
    if (!has_namespace)
        g_test_skip ("needs CAP_SYS_ADMIN and CAP_NET_ADMIN for a network namespace with a TUN");
    return !has_namespace;
}

static void
test_comes_up_and_stops (void)
{
    Run              run = { .stop_when_up = TRUE };
    g_autofree char *log = NULL;

    if (skipped ())
        return;
    run_tunnel (&run, "happy", "[routing]\nexclude = 10.79.0.0/16\n");
    g_assert_no_error (run.error);
    g_assert_nonnull (strstr (run.states->str, "contacting(reaching 192.0.2.1:51820)"));
    g_assert_nonnull (strstr (run.states->str, "up(connected)"));
    g_assert_cmpuint (run.routes_up, ==, 1);
    g_assert_cmpuint (run.mtu, ==, 1400);
    g_assert_nonnull (strstr (run.warnings->str, "127.0.0.0/8 was refused"));
    log = adit_remote_log ("happy", NULL);
    g_assert_nonnull (strstr (log, "fake: has a socket"));
    run_clear (&run);
}

static void
test_takes_a_second_offer (void)
{
    Run run = { .stop_when_up = TRUE };

    if (skipped ())
        return;
    run_tunnel (&run, "again", "");
    g_assert_no_error (run.error);
    g_assert_cmpuint (run.routes_up, ==, 4);
    g_assert_cmpuint (run.mtu, ==, 1380);
    run_clear (&run);
}

static void
test_ends_a_deaf_worker (void)
{
    Run run = { .stop_when_up = TRUE };

    if (skipped ())
        return;
    run_tunnel (&run, "deaf", "");
    g_assert_no_error (run.error);
    run_clear (&run);
}

/* Another program's socket is there before us, and stays. */
static void
test_leaves_a_strangers_socket (void)
{
    g_autofree char *folder = g_strdup_printf ("/run/adit-test-%d", (int) getpid ());
    g_autofree char *path   = g_build_filename (folder, "toy0.sock", NULL);
    Run              run    = { 0 };
    int              theirs, reached;

    if (skipped ())
        return;
    g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
    theirs = adit_unix_listen (path, NULL);
    g_assert_cmpint (theirs, >=, 0);
    socket_pattern = g_strconcat (folder + strlen ("/run/"), "/%s.sock", NULL);
    run_tunnel (&run, "happy", "");
    g_assert_error (run.error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    reached = adit_unix_connect (path, NULL);
    g_assert_cmpint (reached, >=, 0);
    close (reached);
    close (theirs);
    g_clear_pointer (&socket_pattern, g_free);
    g_unlink (path);
    g_rmdir (folder);
    run_clear (&run);
}

typedef struct {
    const char *name;
    AditError   code;
    const char *words; /* in the explanation */
} Ending;

static const Ending endings[] = {
    { "early", ADIT_ERROR_BUG, "before it was ready" },
    { "never-ready", ADIT_ERROR_BUG, "ended by itself with status 0" },
    { "ready-with-descriptor", ADIT_ERROR_BUG, "descriptors where none belong" },
    { "noise", ADIT_ERROR_BUG, "did not understand" },
    { "crash", ADIT_ERROR_BUG, "signal 6" },
    { "killed", ADIT_ERROR_SYSTEM, "signal 9" },
    { "thief", ADIT_ERROR_PROFILE, "does not name the server elsewhere.example" },
    { "port-thief", ADIT_ERROR_PROFILE, "does not name the local port 22" },
    { "raw-thief", ADIT_ERROR_PROFILE, "needs a server" },
    { "raw-tcp-thief", ADIT_ERROR_PROFILE, "made of the protocol 6" },
    { "curious", ADIT_ERROR_BUG, "more often than a person can answer" },
    { "twice", ADIT_ERROR_BUG, "number that is in use" },
    { "no-kernel", ADIT_ERROR_BUG, "kernel carries nothing" },
    { "bad-offer", ADIT_ERROR_MALFORMED, "a999.1.1.1/24" },
    { "refused-login", ADIT_ERROR_LOGIN, "code 691" },
    { "up-then-crash", ADIT_ERROR_BUG, "signal 6" },
    { "impostor", ADIT_ERROR_IDENTITY, "Who is this" },
    { "gone", ADIT_ERROR_UNREACHABLE, "Nobody answered" },
    { "done", ADIT_ERROR_BUG, "to a tunnel" },
    { "chatter", ADIT_ERROR_BUG, "would not stop" },
    { "many-sockets", ADIT_ERROR_PROFILE, "may not have more sockets" },
};

static void
test_ending (gconstpointer data)
{
    const Ending    *ending = data;
    Run              run    = { 0 };
    g_autofree char *text   = NULL;

    if (skipped ())
        return;
    run_tunnel (&run, ending->name, "");
    g_assert_nonnull (run.error);
    text = adit_error_explain (run.error);
    g_test_message ("%s", text);
    g_assert_error (run.error, ADIT_ERROR, (int) ending->code);
    g_assert_nonnull (strstr (text, ending->words));
    run_clear (&run);
}

static guint
count (const char *text, const char *word)
{
    guint n = 0;

    for (text = strstr (text, word); text; text = strstr (text + 1, word))
        n++;
    return n;
}

/* The second worker finds device, addresses and routes as the first one left them. */
static void
test_outlives_its_worker (void)
{
    Run run = { .stop_when_up = TRUE, .stop_at_ups = 2 };

    if (skipped ())
        return;
    run_tunnel (&run, "mortal", "");
    g_assert_no_error (run.error);
    g_assert_cmpuint (count (run.states->str, "up(connected)"), ==, 2);
    g_assert_cmpuint (count (run.states->str, "reconnecting("), >=, 1);
    g_assert_nonnull (strstr (run.states->str, "stopped from outside. Trying again."));
    g_assert_cmpuint (run.routes_up, ==, 3);
    run_clear (&run);
}

static void
test_persists (void)
{
    Run run = { .persistent = TRUE, .stop_at_reconnecting = 3 };

    if (skipped ())
        return;
    run_tunnel (&run, "gone", "");
    g_assert_no_error (run.error);
    g_assert_nonnull (strstr (run.states->str, "reconnecting(Nobody answered. Next try in "));
    run_clear (&run);
}

/* Four seconds were to be waited. */
static void
test_tries_when_something_changes (void)
{
    Run run = { .persistent = TRUE, .nudge_at_reconnecting = 3 };

    if (skipped ())
        return;
    run_tunnel (&run, "gone", "");
    g_assert_no_error (run.error);
    g_test_message ("after %d ms", (int) ((run.tried_us - run.nudged_us) / 1000));
    g_assert_cmpint (run.tried_us - run.nudged_us, <, 2 * G_USEC_PER_SEC);
    run_clear (&run);
}

/* Even of one who does not persist: the profile says "tried in order". */
static void
test_tries_all_servers (void)
{
    Run run = { .stop_when_up = TRUE };

    if (skipped ())
        return;
    run_tunnel (&run, "failover", "server = a.example, b.example\n");
    g_assert_no_error (run.error);
    g_assert_nonnull (strstr (run.states->str, "a.example did not answer. Trying again."));
    g_assert_nonnull (strstr (run.states->str, "up(connected)"));
    run_clear (&run);
    run = (Run){ 0 };
    run_tunnel (&run, "failover", "server = a.example, c.example\n");
    g_assert_error (run.error, ADIT_ERROR, ADIT_ERROR_UNREACHABLE);
    run_clear (&run);
}

static void
test_tries_some_servers (void)
{
    Run run                   = { .stop_when_up = TRUE };
    g_autoptr (GString) lines = g_string_new ("server = a0.example");

    if (skipped ())
        return;
    for (guint i = 1; i < 2 * ADIT_TUNNEL_SERVERS; i++)
        g_string_append_printf (lines, ", a%u.example", i);
    g_string_append_c (lines, '\n');
    run_tunnel (&run, "happy", lines->str);
    g_assert_no_error (run.error);
    g_assert_nonnull (strstr (run.warnings->str, "the first 16 are tried"));
    run_clear (&run);
}

/* The name has two addresses, and a server at only one of them. */
static void
test_calls_all_addresses (void)
{
    Run                run       = { .stop_when_up = TRUE };
    struct sockaddr_in address   = { .sin_family = AF_INET, .sin_addr = { g_htonl (0x7f000001) } };
    socklen_t          size      = sizeof address;
    int                listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autofree char   *more      = NULL;

    if (skipped ()) {
        close (listening);
        return;
    }
    g_assert_true (adit_link_up (1, 0, NULL));
    g_assert_cmpint (bind (listening, (struct sockaddr *) &address, size), ==, 0);
    g_assert_cmpint (listen (listening, 4), ==, 0);
    g_assert_cmpint (getsockname (listening, (struct sockaddr *) &address, &size), ==, 0);
    more = g_strdup_printf ("server = localhost:%u\n", g_ntohs (address.sin_port));
    run_tunnel (&run, "caller", more);
    g_assert_no_error (run.error);
    g_assert_nonnull (strstr (run.states->str, "up(connected)"));
    run_clear (&run);
    close (listening);
    run = (Run){ 0 };
    run_tunnel (&run, "caller", more);
    g_assert_error (run.error, ADIT_ERROR, ADIT_ERROR_PROFILE); /* as the worker passes it on */
    g_assert_nonnull (strstr (run.error->message, "The server did not answer."));
    run_clear (&run);
}

static void
test_refuses_a_loop (void)
{
    Run run = { 0 };

    if (skipped ())
        return;
    run_tunnel (&run, "happy",
                "[dns]\nmode = off\n[guard]\nmode = off\n[routing]\nmark = off\n"
                "default-route = yes\n");
    g_assert_error (run.error, ADIT_ERROR, ADIT_ERROR_PROFILE);
    run_clear (&run);
}

int
main (int argc, char **argv)
{
    g_autofree char *dir = test_folder_new ("tunnel");

    has_namespace = geteuid () == 0 && unshare (CLONE_NEWNET) == 0 &&
                    g_access ("/dev/net/tun", R_OK | W_OK) == 0;
    g_test_init (&argc, &argv, NULL);
    worker_program = argv[1];
    adit_runtime_set_dir (dir);
    g_test_add_func ("/tunnel/comes-up-and-stops", test_comes_up_and_stops);
    g_test_add_func ("/tunnel/takes-a-second-offer", test_takes_a_second_offer);
    g_test_add_func ("/tunnel/ends-a-deaf-worker", test_ends_a_deaf_worker);
    g_test_add_func ("/tunnel/outlives-its-worker", test_outlives_its_worker);
    g_test_add_func ("/tunnel/persists", test_persists);
    g_test_add_func ("/tunnel/tries-when-something-changes", test_tries_when_something_changes);
    g_test_add_func ("/tunnel/tries-all-servers", test_tries_all_servers);
    g_test_add_func ("/tunnel/tries-no-endless-list", test_tries_some_servers);
    g_test_add_func ("/tunnel/calls-all-addresses", test_calls_all_addresses);
    g_test_add_func ("/tunnel/refuses-a-loop", test_refuses_a_loop);
    g_test_add_func ("/tunnel/leaves-a-strangers-socket", test_leaves_a_strangers_socket);
    for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
        g_autofree char *path = g_strdup_printf ("/tunnel/ends/%s", endings[i].name);

        g_test_add_data_func (path, &endings[i], test_ending);
    }
    return g_test_run ();
}
