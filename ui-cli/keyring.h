/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyring.h - secrets of a person's own profiles, in that person's key ring (Secret Service), for
 * `KEY-source = keyring`.  root's are kept by client/core/vault.h instead. */
#pragma once
#include "client/base/error.h"

/* key: "section.key".  NULL without an error: none is kept, or there is no key ring here.
 * adit_wipe_string. */
char *cli_keyring_find (const char *profile, const char *key, GError **error);
/* Replaces. */
gboolean cli_keyring_keep (const char *profile, const char *key, const char *secret,
                           GError **error);
/* key NULL: all of the profile.  What is not kept is forgotten already. */
gboolean cli_keyring_forget (const char *profile, const char *key, GError **error);
