/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* runtime.h - the folder of what is true until the next boot: /run/adit, root's alone. */
#pragma once
#include "client/base/error.h"

const char *adit_runtime_dir (void);
/* Another folder, for tests; kept, not copied. */
void adit_runtime_set_dir (const char *dir);

/* Makes the folder, 0700; refuses one that is not ours. */
gboolean adit_runtime_ensure (GError **error);
char    *adit_runtime_path (const char *name, const char *extension); /* DIR/NAME.sock; g_free */
/* Names of all DIR/NAME.extension, sorted; g_strfreev. */
char **adit_runtime_names (const char *extension);
