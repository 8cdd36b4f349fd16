/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup.h - control groups (v2 alone, also where v1 stands beside it): which there are of a name,
 * and new ones for processes that are put in.  Paths are below the root, without a slash in front.
 */
#pragma once
#include "client/base/error.h"

/* Where they are mounted: "/sys/fs/cgroup"; g_free; NULL: this machine has none. */
char *adit_cgroup_root (void);
/* The part of it that nft(8) wants in front of a path: "" or "unified/"; g_free.  NULL: it is not
 * mounted where nft looks. */
char *adit_cgroup_nft_root (void);

/* Does the last part of the path bear that name?  A name is a unit ("firefox.service"), the last
 * parts of a path ("user@1000.service/app.slice"), or what desktops call an application: "firefox"
 * is app-firefox-….scope, app-gnome-firefox-….scope, app-org.mozilla.firefox@….service and
 * firefox.service. */
gboolean adit_cgroup_bears (const char *path, const char *name);
/* The topmost groups that bear one of the names, at most 256; g_strfreev. */
char **adit_cgroup_find (const char *const *names);

gboolean adit_cgroup_exists (const char *path);
gboolean adit_cgroup_make (const char *path, GError **error); /* with those above it */
gboolean adit_cgroup_enter (const char *path, GPid pid, GError **error);
/* Those above it too, as far as nobody is in them. */
void adit_cgroup_remove (const char *path);

/* Tells on the default main context when groups have come or gone. */
typedef struct AditCgroupWatch AditCgroupWatch;
typedef void (*AditCgroupFn) (gpointer user);
AditCgroupWatch *adit_cgroup_watch_new (AditCgroupFn changed, gpointer user, GError **error);
void             adit_cgroup_watch_free (AditCgroupWatch *watch);
