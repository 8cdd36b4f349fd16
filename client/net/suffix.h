/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suffix.h - names under which many parties have names of their own: the Public Suffix List. */
#pragma once
#include <glib.h>

/* Is it the root, or on the list ("com", "co.uk", "github.io")?  A single label that is not on it
 * ("corp") is not.  In lower case or not, with a last dot or without. */
gboolean adit_suffix_is_public (const char *domain);
