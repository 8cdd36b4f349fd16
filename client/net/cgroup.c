/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.c - the tree of directories that control groups are. */
#include "client/net/cgroup.h"
#include "client/base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOUND_MAX = 256, DEPTH_MAX = 16, GROUPS_MAX = 8192, EVENTS_BYTES = 16384 };

#define NFT_LOOKS "/sys/fs/cgroup"

/* ---- where ---- */

/* A line of proc(5)'s mountinfo: "… ROOT PLACE OPTIONS … - TYPE SOURCE OPTIONS". */
static char *
place_of (const char *line)
{
    const char *type       = strstr (line, " - ");
    g_auto (GStrv) words   = g_strsplit (line, " ", 6);
    g_autofree char *place = NULL;

    if (type == NULL || !g_str_has_prefix (type, " - cgroup2 ") || g_strv_length (words) < 6)
        return NULL;
    place = g_strcompress (words[4]); /* \040 is a space */
    return g_steal_pointer (&place);
}

char *
adit_cgroup_root (void)
{
    g_autofree char *text = NULL;
    char            *root = NULL;

    if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
        return NULL;
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *place = place_of (lines[i]);

        if (place == NULL)
            continue;
        if (root == NULL || g_str_has_prefix (place, NFT_LOOKS)) {
            g_free (root);
            root = place;
        } else {
            g_free (place);
        }
    }
    return root;
}

char *
adit_cgroup_nft_root (void)
{
    g_autofree char *root = adit_cgroup_root ();
    const char      *rest;

    if (root == NULL || !g_str_has_prefix (root, NFT_LOOKS))
        return NULL;
    rest = root + strlen (NFT_LOOKS);
    if (*rest == '\0')
        return g_strdup ("");
    return *rest == '/' ? g_strconcat (rest + 1, "/", NULL) : NULL;
}

static char *
full (const char *path)
{
    g_autofree char *root = adit_cgroup_root ();

    return root ? g_build_filename (root, path, NULL) : NULL;
}

/* ---- names ---- */

static gboolean
is_unit (const char *name)
{
    return g_str_has_suffix (name, ".service") || g_str_has_suffix (name, ".scope") ||
           g_str_has_suffix (name, ".slice");
}

/* Undoes systemd's \x2d. */
static char *
unescape (const char *word)
{
    GString *plain = g_string_new (NULL);

    for (; *word; word++) {
        if (word[0] == '\\' && word[1] == 'x' && g_ascii_isxdigit (word[2]) &&
            g_ascii_isxdigit (word[3])) {
            g_string_append_c (plain, (char) (g_ascii_xdigit_value (word[2]) << 4 |
                                              g_ascii_xdigit_value (word[3])));
            word += 3;
        } else {
            g_string_append_c (plain, *word);
        }
    }
    return g_string_free (plain, FALSE);
}

/* "firefox" is also the end of "org.mozilla.firefox". */
static gboolean
is_application (const char *word, const char *name)
{
    g_autofree char *plain = unescape (word);
    const char      *end   = strrchr (plain, '.');

    return g_ascii_strcasecmp (plain, name) == 0 ||
           (end && g_ascii_strcasecmp (end + 1, name) == 0);
}

/* "app[-LAUNCHER]-APPLICATION[-NUMBER].scope", "…[@NUMBER].service" */
static gboolean
is_desktop_unit (const char *unit, const char *name)
{
    g_autofree char *body = g_strdup (unit);
    g_auto (GStrv) words  = NULL;
    char *cut             = strrchr (body, '.');

    if (cut)
        *cut = '\0';
    if (strcmp (body, name) == 0)
        return TRUE;
    if (!g_str_has_prefix (body, "app-"))
        return FALSE;
    cut = strchr (body, '@');
    if (cut)
        *cut = '\0';
    words = g_strsplit (body + strlen ("app-"), "-", -1);
    for (guint i = 0; words[i]; i++)
        if (is_application (words[i], name))
            return TRUE;
    return FALSE;
}

gboolean
adit_cgroup_bears (const char *path, const char *name)
{
    const char *last;
    gsize       n;

    while (*name == '/')
        name++;
    n = strlen (name);
    if (n == 0)
        return FALSE;
    if (g_str_has_suffix (path, name) && (strlen (path) == n || path[strlen (path) - n - 1] == '/'))
        return TRUE;
    last = strrchr (path, '/');
    last = last ? last + 1 : path;
    return strchr (name, '/') == NULL && !is_unit (name) && is_unit (last) &&
           is_desktop_unit (last, name);
}

/* ---- the tree ---- */

typedef gboolean (*VisitFn) (gpointer user, const char *path); /* FALSE: not what is below it */

typedef struct {
    VisitFn  visit;
    gpointer user;
    guint    left;
} Walk;

/* `path` is "" for the root. */
static void
walk (Walk *w, const char *root, const char *path, guint depth)
{
    g_autofree char *place = g_build_filename (root, path, NULL);
    g_autoptr (GDir) dir   = g_dir_open (place, 0, NULL);
    const char *entry;

    while (dir && w->left && (entry = g_dir_read_name (dir))) {
        g_autofree char *below = g_build_filename (path, entry, NULL);
        g_autofree char *whole = g_build_filename (root, below, NULL);
        struct stat      about;

        if (lstat (whole, &about) < 0 || !S_ISDIR (about.st_mode))
            continue;
        w->left--;
        if (w->visit (w->user, below) && depth < DEPTH_MAX)
            walk (w, root, below, depth + 1);
    }
}

static void
walk_all (VisitFn visit, gpointer user)
{
    g_autofree char *root = adit_cgroup_root ();
    Walk             w    = { visit, user, GROUPS_MAX };

    if (root)
        walk (&w, root, "", 1);
}

typedef struct {
    const char *const *names;
    GPtrArray         *found;
} Search;

static gboolean
on_visit (gpointer user, const char *path)
{
    Search *search = user;

    for (guint i = 0; search->names[i]; i++) {
        if (!adit_cgroup_bears (path, search->names[i]))
            continue;
        if (search->found->len < FOUND_MAX)
            g_ptr_array_add (search->found, g_strdup (path));
        return FALSE; /* those below go with it */
    }
    return TRUE;
}

static int
by_text (gconstpointer a, gconstpointer b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

char **
adit_cgroup_find (const char *const *names)
{
    Search search = { names, g_ptr_array_new () };

    if (names && names[0])
        walk_all (on_visit, &search);
    g_ptr_array_sort (search.found, by_text);
    g_ptr_array_add (search.found, NULL);
    return (char **) g_ptr_array_free (search.found, FALSE);
}

/* ---- ours ---- */

gboolean
adit_cgroup_exists (const char *path)
{
    g_autofree char *place = full (path);

    return place && g_file_test (place, G_FILE_TEST_IS_DIR);
}

static gboolean
fail_without (GError **error)
{
    return adit_fail (error, ADIT_ERROR_SYSTEM,
                      _ ("This machine has no control groups (cgroup2), which telling programs "
                         "apart needs."));
}

gboolean
adit_cgroup_make (const char *path, GError **error)
{
    g_autofree char *place = full (path);

    if (place == NULL)
        return fail_without (error);
    if (g_mkdir_with_parents (place, 0755) == 0)
        return TRUE;
    return adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                            _ ("The control group %s could not be made."), path);
}

gboolean
adit_cgroup_enter (const char *path, GPid pid, GError **error)
{
    g_autofree char *place = full (path);
    g_autofree char *file  = place ? g_build_filename (place, "cgroup.procs", NULL) : NULL;
    g_autofree char *text  = g_strdup_printf ("%d\n", (int) pid);
    gsize            len   = strlen (text);
    int              fd, number;
    gboolean         fine;

    if (file == NULL)
        return fail_without (error);
    fd     = open (file, O_WRONLY | O_CLOEXEC);
    fine   = fd >= 0 && write (fd, text, len) == (ssize_t) len;
    number = errno;
    if (fd >= 0)
        close (fd);
    if (fine)
        return TRUE;
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                            _ ("Process %d could not be put into the control group %s."), (int) pid,
                            path);
}

void
adit_cgroup_remove (const char *path)
{
    g_autofree char *place = full (path);
    g_autofree char *above = g_path_get_dirname (path);

    if (place && rmdir (place) == 0 && !g_str_equal (above, "."))
        adit_cgroup_remove (above);
}

/* ---- watching ---- */

struct AditCgroupWatch {
    AditCgroupFn changed;
    gpointer     user;
    char        *root;
    int          fd;
    gboolean     is_short; /* of watches, and it was said */
    guint        source;
};

static void
watch_one (AditCgroupWatch *watch, const char *path)
{
    g_autofree char *place = g_build_filename (watch->root, path, NULL);

    if (inotify_add_watch (watch->fd, place, IN_CREATE | IN_DELETE | IN_ONLYDIR) >= 0 ||
        errno != ENOSPC || watch->is_short)
        return;
    watch->is_short = TRUE;
    adit_log (
        ADIT_LOG_WARNING, "net",
        "programs that start later may not be noticed: fs.inotify.max_user_watches is used up");
}

static gboolean
on_visit_to_watch (gpointer user, const char *path)
{
    watch_one (user, path);
    return TRUE;
}

static void
watch_tree (AditCgroupWatch *watch)
{
    watch_one (watch, "");
    walk_all (on_visit_to_watch, watch);
}

static gboolean
on_event (gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer user)
{
    AditCgroupWatch *watch = user;
    char             events[EVENTS_BYTES];

    while (read (fd, events, sizeof events) > 0)
        continue;
    watch_tree (watch); /* what is new is watched before it is looked at */
    watch->changed (watch->user);
    return G_SOURCE_CONTINUE;
}

AditCgroupWatch *
adit_cgroup_watch_new (AditCgroupFn changed, gpointer user, GError **error)
{
    g_autofree char *root = adit_cgroup_root ();
    AditCgroupWatch *watch;
    int              fd;

    if (root == NULL) {
        fail_without (error);
        return NULL;
    }
    fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) {
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM,
                         _ ("Programs that start later cannot be noticed."));
        return NULL;
    }
    watch          = g_new0 (AditCgroupWatch, 1);
    watch->changed = changed;
    watch->user    = user;
    watch->root    = g_steal_pointer (&root);
    watch->fd      = fd;
    watch_tree (watch);
    watch->source = g_unix_fd_add (fd, G_IO_IN, on_event, watch);
    return watch;
}

void
adit_cgroup_watch_free (AditCgroupWatch *watch)
{
    if (watch == NULL)
        return;
    g_source_remove (watch->source);
    close (watch->fd);
    g_free (watch->root);
    g_free (watch);
}
