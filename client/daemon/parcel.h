/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parcel.h - what came with a call, judged before anything is done with it: names, keys, and
 * descriptors, which are the parcel's own from then on. */
#pragma once
#include "client/base/schema.h"
#include <gio/gio.h>
#include <gio/gunixfdlist.h>

enum { ADIT_PARCEL_SECRETS = 32, ADIT_PARCEL_KEY_MAX = 160 };

typedef struct {
    char *key; /* "section.key" */
    int   fd;
} AditParcelSecret;

typedef struct {
    int     profile; /* -1: none */
    GArray *secrets; /* AditParcelSecret */
} AditParcel;

/* options: a{sv} of Up.  NULL with error set: there is something in it that may not be. */
AditParcel *adit_parcel_open (GVariant *options, GUnixFDList *fds, GError **error);
void        adit_parcel_free (AditParcel *parcel);

/* What a profile that is not root's may not say: what would outlive it, or take the place of an
 * administrator's. */
gboolean adit_parcel_judge_private (const AditProfile *profile, GError **error);

/* "section.key", the last dot between them, printable; both g_free. */
gboolean adit_parcel_split_key (const char *whole, char **section, char **key, GError **error);
/* A handle's descriptor, for the caller to close; -1 with error set. */
int adit_parcel_take_fd (GUnixFDList *fds, gint32 handle, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditParcel, adit_parcel_free)
