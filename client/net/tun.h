/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tun.h - makes a TUN or TAP device; it lives as long as its descriptor is open somewhere. */
#pragma once
#include "client/base/error.h"

/* The descriptor: non-blocking, close-on-exec.  Packets have no header of their own but, when *vnet
 * is TRUE before (wanted) and after (the kernel has it), the virtio-net header.  -1 on failure. */
int adit_tun_open (const char *name, gboolean ethernet, gboolean *vnet, GError **error);
