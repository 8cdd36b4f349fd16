/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Broken algorithms that old protocols are made of: MD4, MD5, SHA-1 and DES, from OpenSSL's
 * legacy provider in a library context of its own, so that nothing else can pick them up.
 * Nothing is loaded before the first call; make it before the sandbox closes.  Any thread.  SHA-1
 * allocates nothing. */
#pragma once

#include <glib.h>

typedef enum { ADIT_MD4, ADIT_MD5, ADIT_SHA1 } AditLegacyDigest;

#define ADIT_MD4_SIZE 16
#define ADIT_MD5_SIZE 16
#define ADIT_SHA1_SIZE 20

typedef struct {
    const void *data;
    gsize       len;
} AditPiece;

/* Loads the provider; FALSE when this machine has none.  The functions below end the process then,
 * so call this first. */
gboolean adit_legacy_start (void);

/* Of the pieces, one after the other. */
void adit_legacy_digest (AditLegacyDigest alg, const AditPiece *pieces, guint n, guint8 *out);

/* One block in ECB mode; the 56 bits of `key` get their parity bits here (RFC 2759 8.6). */
void adit_des_encrypt (guint8 out[8], const guint8 in[8], const guint8 key[7]);
