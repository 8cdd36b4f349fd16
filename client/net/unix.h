/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unix.h - local sockets that only their owner may open. */
#pragma once
#include "client/base/error.h"

/* A listening stream socket at `path`, 0600, non-blocking, close-on-exec; a socket without a
 * listener there is replaced.  -1 on failure. */
int adit_unix_listen (const char *path, GError **error);
/* -1 on failure; ADIT_ERROR_LOST: nobody listens there. */
int adit_unix_connect (const char *path, GError **error);
/* The process at the other end runs as root. */
gboolean adit_unix_peer_is_root (int fd);
