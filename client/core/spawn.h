/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spawn.h - starts a worker: one socket, no arguments, nothing of our environment. */
#pragma once
#include "client/base/error.h"

typedef struct {
    GPid pid; /* to be waited for by the caller */
    int  fd;  /* our end: SOCK_SEQPACKET, non-blocking, close-on-exec */
} AditWorker;

/* The spare one, if it runs that program, or a fresh one. */
gboolean adit_worker_spawn (const char *program, AditWorker *out, GError **error);
gboolean adit_worker_spawn_fresh (const char *program, AditWorker *out, GError **error);

/* Starts a worker before it is known what for: it loads its libraries meanwhile.  There is one at
 * most; that it could not be started is found by the one who wants it. */
void adit_worker_spawn_spare (const char *program);
/* What for, as soon as it is known: the plugin that its tunnel will have. */
void adit_worker_prepare_spare (const char *plugin);
void adit_worker_drop_spare (void); /* which nobody wanted */

/* "The worker was killed by signal 11 (Segmentation fault)."; g_free. */
char *adit_worker_epitaph (int wait_status);
