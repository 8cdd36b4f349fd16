/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* steer.h - tells programs apart by their control group, as rules of our table (nft.h): marks what
 * they send, so that routing rules find it, and gives it the address of the device it then leaves
 * by, since they chose one before.  A tunnel NAME has the chains split-NAME and nat-NAME, which are
 * hooks, and apps-NAME, which changes as programs come and go. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

typedef struct {
    const char        *name;          /* of the tunnel, as in guard.h */
    const char        *device;        /* its device */
    guint32            mark;          /* of the tunnel's own packets */
    guint32            past, through; /* bits to be set in marks */
    const char        *root;          /* of control groups, below /sys/fs/cgroup: "" */
    const char *const *past_apps;     /* "system.slice/steam.service", …; NULL: none */
    const char *const *through_apps;  /* the same */
    const GArray      *addresses;     /* AditPrefix: the tunnel's own */
} AditSteerSpec;

/* Texts for adit_steer_apply; pure; g_free.  The first leaves alone which programs are marked; the
 * second is just that, without those whose group has a name that nft(8) cannot say. */
char *adit_steer_text (const AditSteerSpec *spec);
char *adit_steer_apps_text (const AditSteerSpec *spec);

/* One transaction.  `lock` as in nft.h.  Fails when a group that it names has just gone. */
gboolean adit_steer_apply (const char *lock, const char *text, GError **error);
gboolean adit_steer_remove (const char *lock, const char *name, GError **error); /* gone: success */
