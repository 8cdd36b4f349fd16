/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* notify.h - tells the service manager how we are (sd_notify(3)); without one it does nothing. */
#pragma once
#include <glib.h>

void adit_notify_ready (void);
void adit_notify_status (const char *sentence);
void adit_notify_stopping (void);
