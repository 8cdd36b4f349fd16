/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* link.h - network devices: their names, numbers, MTU, and the kernel's own tunnel kinds. */
#pragma once
#include "client/base/error.h"

guint    adit_link_index (const char *name); /* 0: there is none */
char    *adit_link_name (guint index);       /* g_free; NULL: there is none */
gboolean adit_link_name_ok (const char *name);
guint    adit_link_mtu (guint index); /* bytes of an IP packet; 0 when unknown */

typedef struct {
    guint64 rx_packets, rx_bytes, tx_packets, tx_bytes;
} AditLinkCounts;

/* What the device has counted since it was made; all zero when there is none. */
AditLinkCounts adit_link_counts (guint index);

/* Sets the MTU (0: leaves it) and brings the device up. */
gboolean adit_link_up (guint index, guint mtu, GError **error);
gboolean adit_link_create (const char *name, const char *kind, GError **error);
/* Deletes the device of that name only when it has that number; already gone is success. */
gboolean adit_link_delete (const char *name, guint index, GError **error);
