/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.c - the file, its lock, and doing and undoing by it.  Lines: "adit-journal 1",
 * "owner PID START", "namespace INODE", then "+ step" and "- step" for one taken back. */
#include "client/core/journal.h"
#include "client/core/apply.h"
#include "client/core/keyfile.h"
#include "client/core/namespace.h"
#include "client/core/runtime.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every change is taken back once, so a journal with half of it used up takes no more of them. */
enum { JOURNAL_MAX = 8 << 20 };

struct AditJournal {
    char      *path;
    int        fd;
    GPtrArray *steps;
};

static gboolean
put_line (AditJournal *journal, const char *sign, const char *text, GError **error)
{
    g_autofree char *line  = g_strdup_printf ("%s%s\n", sign, text);
    gsize            len   = strlen (line);
    off_t            start = lseek (journal->fd, 0, SEEK_END);
    ssize_t          n     = write (journal->fd, line, len);
    int              number;

    if (n == (ssize_t) len && fdatasync (journal->fd) == 0)
        return TRUE;
    number = n < 0 || n == (ssize_t) len ? errno : ENOSPC;
    if (n > 0 && n < (ssize_t) len && start >= 0 && ftruncate (journal->fd, start) < 0)
        number = errno; /* the next line would be read as the rest of this one */
    return adit_fail_errno (error, number, ADIT_ERROR_SYSTEM, _ ("%s could not be written."),
                            journal->path);
}

/* Field 22 of proc(5)'s stat: with it a number of a process is not mistaken for a later one's. */
static guint64
start_time (void)
{
    g_autofree char *text   = NULL;
    const char      *at     = NULL;
    guint64          number = 0;

    if (g_file_get_contents ("/proc/self/stat", &text, NULL, NULL))
        at = strrchr (text, ')');
    for (guint field = 2; at && field < 22; field++)
        at = strchr (at + 1, ' ');
    if (at)
        number = g_ascii_strtoull (at + 1, NULL, 10);
    return number;
}

static AditJournal *
journal_of (const char *name)
{
    AditJournal *journal = g_new0 (AditJournal, 1);

    journal->path  = adit_runtime_path (name, "journal");
    journal->steps = g_ptr_array_new_with_free_func ((GDestroyNotify) adit_step_free);
    journal->fd    = -1;
    return journal;
}

static AditJournal *
open_journal (const char *name)
{
    AditJournal *journal = journal_of (name);

    journal->fd = open (journal->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    return journal;
}

/* Ours, and still the file of that name: the one before may have been removed under its lock. */
static gboolean
lock (AditJournal *journal)
{
    struct stat held, named;

    return flock (journal->fd, LOCK_EX | LOCK_NB) == 0 && fstat (journal->fd, &held) == 0 &&
           stat (journal->path, &named) == 0 && held.st_ino == named.st_ino;
}

static gboolean
begin (AditJournal *journal, GError **error)
{
    g_autofree char *owner =
        g_strdup_printf ("owner %d %" G_GUINT64_FORMAT, (int) getpid (), start_time ());
    g_autofree char *place =
        g_strdup_printf ("namespace %" G_GUINT64_FORMAT, adit_namespace_ours ());

    return put_line (journal, "", "adit-journal 1", error) &&
           put_line (journal, "", owner, error) && put_line (journal, "", place, error);
}

/* Locked and begun before it has a name, so that whoever looks for leftovers never takes it for
 * one; where a file system has no nameless files that is one system call less certain. */
static gboolean
make (AditJournal *journal, GError **error)
{
    const int flags    = O_RDWR | O_APPEND;
    gboolean  is_named = FALSE;

    journal->fd = adit_keyfile_open_nameless (journal->path, flags);
    if (journal->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        journal->fd = open (journal->path, flags | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        is_named    = TRUE;
    }
    return journal->fd >= 0 && flock (journal->fd, LOCK_EX | LOCK_NB) == 0 &&
           begin (journal, error) &&
           (is_named || adit_keyfile_give_name (journal->fd, journal->path));
}

/* ---- reading ---- */

static void
forget (AditJournal *journal, const AditStep *step)
{
    for (guint i = journal->steps->len; i-- > 0;)
        if (adit_step_equal (journal->steps->pdata[i], step)) {
            g_ptr_array_remove_index (journal->steps, i);
            return;
        }
}

/* A later line about the same device brings its number. */
static void
remember (AditJournal *journal, AditStep *step)
{
    if (step->kind == ADIT_STEP_DEVICE && step->index)
        for (guint i = journal->steps->len; i-- > 0;) {
            AditStep *earlier = journal->steps->pdata[i];

            if (earlier->kind == ADIT_STEP_DEVICE && g_str_equal (earlier->name, step->name))
                g_ptr_array_remove_index (journal->steps, i);
        }
    g_ptr_array_add (journal->steps, step);
}

static void
read_line (AditJournal *journal, const char *line)
{
    g_autoptr (AditStep) step = NULL;

    if (!g_str_has_prefix (line, "+ ") && !g_str_has_prefix (line, "- "))
        return;
    step = adit_step_parse (line + 2);
    if (step == NULL)
        return;
    if (line[0] == '+')
        remember (journal, g_steal_pointer (&step));
    else
        forget (journal, step);
}

/* A last line without its end was being written when its writer died: nothing was done by it. */
static guint64
read_all (AditJournal *journal)
{
    g_autofree char *text  = g_malloc0 (JOURNAL_MAX + 1);
    ssize_t          len   = pread (journal->fd, text, JOURNAL_MAX, 0);
    guint64          place = 0;
    char            *end;

    if (len < 0)
        return 0;
    for (char *line = text; (end = strchr (line, '\n')); line = end + 1) {
        *end = '\0';
        if (g_str_has_prefix (line, "namespace "))
            place = g_ascii_strtoull (line + strlen ("namespace "), NULL, 10);
        else
            read_line (journal, line);
    }
    return place;
}

GPtrArray *
adit_journal_peek (const char *name)
{
    g_autoptr (AditJournal) journal = open_journal (name);

    if (journal->fd < 0 || read_all (journal) != adit_namespace_ours ())
        return NULL;
    return g_ptr_array_ref (journal->steps);
}

/* With its network namespace all that it did is gone, but what lies in files. */
static void
keep_files (AditJournal *journal)
{
    for (guint i = journal->steps->len; i-- > 0;) {
        const AditStep *step = journal->steps->pdata[i];

        if (step->kind != ADIT_STEP_FILE && step->kind != ADIT_STEP_DNS &&
            step->kind != ADIT_STEP_GROUP)
            g_ptr_array_remove_index (journal->steps, i);
    }
}

AditJournal *
adit_journal_inherit (const char *name, GError **error)
{
    g_autoptr (AditJournal) journal = open_journal (name);
    guint64 place;

    if (journal->fd < 0) {
        if (errno != ENOENT)
            adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be read."),
                             journal->path);
        return NULL;
    }
    if (!lock (journal))
        return NULL;
    place = read_all (journal);
    if (place != adit_namespace_ours () && place != 0) {
        if (adit_namespace_exists (place))
            return NULL;
        keep_files (journal);
    }
    return g_steal_pointer (&journal);
}

/* ---- a new one ---- */

gboolean
adit_journal_is_locked (const char *name)
{
    g_autoptr (AditJournal) journal = open_journal (name);

    return journal->fd >= 0 && flock (journal->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static gboolean
only_guards (const AditJournal *journal)
{
    for (guint i = 0; i < journal->steps->len; i++)
        if (((const AditStep *) journal->steps->pdata[i])->kind != ADIT_STEP_GUARD)
            return FALSE;
    return TRUE;
}

/* A guard of a dead tunnel of that name goes over to the next one without a gap. */
static AditJournal *
take_over (const char *name, GError **error)
{
    g_autoptr (AditJournal) other = open_journal (name);

    if (other->fd < 0 || !lock (other)) {
        adit_fail (error, ADIT_ERROR_SYSTEM, _ ("A tunnel named %s is already running."), name);
        return NULL;
    }
    if (read_all (other) == adit_namespace_ours () && only_guards (other))
        return begin (other, error) ? g_steal_pointer (&other) : NULL;
    adit_fail (error, ADIT_ERROR_SYSTEM,
               _ ("An earlier tunnel of this name left things behind; \"adit restore\" in "
                  "its network namespace puts them right."));
    return NULL;
}

AditJournal *
adit_journal_new (const char *name, GError **error)
{
    g_autoptr (AditJournal) journal = journal_of (name);
    GError *problem                 = NULL;

    if (make (journal, &problem))
        return g_steal_pointer (&journal);
    if (problem)
        g_propagate_error (error, problem);
    else if (errno == EEXIST)
        return take_over (name, error);
    else
        adit_fail_errno (error, errno, ADIT_ERROR_SYSTEM, _ ("%s could not be made."),
                         journal->path);
    return NULL;
}

/* ---- doing and undoing ---- */

#define DIGEST "sha256:"

/* Undoing packet filter rules takes their name alone, and their text would fill the file; its
 * digest tells one from the next. */
static gboolean
put_step (AditJournal *journal, const char *sign, const AditStep *step, GError **error)
{
    g_autofree char *line     = adit_step_format (step);
    g_autofree char *digest   = NULL;
    g_autoptr (AditStep) copy = NULL;

    if ((step->kind != ADIT_STEP_GUARD && step->kind != ADIT_STEP_SPLIT) ||
        g_str_has_prefix (step->value, DIGEST))
        return put_line (journal, sign, line, error);
    copy   = adit_step_parse (line);
    digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, step->value, -1);
    g_free (copy->value);
    copy->value = g_strconcat (DIGEST, digest, NULL);
    g_free (line);
    line = adit_step_format (copy);
    return put_line (journal, sign, line, error);
}

static gboolean
note_device (AditJournal *journal, const AditStep *step, GError **error)
{
    return step->kind != ADIT_STEP_DEVICE || put_step (journal, "+ ", step, error);
}

static gboolean
has_room (const AditJournal *journal)
{
    struct stat about;

    return fstat (journal->fd, &about) == 0 && about.st_size < JOURNAL_MAX / 2;
}

gboolean
adit_journal_do (AditJournal *journal, const AditStep *step, GError **error)
{
    g_autofree char *line     = adit_step_format (step);
    g_autoptr (AditStep) copy = adit_step_parse (line);

    if (copy == NULL)
        return adit_fail (error, ADIT_ERROR_BUG, _ ("The step \"%s\" could not be undone."), line);
    if (!has_room (journal))
        return adit_fail (error, ADIT_ERROR_SYSTEM,
                          _ ("The tunnel changed this machine more often than %s has room for."),
                          journal->path);
    if (!put_step (journal, "+ ", copy, error))
        return FALSE;
    if (!adit_apply_do (copy, error)) {
        put_step (journal, "- ", step, NULL); /* it may be somebody else's: not ours to undo */
        return FALSE;
    }
    g_ptr_array_add (journal->steps, g_steal_pointer (&copy));
    return note_device (journal, journal->steps->pdata[journal->steps->len - 1], error);
}

gboolean
adit_journal_undo (AditJournal *journal, const AditStep *step, GError **error)
{
    g_autofree char *line     = adit_step_format (step);
    g_autoptr (AditStep) copy = adit_step_parse (line); /* `step` may go with its entry */

    if (copy == NULL)
        return adit_fail (error, ADIT_ERROR_BUG, _ ("The step \"%s\" cannot be undone."), line);
    if (!adit_apply_undo (step, error) || !put_step (journal, "- ", copy, error))
        return FALSE;
    forget (journal, copy);
    return TRUE;
}

gboolean
adit_journal_replace (AditJournal *journal, const AditStep *old, const AditStep *next,
                      GError **error)
{
    g_autofree char *line = adit_step_format (old);
    guint            place;

    if (!g_ptr_array_find (journal->steps, old, &place))
        return adit_fail (error, ADIT_ERROR_BUG, _ ("The step \"%s\" cannot be undone."), line);
    if (!adit_journal_do (journal, next, error) || !put_step (journal, "- ", old, error))
        return FALSE;
    adit_step_free (journal->steps->pdata[place]);
    journal->steps->pdata[place] =
        g_ptr_array_steal_index (journal->steps, journal->steps->len - 1);
    return TRUE;
}

const GPtrArray *
adit_journal_steps (const AditJournal *journal)
{
    return journal->steps;
}

static gboolean
undo_all (AditJournal *journal, gboolean keeps_guard, GError **error)
{
    GError *first = NULL;

    for (guint i = journal->steps->len; i-- > 0;) {
        const AditStep *step = journal->steps->pdata[i];

        if (keeps_guard && step->kind == ADIT_STEP_GUARD && g_str_equal (step->mode, "tunnel"))
            continue;
        if (adit_apply_undo (step, first ? NULL : &first) && put_step (journal, "- ", step, NULL))
            g_ptr_array_remove_index (journal->steps, i);
    }
    if (first) {
        g_propagate_error (error, first);
        return FALSE;
    }
    if (journal->steps->len == 0)
        unlink (journal->path);
    return TRUE;
}

gboolean
adit_journal_undo_all (AditJournal *journal, GError **error)
{
    return undo_all (journal, FALSE, error);
}

gboolean
adit_journal_undo_but_guard (AditJournal *journal, GError **error)
{
    return undo_all (journal, TRUE, error);
}

void
adit_journal_free (AditJournal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        close (journal->fd);
    g_ptr_array_unref (journal->steps);
    g_free (journal->path);
    g_free (journal);
}
