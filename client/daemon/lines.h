/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lines.h - the log of one tunnel as an answer. */
#pragma once
#include "client/daemon/door.h"

/* The last lines; 0: all that are kept.  Ends the call. */
void adit_log_return (AditCall *call, const char *name, guint lines);
