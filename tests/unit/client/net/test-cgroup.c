/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-cgroup.c - names of programs, and real control groups that come, are entered and go. */
#include "client/net/cgroup.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    const char *path, *name;
    gboolean    bears;
} Named;

#define APPS "user.slice/user-1000.slice/user@1000.service/app.slice/"

static const Named named[] = {
    { "system.slice/cups.service", "cups.service", TRUE },
    { "system.slice/cups.service", "cups", TRUE },
    { "system.slice/cups.service", "cup", FALSE },
    { "system.slice/cups.service", "ups.service", FALSE },
    { "system.slice/cups.service", "cups.scope", FALSE },
    { "system.slice/cups.service", "system.slice/cups.service", TRUE },
    { "system.slice/cups.service", "/system.slice/cups.service", TRUE },
    { "system.slice/cups.service", "stem.slice/cups.service", FALSE },
    { "system.slice/cups.service/inner", "cups.service", FALSE },
    { "user.slice/user-1000.slice/user@1000.service", "user@1000.service", TRUE },
    { APPS "app-steam.scope", "steam", TRUE },
    { APPS "app-steam.scope", "app-steam.scope", TRUE },
    { APPS "app-gnome-firefox-4711.scope", "firefox", TRUE },
    { APPS "app-gnome-firefox-4711.scope", "fire", FALSE },
    { APPS "app-org.mozilla.firefox@8d6a.service", "firefox", TRUE },
    { APPS "app-org.mozilla.firefox@8d6a.service", "org.mozilla.firefox", TRUE },
    { APPS "app-org.mozilla.firefox@8d6a.service", "Firefox", TRUE },
    { APPS "app-flatpak-com.valvesoftware.Steam-12.scope", "steam", TRUE },
    { APPS "app-gnome-google\\x2dchrome-3.scope", "google-chrome", TRUE },
    { APPS "app-gnome-google\\x2dchrome-3.scope", "google", FALSE },
    { APPS "firefox", "firefox", TRUE },
    { APPS "firefox-notes", "firefox", FALSE },
    { "firefox.service", "", FALSE },
    { "firefox.service", "/", FALSE },
};

static void
test_names (void)
{
    for (guint i = 0; i < G_N_ELEMENTS (named); i++) {
        g_test_message ("%s %s", named[i].path, named[i].name);
        g_assert_cmpint (adit_cgroup_bears (named[i].path, named[i].name), ==, named[i].bears);
    }
}

/* ---- with the kernel's ---- */

static char *top;

static gboolean
skipped (void)
{
    g_autofree char *root  = adit_cgroup_root ();
    g_autofree char *procs = root ? g_build_filename (root, "cgroup.procs", NULL) : NULL;

    if (procs && access (procs, W_OK) == 0)
        return FALSE;
    g_test_skip ("needs control groups (cgroup2) that this process may make");
    return TRUE;
}

static char *
group (const char *name)
{
    return g_strdup_printf ("%s/%s", top, name);
}

static void
test_find (void)
{
    g_autofree char *outer   = group ("app-toy-1.scope"),
                    *inner   = group ("app-toy-1.scope/toy.service");
    g_autofree char *other   = group ("other.service");
    g_autofree char *full    = g_strdup_printf ("%s/other.service", top);
    const char      *names[] = { full, "app-toy-1.scope", "toy.service", NULL };
    g_auto (GStrv) found     = NULL;
    g_auto (GStrv) none      = adit_cgroup_find (NULL);

    if (skipped ())
        return;
    g_assert_null (none[0]);
    g_assert_true (adit_cgroup_make (inner, NULL));
    g_assert_true (adit_cgroup_make (other, NULL));
    g_assert_true (adit_cgroup_make (other, NULL)); /* it may be there */
    g_assert_true (adit_cgroup_exists (inner));
    found = adit_cgroup_find (names);
    g_assert_cmpuint (g_strv_length (found), ==, 2); /* what lies in another goes with it */
    g_assert_cmpstr (found[0], ==, outer);
    g_assert_cmpstr (found[1], ==, other);
    adit_cgroup_remove (other);
    adit_cgroup_remove (inner); /* and all above, when nobody is there */
    g_assert_false (adit_cgroup_exists (outer));
    g_assert_false (adit_cgroup_exists (top));
}

static void
test_enter (void)
{
    g_autofree char *path    = group ("in.scope");
    g_autofree char *missing = group ("missing.scope");
    g_autoptr (GError) error = NULL;
    g_autofree char *file = NULL, *place = NULL;
    pid_t            child;

    if (skipped ())
        return;
    g_assert_true (adit_cgroup_make (path, NULL));
    child = fork ();
    if (child == 0) {
        pause ();
        _exit (0);
    }
    g_assert_true (adit_cgroup_enter (path, child, NULL));
    file = g_strdup_printf ("/proc/%d/cgroup", (int) child);
    g_assert_true (g_file_get_contents (file, &place, NULL, NULL));
    g_assert_nonnull (strstr (place, path));
    adit_cgroup_remove (path); /* somebody is in it */
    g_assert_true (adit_cgroup_exists (path));
    g_assert_false (adit_cgroup_enter (missing, child, &error));
    g_assert_error (error, ADIT_ERROR, ADIT_ERROR_SYSTEM);
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
    adit_cgroup_remove (path);
    g_assert_false (adit_cgroup_exists (path));
}

static void
on_changed (gpointer user)
{
    g_main_loop_quit (user);
}

static gboolean
on_patience (gpointer user G_GNUC_UNUSED)
{
    g_error ("a new control group was not noticed");
    return G_SOURCE_REMOVE;
}

static void
test_watch (void)
{
    g_autofree char *outer = group ("new.slice"), *inner = group ("new.slice/newer.scope");
    g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
    AditCgroupWatch *watch;
    guint            patience;

    if (skipped ())
        return;
    watch = adit_cgroup_watch_new (on_changed, loop, NULL);
    g_assert_nonnull (watch);
    patience = g_timeout_add_seconds (10, on_patience, NULL);
    g_assert_true (adit_cgroup_make (outer, NULL));
    g_main_loop_run (loop);
    g_assert_true (adit_cgroup_make (inner, NULL)); /* below one that is new itself */
    g_main_loop_run (loop);
    adit_cgroup_remove (inner);
    g_main_loop_run (loop);
    g_source_remove (patience);
    adit_cgroup_watch_free (watch);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    top = g_strdup_printf ("adit-unit-%d", (int) getpid ());
    g_test_add_func ("/cgroup/names-of-programs", test_names);
    g_test_add_func ("/cgroup/finds-the-topmost", test_find);
    g_test_add_func ("/cgroup/processes-enter", test_enter);
    g_test_add_func ("/cgroup/new-ones-are-noticed", test_watch);
    status = g_test_run ();
    g_free (top);
    return status;
}
