/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* X25519 (RFC 7748).  Any thread. */
#pragma once

#include <glib.h>

#define ADIT_X25519 32 /* bytes of a key and of a shared secret */

/* RFC 7748 5: the bits every private key has set or clear.  The functions below do not need it
 * done. */
void adit_x25519_clamp (guint8 priv[ADIT_X25519]);

void adit_x25519_public (guint8 pub[ADIT_X25519], const guint8 priv[ADIT_X25519]);

/* FALSE, and shared all zero, when the peer's point has small order (RFC 7748 6.1). */
gboolean adit_x25519 (guint8 shared[ADIT_X25519], const guint8 priv[ADIT_X25519],
                      const guint8 peer_pub[ADIT_X25519]);
