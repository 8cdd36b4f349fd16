/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spawn.h - starts a worker: one socket, no arguments, nothing of our environment. */
#pragma once
#include "client/base/error.h"

typedef struct {
    GPid pid; /* to be waited for by the caller */
    int  fd;  /* our end: SOCK_SEQPACKET, non-blocking, close-on-exec */
} AditWorker;

gboolean adit_worker_spawn (const char *program, AditWorker *out, GError **error);

/* "The worker was killed by signal 11 (Segmentation fault)."; g_free. */
char *adit_worker_epitaph (int wait_status);
