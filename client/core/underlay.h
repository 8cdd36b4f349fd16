/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* underlay.h - the ways to a tunnel's peers, and whether they are still what they were: of all that
 * changes on a host, only that moves a tunnel. */
#pragma once
#include "client/base/packet.h"

typedef struct AditUnderlay AditUnderlay;

AditUnderlay *adit_underlay_new (guint32 mark);
void          adit_underlay_free (AditUnderlay *underlay);

/* The way to a peer now: its outgoing device and MTU; FALSE: there is none. */
gboolean adit_underlay_note (AditUnderlay *underlay, const AditEndpoint *peer, guint *index,
                             guint *mtu);
/* Does a packet to any of them go another way than when this was last asked?  No way at all does
 * not count, since there is nothing to try then; that there is one again does. */
gboolean adit_underlay_moved (AditUnderlay *underlay);
/* The device that leads to the first peer that there is a way to; 0: none. */
guint    adit_underlay_device (const AditUnderlay *underlay);
gboolean adit_underlay_is_known (const AditUnderlay *underlay); /* was any peer noted? */
