/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.h - anonymous files for bytes that go to or come from a worker. */
#pragma once
#include "client/base/error.h"

/* Sealed: what the worker reads cannot change any more.  -1 on failure. */
int adit_memory_sealed (gconstpointer bytes, gsize len, GError **error);
/* Empty, at most `most` bytes count when read back. */
int adit_memory_empty (GError **error);
/* NUL-terminated; wipe it when it may hold secrets.  NULL on failure. */
char *adit_memory_read (int fd, gsize most, gsize *len, GError **error);
