/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reason.h - StopCCN and CDN as sentences (RFC 2661 4.4.2, RFC 3145). */
#pragma once
#include "client/base/error.h"
#include "plugins/l2tp/wire.h"

/* Why the LNS ended the tunnel or call; never NULL.  was_up: packets had passed. */
GError *l2tp_reason (const L2tpMessage *message, const char *server, gboolean was_up);
