/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyfile.h - files that may hold a secret: read without following links, written so that either
 * the old or the new one is there, whole. */
#pragma once
#include "client/base/error.h"
#include <sys/stat.h>

typedef struct {
    char       *text; /* ends with NUL beyond len; wiped */
    gsize       len;
    struct stat about;
} AditKeyFile;

/* Refuses links, folders, devices and more than `most` bytes, in a sentence that begins with the
 * path. */
gboolean adit_keyfile_read (const char *path, gsize most, AditKeyFile *out, GError **error);
void     adit_keyfile_clear (AditKeyFile *file);

/* Of a secret, which a line end behind it is no part of. */
void adit_keyfile_drop_line_end (AditKeyFile *file);

/* A file of mode 0600 on the file system of path, without a name until it is given this one; -1,
 * and FALSE, with errno.  Some file systems have no such files (EOPNOTSUPP, EISDIR). */
int      adit_keyfile_open_nameless (const char *path, int flags);
gboolean adit_keyfile_give_name (int fd, const char *path);

/* Does anybody but its owner have a right to it? */
gboolean adit_keyfile_is_open (const AditKeyFile *file);

/* Mode 0600, on the disk when it returns TRUE.  replace FALSE: an existing file stays and is an
 * error. */
gboolean adit_keyfile_write (const char *path, const char *text, gboolean replace, GError **error);
