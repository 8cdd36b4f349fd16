/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.h - a folder of a test's own, which goes when the test does. */
#pragma once
#include <glib.h>

/* A new folder in $TMPDIR, g_free.  It is removed with all in it once this process and those that
 * it forked have ended, however they ended. */
char *test_folder_new (const char *name);
