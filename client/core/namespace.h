/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.h - which network this process is in: a journal of one means nothing in another. */
#pragma once
#include <glib.h>

guint64  adit_namespace_ours (void);            /* its inode */
gboolean adit_namespace_exists (guint64 inode); /* some process or name holds it, or may */
