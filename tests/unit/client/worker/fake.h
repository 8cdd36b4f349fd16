/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fake.h - a worker's host inside the test itself: a plugin that does nothing, and the parent's end
 * of the socket. */
#pragma once
#include "client/worker/host.h"

typedef struct {
    WorkerHost *host;
    AditHost   *base; /* of host */
    int         fd;   /* the parent's end */
} Fake;

Fake fake_new (void);
void fake_free (Fake *fake);
void fake_turn (void);                 /* the main loop, while something is ready */
void fake_wait (const gboolean *done); /* … and until *done, at most five seconds */
void fake_say (const Fake *fake, const AditMessage *m); /* with its descriptors, which it closes */
/* The next message of the worker, which must be of this kind; clear it. */
AditMessage fake_heard (const Fake *fake, AditMessageKind kind);
gboolean    fake_heard_nothing (const Fake *fake);
