/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* allowedips.h - cryptokey routing: which peer an inner address belongs to (white paper 2).
 *
 * Built on the control side, never changed once the data half has it, so that half reads it without
 * a lock.  The longest prefix wins; the same prefix inserted again moves to the later peer. */
#pragma once
#include "client/base/prefix.h"

#define WIREGUARD_NO_PEER G_MAXUINT32

typedef struct WireguardAllowedips WireguardAllowedips;

WireguardAllowedips *wireguard_allowedips_new (void);
void                 wireguard_allowedips_free (WireguardAllowedips *allowedips);

/* Host bits are ignored. */
void wireguard_allowedips_insert (WireguardAllowedips *allowedips, const AditPrefix *prefix,
                                  guint32 peer);
/* `address` has 4 or 16 bytes, as the family says; WIREGUARD_NO_PEER: nobody's. */
guint32 wireguard_allowedips_lookup (const WireguardAllowedips *allowedips, guint family,
                                     const guint8 *address);
/* By the destination or source address of an IP packet with a whole header. */
guint32 wireguard_allowedips_lookup_dst (const WireguardAllowedips *allowedips,
                                         const guint8 *packet, gsize len);
guint32 wireguard_allowedips_lookup_src (const WireguardAllowedips *allowedips,
                                         const guint8 *packet, gsize len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireguardAllowedips, wireguard_allowedips_free)
