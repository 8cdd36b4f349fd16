/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dns-file.c - /etc/resolv.conf itself: kept aside exactly, symlink or not, and put back when it is
 * still ours; somebody else's later version is left alone. */
#include "client/net/dns-backends.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 16, SERVERS_MAX = 3 /* resolv.conf(5): MAXNS */ };

#define LINK_PREFIX "link " /* first word of a saved symlink's record */
#define FILE_PREFIX "file " /* … and of a saved file's: octal mode, line end, contents */
#define NONE_RECORD "none\n"

static char *
marker_of (const char *interface)
{
    return g_strdup_printf ("# adit %s\n", interface);
}

static gboolean
is_ours (const char *path, const char *interface)
{
    g_autofree char *text = NULL, *marker = marker_of (interface);

    return g_file_get_contents (path, &text, NULL, NULL) && g_str_has_prefix (text, marker);
}

/* ---- writing, beside and renamed; a file that is mounted over can only be written in place ----
 */

static int
write_whole (const char *path, int flags, mode_t mode, const char *text, gsize len)
{
    int   fd     = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, mode);
    int   number = fd < 0 ? errno : 0;
    gsize done   = 0;

    while (number == 0 && done < len) {
        ssize_t n = write (fd, text + done, len - done);

        if (n >= 0)
            done += (gsize) n;
        else if (errno != EINTR)
            number = errno;
    }
    if (fd >= 0 && number == 0 && fchmod (fd, mode) < 0)
        number = errno;
    if (fd >= 0 && close (fd) < 0 && number == 0)
        number = errno;
    return number;
}

static char *
beside_of (const char *path)
{
    return g_strdup_printf ("%s.adit", path);
}

/* Never empty in between, so that after a crash it is still seen whose it is. */
static int
write_over (const char *path, mode_t mode, const char *text, gsize len)
{
    int number = write_whole (path, 0, mode, text, len);

    return number == 0 && truncate (path, (off_t) len) < 0 ? errno : number;
}

static int
replace (const char *path, mode_t mode, const char *text, gsize len)
{
    g_autofree char *beside = beside_of (path);
    int              number;

    unlink (beside);
    number = write_whole (beside, O_CREAT | O_EXCL, mode, text, len);
    if (number == 0 && rename (beside, path) == 0)
        return 0;
    if (number == 0)
        number = errno;
    unlink (beside);
    if (number == EBUSY || number == EROFS || number == EACCES)
        number = write_over (path, mode, text, len);
    return number;
}

static int
replace_by_link (const char *path, const char *target)
{
    g_autofree char *beside = beside_of (path);

    unlink (beside);
    if (symlink (target, beside) == 0 && rename (beside, path) == 0)
        return 0;
    return errno;
}

gboolean
adit_dns_file_write (const char *path, const char *text, GError **error)
{
    int number = replace (path, 0600, text, strlen (text));

    if (number)
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("%s could not be written."),
                                path);
    return TRUE;
}

/* What a process leaves that is killed before it renames. */
static void
remove_beside (const char *path)
{
    g_autofree char *beside = beside_of (path);

    unlink (beside);
}

void
adit_dns_file_remove (const char *path)
{
    remove_beside (path);
    unlink (path);
}

/* ---- keeping aside ---- */

static int
save (const char *path, const char *saved)
{
    g_autofree char *text      = NULL;
    g_autofree char *target    = g_file_read_link (path, NULL);
    g_autoptr (GString) record = g_string_new (NULL);
    gsize       len            = 0;
    struct stat about;

    if (target) {
        g_string_printf (record, LINK_PREFIX "%s", target);
    } else if (lstat (path, &about) < 0) {
        g_string_assign (record, NONE_RECORD);
    } else {
        if (!g_file_get_contents (path, &text, &len, NULL) || len > FILE_MAX)
            return EIO;
        g_string_printf (record, FILE_PREFIX "%o\n", about.st_mode & 0777);
        g_string_append_len (record, text, (gssize) len);
    }
    return replace (saved, 0600, record->str, record->len);
}

static int
put_back_file (const char *path, const char *record, gsize len)
{
    guint       mode = 0;
    const char *body = memchr (record, '\n', len);

    if (body == NULL || sscanf (record, FILE_PREFIX "%o", &mode) != 1)
        return EBADMSG;
    body++;
    return replace (path, (mode_t) mode & 0777, body, len - (gsize) (body - record));
}

static int
put_back (const char *path, const char *saved)
{
    g_autofree char *record = NULL;
    gsize            len    = 0;

    if (!g_file_get_contents (saved, &record, &len, NULL))
        return EIO;
    if (g_str_has_prefix (record, LINK_PREFIX))
        return replace_by_link (path, record + strlen (LINK_PREFIX));
    if (g_str_has_prefix (record, FILE_PREFIX))
        return put_back_file (path, record, len);
    return g_str_equal (record, NONE_RECORD) && unlink (path) < 0 && errno != ENOENT ? errno : 0;
}

/* Another tunnel may have kept our version aside: it is to put back what we had found instead. */
static void
hand_down (const char *saved, const char *interface)
{
    g_autofree char *folder = g_path_get_dirname (saved), *marker = marker_of (interface);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name (dir))) {
        g_autofree char *other = g_build_filename (folder, entry, NULL);
        g_autofree char *text  = NULL;
        const char      *body;

        if (!g_str_has_suffix (entry, strrchr (saved, '.')) || g_str_equal (other, saved) ||
            !g_file_get_contents (other, &text, NULL, NULL))
            continue;
        body = g_str_has_prefix (text, FILE_PREFIX) ? strchr (text, '\n') : NULL;
        if (body && g_str_has_prefix (body + 1, marker) && rename (saved, other) == 0)
            return;
    }
}

/* ---- what it says ---- */

void
adit_dns_file_servers (const char *text, GPtrArray *out)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        g_auto (GStrv) words = g_strsplit_set (lines[i], " \t\r", 3);

        if (g_strcmp0 (words[0], "nameserver") == 0 && words[1] && words[1][0])
            g_ptr_array_add (out, g_strdup (words[1]));
    }
}

char **
adit_dns_file_saved (const char *saved)
{
    g_autofree char *record = NULL, *target = NULL;
    GPtrArray       *servers;

    if (!g_file_get_contents (saved, &record, NULL, NULL))
        return NULL;
    servers = g_ptr_array_new ();
    if (g_str_has_prefix (record, LINK_PREFIX)) {
        g_autofree char *path = g_canonicalize_filename (record + strlen (LINK_PREFIX), "/etc");

        if (g_file_get_contents (path, &target, NULL, NULL))
            adit_dns_file_servers (target, servers);
    } else {
        adit_dns_file_servers (record, servers);
    }
    g_ptr_array_add (servers, NULL);
    return (char **) g_ptr_array_free (servers, FALSE);
}

/* ---- the two verbs ---- */

static char *
text_of (const AditDnsWish *wish, const char *old)
{
    g_autofree char *marker  = marker_of (wish->interface);
    g_autofree char *domains = g_strjoinv (" ", (char **) wish->domains);
    GString         *text    = g_string_new (marker);
    guint            n       = 0;

    if (wish->domains[0])
        g_string_append_printf (text, "search %s\n", domains);
    for (; wish->servers[n] && n < SERVERS_MAX; n++)
        g_string_append_printf (text, "nameserver %s\n", wish->servers[n]);
    if (!wish->exclusive && old) {
        g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

        adit_dns_file_servers (old, found);
        for (guint i = 0; i < found->len && n < SERVERS_MAX; i++, n++)
            g_string_append_printf (text, "nameserver %s\n", (char *) found->pdata[i]);
    }
    return g_string_free (text, FALSE);
}

gboolean
adit_dns_file_set (const char *path, const AditDnsWish *wish, GError **error)
{
    g_autofree char *text = NULL, *old = NULL;
    int              number = 0;

    if (!is_ours (path, wish->interface))
        number = save (path, wish->saved);
    if (number == 0) {
        g_file_get_contents (path, &old, NULL, NULL);
        text   = text_of (wish, old);
        number = replace (path, 0644, text, strlen (text));
    }
    if (number)
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                                _ ("The name servers in %s could not be changed."), path);
    return TRUE;
}

gboolean
adit_dns_file_unset (const char *path, const AditDnsWish *wish, GError **error)
{
    int number = 0;

    remove_beside (path);
    remove_beside (wish->saved);
    if (!g_file_test (wish->saved, G_FILE_TEST_EXISTS))
        return TRUE;
    if (is_ours (path, wish->interface))
        number = put_back (path, wish->saved);
    else
        hand_down (wish->saved, wish->interface);
    if (number)
        return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM,
                                _ ("The name servers in %s could not be put back."), path);
    unlink (wish->saved);
    return TRUE;
}
