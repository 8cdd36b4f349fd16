/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* icmp.h - the answer to a packet that does not fit into the tunnel. */
#pragma once
#include <glib.h>

enum { PATH_ICMP_ROOM = 1280 };

/* Writes "fragmentation needed" (RFC 792, RFC 1191 4) or "packet too big" (RFC 4443 3.2) about the
 * packet to `out`; 0 when that packet must not be answered. */
gsize path_icmp_too_big (guint8 out[PATH_ICMP_ROOM], const guint8 *p, gsize len, guint mtu);
