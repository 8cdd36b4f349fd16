/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RC4, four packets at a time.  It is broken and only for protocols that have nothing else; our own
 * because a library does one stream after the other, and one stream waits for itself most of the
 * time.  No call allocates, locks or logs.  Wipe a state with explicit_bzero(). */
#pragma once

#include <glib.h>

#define ADIT_RC4_LANES 4

typedef struct {
    guint32 s[256];
    guint32 i, j;
} AditRc4;

void adit_rc4_set_key (AditRc4 *rc4, const guint8 *key, gsize len); /* 1 to 256 bytes */
void adit_rc4 (AditRc4 *rc4, guint8 *data, gsize len);              /* in place */

/* The same for ADIT_RC4_LANES states at once; `len` may differ and be 0. */
void adit_rc4_set_keys (AditRc4 rc4[ADIT_RC4_LANES], const guint8 *const key[ADIT_RC4_LANES],
                        gsize len);
void adit_rc4_lanes (AditRc4 rc4[ADIT_RC4_LANES], guint8 *const data[ADIT_RC4_LANES],
                     const gsize len[ADIT_RC4_LANES]);
