/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* borrow.h - bytes that another user points at: a descriptor, or a path.  A child with that user's
 * rights to files, and none of ours, opens and reads; one that hangs (a pipe nobody writes to, a
 * file system of the user's own) is killed, and never holds us up.  The child is in no group. */
#pragma once
#include "client/core/keyfile.h"
#include <gio/gio.h>

enum { ADIT_BORROW_MS = 5000 };

typedef enum {
    ADIT_BORROW_FILE,   /* regular, of the user or of root */
    ADIT_BORROW_STREAM, /* whatever can be read to its end: a pipe, a file */
} AditBorrowKind;

typedef struct AditBorrow AditBorrow;

/* Either file or error; takes error, and clears file when it is done with it.  A file without a
 * name in any folder counts as closed to others. */
typedef void (*AditBorrowDone) (gpointer user, AditKeyFile *file, GError *error);

/* fd is borrowed until `done`, `what` names it in messages.  NULL with error set: no child. */
AditBorrow *adit_borrow_fd (int fd, AditBorrowKind kind, uid_t uid, const char *what, gsize most,
                            AditBorrowDone done, gpointer user, GError **error);
/* Refuses symbolic links anywhere in the path. */
AditBorrow *adit_borrow_path (const char *path, uid_t uid, gsize most, AditBorrowDone done,
                              gpointer user, GError **error);
/* Gives up; `done` is not called.  Not to be called after `done`, nor inside it. */
void adit_borrow_cancel (AditBorrow *borrow);
