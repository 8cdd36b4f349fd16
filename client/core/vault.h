/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vault.h - secrets of root's profiles, for `KEY-source = keyring`, since root has no key ring of
 * its own: /etc/adit/secrets/NAME.conf, 0600 in a folder of 0700, one key file per profile. */
#pragma once
#include "client/base/profile.h"

enum { ADIT_VAULT_SECRET_MAX = 16 << 10 };

/* NULL with no error: none is kept, or the profile is not one of root's that lies in the store.
 * adit_wipe_string. */
char *adit_vault_find (const AditProfile *profile, const char *section, const char *key,
                       GError **error);
/* Of one line; replaces. */
gboolean adit_vault_keep (const char *name, const char *section, const char *key,
                          const char *secret, GError **error);
/* section NULL: all of NAME.  What is not kept is forgotten already. */
gboolean adit_vault_forget (const char *name, const char *section, const char *key, GError **error);

void adit_vault_set_dir (const char *dir); /* another folder, for tests; NULL: the usual one */
