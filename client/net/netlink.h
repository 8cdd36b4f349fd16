/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.h - one request to the kernel and all that it answers, bounded in number and time. */
#pragma once
#include "client/base/error.h"
#include <libmnl/libmnl.h>

enum {
    ADIT_NETLINK_BYTES      = 4096,  /* enough for every request but generic netlink calls */
    ADIT_NETLINK_PARTS_MAX  = 65536, /* messages of one reply */
    ADIT_NETLINK_TIMEOUT_MS = 2000,
};

/* Sends `request` (flags REQUEST is added; ACK too unless it is a dump) on a socket of its own and
 * reads until acknowledgement, end or timeout.  Each message of the reply goes to `part`, which may
 * be NULL.  0, or an errno with *cause set to the kernel's own words; cause may be NULL. */
int adit_netlink_talk (int bus, struct nlmsghdr *request, mnl_cb_t part, gpointer user,
                       GError **cause);

guint8  adit_netlink_family (guint family);                   /* AF_INET for 4, AF_INET6 for 6 */
guint32 adit_netlink_number (const struct nlattr *attribute); /* 0 when it is no 32-bit number */
/* As AditPrefix.address, at most 16 bytes. */
void adit_netlink_address (const struct nlattr *attribute, guint8 out[16]);
