/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parent.h - the worker's end of descriptor 3.  The parent's death, a message that breaks the table
 * of message.h or a parent that stops reading ends this process at once: nothing here can be undone
 * by a worker, and the kernel takes back what it held. */
#pragma once
#include "client/base/log.h"
#include "client/base/message.h"

typedef struct AditParent AditParent;

/* Descriptors that are kept are set to -1 in the message; the rest are closed after. */
typedef void (*AditParentFn) (gpointer user, AditMessage *message);

/* A SOCK_SEQPACKET socket is on ADIT_WORKER_FD? */
gboolean adit_parent_is_there (void);

AditParent *adit_parent_new (int fd);
void        adit_parent_free (AditParent *parent); /* for tests: a worker leaves instead */
gboolean    adit_parent_has_spoken (const AditParent *parent); /* a message waits, or the end */
/* Waits; for the first message, before there is a main loop.  Descriptors are the caller's. */
void adit_parent_receive (AditParent *parent, AditMessage *out);
void adit_parent_watch (AditParent *parent, AditParentFn fn, gpointer user);

/* Any order of calls is kept.  A message that cannot be encoded is a bug here and ends us. */
void adit_parent_send (AditParent *parent, const AditMessage *message);
/* FALSE, nothing sent: the table does not allow it, because a protocol gave too much. */
gboolean adit_parent_try (AditParent *parent, const AditMessage *message);

/* For adit_log_to: any thread, at most so many lines a second, the rest are counted. */
void adit_parent_log (gpointer parent, AditLogLevel level, const char *topic, const char *text);

/* The texts of a failure: the sentence and its causes; g_strfreev. */
char **adit_parent_sentences (const GError *error);
/* FAILED. */
void adit_parent_fail (AditParent *parent, const GError *error);

/* Hands over what still waits, but waits no longer than a second, and ends the process. */
G_NORETURN void adit_parent_leave (AditParent *parent, int status);
