/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* jobs.h - reading and writing other programs' files, in the tightest sandbox there is. */
#pragma once
#include "client/plugin.h"
#include "client/worker/parent.h"

/* All bytes up to ADIT_PROFILE_MAX; wipe and free with adit_wipe_string, ends with NUL. */
char *adit_job_read (int fd, gsize *len, GError **error);

/* IMPORT and EXPORT: does it, and says DONE or FAILED. */
void adit_job_run (AditParent *parent, const AditPlugin *plugin, const AditMessage *job);
