/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.h - addresses of a device.  They bring no route of their own (IFA_F_NOPREFIXROUTE) and
 * are usable at once. */
#pragma once
#include "client/base/error.h"
#include "client/base/prefix.h"

gboolean adit_address_add (guint index, const AditPrefix *address, GError **error);
/* Not there any more is success. */
gboolean adit_address_remove (guint index, const AditPrefix *address, GError **error);
