/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.c - appending lines to a file that cannot grow without end. */
#include "client/core/record.h"
#include "client/core/keyfile.h"
#include "client/core/runtime.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

struct AditRecord {
    char *path, *older;
    int   fd;
    gsize size;
    void (*heard) (gpointer user, const char *line);
    gpointer user;
};

static void
reopen (AditRecord *record)
{
    struct stat about;

    record->fd = open (record->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    record->size = record->fd >= 0 && fstat (record->fd, &about) == 0 ? (gsize) about.st_size : 0;
}

AditRecord *
adit_record_open (const char *name)
{
    AditRecord *record = g_new0 (AditRecord, 1);

    record->path  = adit_runtime_path (name, "log");
    record->older = adit_runtime_path (name, "log.1");
    reopen (record);
    return record;
}

static void
turn_over (AditRecord *record)
{
    if (record->fd >= 0)
        close (record->fd);
    if (rename (record->path, record->older) < 0)
        unlink (record->path);
    reopen (record);
}

void
adit_record_write (AditRecord *record, AditLogLevel level, const char *topic, const char *text)
{
    g_autoptr (GDateTime) now = g_date_time_new_now_local ();
    g_autofree char *when     = g_date_time_format (now, "%Y-%m-%d %H:%M:%S.%f");
    g_autofree char *line     = g_strdup_printf (
            "%.23s %s %s: %.*s\n", when, adit_log_level_name (level), topic, LINE_MAX_BYTES, text);
    gsize len = strlen (line);

    if (record->fd >= 0 && record->size + len > ADIT_RECORD_BYTES)
        turn_over (record);
    if (record->fd >= 0 && write (record->fd, line, len) == (ssize_t) len)
        record->size += len;
    line[len - 1] = '\0';
    if (record->heard)
        record->heard (record->user, line);
}

void
adit_record_listen (AditRecord *record, void (*fn) (gpointer user, const char *line), gpointer user)
{
    record->heard = fn;
    record->user  = user;
}

void
adit_record_free (AditRecord *record)
{
    if (record == NULL)
        return;
    if (record->fd >= 0)
        close (record->fd);
    g_free (record->path);
    g_free (record->older);
    g_free (record);
}

/* The next reader is another one, who has no business with what was. */
static void
forget (const char *name)
{
    g_autofree char *path  = adit_runtime_path (name, "log");
    g_autofree char *older = adit_runtime_path (name, "log.1");

    unlink (path);
    unlink (older);
}

guint
adit_record_owner (const char *name)
{
    g_autofree char *path = adit_runtime_path (name, "owner");
    g_autofree char *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return 0;
    return (guint) g_ascii_strtoull (text, NULL, 10);
}

/* A log that cannot be given to its owner is root's. */
void
adit_record_hand_over (const char *name, guint uid)
{
    g_autofree char *path = adit_runtime_path (name, "owner");
    g_autofree char *text = g_strdup_printf ("%u\n", uid);

    if (uid != 0 && adit_record_owner (name) == uid)
        return;
    unlink (path);
    if (uid == 0)
        return;
    forget (name);
    adit_keyfile_write (path, text, FALSE, NULL);
}

char *
adit_record_read (const char *name)
{
    g_autofree char *path  = adit_runtime_path (name, "log");
    g_autofree char *older = adit_runtime_path (name, "log.1");
    g_autofree char *first = NULL, *second = NULL;

    g_file_get_contents (older, &first, NULL, NULL);
    g_file_get_contents (path, &second, NULL, NULL);
    if (first == NULL && second == NULL)
        return NULL;
    return g_strconcat (first ? first : "", second, NULL);
}
