/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sleep.h - tells when this machine woke, as logind says it.  Without a system bus, or without
 * logind on it, it says nothing. */
#pragma once
#include <glib.h>

typedef struct AditSleep AditSleep;
typedef void (*AditSleepFn) (gpointer user);

/* On the default main context; does not block, and starts no service. */
AditSleep *adit_sleep_new (AditSleepFn awake, gpointer user);
void       adit_sleep_free (AditSleep *sleep);
