/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reason.h - PPTP's result and error codes as sentences (RFC 2637 2.2, 2.8, 2.13, 2.16). */
#pragma once
#include "client/base/error.h"
#include "plugins/pptp/wire.h"

/* Why the server refused or ended it; never NULL.  was_up: packets had passed. */
GError *pptp_reason (const PptpMessage *message, const char *server, gboolean was_up);
