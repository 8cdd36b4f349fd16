/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain.h - why a packet goes where it goes: rules and routes by the kernel's own list, what the
 * tunnels of this host wrote in their journals, their profiles, and our packet filter.  Asks, and
 * changes nothing.  Root sees all of it; others miss journals and filter. */
#pragma once
#include "client/base/error.h"

/* JSON (docs/explain.md), g_free.  what: an address, a name, or the number of a process; uid: of
 * whoever would send.  Blocks while a name is looked up; may run in any thread. */
char *adit_explain (const char *what, guint32 uid, GError **error);
