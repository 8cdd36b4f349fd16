/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parent.h - plays the parent of a real worker process on a socket pair. */
#pragma once
#include "client/base/message.h"
#include <sys/types.h>

/* Copies the programs named on the command line into a folder of its own, laid out as a build is,
 * so that the worker finds the probe among its plugins. */
void sandbox_begin (int *argc, char ***argv);
int  sandbox_end (void); /* runs the tests, too */

typedef struct {
    pid_t pid;
    int   fd;
} Worker;

Worker worker_spawn (void);
/* As on a kernel that refuses this system call with EPERM. */
Worker worker_spawn_without (long call);
/* Without a socket, with one argument or none: what it writes; g_free. */
char *worker_run_alone (const char *argument, int *wait_status);
/* With a profile of that mode, up to READY; `flags` and `more` descriptors are those of OPEN. */
Worker worker_open (const char *mode, guint64 flags, const int *more, guint n_more, guint *bits);
void   worker_send (const Worker *w, const AditMessage *message, const int *fds, guint n);
void   worker_send_bytes (const Worker *w, gconstpointer bytes, gsize len);
/* The next message that is no LOG, within five seconds; FALSE: the worker closed its end. */
gboolean worker_receive (const Worker *w, AditMessage *out);
void     worker_expect (const Worker *w, AditMessageKind kind, AditMessage *out);
/* Asks for the status; "key" -> "value". */
GHashTable *worker_status (const Worker *w);
guint       worker_log_lines (void); /* since the last call */
/* Waits for its end, at most five seconds; the wait status. */
int worker_reap (Worker *w);
int text_fd (const char *text); /* a memfd, at its start */
/* "Uid:" of /proc/PID/status, without the key and blanks around. */
char *worker_proc (const Worker *w, const char *key);
/* How often its threads fell asleep, one number a thread. */
char *worker_switches (const Worker *w);
