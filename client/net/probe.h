/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.h - small packets with a marker of their own, and the devices that they leave this host by.
 * For adit leak-test; needs root. */
#pragma once
#include "client/base/error.h"
#include "client/base/packet.h"

typedef struct AditProbe AditProbe;

/* Listens on all devices from now on. */
AditProbe *adit_probe_new (GError **error);
void       adit_probe_free (AditProbe *probe);

/* A datagram to a port, or an echo request when `to` has port 0.  device NULL: the way that the
 * kernel chooses, else bound to that one.  FALSE: this host did not let it go. */
gboolean adit_probe_send (AditProbe *probe, const AditEndpoint *to, const char *device);

/* Each that was seen leaving by a device; returns when none came for patience_ms. */
typedef void (*AditProbeSeen) (gpointer user, guint index);
void adit_probe_collect (AditProbe *probe, guint patience_ms, AditProbeSeen fn, gpointer user);

/* Writes a datagram from somebody at `from` into a TUN device, as if it had arrived there; IPv4.
 * arrived: a program of this host that listens on the address `to` got it. */
gboolean adit_probe_spoof (int tun, const guint8 *from, const guint8 *to, guint patience_ms,
                           gboolean *arrived, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AditProbe, adit_probe_free)
