/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secret.h - memory for keys and passwords: locked, left out of core dumps, wiped when freed.
 * All of it is one small arena, so that a worker can be given exactly that much to lock. */
#pragma once
#include <glib.h>

/* Zeroed; never NULL: aborts when the arena cannot be had at all, and falls back to unlocked memory
 * with a warning in the log when locking is refused. */
gpointer adit_secret_new (gsize size);
void     adit_secret_free (gpointer secret); /* wipes; NULL is fine */
#define adit_secret_new0(type) ((type *) adit_secret_new (sizeof (type)))

/* Overwrites in a way the compiler keeps. */
void adit_wipe (gpointer data, gsize size);
void adit_wipe_string (char *text); /* wipes and g_frees; NULL is fine */
