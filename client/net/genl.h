/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* genl.h - generic netlink: one command about one device. */
#pragma once
#include "client/base/error.h"

enum { ADIT_GENL_ATTRIBUTES_MAX = 65000 };

/* One message of the reply: its attributes. */
typedef void (*AditGenlReply) (gpointer user, const guint8 *attributes, gsize len);

guint16 adit_genl_family (const char *name, GError **error); /* 0 on failure */

/* Well-formed attributes of which none is number 1, which the caller does not get to say. */
gboolean adit_genl_attributes_ok (const guint8 *attributes, gsize len);

/* Puts the device's index (attribute 1) in front of `attributes` and asks the kernel; it answers at
 * once or within ADIT_NETLINK_TIMEOUT_MS. */
gboolean adit_genl_call (guint16 family, guint8 command, gboolean dump, guint index,
                         const guint8 *attributes, gsize len, AditGenlReply reply, gpointer user,
                         GError **error);
