/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes everything in this folder ready at once, for a process that is about to close its sandbox:
 * afterwards no call here opens a file or loads a library.  Optional, since each part also makes
 * itself ready. */
#pragma once
#include <glib.h>

void     adit_crypto_start (void);
gboolean adit_crypto_has_started (void);
