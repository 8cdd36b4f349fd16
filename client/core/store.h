/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* store.h - profiles on disk: one key file each, 0600, written atomically, and the descriptions of
 * the installed plugins (schemas).  root's in /etc/adit/profiles, a user's in
 * $XDG_CONFIG_HOME/adit/profiles. */
#pragma once
#include "client/base/schema.h"
#include "client/core/keyfile.h"

/* Letters, digits, - _ . and not at the start a dot or dash; 1 to 64 bytes. */
gboolean adit_store_name_ok (const char *name, GError **error);
char    *adit_store_path (const char *name); /* where NAME is or would be; g_free */
char   **adit_store_list (GError **error);   /* names, sorted; g_strfreev */

/* Reads, refuses a file that others may read while it holds a secret, or that is a symlink; parses;
 * checks against its plugin's schema.  `schema` may be NULL.  name_or_path with a '/' is a path. */
AditProfile *adit_store_load (const char *name_or_path, AditSchema **schema, GError **error);
/* The same from bytes that were read before; `path` is what messages begin with. */
AditProfile *adit_store_take (const AditKeyFile *file, const char *path, AditSchema **schema,
                              GError **error);
/* Checks, then writes beside and renames; `replace` FALSE refuses an existing NAME. */
gboolean adit_store_save (const char *name, const AditProfile *profile, gboolean replace,
                          GError **error);
gboolean adit_store_forget (const char *name, GError **error);

/* For read, change, save as one step: waits for whoever else is at it.  Close to let go; -1: error.
 */
int adit_store_lock (GError **error);

/* Names of installed plugins (sorted), and one's description. */
char      **adit_store_plugins (void);
AditSchema *adit_store_schema (const char *plugin, GError **error);

/* Where this installation keeps its programs and plugins: found from the running program's own
 * place (PREFIX/bin/adit → PREFIX/lib/adit), or the build tree; never from the environment. */
char       *adit_store_libexec (const char *program); /* "adit-worker"; g_free */
char       *adit_store_plugin_dir (void);
const char *adit_store_locale_dir (void); /* translations; the store's */

/* Other folders, for tests; NULL: the usual ones. */
void adit_store_set_dir (const char *dir);
void adit_store_set_plugin_dir (const char *dir);
