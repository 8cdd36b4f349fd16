/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audience.h - who hears the signals of one object: named connections, each told by itself, and
 * forgotten when they leave the bus. */
#pragma once
#include <gio/gio.h>

enum { ADIT_AUDIENCE_MAX = 32 };

typedef struct AditAudience AditAudience;

AditAudience *adit_audience_new (GDBusConnection *bus, const char *path, const char *interface);
void          adit_audience_free (AditAudience *audience);

/* Twice is once; FALSE: there are too many. */
gboolean adit_audience_join (AditAudience *audience, const char *name, guint uid);
void     adit_audience_leave (AditAudience *audience, const char *name);

/* To all; takes floating values. */
void adit_audience_tell (AditAudience *audience, const char *signal, GVariant *values);
/* To those of this user, and root's. */
void adit_audience_tell_user (AditAudience *audience, guint uid, const char *signal,
                              GVariant *values);
/* To one, who need not have joined. */
void adit_audience_tell_one (AditAudience *audience, const char *name, const char *signal,
                             GVariant *values);
