/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random bytes and comparison of secrets.  Any thread. */
#pragma once

#include <glib.h>

/* Fills all of buf or ends the process; fit for keys. */
void adit_random (void *buf, gsize len);

/* In a time that depends on n alone. */
gboolean adit_same (const void *a, const void *b, gsize n);
