/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sandbox.h - what a worker gives up before it meets a peer's byte: its user, its capabilities, the
 * file system, and every system call but those that move bytes between descriptors it was given. */
#pragma once
#include "client/base/error.h"

/* A worker's user and group are this plus its process id (at most 22 bits): numbers that no
 * distribution, container manager or directory hands out. */
enum { ADIT_SANDBOX_FIRST_UID = 0x7ac00000 };

typedef enum {
    ADIT_SANDBOX_FOR_TUNNEL,
    ADIT_SANDBOX_FOR_JOB, /* reads, writes and memory only */
} AditSandboxUse;

/* First thing in main(): dies with its parent, leaves no core dump, holds no descriptor but
 * standard input, output and error (which become /dev/null) and ADIT_WORKER_FD. */
gboolean adit_sandbox_begin (GError **error);

/* After everything that needs a file was done.  `listening` is the one socket that may accept, or
 * -1.  *bits: the AditSandbox bits in force.  FALSE: something that must hold does not. */
gboolean adit_sandbox_close (AditSandboxUse use, int listening, guint *bits, GError **error);

/* The system call filter alone; for adit_sandbox_close. */
gboolean adit_sandbox_filter (AditSandboxUse use, int listening, GError **error);
